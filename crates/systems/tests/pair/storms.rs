//! Storms of many seeds, on both engines.

use std::time::Duration;

use sim::{Engine, Plan, Profile};
use systems::pair::LeasePair;

use crate::plans::{plan, with_demotions, writes_by_wrong_clocks};
use crate::tally::Tally;

/// The pair that a seed is run on: every other two have a short lease, which runs out the more often.
fn pair(seed: u64) -> LeasePair {
    if (seed / 2).is_multiple_of(2) { LeasePair::default() } else { LeasePair::default().ttl(Duration::from_secs(3)) }
}

/// Every other seed has demotions.
fn storm(seed: u64, profile: Profile) -> Plan {
    let plan = plan(seed, profile);
    if seed.is_multiple_of(2) { plan } else { with_demotions(plan) }
}

fn passes(engine: Engine, plan: &Plan) -> u64 {
    let outcome = engine.run(&pair(plan.seed.0), plan);
    assert!(outcome.verdict.is_pass(), "{} on {engine}: {}", plan.seed, outcome.verdict);
    outcome.digest
}

#[test]
fn storms_break_no_rule_on_the_event_engine() {
    for seed in 0..150 {
        passes(Engine::Event, &storm(seed, Profile::Chaos));
    }
}

#[test]
fn failing_disks_break_no_rule_on_the_event_engine() {
    for seed in 300..340 {
        passes(Engine::Event, &storm(seed, Profile::Disk));
    }
}

#[test]
fn a_swarm_of_faults_breaks_no_rule_on_the_event_engine() {
    for seed in 400..440 {
        passes(Engine::Event, &storm(seed, Profile::Swarm));
    }
}

#[test]
fn quiet_runs_break_no_rule_on_the_event_engine() {
    for seed in 0..10 {
        passes(Engine::Event, &plan(seed, Profile::Calm));
    }
}

#[test]
fn storms_break_no_rule_on_the_turmoil_engine() {
    for seed in 0..4 {
        passes(Engine::Turmoil, &storm(seed, Profile::Chaos));
    }
}

#[test]
fn a_storm_that_is_run_twice_is_the_same_on_either_engine() {
    for engine in [Engine::Event, Engine::Turmoil] {
        for seed in [4, 7] {
            let plan = storm(seed, Profile::Chaos);
            assert_eq!(passes(engine, &plan), passes(engine, &plan), "on {engine}");
        }
    }
}

/// By clocks that jump and stand still a primary may take its lease for valid that has run out. What it reads may be stale
/// then; what it writes, the other member refuses.
#[test]
fn wrong_clocks_do_no_harm_to_writes() {
    for seed in 0..20 {
        passes(Engine::Event, &writes_by_wrong_clocks(seed));
    }
}

#[test]
fn storms_reach_what_they_are_for() {
    let mut tally = Tally::default();
    for seed in 0..40 {
        Engine::Event.run_recorded(&pair(seed), &storm(seed, Profile::Chaos), &mut tally);
        tally.another_run();
    }
    let Tally { fail_overs, hand_overs, cuts, outs, returns, copies, demotions_ok, demotions_not_ok, .. } = tally;
    let reached = [fail_overs - hand_overs, hand_overs, cuts, outs, returns, copies, demotions_ok, demotions_not_ok];
    assert!(reached.iter().all(|times| *times > 0), "{reached:?}");
}
