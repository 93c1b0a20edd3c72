//! The commit index of leader and follower (sections 5.3 and 5.4).

use raft_types::{EntryId, LogIndex, Observation, Term};

use crate::node::{Node, State};
use crate::quorum::quorum_value;
use crate::rules::{CommitCandidate, Promise, Rules};

impl<R: Rules> Node<R> {
    /// Moves the leader's commit index as far as a quorum holds the log, and continues the work that waited for it.
    pub(crate) fn advance_commit(&mut self) {
        let State::Leader(leader) = &self.state else { return };
        let last = self.log.last_index();
        let own_match = if self.rules.must_be_durable_before(Promise::OwnCopy) { self.outbox.durable() } else { last };
        let (own, membership) = (self.config.id, self.configurations.current());
        let held_by = |node| match leader.progress(node) {
            Some(progress) => progress.match_index.0,
            None if node == own => own_match.0,
            None => 0,
        };
        let by = |nodes| self.rules.commit_quorum(membership, nodes);
        let held = quorum_value(self.commit_index.0, membership.all_voters(), held_by, by);
        let Some(held) = held.map(|index| LogIndex(index).min(last)) else { return };
        let candidate = CommitCandidate {
            current_term: self.term(),
            next: self.id_at(self.commit_index.next()),
            held: self.id_at(held),
        };
        if self.rules.may_commit(&candidate) {
            self.set_commit_index(held);
            self.admit_early_reads();
            self.advance_membership();
        }
    }

    /// Takes everything up to `index` for committed, as far as the log reaches.
    pub(crate) fn set_commit_index(&mut self, index: LogIndex) {
        let index = index.min(self.log.last_index());
        if index != self.commit_index {
            self.commit_index = index;
            self.outbox.observe(Observation::Committed { entry: self.id_at(index) });
        }
    }

    /// True if an entry of the leader's own term is committed; false on a server that does not lead.
    pub(crate) fn is_own_term_committed(&self) -> bool {
        matches!(&self.state, State::Leader(leader) if self.commit_index >= leader.first_index)
    }

    /// The entry at an index that the log is known to reach.
    fn id_at(&self, index: LogIndex) -> EntryId {
        self.log.id_at(index).unwrap_or(EntryId { index, term: Term(0) })
    }
}
