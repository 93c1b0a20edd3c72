//! The invariants of one server, asserted after every step.
//!
//! A stop is a safe outcome, a wrong answer is not. Each check costs a few comparisons, independent of the log's
//! length. Violations that no single server can see (two leaders in a term, logs that differ) are for a checker of the
//! whole cluster.

use env::NodeId;
use raft_types::{LogIndex, Term};

use crate::node::{Node, State};
use crate::rules::Rules;

/// The part of a state that [`check_step`] compares across a step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Summary {
    term: Term,
    voted_for: Option<NodeId>,
    commit_index: LogIndex,
    delivered: LogIndex,
    last_log_index: LogIndex,
    is_leader: bool,
}

impl Summary {
    pub(crate) fn of<R: Rules>(node: &Node<R>) -> Summary {
        Summary {
            term: node.hard_state.term,
            voted_for: node.hard_state.voted_for,
            commit_index: node.commit_index,
            delivered: node.outbox.delivered(),
            last_log_index: node.log.last_index(),
            is_leader: node.is_leader(),
        }
    }
}

/// Asserts the invariants of a state.
pub(crate) fn check<R: Rules>(node: &Node<R>) {
    let (commit, delivered) = (node.commit_index, node.outbox.delivered());
    let (base, last) = (node.log.base().index, node.log.last_index());
    let (durable, unwritten) = (node.outbox.durable(), node.outbox.unwritten());
    assert!(delivered <= commit, "{delivered} was applied, beyond the commit index {commit}");
    assert!(commit <= last, "the commit index {commit} is beyond the last index {last}");
    assert!(base <= commit, "{base} was compacted, beyond the commit index {commit}");
    assert!(durable <= last, "{durable} is durable, beyond the last index {last}");
    assert!(unwritten <= last.next(), "{unwritten} is to be written next, beyond the last index {last}");
    let configured = node.configurations.current_index();
    assert!(configured <= last, "the configuration at {configured} is beyond the last index {last}");
    let (term, log_term) = (node.hard_state.term, node.log.last().term);
    assert!(log_term <= term, "the log ends in term {log_term}, after the current term {term}");
    match &node.state {
        State::Follower { .. } | State::PreCandidate(_) => {}
        State::Candidate(_) => {
            let voted_for = node.hard_state.voted_for;
            assert!(voted_for == Some(node.config.id), "a candidate has voted for {voted_for:?}");
        }
        State::Leader(leader) => {
            let elected_in = leader.elected_in;
            assert!(elected_in == term, "the leader of term {elected_in} is in term {term}");
            let first = leader.first_index;
            assert!(first <= last, "the leader's first entry at {first} is beyond its last index {last}");
        }
    }
}

/// Asserts the invariants of a step.
pub(crate) fn check_step(before: &Summary, after: &Summary) {
    let (was, is) = (before.term, after.term);
    assert!(was <= is, "the term fell from {was} to {is}");
    if was == is {
        let (was, is) = (before.voted_for, after.voted_for);
        assert!(was.is_none() || was == is, "the vote changed from {was:?} to {is:?} in term {}", after.term);
    }
    let (was, is) = (before.commit_index, after.commit_index);
    assert!(was <= is, "the commit index fell from {was} to {is}");
    let (was, is) = (before.delivered, after.delivered);
    assert!(was <= is, "the last applied index fell from {was} to {is}");
    if before.is_leader && after.is_leader && before.term == after.term {
        let (was, is) = (before.last_log_index, after.last_log_index);
        assert!(was <= is, "a leader's log shrank from {was} to {is}");
    }
}
