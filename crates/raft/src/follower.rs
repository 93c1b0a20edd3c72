//! The follower's side of log replication (section 5.3).

use env::NodeId;
use raft_types::{LogIndex, Term};

use crate::entry::Entries;
use crate::message::{AppendEntries, AppendOutcome, Message};
use crate::node::{Node, State};
use crate::rules::{FollowerCommit, Promise, Reconciliation, Rules};

impl<R: Rules> Node<R> {
    /// Follows the sender of a leader's message; false if it does not lead. One that led an earlier term is told so.
    pub(crate) fn follow(&mut self, from: NodeId, term: Term) -> bool {
        if term < self.term() {
            let outcome = AppendOutcome::Rejected { prev_index: LogIndex(0), hint: self.log.base() };
            self.send(from, Message::AppendEntriesResponse { term: self.term(), round: 0, outcome });
            return false;
        }
        if term == self.term() && self.is_leader() {
            // Two leaders in a term cannot be: the sender is not followed.
            return false;
        }
        if term > self.term() || !matches!(self.state, State::Follower { leader: Some(known) } if known == from) {
            self.become_follower(term, Some(from));
        }
        let now = self.clock.now();
        self.timer.restart(now);
        self.timer.loyal_until = now + self.config.election_timeout_min;
        self.expire_forwarded_reads();
        true
    }

    pub(crate) fn handle_append(&mut self, from: NodeId, append: AppendEntries) {
        let AppendEntries { prev, mut entries, leader_commit, round, .. } = append;
        if self.rules.checks_prev_entry(entries.len()) && !self.log.matches(prev) {
            let outcome = AppendOutcome::Rejected { prev_index: prev.index, hint: self.log.conflict_hint(prev) };
            self.send(from, Message::AppendEntriesResponse { term: self.term(), round, outcome });
            return;
        }
        if self.outbox.is_installing() {
            // The log that the entries belong to is not on the disk yet. They come again.
            entries = Entries::NONE;
        }
        if !entries.is_empty() && !self.take_entries(prev.index, &entries) {
            return;
        }
        let verified = LogIndex(prev.index.0 + entries.len() as u64);
        let last_log_index = self.log.last_index();
        self.set_commit_index(self.rules.follower_commit(&FollowerCommit {
            commit_index: self.commit_index,
            leader_commit,
            verified,
            last_log_index,
        }));
        let acked = self.rules.ack_index(verified, last_log_index);
        self.acknowledge(from, round, acked, entries.is_empty());
    }

    /// Makes the log behind `prev` agree with `entries`; false if they contradict a committed entry, which no leader's
    /// do.
    fn take_entries(&mut self, prev: LogIndex, entries: &Entries) -> bool {
        let conflict = self.log.conflict(entries);
        if conflict.is_some_and(|at| at <= self.commit_index) {
            return false;
        }
        let reconciliation = Reconciliation { prev, conflict, last_log_index: self.log.last_index() };
        if let Some(from) = self.rules.truncates_from(&reconciliation) {
            self.truncate(from);
        }
        let last = self.log.last_index();
        for entry in entries.iter().filter(|entry| entry.id.index > last) {
            self.append(entry.clone());
        }
        true
    }

    /// "My log equals yours up to `acked`", when that is durable. A heartbeat is answered at once, with the index that
    /// is durable now: a slow disk does not make a leader look dead.
    fn acknowledge(&mut self, to: NodeId, round: u64, acked: LogIndex, is_heartbeat: bool) {
        let durable = self.outbox.durable();
        let wait = self.rules.must_be_durable_before(Promise::AppendAck);
        let match_index = if is_heartbeat && wait { acked.min(durable) } else { acked };
        let is_durable = match_index <= durable && self.outbox.is_hard_state_durable();
        let outcome = AppendOutcome::Accepted { match_index };
        let answer = Message::AppendEntriesResponse { term: self.term(), round, outcome };
        self.promise(Promise::AppendAck, is_durable, to, answer);
    }
}
