//! Random histories of a small Raft of the tests' own: a correct one is never accused, and one with a rule missing is
//! caught by the invariant that the rule is there for.
//!
//! The model is abstract where the checker does not look (no bytes, no clocks, whole snapshots in one message) and
//! complete where it does: durability by syncs that take their time, power loss and kill, lost, repeated and reordered
//! messages, truncation, snapshots, joint membership changes, retries, and reads from leader and followers.

extern crate stormglass_raft_rules as raft_rules;

mod clients;
mod disk;
mod election;
mod node;
mod random;
mod replication;
mod rules;
mod world;

use sim::Violation;

use crate::rules::Bug;
use crate::world::World;

/// The first violation within these seeds, with the seed.
fn hunt(bug: Option<Bug>, seeds: std::ops::Range<u64>, steps: u32) -> Option<(u64, Box<Violation>, World)> {
    seeds.into_iter().find_map(|seed| {
        let mut world = World::new(seed, bug);
        let verdict = world.run(steps);
        verdict.err().map(|violation| (seed, violation, world))
    })
}

#[test]
fn a_correct_history_is_never_accused() {
    if let Some((seed, violation, world)) = hunt(None, 0..400, 8_000) {
        panic!("seed {seed} is correct, but: {violation}\n{}", world.tail());
    }
}

#[test]
fn a_correct_history_is_never_accused_by_a_checker_that_forgets() {
    for seed in 0..400 {
        let mut world = World::remembering(seed, None, seed % 12);
        if let Err(violation) = world.run(8_000) {
            panic!("seed {seed} is correct, but: {violation}\n{}", world.tail());
        }
    }
}

#[test]
fn a_correct_history_holds_everything_that_can_be_wrong_with_another() {
    let mut seen = world::Seen::default();
    for seed in 0..60 {
        let mut world = World::new(seed, None);
        world.run(4_000).expect("correct");
        seen.add(&world.seen);
    }
    assert!(seen.is_complete(), "{seen:?}");
}

#[test]
fn a_missing_rule_is_noticed_by_its_invariant() {
    use raft_rules::*;
    for (bug, by) in [
        (Bug::VoteNotDurable, &[DURABILITY, ONE_VOTE_A_TERM, ELECTION_SAFETY][..]),
        (Bug::VoteForgottenInTerm, &[ONE_VOTE_A_TERM]),
        (Bug::VoteByLength, &[LEADER_COMPLETENESS]),
        (Bug::StaleVoteCounted, &[ELECTION_SAFETY]),
        (Bug::PrevNotChecked, &[STATE_MACHINE_SAFETY, LOG_MATCHING]),
        (Bug::TruncateWithoutConflict, &[DURABILITY, STATE_MACHINE_SAFETY, QUORUM_WRITE_BLOCKING]),
        (Bug::AckOwnLast, &[QUORUM_WRITE_BLOCKING, STATE_MACHINE_SAFETY]),
        (Bug::AckBeforeSync, &[QUORUM_WRITE_BLOCKING]),
        (Bug::LeaderCountsUnsynced, &[QUORUM_WRITE_BLOCKING]),
        (Bug::CommitEarlierTerm, &[LEADER_COMPLETENESS]),
        (Bug::CommitByHalf, &[QUORUM_WRITE_BLOCKING]),
        (Bug::CommitUnclamped, &[STATE_MACHINE_SAFETY, QUORUM_WRITE_BLOCKING]),
        (Bug::CommitGoesBack, &[MONOTONICITY]),
        (Bug::JointByUnion, &[ELECTION_SAFETY, QUORUM_WRITE_BLOCKING]),
        (Bug::ChangesOverlap, &[ONE_MAJORITY]),
        (Bug::ConfigurationNotRolledBack, &[ONE_MAJORITY]),
        (Bug::StaleSnapshot, &[MONOTONICITY, DURABILITY, QUORUM_WRITE_BLOCKING]),
        (Bug::SnapshotDropsTail, &[DURABILITY, QUORUM_WRITE_BLOCKING]),
        (Bug::SnapshotMislabelled, &[STATE_MACHINE_SAFETY]),
        (Bug::SnapshotWithoutSessions, &[STATE_MACHINE_SAFETY]),
        (Bug::RetryExecuted, &[EXACTLY_ONCE]),
        (Bug::CompletedByIndex, &[NO_ACKNOWLEDGED_WRITE_LOST]),
        (Bug::DeposedLeaderReads, &[LINEARIZABLE_READS]),
        (Bug::ReadBeforeApplied, &[LINEARIZABLE_READS]),
        (Bug::SyncSkipped, &[DURABILITY, QUORUM_WRITE_BLOCKING]),
    ] {
        let Some((_, violation, _)) = hunt(Some(bug), 0..5_000, 4_000) else {
            panic!("{bug:?} went unnoticed");
        };
        assert!(by.contains(&violation.invariant), "{bug:?} was noticed as {violation}");
    }
}
