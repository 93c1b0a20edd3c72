//! The net catches: one rule is taken out, and the fuzzer must notice, by the invariant that the rule stands for.
//!
//! Each cluster here is the real one with one method of its rules overridden. The campaign is the one a person gets by
//! default: profile `swarm`, seeds from 0.

use std::ops::ControlFlow;
use std::sync::atomic::AtomicBool;

use check::Invariant;
use env::NodeId;
use explore::{Campaign, Failure};
use raft::{CommitCandidate, Promise, RequestVote, Voter};
use sim::{Overrides, Profile, Seed};
use stormglass::RaftKv;

/// The first failure of up to 2,000 seeds.
fn caught(rules: impl kv::Rules + Send) -> Option<Failure> {
    let campaign = Campaign {
        first_seed: Seed(0),
        seeds: 2_000,
        time: None,
        profile: Profile::Swarm,
        overrides: Overrides::default(),
        jobs: 2,
        verify: false,
    };
    let mut stop_at_first = |progress: &explore::Progress<'_>| match progress.failure {
        Some(_) => ControlFlow::Break(()),
        None => ControlFlow::Continue(()),
    };
    let report = campaign
        .run(&RaftKv::with_rules(rules), &AtomicBool::new(false), &mut stop_at_first)
        .expect("profiles make sound plans");
    report.failures.into_iter().next()
}

fn assert_caught_as(expected: &[Invariant], rules: impl kv::Rules + Send) {
    let failure = caught(rules).expect("2,000 seeds noticed nothing");
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

#[test]
fn voting_twice_in_a_term_is_caught() {
    assert_caught_as(&[Invariant::ElectionSafety, Invariant::OneVoteATerm], VotesTwice);
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
#[test]
fn committing_a_prior_terms_entry_by_counting_is_caught() {
    assert_caught_as(&[Invariant::LeaderCompleteness, Invariant::StateMachineSafety], CommitsPriorTerms);
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

#[test]
fn acknowledging_before_the_sync_is_caught() {
    assert_caught_as(&[Invariant::QuorumWriteBlocking, Invariant::LeaderCompleteness], AcknowledgesBeforeSync);
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

#[test]
fn forgetting_the_vote_at_restart_is_caught() {
    assert_caught_as(
        &[Invariant::OneVoteATerm, Invariant::ElectionSafety, Invariant::Durability],
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

#[test]
fn serving_a_read_without_a_quorum_is_caught() {
    assert_caught_as(&[Invariant::LinearizableReads], ReadsWithoutQuorum);
}
