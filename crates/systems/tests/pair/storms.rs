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

/// So many seeds are run at most. Each event is rare in some of them: a copy that is answered from memory comes about
/// once in a hundred.
const SEEDS_MAX: u64 = 400;

#[test]
fn storms_reach_what_they_are_for() {
    let mut tally = Tally::default();
    for seed in 0..SEEDS_MAX {
        let pair = if seed % 2 == 0 { LeasePair::default() } else { short_lease() };
        Engine::Event.run_recorded(&pair, &plan(pair, seed), &mut tally);
        tally.another_run();
        if reached(&tally).iter().all(|times| *times > 0) {
            return;
        }
    }
    panic!("{SEEDS_MAX} seeds reach {:?}", reached(&tally));
}

fn reached(tally: &Tally) -> [u64; 8] {
    let &Tally { fail_overs, hand_overs, cuts, outs, returns, copies, demotions_ok, demotions_not_ok, .. } = tally;
    [fail_overs - hand_overs, hand_overs, cuts, outs, returns, copies, demotions_ok, demotions_not_ok]
}
