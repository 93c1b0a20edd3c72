//! The net catches: one rule is taken out, and the fuzzer must notice, by the invariant that the rule stands for.
//! `zoo.rs` demands the same of every bug that a real Raft had; these two are not known of any.
//!
//! Each cluster here is the real one with one method of its rules overridden. The campaign is the one a person gets by
//! default: profile `swarm`, seeds from 0.

use env::NodeId;
use raft::{RequestVote, Voter};
use raft_kv::RaftKv;
use sim::{Engine, Invariant, Machines, Profile};
use sim_tests::{campaign, on_both_engines, run_to_first_failure};

on_both_engines!(voting_twice_in_a_term_is_caught, forgetting_the_vote_at_restart_is_caught,);

/// Demands that one of up to 2,000 seeds fails, the first to fail by one of these invariants.
fn assert_caught_as(expected: &[Invariant], engine: Engine, rules: impl kv::Rules + Send + Sync + 'static) {
    let subject = Machines(RaftKv::with_bug("of-this-test", rules));
    let report = run_to_first_failure(&campaign(engine, Profile::Swarm, 2_000), &subject);
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
    assert_caught_as(&[raft_rules::ELECTION_SAFETY, raft_rules::ONE_VOTE_A_TERM], engine, VotesTwice);
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
        &[raft_rules::ONE_VOTE_A_TERM, raft_rules::ELECTION_SAFETY, raft_rules::DURABILITY],
        engine,
        ForgetsVoteAtRestart,
    );
}
