//! The storms of a pair's own plans reach every event that they are for.

use std::time::Duration;

use sim::{Engine, Machines, Overrides, Plan, Profile, Seed, Subject};
use systems::pair::LeasePair;

use crate::tally::Tally;

/// A pair with a short lease, which runs out the more often.
fn short_lease() -> LeasePair {
    LeasePair::default().ttl(Duration::from_secs(3))
}

fn plan(pair: LeasePair, seed: u64) -> Plan {
    Machines(pair).plan(Seed(seed), Profile::Chaos, &Overrides::default()).expect("a seed makes a plan")
}

#[test]
fn storms_reach_what_they_are_for() {
    let mut tally = Tally::default();
    for seed in 0..40 {
        let pair = if seed % 2 == 0 { LeasePair::default() } else { short_lease() };
        Engine::Event.run_recorded(&pair, &plan(pair, seed), &mut tally);
        tally.another_run();
    }
    let Tally { fail_overs, hand_overs, cuts, outs, returns, copies, demotions_ok, demotions_not_ok, .. } = tally;
    let reached = [fail_overs - hand_overs, hand_overs, cuts, outs, returns, copies, demotions_ok, demotions_not_ok];
    assert!(reached.iter().all(|times| *times > 0), "{reached:?}");
}
