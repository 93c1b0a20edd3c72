//! Election Safety: at most one leader can be elected in a given term (paper figure 3, section 5.2).
//!
//! And none without the votes of a majority of its configuration, which is why there cannot be two. The votes are
//! judged only in systems that report them.

use env::{NodeId, NodeSet};
use raft_types::Term;

use crate::invariants::ELECTION_SAFETY;
use crate::record::Record;
use sim::Moment;
use sim::{Checked, broken};

/// So many terms are remembered, of elections and of leaders: candidates that lag behind by more do not exist.
const TERMS_KEPT: usize = 1024;

#[derive(Clone, Debug, Default)]
pub(crate) struct ElectionSafety {
    /// In ascending order of terms.
    leaders: Vec<(Term, NodeId)>,
    /// In ascending order of terms: a candidate and its voters.
    votes: Vec<(Term, NodeId, NodeSet)>,
    /// Votes of this term and before may be forgotten.
    forgotten: Term,
}

impl ElectionSafety {
    pub(crate) fn voted(&mut self, voter: NodeId, term: Term, candidate: NodeId) {
        let known = self.votes.iter_mut().rev().take_while(|(of, ..)| *of >= term);
        if let Some((.., voters)) = known.into_iter().find(|(of, whom, _)| (*of, *whom) == (term, candidate)) {
            voters.insert(voter);
            return;
        }
        let position = self.votes.partition_point(|(of, ..)| *of <= term);
        self.votes.insert(position, (term, candidate, [voter].into_iter().collect()));
        if self.votes.len() > TERMS_KEPT {
            self.forgotten = self.votes[TERMS_KEPT / 2].0;
            self.votes.drain(..=TERMS_KEPT / 2);
        }
    }

    pub(crate) fn leads(&mut self, record: &Record, at: Moment, node: NodeId, term: Term) -> Checked {
        let position = self.leaders.partition_point(|(of, _)| *of < term);
        match self.leaders.get(position) {
            Some((of, other)) if *of == term && *other != node => {
                let (first, second) = (node.min(*other), node.max(*other));
                let message = format!("{first} and {second} both lead term {term}");
                return broken(ELECTION_SAFETY, at, [first, second], message);
            }
            Some((of, _)) if *of == term => {}
            _ => self.leaders.insert(position, (term, node)),
        }
        if self.leaders.len() > TERMS_KEPT {
            self.leaders.drain(..TERMS_KEPT / 2);
        }
        if self.votes.is_empty() || term <= self.forgotten {
            return Ok(());
        }
        let elected = self.votes.iter().rev().find(|(of, whom, _)| (*of, *whom) == (term, node));
        let voters = elected.map_or(NodeSet::EMPTY, |(.., voters)| *voters);
        let membership = record.view.node(node).membership;
        if !membership.has_quorum(voters) {
            let message = format!("{node} leads term {term} by the votes of {voters}, no majority of {membership}");
            return broken(ELECTION_SAFETY, at, [node], message);
        }
        Ok(())
    }
}
