//! When the node writes, which sync covers a write, and which messages wait for that sync.

use std::collections::VecDeque;

use env::{DiskError, Effects, Instant, NodeId, SyncId};
use raft::{HardState, Message, Ready};
use raft_types::{EntryId, LogIndex, Membership};

use super::{Node, send};
use crate::rules::Rules;
use crate::wal::Opening;

/// The `Ready`s that are durable, and the messages that wait for theirs to be.
#[derive(Clone, Debug, Default)]
pub(super) struct Durability {
    /// The last sync asked for.
    pub(super) last_sync: u64,
    pub(super) in_flight: Option<Sync>,
    /// True if the writes that were flushed without a sync, or are to be flushed, need one.
    pub(super) needs_sync: bool,
    /// The last `Ready` carried out.
    pub(super) taken: u64,
    /// The last `Ready` whose writes must be durable.
    pub(super) written: u64,
    /// The last `Ready` covered by a completed sync.
    pub(super) durable: u64,
    /// By ascending numbers of the `Ready`s they came with.
    pub(super) held: VecDeque<Held>,
    /// A log segment is to begin with the next flush, behind this entry, with this configuration there.
    pub(super) segment_behind: Option<(EntryId, Membership)>,
    pub(super) quiet: bool,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Sync {
    pub(super) id: SyncId,
    /// The last `Ready` that it covers.
    pub(super) through: u64,
}

#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) number: u64,
    to: NodeId,
    message: Message,
}

impl Durability {
    /// Asks for a sync that covers everything up to `Ready` number `through`.
    pub(super) fn ask_sync<R: Rules>(&mut self, through: u64, effects: &mut Effects<Node<R>>) {
        let Durability { in_flight, taken, durable, .. } = &self;
        assert!(in_flight.is_none(), "one sync at a time: {in_flight:?} is in flight");
        assert!(effects.sync.is_none(), "one sync an event: {:?} was asked for before", effects.sync);
        assert!(through <= *taken, "a sync is to cover Ready {through}, the last one taken is {taken}");
        assert!(through >= *durable, "a sync is to cover Ready {through}, but Ready {durable} is durable without it");
        self.last_sync += 1;
        self.needs_sync = false;
        let id = SyncId(self.last_sync);
        self.in_flight = Some(Sync { id, through });
        effects.sync = Some(id);
    }

    /// The `Ready` of this number is carried out from here on.
    pub(super) fn take_up(&mut self, number: u64) {
        assert!(number == self.taken + 1, "Ready {number} is carried out behind Ready {}", self.taken);
        self.taken = number;
    }

    /// True if anything written must still become durable.
    pub(super) fn is_outstanding(&self) -> bool {
        self.written > self.durable
    }

    /// Holds a message back until its `Ready` is durable.
    pub(super) fn hold(&mut self, number: u64, to: NodeId, message: Message) {
        let last = self.held.back().map_or(0, |held| held.number);
        assert!(number >= last, "a message of Ready {number} is held behind one of Ready {last}");
        assert!(number > self.durable, "a message of Ready {number} is held, Ready {} is durable", self.durable);
        self.held.push_back(Held { number, to, message });
    }

    /// Has the next flush begin a log segment behind a snapshot to `base`.
    pub(super) fn begin_segment_behind(&mut self, base: EntryId, membership: Membership) {
        self.segment_behind = Some((base, membership));
        self.needs_sync = true;
    }

    /// Nothing but time has passed: an occasion for a seal, which is not urgent.
    pub(super) fn note_quiet_moment(&mut self) {
        self.quiet = true;
    }
}

impl<R: Rules> Node<R> {
    /// Writes a `Ready`: its log to the batch of the next flush, and a leader's snapshot to a file.
    pub(super) fn write(&mut self, ready: &mut Ready, effects: &mut Effects<Node<R>>) {
        if self.rules.asserts_invariants() {
            self.assert_fits_log(ready);
        }
        if let Some(snapshot) = ready.snapshot.take() {
            self.receive_snapshot(snapshot, ready.number, effects);
        }
        if let Some(hard_state) = ready.hard_state {
            self.wal.write_hard_state(hard_state);
        }
        if let Some(from) = ready.truncate_from {
            self.wal.write_truncation(from);
        }
        self.wal.write_entries(&ready.entries);
        if ready.needs_sync {
            self.durability.needs_sync = true;
            self.durability.written = ready.number;
        }
    }

