//! Clocks that do worse than drift: the pair cannot read by them, and its writes are safe all the same.

use sim::{Engine, Fault, FaultKind, Plan, System, Target, Verdict};
use systems::pair::{LeasePair, MEMBERS};

use crate::plans::{cut_off, fault, writes_by_wrong_clocks};

/// Cuts the members off by turns. A second later this fault befalls the clock of that member, or of the other one.
fn cut_off_with(wrong: &Fault, is_of_the_member_cut_off: bool) -> Plan {
    let mut plan = cut_off(1);
    for (at_ms, member) in [(6_000, 0), (41_000, 1)] {
        let member = if is_of_the_member_cut_off { member } else { 1 - member };
        let mut wrong = wrong.clone();
        wrong.targets_mut().fill(Target::Node(MEMBERS[member]));
        plan.schedule.push(fault(at_ms, 18_000, wrong));
    }
    plan.schedule.sort_by_key(|timed| timed.at_ms);
    plan
}

/// A primary whose clock stands still takes its lease for valid for ever; a passive whose clock goes forward takes the
/// lease before it has run out.
#[test]
fn the_clock_faults_that_a_pair_refuses_make_its_reads_stale() {
    let (pair, target, by_ms) = (LeasePair::default(), Target::Any, 20_000);
    for (wrong, is_of_the_member_cut_off) in [
        (Fault::ClockFreeze { target }, true),
        (Fault::ClockJump { target, by_ms }, false),
        (Fault::ClockSkew { target, by_ms }, false),
    ] {
        let plan = cut_off_with(&wrong, is_of_the_member_cut_off);
        for engine in Engine::ALL {
            assert!(pair.refuses(*engine, wrong.kind()).is_some(), "{wrong} is not refused");
            let Verdict::Violation(violation) = engine.run(&pair, &plan).verdict else {
                panic!("{wrong} does no harm on {engine}");
            };
            assert_eq!(violation.invariant.name(), "Linearizability", "{wrong} on {engine}: {}", violation.message);
        }
    }
    assert_eq!(pair.refuses(Engine::Event, FaultKind::ClockDrift), None);
}

/// With clocks that jump and stand still a primary may take an expired lease for valid. Its reads may be stale then;
/// the other member refuses its writes.
#[test]
fn wrong_clocks_do_no_harm_to_writes() {
    for seed in 0..20 {
        let outcome = Engine::Event.run(&LeasePair::default(), &writes_by_wrong_clocks(seed));
        assert!(outcome.verdict.is_pass(), "seed {seed}: {}", outcome.verdict);
    }
}
