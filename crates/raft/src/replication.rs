//! The leader's side of log replication (section 5.3): the appends to each peer, and the answers to them.

use env::{NodeId, RequestId};
use raft_types::{EntryId, LogIndex, Observation};

use crate::entry::{Entries, Entry, Payload};
use crate::leader::{Batch, Leader, Leading, Source};
use crate::message::{AppendEntries, AppendOutcome, Message};
use crate::node::Node;
use crate::progress::Flow;
use crate::rules::Rules;

impl Leader {
    /// Sends `peer` the entries that it lacks, as far as the window allows; a snapshot if those were compacted away.
    pub(crate) fn replicate(&mut self, peer: NodeId, source: &Source<'_>, messages: &mut Vec<(NodeId, Message)>) {
        let round = self.rounds.current();
        let last = source.log.last_index();
        loop {
            let Some(progress) = self.progress_mut(peer) else { return };
            let from = progress.next_index;
            if from > last || progress.awaits_snapshot() {
                return;
            }
            let Some(prev) = source.log.id_at(from.prev()) else {
                // Any append on its way may be lost, and no heartbeat could show that any more.
                return self.begin_snapshot(peer, source, messages);
            };
            if !progress.may_send(source.config.appends_in_flight_max) {
                return;
            }
            if (self.batch.from, self.batch.last_log_index) != (from, last) {
                let entries = source.log.batch(from, source.config.append_bytes_max);
                self.batch = Batch { from, last_log_index: last, entries };
            }
            let entries = self.batch.entries.clone();
            let sent = LogIndex(prev.index.0 + entries.len() as u64);
            let (term, leader_commit) = (source.term, source.commit_index);
            messages.push((peer, Message::AppendEntries(AppendEntries { term, prev, entries, leader_commit, round })));
            if let Some(progress) = self.progress_mut(peer) {
                progress.sent(sent);
            }
        }
    }

    /// Sends `peer` an empty append, even if others are on their way. It vouches for the entry before the next one to
    /// send, so that an append that was lost shows; to a peer that waits for a snapshot, for its last entry known to
    /// match.
    pub(crate) fn heartbeat(&self, peer: NodeId, source: &Source<'_>, messages: &mut Vec<(NodeId, Message)>) {
        let Some(progress) = self.progress(peer) else { return };
        let next = match progress.flow {
            Flow::Snapshot(_) => None,
            Flow::Probe { .. } | Flow::Replicate => source.log.id_at(progress.next_index.prev()),
        };
        // If nothing is known of the peer: the position before the first entry, which every log has.
        let prev = next.or_else(|| source.log.id_at(progress.match_index)).unwrap_or(EntryId::ZERO);
        let append = AppendEntries {
            term: source.term,
            prev,
            entries: Entries::NONE,
            leader_commit: source.commit_index,
            round: self.rounds.current(),
        };
        messages.push((peer, Message::AppendEntries(append)));
    }
}

impl<R: Rules> Node<R> {
    /// Adds an entry of its own to the leader's log. It counts for commitment when it is durable.
    pub(crate) fn append_own(&mut self, payload: Payload, request: Option<RequestId>) -> EntryId {
        let id = EntryId { term: self.term(), index: self.log.last_index().next() };
        self.append(Entry { id, payload, request });
        id
    }

    /// Adds an entry to the log; a configuration is in force at once (section 6).
    pub(crate) fn append(&mut self, entry: Entry) {
        self.outbox.observe(Observation::Appended {
            entry: entry.id,
            payload: entry.payload_digest(),
            request: entry.request,
        });
        if let Payload::Membership(membership) = entry.payload {
            self.configurations.push(entry.id.index, membership);
            self.observe_configured();
        }
        self.log.append(entry);
    }

    pub(crate) fn replicate_to_all(&mut self) {
        let Some(Leading { leader, source, messages, .. }) = self.leading() else { return };
        for peer in leader.peers.iter() {
            leader.replicate(peer, &source, messages);
        }
    }

    pub(crate) fn handle_append_response(&mut self, from: NodeId, round: u64, outcome: AppendOutcome) {
        let Some(Leading { leader, source, rules, messages }) = self.leading() else { return };
        let last = source.log.last_index();
        let (current, confirmed) = (leader.rounds.current(), leader.rounds.confirmed());
        let Some(progress) = leader.progress_mut(from) else { return };
        if round > current {
            return;
        }
        let mut news = false;
        match outcome {
            AppendOutcome::Accepted { match_index } if match_index > last => return,
            AppendOutcome::Accepted { match_index } => {
                let acked = rules.match_index(match_index, progress.next_index);
                news = progress.accepted(acked, rules.resumes_probe_on_heartbeat());
            }
            AppendOutcome::Rejected { prev_index, hint } => {
                let agreed = source.log.conflict_hint(hint).index;
                progress.rejected(prev_index, agreed);
            }
        }
        let confirms = round > progress.acked_round && round > confirmed;
        progress.acked_round = progress.acked_round.max(round);
        leader.resume_snapshot(from, round, &source, messages);
        leader.replicate(from, &source, messages);
        if confirms {
            self.confirm_rounds();
        }
        if news {
            self.advance_commit();
            self.promote();
            self.ask_to_stand();
        }
    }
}
