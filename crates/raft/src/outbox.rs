//! The work that piles up for the next `Ready`, and the progress of the earlier ones.

use std::collections::VecDeque;

use raft_types::{EntryId, LogIndex, Observation};

use crate::entry::{HardState, Snapshot};
use crate::log::Log;
use crate::ready::Ready;
use crate::rules::{Rules, Written};

/// The border between the decisions of the server and the work that the caller has done.
///
/// Always true, as long as the rules are kept:
/// - `durable` <= last index of the log: the last entry that is durable and still in the log;
/// - entries from `unwritten` on have not been handed out to be written, those before have;
/// - `delivered` <= commit index: the last entry that has been handed out to be applied.
#[derive(Clone, Debug)]
pub(crate) struct Outbox {
    /// The content of the next `Ready`, except its entries, which are taken from the log then.
    pub(crate) ready: Ready,
    /// The number of the last `Ready`.
    taken: u64,
    /// The number of the last `Ready` whose writes are durable.
    persisted: u64,
    hard_state_changed: bool,
    /// The number of the `Ready` with the latest hard state; 0 if it is the one found at boot.
    hard_state_in: u64,
    unwritten: LogIndex,
    durable: LogIndex,
    delivered: LogIndex,
    /// `Ready`s with entries that are not known to be durable: their numbers, and the last index that was written then
    /// and has not been truncated since.
    writes: VecDeque<(u64, LogIndex)>,
    /// The snapshot that has been handed out to be installed.
    installing: Option<EntryId>,
}

impl Outbox {
    /// Nothing to do: the log up to `last` was found on the disk, and the state machine includes all up to `applied`.
    pub(crate) fn new(last: LogIndex, applied: LogIndex) -> Outbox {
        Outbox {
            ready: Ready::default(),
            taken: 0,
            persisted: 0,
            hard_state_changed: false,
            hard_state_in: 0,
            unwritten: last.next(),
            durable: last,
            delivered: applied,
            writes: VecDeque::new(),
            installing: None,
        }
    }

    pub(crate) fn observe(&mut self, observation: Observation) {
        self.ready.observations.push(observation);
    }

    pub(crate) fn hard_state_changed(&mut self) {
        self.hard_state_changed = true;
    }

    /// True if the present term and vote are durable.
    pub(crate) fn is_hard_state_durable(&self) -> bool {
        !self.hard_state_changed && self.hard_state_in <= self.persisted
    }

    /// The last index up to which the log is durable.
    pub(crate) fn durable(&self) -> LogIndex {
        self.durable
    }

    /// The last index that was handed out to be applied.
    pub(crate) fn delivered(&self) -> LogIndex {
        self.delivered
    }

    /// The first index that was not handed out to be written.
    pub(crate) fn unwritten(&self) -> LogIndex {
        self.unwritten
    }

    /// True if a snapshot is being installed.
    pub(crate) fn is_installing(&self) -> bool {
        self.installing.is_some()
    }

    /// The log was cut at `from`.
    pub(crate) fn truncated(&mut self, from: LogIndex) {
        let last = from.prev();
        self.durable = self.durable.min(last);
        for (_, written) in &mut self.writes {
            *written = last.min(*written);
        }
        if from < self.unwritten {
            let cut = self.ready.truncate_from.map_or(from, |earlier| earlier.min(from));
            self.ready.truncate_from = Some(cut);
            self.unwritten = from;
        }
    }

    /// The log was replaced by a snapshot; up to `equal` it was certain to be equal to the leader's.
    pub(crate) fn install(&mut self, snapshot: Snapshot, equal: LogIndex) {
        let last = snapshot.last;
        self.durable = self.durable.min(equal);
        self.writes.clear();
        self.writes.push_back((self.taken + 1, last.index));
        self.ready.truncate_from = None;
        self.unwritten = last.index.next();
        self.delivered = self.delivered.max(last.index);
        self.installing = Some(last);
        self.ready.snapshot = Some(snapshot);
    }

    /// The snapshot that ends at `last` is in place; true if that is the one that was awaited.
    pub(crate) fn installed(&mut self, last: EntryId) -> bool {
        let awaited = self.installing == Some(last);
        if awaited {
            self.installing = None;
        }
        awaited
    }

