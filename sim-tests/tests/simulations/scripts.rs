//! The operations of a run's clients, written down as a script, make the same run.

use env::ClientId;
use explore::{Runner, replay, scripted};
use sim::{Engine, Line, Overrides, Plan, Profile, RecordedHistory, Recorder, Seed, TimedOperation};
use sim_tests::{on_both_engines, raft_kv};

on_both_engines!(a_client_that_is_busy_begins_its_next_operation_afterwards);

struct Nothing;

impl Recorder for Nothing {
    fn record(&mut self, _: &Line<'_>) {}
}

fn history(engine: Engine, plan: &Plan) -> RecordedHistory {
    replay(&Runner::new(engine, &*raft_kv()), plan, &mut Nothing).expect("a verdict").history
}

/// On turmoil it need not: a history has its times from the ticks, and a message that a client sends in the middle of a
/// tick arrives at another moment than one that it sends at the end.
#[test]
fn a_run_and_its_script_show_clients_the_same() {
    let engine = Engine::Event;
    for seed in (0..60).map(Seed) {
        let plan = raft_kv().plan(seed, Profile::Swarm, &Overrides::default()).expect("profiles make sound plans");
        let drawn = history(engine, &plan);
        assert!(history(engine, &scripted(&plan, &drawn)) == drawn, "{seed}: the clients' histories differ");
    }
}

fn a_client_that_is_busy_begins_its_next_operation_afterwards(engine: Engine) {
    let mut plan = raft_kv().plan(Seed(1), Profile::Calm, &Overrides::nodes(3)).expect("profiles make sound plans");
    let put = |value: &str| {
        let operation = kv_types::Operation::Put { key: "k0".into(), value: value.into() };
        TimedOperation::new(1_000_000_000, ClientId(1), &operation)
    };
    plan.workload.script = Some(["a", "b", "c"].map(put).into());
    let history = history(engine, &plan);
    let calls: Vec<_> = history.calls().iter().filter(|call| call.process == 1).collect();
    assert_eq!(calls.len(), 3);
    for pair in calls.windows(2) {
        let (ended, _) = pair[0].completed.as_ref().expect("a calm run answers");
        assert!(pair[1].invoked > *ended, "{pair:?}");
    }
}
