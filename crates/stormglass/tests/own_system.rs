//! A system of one's own, through properties and stories.

mod vault;

use stormglass::prelude::*;

use vault::{KEEPER, Vault};

fn property(syncs: bool, profile: Profile) -> Property {
    Property::of(Vault { syncs }).profile(profile).seeds(150)
}

#[test]
fn a_system_of_ones_own_weathers_every_profile() {
    for profile in Profile::ALL {
        property(true, *profile).check_and(|report| {
            assert!(report.stats.operations.ok > 10 * report.seeds, "{profile}: {:?}", report.stats.operations);
            assert!(report.milestones.iter().all(|(milestone, _)| !milestone.name.contains("leader")));
        });
    }
}

#[test]
fn its_bug_is_found_by_what_clients_see() {
    let report = property(false, Profile::Chaos).run();
    let found: Vec<_> = report.failures.iter().map(|failure| failure.invariant).collect();
    assert!(!found.is_empty(), "150 seeds noticed nothing");
    assert!(found.iter().all(|invariant| *invariant == Some(Invariant::LINEARIZABILITY)), "{found:?}");
}

#[test]
fn what_it_does_not_do_is_refused_before_it_is_run() {
    let subject = Vault { syncs: true }.into_subject();
    let mut plan = subject.plan(Seed(1), Profile::Calm, &Overrides::default()).expect("a valid plan");
    let error = subject.check(Engine::Turmoil, &plan).expect_err("no encoding").to_string();
    assert_eq!(error, "vault does not run on the turmoil engine: give event");
    let wipe = Fault::WipedDisk { target: Target::Node(KEEPER) };
    plan.schedule.push(TimedFault::new(1, wipe));
    let error = subject.check(Engine::Event, &plan).expect_err("one copy").to_string();
    let said = "(wiped-disk) cannot be done to vault on the event engine (it has but one copy, without a checksum)";
    assert!(error.contains(said), "{error}");
}

#[test]
fn it_can_be_told_a_story() {
    Story::of(Vault { syncs: true }, 3).nodes(1).tell(|c| {
        c.put("x", "1")?;
        c.kill(KEEPER)?;
        c.bring_online(KEEPER)?;
        expect_eq(c.get("x")?, Some("1".into()), "the acknowledged value")
    });
}
