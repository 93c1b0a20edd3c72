//! Snapshots: compaction of the own log, and transfer to followers that need compacted entries (section 7).
//!
//! A snapshot goes out in chunks, one at a time, each when the one before it is answered. The follower's answer says
//! how much it has, so that a lost, repeated or reordered chunk is harmless and a transfer goes on where it was. An
//! answered heartbeat that is younger than the last chunk shows that the chunk or its answer was lost.

use env::{Bytes, NodeId};
use raft_types::{EntryId, LogIndex, Membership, Observation};

use crate::configurations::Configurations;
use crate::entry::Snapshot;
use crate::invariants::Summary;
use crate::leader::{Leader, Leading, Source};
use crate::message::{InstallSnapshot, Message};
use crate::node::Node;
use crate::progress::Flow;
use crate::rules::{Promise, Rules, SnapshotFate, SnapshotOffer};

/// A snapshot on its way to one peer.
#[derive(Clone, Debug)]
pub(crate) struct Transfer {
    snapshot: Snapshot,
    /// How much of it the peer has; the chunk behind it is on its way.
    received: u64,
    /// The round that was current when that chunk was sent.
    sent_in: u64,
}

impl Transfer {
    /// The last entry that the snapshot covers.
    pub(crate) fn last(&self) -> EntryId {
        self.snapshot.last
    }

    /// The chunk that comes next.
    fn chunk(&mut self, source: &Source<'_>, round: u64) -> Message {
        self.sent_in = round;
        let data = &self.snapshot.data;
        let from = usize::try_from(self.received).unwrap_or(usize::MAX).min(data.len());
        let end = from.saturating_add(source.config.snapshot_chunk_bytes).min(data.len());
        Message::InstallSnapshot(Box::new(InstallSnapshot {
            term: source.term,
            last: self.snapshot.last,
            membership: self.snapshot.membership,
            offset: self.received,
            data: Bytes::from(&data[from..end]),
            done: end == data.len(),
        }))
    }
}

/// A leader's snapshot as far as it has arrived.
#[derive(Clone, Debug)]
pub(crate) struct IncomingSnapshot {
    last: EntryId,
    membership: Membership,
    data: Vec<u8>,
}

impl Leader {
    pub(crate) fn begin_snapshot(&mut self, peer: NodeId, source: &Source<'_>, messages: &mut Vec<(NodeId, Message)>) {
        let round = self.rounds.current();
        let (Some(snapshot), Some(progress)) = (source.snapshot, self.progress_mut(peer)) else { return };
        let mut transfer = Transfer { snapshot: snapshot.clone(), received: 0, sent_in: round };
        messages.push((peer, transfer.chunk(source, round)));
        progress.snapshot_begun(transfer);
    }

    /// Sends the chunk on its way to `peer` again, if the peer has answered a round begun since.
    pub(crate) fn resume_snapshot(
        &mut self,
        peer: NodeId,
        answered: u64,
        source: &Source<'_>,
        messages: &mut Vec<(NodeId, Message)>,
    ) {
        let round = self.rounds.current();
        let Some(progress) = self.progress_mut(peer) else { return };
        if let Flow::Snapshot(transfer) = &mut progress.flow
            && answered > transfer.sent_in
        {
            messages.push((peer, transfer.chunk(source, round)));
        }
    }
}

impl<R: Rules> Node<R> {
    /// The state machine has a durable snapshot of its own: drops the entries it covers, but for
    /// [`log_tail`](crate::Config::log_tail) of them. One behind an earlier snapshot is ignored.
    pub fn compact(&mut self, snapshot: Snapshot) {
        let last = snapshot.last.index;
        if self.snapshot.as_ref().is_some_and(|newer| newer.last.index >= last) {
            return;
        }
        if self.rules.asserts_invariants() {
            let applied = self.outbox.delivered();
            assert!(last <= applied, "a snapshot to {last} of a state machine that was given no more than {applied}");
        }
        let before = Summary::of(self);
        self.snapshot = Some(snapshot);
        if self.log.compact(LogIndex(last.0.saturating_sub(self.config.log_tail))) {
            let through = self.log.base().index;
            self.configurations.compact(through);
            self.outbox.observe(Observation::Compacted { through });
        }
        self.end(&before);
    }