    /// Everything up to the `Ready` of this number is durable.
    pub(crate) fn persisted(&mut self, number: u64) {
        assert!(number <= self.taken, "Ready {number} was never taken, the last was {}", self.taken);
        self.persisted = self.persisted.max(number);
        while let Some((_, last)) = self.writes.pop_front_if(|(write, _)| *write <= number) {
            self.durable = self.durable.max(last);
        }
    }

    pub(crate) fn has_ready(&self, log: &Log, commit_index: LogIndex) -> bool {
        self.hard_state_changed
            || self.unwritten <= log.last_index()
            || (self.delivered < commit_index && self.installing.is_none())
            || !self.ready.is_empty()
    }

    /// Moves everything into `ready`. The allocations of `ready` are kept for the next one.
    pub(crate) fn take(
        &mut self,
        ready: &mut Ready,
        hard_state: HardState,
        log: &Log,
        commit_index: LogIndex,
        rules: &impl Rules,
    ) {
        ready.clear();
        std::mem::swap(ready, &mut self.ready);
        self.taken += 1;
        ready.number = self.taken;
        if self.hard_state_changed {
            self.hard_state_changed = false;
            self.hard_state_in = self.taken;
            ready.hard_state = Some(hard_state);
        }
        let last = log.last_index();
        if self.unwritten <= last {
            ready.entries.extend(log.range(self.unwritten, last).cloned());
            self.writes.push_back((self.taken, last));
            self.unwritten = last.next();
        }
        if self.delivered < commit_index && self.installing.is_none() {
            ready.committed.extend(log.range(self.delivered.next(), commit_index).cloned());
            self.delivered = commit_index;
        }
        if ready.has_writes() {
            ready.needs_sync = rules.must_sync(Written {
                hard_state: ready.hard_state.is_some(),
                log: !ready.entries.is_empty() || ready.truncate_from.is_some(),
                snapshot: ready.snapshot.is_some(),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::{Entry, Payload};
    use crate::rules::Paper;

    struct Server {
        log: Log,
        outbox: Outbox,
    }

    impl Server {
        fn append(&mut self, index: u64, term: u64) {
            self.log.append(Entry { id: EntryId::new(index, term), payload: Payload::Empty, request: None });
        }

        fn truncate(&mut self, from: u64) {
            self.log.truncate(LogIndex(from));
            self.outbox.truncated(LogIndex(from));
        }

        /// The number of the `Ready`, the index where it cuts the log, and the entries that it adds.
        fn take(&mut self) -> (u64, Option<u64>, Vec<u64>) {
            let mut ready = Ready::default();
            self.outbox.take(&mut ready, HardState::default(), &self.log, LogIndex(0), &Paper);
            let entries = ready.entries.iter().map(|entry| entry.id.index.0).collect();
            (ready.number, ready.truncate_from.map(|index| index.0), entries)
        }
    }

    fn server() -> Server {
        Server { log: Log::new(EntryId::ZERO, Vec::new()), outbox: Outbox::new(LogIndex(0), LogIndex(0)) }
    }

    #[test]
    fn entries_cut_before_they_were_handed_out_are_never_written() {
        let mut server = server();
        server.append(1, 1);
        assert_eq!(server.take(), (1, None, vec![1]));
        server.append(2, 1);
        server.append(3, 1);
        server.truncate(3);
        server.append(3, 2);
        assert_eq!(server.take(), (2, None, vec![2, 3]));
        server.truncate(2);
        server.append(2, 3);
        assert_eq!(server.take(), (3, Some(2), vec![2]));
    }

    #[test]
    fn a_late_sync_does_not_vouch_for_entries_cut_meanwhile() {
        let mut server = server();
        server.append(1, 1);
        server.append(2, 1);
        server.take();
        server.truncate(2);
        server.append(2, 2);
        server.append(3, 2);
        server.take();
        server.outbox.persisted(1);
        assert_eq!(server.outbox.durable(), LogIndex(1), "2 and 3 are another leader's now");
        server.outbox.persisted(2);
        assert_eq!(server.outbox.durable(), LogIndex(3));
    }

    #[test]
    fn a_hard_state_is_durable_when_the_ready_that_held_it_is() {
        let mut server = server();
        assert!(server.outbox.is_hard_state_durable(), "found on the disk");
        server.outbox.hard_state_changed();
        server.take();
        server.append(1, 1);
        server.take();
        assert!(!server.outbox.is_hard_state_durable());
        server.outbox.persisted(1);
        assert!(server.outbox.is_hard_state_durable());
    }
}
