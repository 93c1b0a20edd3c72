//! The purpose of fencing: a primary that was paused for longer than its lease, and does not know it, does no harm.

use sim::{Engine, Fault, Plan, Target, Verdict};
use systems::pair::{Bug, LeasePair, MEMBERS};

use crate::plans::{fault, quiet};

const SEEDS: [(Engine, u64); 2] = [(Engine::Event, 10), (Engine::Turmoil, 2)];

/// Both members are paused by turns, each for longer than its lease, while clients write: whichever of them is primary.
fn pauses(seed: u64) -> Plan {
    let pause = |at_ms, member: usize| fault(at_ms, 15_000, Fault::Pause { target: Target::Node(MEMBERS[member]) });
    quiet(seed, 60_000, vec![pause(5_000, 0), pause(35_000, 1)])
}

#[test]
fn a_primary_paused_past_its_lease_writes_nothing() {
    for (engine, seeds) in SEEDS {
        for seed in 0..seeds {
            let outcome = engine.run(&LeasePair::default(), &pauses(seed));
            assert!(outcome.verdict.is_pass(), "seed {seed} on {engine}: {}", outcome.verdict);
        }
    }
}

#[test]
fn without_fencing_it_writes_and_is_caught() {
    for (engine, seeds) in SEEDS {
        for seed in 0..seeds {
            let outcome = engine.run(&LeasePair::default().with_bug(Bug::Unfenced), &pauses(seed));
            let Verdict::Violation(violation) = outcome.verdict else {
                panic!("seed {seed} on {engine}: {}", outcome.verdict);
            };
            let caught_by = violation.invariant.id();
            assert!(
                ["one-primary", "accepted-write-stays", "linearizability"].contains(&caught_by),
                "seed {seed} on {engine}: {caught_by}: {}",
                violation.message
            );
        }
    }
}
