//! Planted bugs, each on the plan that shows it best.

use sim::{Engine, Plan, Verdict};
use systems::pair::{Bug, LeasePair};

use crate::plans::{cut_off, quiet};

/// The id of the violated invariant, and the message.
fn caught(engine: Engine, pair: LeasePair, plan: &Plan) -> (&'static str, String) {
    match engine.run(&pair, plan).verdict {
        Verdict::Violation(violation) => (violation.invariant.id(), violation.message),
        other => panic!("{} on {engine}: {other}", plan.seed),
    }
}

#[test]
fn a_primary_that_acknowledges_alone_is_caught_at_once() {
    for engine in Engine::ALL {
        let (invariant, message) =
            caught(*engine, LeasePair::default().with_bug(Bug::AcknowledgesAlone), &quiet(1, 5_000, vec![]));
        assert_eq!(invariant, "in-sync-holds-accepted", "{message}");
        assert!(message.contains("which is in sync, holds its log durably to"), "{message}");
    }
}

#[test]
fn a_primary_that_reads_without_its_lease_is_caught_when_it_is_cut_off() {
    for engine in Engine::ALL {
        let outcome = engine.run(&LeasePair::default(), &cut_off(1));
        assert!(outcome.verdict.is_pass(), "on {engine}: {}", outcome.verdict);
        let (invariant, message) = caught(*engine, LeasePair::default().with_bug(Bug::ReadsWithoutLease), &cut_off(1));
        assert_eq!(invariant, "linearizability", "on {engine}: {message}");
    }
}
