//! Plans for proptest: as the test wants them, and small when they fail.

use proptest::test_runner::{Config, TestError, TestRunner};
use raft_kv::RaftKv;
use sim::{FaultKind, Plan, Profile, Seed, TimedFault};
use stormglass::{Plans, plans};

fn raft_kv() -> Plans {
    plans(RaftKv::default())
}

fn runner() -> TestRunner {
    let config = Config { failure_persistence: None, cases: 300, max_shrink_iters: 5_000, ..Config::default() };
    TestRunner::new_with_rng(config, proptest::test_runner::TestRng::deterministic_rng(Default::default()))
}

#[test]
fn a_failing_plan_is_shrunk_to_what_it_takes() {
    let strategy = raft_kv().profile(Profile::Chaos).nodes(3..=5);
    let has = |plan: &Plan, kind| plan.schedule.iter().any(|timed| timed.fault.kind() == kind);
    let failed = runner().run(&strategy, |plan| {
        assert!((3..=5).contains(&plan.cluster.nodes));
        let fails = has(&plan, FaultKind::Bridge) && has(&plan, FaultKind::Pause);
        if fails { Err(proptest::test_runner::TestCaseError::fail("both")) } else { Ok(()) }
    });
    let Err(TestError::Fail(_, plan)) = failed else { panic!("some plan has both: {failed:?}") };
    assert_eq!(plan.schedule.len(), 2, "{:?}", plan.schedule);
    assert_eq!((plan.cluster.nodes, plan.workload.clients), (3, 0));
}

#[test]
fn what_a_test_wants_is_so_in_every_plan() {
    let strategy = raft_kv()
        .workload(|workload| workload.keys = 1)
        .schedule(|schedule| schedule.retain(|timed| timed.fault.kind() != FaultKind::BitFlip));
    let all = runner().run(&strategy, |plan| {
        assert_eq!(plan.workload.keys, 1);
        assert!(plan.schedule.iter().all(|timed| timed.fault.kind() != FaultKind::BitFlip));
        Ok(())
    });
    all.expect("both hold");
}

#[test]
fn what_a_test_wants_is_so_in_the_smallest_plan_too() {
    let is_power = |timed: &TimedFault| matches!(timed.fault.kind(), FaultKind::Crash | FaultKind::TornWrite);
    let strategy = raft_kv().workload(|workload| workload.keys = 7).schedule(move |schedule| schedule.retain(is_power));
    let failed = runner().run(&strategy, |plan| {
        let fails = plan.schedule.len() > 1;
        if fails { Err(proptest::test_runner::TestCaseError::fail("two")) } else { Ok(()) }
    });
    let Err(TestError::Fail(_, plan)) = failed else { panic!("some plan has two: {failed:?}") };
    // A killed process would be milder than lost power, and one key fewer than seven.
    assert!(plan.schedule.len() == 2 && plan.schedule.iter().all(is_power), "{:?}", plan.schedule);
    assert_eq!(plan.workload.keys, 7);
}

#[test]
fn a_change_that_makes_no_plan_is_said() {
    let error = raft_kv().changed(|plan| plan.cluster.heartbeat_ms = 0).of(Seed(1)).expect_err("no heartbeat");
    assert!(error.to_string().contains("heartbeat_ms is 0"), "{error}");
}