    /// A `Ready` cuts the log behind the last entry applied only, and adds entries where the log then ends.
    fn assert_fits_log(&self, ready: &Ready) {
        let (number, last, applied) = (ready.number, self.wal.last_index(), self.applied.last);
        if let Some(from) = ready.truncate_from {
            assert!(from <= last, "Ready {number} cuts the log at {from}, but it ends at {last}");
            assert!(from > applied.index, "Ready {number} cuts the log at {from}, but {applied} was applied");
        }
        if let Some(first) = ready.entries.first() {
            let expected = ready.truncate_from.unwrap_or(last.next());
            assert!(first.id.index == expected, "Ready {number} writes {} where {expected} comes next", first.id);
            let installing = self.publications.installing_to();
            assert!(installing.is_none(), "Ready {number} writes {} behind a snapshot under way", first.id);
        }
    }

    /// Hands the batch to the disk and asks for a sync, unless one is in flight: then all waits for the next.
    pub(super) fn flush(&mut self, effects: &mut Effects<Node<R>>) {
        let quiet = std::mem::take(&mut self.durability.quiet);
        if self.halted || self.durability.in_flight.is_some() {
            return;
        }
        if let Some((base, membership)) = self.durability.segment_behind.take() {
            self.begin_segment(base, membership);
        }
        let publishes = self.publications.flush(&mut effects.disk);
        let seals = quiet && self.wal.has_unsealed_sync();
        if self.wal.has_batch() || seals {
            self.wal.flush(&mut effects.disk);
        }
        if self.durability.needs_sync || publishes || seals || !self.wal.is_durable() {
            // The `Ready` with a leader's snapshot is not durable before the snapshot is, though its other writes may
            // be.
            let through = self.publications.installing().map_or(self.durability.taken, |number| number - 1);
            self.durability.ask_sync(through, effects);
        }
    }

    /// A sync is done: sends the messages that it covers, and takes the snapshot under way a step further.
    pub(super) fn synced(&mut self, id: SyncId, now: Instant, effects: &mut Effects<Node<R>>) {
        let Some(sync) = self.durability.in_flight.take_if(|sync| sync.id == id) else {
            return;
        };
        self.wal.synced(&mut effects.disk);
        if sync.through > self.durability.durable {
            self.durability.durable = sync.through;
            self.raft.persisted(sync.through, now);
        }
        if self.wal.is_durable() {
            let durable = if self.durability.is_outstanding() { sync.through } else { self.durability.taken };
            while let Some(held) = self.durability.held.pop_front_if(|held| held.number <= durable) {
                send(held.to, held.message, effects);
            }
        }
        self.publication_synced(effects);
    }

    /// A sync failed. The writes it covered may be gone, and so the node halts, before another node relies on them.
    pub(super) fn sync_failed(&mut self, id: SyncId, error: DiskError, effects: &mut Effects<Node<R>>) {
        if self.rules.sync_error_is_fatal() {
            self.halt(format!("{id:?} failed: {error}"), effects);
            return;
        }
        if let Some(failed) = self.durability.in_flight.take_if(|sync| sync.id == id) {
            self.durability.ask_sync(failed.through, effects);
        }
    }

    /// Begins a new log segment with Raft's log as it is. All entries of that log must have been handed out to be
    /// written.
    fn begin_segment(&mut self, base: EntryId, membership: Membership) {
        assert!(!self.raft.has_ready(), "a segment begins in the middle of a Ready");
        let current = HardState { term: self.raft.term(), voted_for: self.raft.voted_for() };
        let hard_state = self.rules.hard_state_for_new_segment(current);
        let raft = &self.raft;
        if self.rules.asserts_invariants() {
            let (first, last) = (raft.first_index(), raft.last());
            assert!(first <= base.index.next(), "a segment is to begin behind {base}, the log begins with {first}");
            assert!(base.index <= last.index, "a segment is to begin behind {base}, the log ends with {last}");
        }
        let entries = (base.index.0 + 1..=raft.last().index.0).filter_map(|index| raft.entry_at(LogIndex(index)));
        self.wal.begin_segment(&Opening { node: self.config.raft.id, base, membership, hard_state }, entries);
    }
}