    /// The leader's snapshot that a [`Ready`](crate::Ready) handed out, ending at `last`, is durable and is the state
    /// machine now.
    pub fn snapshot_installed(&mut self, last: EntryId) {
        let before = Summary::of(self);
        if self.outbox.installed(last) {
            self.observe_configured();
        }
        self.end(&before);
    }

    pub(crate) fn handle_install_snapshot(&mut self, from: NodeId, chunk: &InstallSnapshot) {
        let last = chunk.last;
        let offer =
            SnapshotOffer { last, commit_index: self.commit_index, own_term_there: self.log.term_at(last.index) };
        match self.rules.snapshot_fate(&offer) {
            SnapshotFate::Ignore => self.answer_installed(from, last),
            SnapshotFate::Commit => {
                self.set_commit_index(last.index);
                self.answer_installed(from, last);
            }
            SnapshotFate::Install => match self.assemble(chunk) {
                Ok(snapshot) => {
                    self.install(snapshot);
                    self.answer_installed(from, last);
                }
                Err(received) => {
                    let term = self.term();
                    self.send(from, Message::InstallSnapshotResponse { term, last, received, installed: false });
                }
            },
        }
    }

    /// Adds a chunk to the incoming snapshot: the whole snapshot if it is the last, else the length so far.
    fn assemble(&mut self, chunk: &InstallSnapshot) -> Result<Snapshot, u64> {
        match &self.incoming {
            Some(incoming) if incoming.last == chunk.last => {}
            // A chunk of an older snapshot than the one that is arriving was delayed: it changes nothing.
            Some(incoming) if incoming.last.index > chunk.last.index => return Err(0),
            Some(_) | None => {
                self.incoming =
                    Some(IncomingSnapshot { last: chunk.last, membership: chunk.membership, data: Vec::new() });
            }
        }
        let incoming = self.incoming.as_mut().expect("made above");
        let received = incoming.data.len() as u64;
        if chunk.offset != received {
            return Err(received);
        }
        incoming.data.extend_from_slice(&chunk.data);
        if !chunk.done {
            return Err(incoming.data.len() as u64);
        }
        let IncomingSnapshot { last, membership, data } = self.incoming.take().expect("just added to");
        Ok(Snapshot { last, membership, data: data.into() })
    }

    /// Replaces the log by a snapshot; the state machine follows when the caller says so.
    fn install(&mut self, snapshot: Snapshot) {
        let last = snapshot.last;
        self.set_term_and_vote(self.rules.term_after_snapshot(self.term(), last), self.hard_state.voted_for);
        self.log.reset(last);
        self.configurations = Configurations::new(last.index, snapshot.membership);
        self.outbox.install(snapshot.clone(), self.commit_index);
        self.snapshot = Some(snapshot);
        self.commit_index = self.commit_index.max(last.index);
    }

    /// "I have everything up to `last`", when that is durable.
    fn answer_installed(&mut self, to: NodeId, last: EntryId) {
        let durable = self.outbox.durable() >= last.index && self.outbox.is_hard_state_durable();
        let answer = Message::InstallSnapshotResponse { term: self.term(), last, received: 0, installed: true };
        self.promise(Promise::SnapshotAck, durable, to, answer);
    }

    pub(crate) fn handle_install_response(&mut self, from: NodeId, last: EntryId, received: u64, installed: bool) {
        let Some(Leading { leader, source, messages, .. }) = self.leading() else { return };
        let round = leader.rounds.current();
        let Some(progress) = leader.progress_mut(from) else { return };
        let Flow::Snapshot(transfer) = &mut progress.flow else { return };
        if transfer.last() != last {
            return;
        }
        if installed {
            progress.accepted(last.index, true);
            leader.replicate(from, &source, messages);
            self.promote();
        } else if received != transfer.received {
            // More than before, or less: the follower has restarted, or this answer is an old one. Either way it says
            // where to go on; an answer that says nothing new asks for nothing, so that duplicates die out.
            transfer.received = received.min(transfer.snapshot.data.len() as u64);
            let chunk = transfer.chunk(&source, round);
            messages.push((from, chunk));
        }
    }
}
