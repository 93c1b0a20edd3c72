//! The net catches: every bug of the zoo is planted, and the fuzzer must notice each, by an invariant that rules of its
//! category stand for.
//!
//! The campaign is the one a person gets by default: profile `swarm`, seeds from 0. `stormglass zoo` hunts the same
//! bugs and shows the cost of each.

use ::zoo::Bug;
use raft_rules::*;
use scenarios::raft_kv_with;
use sim::{Engine, Invariant, Profile};
use sim_tests::{campaign, on_both_engines, run_to_first_failure};

/// Demands that for each of these bugs one of so many seeds fails, the first to fail by an invariant that it may show
/// as.
fn assert_caught(engine: Engine, bugs: &[Bug], seeds: u64) {
    let not_caught = |bug: &Bug| {
        let subject = raft_kv_with(*bug);
        let report = run_to_first_failure(&campaign(engine, Profile::Swarm, seeds), &*subject);
        let Some(failure) = report.failures.first() else {
            return Some(format!("{bug}: {seeds} seeds noticed nothing"));
        };
        let is_as_expected = failure.invariant.is_some_and(|invariant| shows_as(*bug).contains(&invariant));
        (!is_as_expected).then(|| format!("{bug} {} {}: {}", failure.seed, failure.headline(), failure.message))
    };
    let not_caught: Vec<String> = bugs.iter().filter_map(not_caught).collect();
    assert!(not_caught.is_empty(), "{not_caught:#?}");
}

/// The invariants that a broken rule may show as: those that the rule stands for, or those that rest on them. Which of
/// them comes first is a matter of the seed.
pub(super) fn shows_as(bug: Bug) -> &'static [Invariant] {
    match bug.category() {
        // A vote that is forgotten or counted twice; a node that boots without it.
        zoo::Category::Election => &[ELECTION_SAFETY, ONE_VOTE_A_TERM, DURABILITY, LEADER_COMPLETENESS],
        zoo::Category::Replication => {
            // A leader that takes a different log for equal cannot mend it: then nothing goes on. A deposed leader
            // whose appends carry the new leader's term is confirmed by followers, and serves stale reads.
            &[
                QUORUM_WRITE_BLOCKING,
                STATE_MACHINE_SAFETY,
                LOG_MATCHING,
                LEADER_APPEND_ONLY,
                DURABILITY,
                LINEARIZABLE_READS,
                Invariant::CONVERGENCE,
                Invariant::PROGRESS,
            ]
        }
        zoo::Category::Commit => {
            &[LEADER_COMPLETENESS, STATE_MACHINE_SAFETY, QUORUM_WRITE_BLOCKING, MONOTONICITY, Invariant::PROGRESS]
        }
        zoo::Category::Persistence => &[QUORUM_WRITE_BLOCKING, LEADER_COMPLETENESS, DURABILITY, ONE_VOTE_A_TERM],
        zoo::Category::Snapshot => &[STATE_MACHINE_SAFETY, MONOTONICITY, DURABILITY],
        zoo::Category::Membership => &[ONE_MAJORITY, ELECTION_SAFETY, QUORUM_WRITE_BLOCKING, Invariant::PROGRESS],
        zoo::Category::Reads => &[LINEARIZABLE_READS, Invariant::LINEARIZABILITY],
        zoo::Category::Sessions => &[EXACTLY_ONCE, STATE_MACHINE_SAFETY, NO_ACKNOWLEDGED_WRITE_LOST],
        zoo::Category::Transfer | zoo::Category::Liveness => &[Invariant::PROGRESS, Invariant::CONVERGENCE],
        // A follower that has forgotten entries it acknowledged is not sent them again.
        zoo::Category::Storage => &[
            QUORUM_WRITE_BLOCKING,
            DURABILITY,
            NO_ACKNOWLEDGED_WRITE_LOST,
            LEADER_COMPLETENESS,
            Invariant::CONVERGENCE,
        ],
    }
}

#[test]
fn every_bug_is_caught_on_the_event_engine() {
    assert_caught(Engine::Event, Bug::ALL, 20_000);
}

/// One of each category at least, and such as do not need many seeds: on this engine a seed costs fifty times as much.
#[test]
fn bugs_of_every_category_are_caught_on_the_turmoil_engine() {
    let bugs = [
        Bug::DuplicateVoteCounted,
        Bug::HeartbeatSkipsPrevCheck,
        Bug::CommitPriorTermByCount,
        Bug::AckBeforeFsync,
        Bug::VoteLostOnLogRewrite,
        Bug::SnapshotLabelMismatch,
        Bug::JointUnionCounterCommit,
        Bug::ReadindexBeforeOwnTermCommit,
        Bug::DedupAtProposeOnly,
        Bug::TransferNeverAborts,
        Bug::ProbePausedForever,
        Bug::TornTailAppendedOver,
    ];
    assert_caught(Engine::Turmoil, &bugs, 400);
}

on_both_engines!(some_bugs_show_first_as_what_they_break);

/// The first seed that fails breaks the invariant that the rule stands for, and not a later consequence.
fn some_bugs_show_first_as_what_they_break(engine: Engine) {
    for (bug, expected) in [
        (Bug::CommitPriorTermByCount, &[LEADER_COMPLETENESS, STATE_MACHINE_SAFETY][..]),
        (Bug::AckBeforeFsync, &[QUORUM_WRITE_BLOCKING, LEADER_COMPLETENESS]),
        (Bug::LeaderReadNoQuorum, &[LINEARIZABLE_READS]),
        (Bug::DuplicateVoteCounted, &[ELECTION_SAFETY]),
        (Bug::CommitIndexRegresses, &[MONOTONICITY]),
    ] {
        let subject = raft_kv_with(bug);
        let report = run_to_first_failure(&campaign(engine, Profile::Swarm, 2_000), &*subject);
        let found = report.failures.first().and_then(|failure| failure.invariant);
        assert!(found.is_some_and(|invariant| expected.contains(&invariant)), "{bug}: {found:?}");
    }
}
