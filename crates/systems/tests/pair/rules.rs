//! Rules that are broken on purpose, to see that each is caught.

use env::{ClientId, Operation};
use sim::{Engine, Fault, Plan, Target, TimedOperation, Verdict};
use systems::pair::{LeasePair, MEMBERS};

use crate::plans::{fault, quiet};

/// The name of what is violated, and how.
fn caught(engine: Engine, pair: LeasePair, plan: &Plan) -> (&'static str, String) {
    match engine.run(&pair, plan).verdict {
        Verdict::Violation(violation) => (violation.invariant.name(), violation.message),
        other => panic!("{} on {engine}: {other}", plan.seed),
    }
}

#[test]
fn a_primary_that_acknowledges_alone_is_caught_at_once() {
    for engine in Engine::ALL {
        let (invariant, message) =
            caught(*engine, LeasePair::default().acknowledging_alone(), &quiet(1, 5_000, vec![]));
        assert_eq!(invariant, "System Rule", "{message}");
        assert!(message.contains("which is in sync, holds its log durably to"), "{message}");
    }
}

/// Each member is cut off from all other nodes by turns, whichever is primary. One client writes through whoever serves; on
/// each member another client is at home that reads.
fn cut_off(seed: u64) -> Plan {
    let isolate = |at_ms, member: usize| fault(at_ms, 20_000, Fault::Isolate { target: Target::Node(MEMBERS[member]) });
    let mut plan = quiet(seed, 70_000, vec![isolate(5_000, 0), isolate(40_000, 1)]);
    plan.workload.homes = [(ClientId(1), MEMBERS[0]), (ClientId(2), MEMBERS[1])].into_iter().collect();
    let step = |number: u64| {
        let put = Operation::Put { key: "k".into(), value: (&*number.to_string()).into() };
        let (client, operation) = match number % 3 {
            0 => (3, put),
            reader => (reader as u32, Operation::Get { key: "k".into() }),
        };
        TimedOperation { at_ns: number * 100_000_000, client: ClientId(client), operation }
    };
    plan.workload.script = Some((10..690).map(step).collect());
    plan
}

#[test]
fn a_primary_that_reads_without_its_lease_is_caught_when_it_is_cut_off() {
    for engine in Engine::ALL {
        let outcome = engine.run(&LeasePair::default(), &cut_off(1));
        assert!(outcome.verdict.is_pass(), "on {engine}: {}", outcome.verdict);
        let (invariant, message) = caught(*engine, LeasePair::default().reading_without_lease(), &cut_off(1));
        assert_eq!(invariant, "Linearizability", "on {engine}: {message}");
    }
}
