//! How the role goes from one member to the other.

use env::ClientId;
use sim::{Engine, Fault, Plan, Target, TimedOperation};
use stormglass::{get, put};
use systems::pair::{LeasePair, MEMBERS, Operation};

use crate::plans::{fault, quiet};
use crate::tally::Tally;

/// The tally of a plan that must pass.
fn tally(engine: Engine, plan: &Plan) -> Tally {
    let mut tally = Tally::default();
    let outcome = engine.run_recorded(&LeasePair::default(), plan, &mut tally);
    assert!(outcome.verdict.is_pass(), "{} on {engine}: {}", plan.seed, outcome.verdict);
    tally
}

/// A client demotes the primary every two seconds, while others write and read.
fn demoted_again_and_again(seed: u64) -> Plan {
    let mut plan = quiet(seed, 30_000, Vec::new());
    let step = |number: u64| {
        let (client, operation) = match number {
            n if n % 20 == 10 => (3, Operation::Demote),
            n if n % 2 == 0 => (1, put("k", &format!("{n}.")).into()),
            _ => (2, get("k").into()),
        };
        TimedOperation::new(number * 100_000_000, ClientId(client), &operation)
    };
    plan.workload.script = Some((20..290).map(step).collect());
    plan
}

#[test]
fn a_demoted_primary_hands_over_without_waiting_for_its_lease() {
    for engine in [Engine::Event, Engine::Turmoil] {
        let tally = tally(engine, &demoted_again_and_again(1));
        assert_eq!((tally.demotions_ok, tally.demotions_not_ok), (13, 0), "on {engine}: {tally:?}");
        assert_eq!((tally.hand_overs, tally.fail_overs), (13, 13), "on {engine}: {tally:?}");
        assert_eq!(tally.outs, 0, "no member has missed a write");
    }
}

#[test]
fn a_demotion_with_nobody_to_hand_over_to_does_not_happen() {
    let mut plan = demoted_again_and_again(2);
    let kill = |member: usize| Fault::Kill { target: Target::Node(MEMBERS[member]) };
    // From 14 s on at the latest n5 serves alone: n4 is down for the rest of the storm.
    plan.schedule = vec![fault(2_500, 60_000, kill(0))];
    let tally = tally(Engine::Event, &plan);
    assert_eq!(tally.hand_overs, tally.demotions_ok, "{tally:?}");
    assert!(tally.demotions_not_ok >= 10 && tally.demotions_ok <= 1, "{tally:?}");
}

#[test]
fn a_killed_primary_is_replaced_and_comes_back_as_passive() {
    for engine in [Engine::Event, Engine::Turmoil] {
        let kill = |at_ms, member: usize| fault(at_ms, 14_000, Fault::Kill { target: Target::Node(MEMBERS[member]) });
        let tally = tally(engine, &quiet(3, 60_000, vec![kill(5_000, 0), kill(35_000, 1)]));
        assert!(tally.fail_overs >= 1, "on {engine}: {tally:?}");
        assert_eq!(tally.hand_overs, 0);
        assert!(tally.outs >= 2 && tally.returns >= 2, "on {engine}: {tally:?}");
    }
}

/// The primary is cut off from the other member and from the coordinators, and not from its clients.
#[test]
fn a_primary_that_is_cut_off_serves_nobody_once_its_lease_has_run_out() {
    for (engine, seeds) in [(Engine::Event, 5), (Engine::Turmoil, 2)] {
        for seed in 0..seeds {
            let isolate =
                |at_ms, member: usize| fault(at_ms, 20_000, Fault::Isolate { target: Target::Node(MEMBERS[member]) });
            let tally = tally(engine, &quiet(seed, 70_000, vec![isolate(5_000, 0), isolate(40_000, 1)]));
            assert!(tally.fail_overs >= 1 && tally.returns >= 1, "seed {seed} on {engine}: {tally:?}");
        }
    }
}
