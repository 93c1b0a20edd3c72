//! The observer of a Raft core sees enough: the rules judge its observations as they judge the core's own.

use ::zoo::{Bug, Mutant};
use raft_kv::RaftKv;
use sim::{Engine, Machines, Profile};
use sim_tests::{Observed, campaign, run, run_to_first_failure};

use crate::zoo::shows_as;

/// Each event's observations are compared with the core's own, so that a difference ends a run as a panic.
#[test]
fn an_observed_cluster_passes_and_is_reported_as_it_reports_itself() {
    for profile in [Profile::Swarm, Profile::Membership] {
        let report = run(&campaign(Engine::Event, profile, 300), &Machines(Observed(RaftKv::default())));
        let failures: Vec<String> = report.failures.iter().map(|failure| failure.message.clone()).collect();
        assert!(failures.is_empty(), "{profile}: {failures:#?}");
    }
}

/// Bugs of each kind that a core can have, and such as do not need many seeds. Of all bugs of the zoo the fuzzer misses
/// one here in 2,000 seeds, `joint-union-counter-reads`. It takes `append-stamped-with-adopted-term`, whose leader goes
/// on in a newer term, for a leader without votes: the observer cannot tell it from one.
#[test]
fn bugs_in_the_core_are_caught_by_the_observations_of_an_observer() {
    let mut missed = Vec::new();
    for bug in [
        Bug::DuplicateVoteCounted,
        Bug::HeartbeatSkipsPrevCheck,
        Bug::CommitPriorTermByCount,
        Bug::CommitIndexRegresses,
        Bug::AckBeforeFsync,
        Bug::VoteLostOnLogRewrite,
        Bug::SnapshotLabelMismatch,
        Bug::JointUnionCounterCommit,
        Bug::ConfigNotRolledBack,
    ] {
        let system = Machines(Observed(RaftKv::with_bug(bug, Mutant(bug))));
        let report = run_to_first_failure(&campaign(Engine::Event, Profile::Swarm, 2_000), &system);
        let found = report.failures.first();
        let invariant = found.and_then(|failure| failure.invariant);
        if !invariant.is_some_and(|invariant| shows_as(bug).contains(&invariant)) {
            missed.push(format!("{bug}: {:?}", found.map(|failure| (failure.seed, failure.message.clone()))));
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}
