//! The net catches: one rule is taken out, and the fuzzer must notice, by the invariant that the rule stands for.
//!
//! Each cluster here is the real one with one method of its rules overridden. The campaign is the one a person gets by
//! default: profile `swarm`, seeds from 0.

use check::Invariant;
use env::NodeId;
use raft::{CommitCandidate, Promise, RequestVote, Voter};
use sim::{Engine, Profile};
use sim_tests::{campaign, on_both_engines, run_to_first_failure};
use stormglass::RaftKv;

on_both_engines!(
    voting_twice_in_a_term_is_caught,
    committing_a_prior_terms_entry_by_counting_is_caught,
    acknowledging_before_the_sync_is_caught,
    forgetting_the_vote_at_restart_is_caught,
    serving_a_read_without_a_quorum_is_caught,
);

/// Demands that one of up to 2,000 seeds fails, the first to fail by one of these invariants.
fn assert_caught_as(expected: &[Invariant], engine: Engine, rules: impl kv::Rules + Send + 'static) {
    let report = run_to_first_failure(&campaign(engine, Profile::Swarm, 2_000), &RaftKv::with_rules(rules));
    let failure = report.failures.first().expect("2,000 seeds noticed nothing");
    let invariant = failure.invariant.unwrap_or_else(|| panic!("{}: {}", failure.headline(), failure.message));
    assert!(expected.contains(&invariant), "{} {invariant:?}: {}", failure.seed, failure.message);
}

#[derive(Clone, Debug)]
struct VotesTwice;

impl raft::Rules for VotesTwice {
    fn grants_vote(&self, _: NodeId, request: &RequestVote, voter: &Voter) -> bool {
        request.term >= voter.term && self.is_up_to_date(request.last, voter.last)
    }

    fn asserts_invariants(&self) -> bool {
        false
    }
}

impl kv::Rules for VotesTwice {}

fn voting_twice_in_a_term_is_caught(engine: Engine) {
    assert_caught_as(&[Invariant::ElectionSafety, Invariant::OneVoteATerm], engine, VotesTwice);
}

#[derive(Clone, Debug)]
struct CommitsPriorTerms;

impl raft::Rules for CommitsPriorTerms {
    fn may_commit(&self, _: &CommitCandidate) -> bool {
        true
    }

    fn asserts_invariants(&self) -> bool {
        false
    }
}

impl kv::Rules for CommitsPriorTerms {}

/// Figure 8 of the Raft paper, found by chance.
fn committing_a_prior_terms_entry_by_counting_is_caught(engine: Engine) {
    assert_caught_as(&[Invariant::LeaderCompleteness, Invariant::StateMachineSafety], engine, CommitsPriorTerms);
}

#[derive(Clone, Debug)]
struct AcknowledgesBeforeSync;

impl raft::Rules for AcknowledgesBeforeSync {
    fn must_be_durable_before(&self, promise: Promise) -> bool {
        promise != Promise::AppendAck
    }

    fn asserts_invariants(&self) -> bool {
        false
    }
}

impl kv::Rules for AcknowledgesBeforeSync {}

fn acknowledging_before_the_sync_is_caught(engine: Engine) {
    assert_caught_as(&[Invariant::QuorumWriteBlocking, Invariant::LeaderCompleteness], engine, AcknowledgesBeforeSync);
}

#[derive(Clone, Debug)]
struct ForgetsVoteAtRestart;

impl raft::Rules for ForgetsVoteAtRestart {
    fn asserts_invariants(&self) -> bool {
        false
    }
}

impl kv::Rules for ForgetsVoteAtRestart {
    fn vote_at_boot(&self, _: Option<NodeId>) -> Option<NodeId> {
        None
    }
}

fn forgetting_the_vote_at_restart_is_caught(engine: Engine) {
    assert_caught_as(
        &[Invariant::OneVoteATerm, Invariant::ElectionSafety, Invariant::Durability],
        engine,
        ForgetsVoteAtRestart,
    );
}

#[derive(Clone, Debug)]
struct ReadsWithoutQuorum;

impl raft::Rules for ReadsWithoutQuorum {
    fn read_needs_quorum(&self) -> bool {
        false
    }
}

impl kv::Rules for ReadsWithoutQuorum {}

fn serving_a_read_without_a_quorum_is_caught(engine: Engine) {
    assert_caught_as(&[Invariant::LinearizableReads], engine, ReadsWithoutQuorum);
}
