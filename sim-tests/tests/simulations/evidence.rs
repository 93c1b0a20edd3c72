//! The files of a failed run show the failure.
//!
//! A stale read is noticed when a node serves it, and the run is over before the client has the answer. Its history
//! goes on until the client has, so that a judge of the history alone finds it wrong as well.

use ::zoo::Bug;
use explore::{Evidence, Failure, Origin, Runner};
use history::linearizability::{Budget, KeyValue, is_linearizable};
use raft_rules::LINEARIZABLE_READS;
use scenarios::raft_kv_with;
use sim::{Engine, Line, Overrides, Plan, Profile, Recorder, Seed, Subject};
use sim_tests::{Seeds, on_both_engines, outcome, raft_kv, recorded};

on_both_engines!(
    the_history_of_a_stale_read_is_not_linearizable,
    a_stale_read_that_is_recorded_is_the_run_that_was_not,
);

/// How many seeds are run at most.
const SEEDS: Seeds = Seeds { event: 2_000, turmoil: 150 };

fn plan(seed: Seed) -> Plan {
    raft_kv().plan(seed, Profile::Swarm, &Overrides::default()).expect("profiles make sound plans")
}

/// The runs of the cluster with this bug in which a node serves a stale read.
fn stale_reads(engine: Engine, subject: &dyn Subject) -> impl Iterator<Item = (Plan, Failure)> {
    (0..SEEDS.on(engine)).map(Seed).filter_map(move |seed| {
        let plan = plan(seed);
        let failure = Failure::of(seed, &outcome(engine, subject, &plan))?;
        (failure.invariant == Some(LINEARIZABLE_READS)).then_some((plan, failure))
    })
}

fn the_history_of_a_stale_read_is_not_linearizable(engine: Engine) {
    for bug in [Bug::LeaderReadNoQuorum, Bug::ReadBeforeApplied] {
        let subject = raft_kv_with(bug);
        let origin = Origin { profile: Some(Profile::Swarm), ..Origin::of(&*subject, engine) };
        let runner = Runner::new(engine, &*subject);
        let mut found = 0;
        // Not in each: the answer may be lost, or hold the value that a fresh one would.
        let shows = |(plan, failure): (Plan, Failure)| {
            found += 1;
            let evidence = Evidence::gather(&runner, &origin, &plan, &failure).expect("it has a verdict");
            let history = evidence.history.of_store().expect("clients of a store");
            is_linearizable(&KeyValue, &history, Budget::default()) == Some(false)
        };
        let is_shown = stale_reads(engine, &*subject).any(shows);
        assert!(is_shown, "{bug}: {found} stale reads, and every history looks right");
    }
}

fn a_stale_read_that_is_recorded_is_the_run_that_was_not(engine: Engine) {
    #[derive(Default)]
    struct Last(String);
    impl Recorder for Last {
        fn record(&mut self, line: &Line<'_>) {
            self.0 = line.to_string();
        }
    }
    let subject = raft_kv_with(Bug::ReadBeforeApplied);
    let (plan, _) = stale_reads(engine, &*subject).next().expect("a stale read");
    let mut last = Last::default();
    let (alone, recorded) = (outcome(engine, &*subject, &plan), recorded(engine, &*subject, &plan, &mut last));
    assert_eq!(alone.verdict.to_string(), recorded.verdict.to_string());
    assert_eq!((alone.digest, alone.stats), (recorded.digest, recorded.stats));
    assert_eq!((alone.faults, alone.milestones), (recorded.faults, recorded.milestones));
    // No timeline has the time after it.
    assert!(last.0.ends_with(&recorded.verdict.to_string()), "{}", last.0);
}
