//! A failing run is made smaller and stays the same failure.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use ::zoo::Bug;
use explore::{Failure, Fingerprint, Runner, Shrinking, Shrunk, shrink};
use scenarios::raft_kv_with;
use sim::{Engine, Overrides, Plan, Profile, Seed, Subject};
use sim_tests::{Seeds, campaign, on_both_engines, outcome, raft_kv, run_to_first_failure};

on_both_engines!(
    what_is_left_fails_in_the_same_way_and_is_much_smaller,
    without_time_next_to_nothing_is_tried,
    a_run_that_passes_is_not_shrunk,
);

/// The plan of the first seed that fails with this bug.
fn failing(engine: Engine, bug: Bug) -> (Arc<dyn Subject>, Plan, Failure) {
    let subject = raft_kv_with(bug);
    let seeds = Seeds { event: 2_000, turmoil: 300 };
    let report = run_to_first_failure(&campaign(engine, Profile::Swarm, seeds.on(engine)), &*subject);
    let failure = report.failures.into_iter().next().unwrap_or_else(|| panic!("{bug} was not noticed"));
    let plan = raft_kv().plan(failure.seed, Profile::Swarm, &Overrides::default()).expect("it was run");
    (subject, plan, failure)
}

fn on(_: &Shrinking) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn what_is_left_fails_in_the_same_way_and_is_much_smaller(engine: Engine) {
    for bug in [Bug::DuplicateVoteCounted, Bug::AckBeforeFsync, Bug::TornTailAppendedOver] {
        let (subject, plan, failure) = failing(engine, bug);
        let limit = Duration::from_secs(20);
        let shrunk =
            shrink(&Runner::new(engine, &*subject), &plan, limit, &mut on).expect("a verdict").expect("it fails");
        let Shrunk { before, after, .. } = shrunk;
        assert!(after.events <= before.events && after.operations <= before.operations, "{bug}: {before} -> {after}");
        // A search that its 20 s of CPU time cut short has come far. On turmoil a run takes a hundred times as long as on
        // event: seed 0x8 of the torn tail goes from 354 operations to 63 in that time, and to 44 in five times as much.
        let (faults_max, operations_max) =
            if shrunk.is_complete { (12, 20) } else { (before.faults.div_ceil(2), before.operations.div_ceil(4)) };
        assert!(after.faults <= faults_max && after.operations <= operations_max, "{bug}: {before} -> {after}");

        // The plan alone shows the same failure, as the report tells it.
        let again = Failure::of(shrunk.plan.seed, &outcome(engine, &*subject, &shrunk.plan)).expect("it still fails");
        assert_eq!(Fingerprint::of(&again), Fingerprint::of(&failure), "{bug}");
        assert_eq!(again, shrunk.failure, "{bug}");
        assert_eq!(shrunk.blame.len(), shrunk.plan.schedule.len(), "{bug}");
        for blame in &shrunk.blame {
            let mut without = shrunk.plan.clone();
            without.schedule.remove(blame.number);
            let failure = Failure::of(without.seed, &outcome(engine, &*subject, &without));
            let fails_alike = failure.is_some_and(|failure| Fingerprint::of(&failure) == Fingerprint::of(&again));
            assert_eq!(blame.without.is_needed(), Some(!fails_alike), "{bug}: {}", without.seed);
        }
        // It is the bug that fails, not the plan.
        let verdict = outcome(engine, &*raft_kv(), &shrunk.plan).verdict;
        assert!(verdict.is_pass(), "{bug}: without it {verdict}");
    }
}

fn without_time_next_to_nothing_is_tried(engine: Engine) {
    let (subject, plan, failure) = failing(engine, Bug::DuplicateVoteCounted);
    let runner = Runner::new(engine, &*subject);
    let shrunk = shrink(&runner, &plan, Duration::ZERO, &mut on).expect("a verdict").expect("it fails");
    assert!(!shrunk.is_complete);
    assert_eq!(Fingerprint::of(&shrunk.failure), Fingerprint::of(&failure));
    // The run itself, and one proposal.
    assert!(shrunk.runs <= 2, "{} runs", shrunk.runs);
    assert!(shrunk.blame.iter().all(|blame| blame.without.is_needed().is_none()));
    let mut stop_at_once = |_: &Shrinking| ControlFlow::Break(());
    let stopped = shrink(&runner, &plan, Duration::MAX, &mut stop_at_once).expect("a verdict").expect("it fails");
    assert!(!stopped.is_complete);
}

fn a_run_that_passes_is_not_shrunk(engine: Engine) {
    let plan = raft_kv().plan(Seed(1), Profile::Calm, &Overrides::default()).expect("profiles make sound plans");
    let right = raft_kv();
    assert!(shrink(&Runner::new(engine, &*right), &plan, Duration::MAX, &mut on).expect("a verdict").is_none());
}
