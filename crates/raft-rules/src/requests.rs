//! The operations of clients, and the index at which each was executed.
//!
//! A client has one operation outstanding at a time and numbers them from 1, so its record is small: the outstanding
//! one, and the indices at which its latest operations were executed. Of an older operation one bit is kept: whether it
//! was executed.

use std::collections::{BTreeMap, VecDeque};

use env::{ClientId, RequestId};
use raft_types::LogIndex;

/// An operation that a client waits for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outstanding {
    pub(crate) seq: u64,
    pub(crate) is_read: bool,
    /// The highest index shown to any client when the operation was invoked.
    pub(crate) floor: Shown,
    /// The lowest index that a node served it from, as a read.
    pub(crate) served: Option<LogIndex>,
}

/// The highest index whose effect a client has been shown, and the operation that showed it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Shown {
    pub(crate) index: LogIndex,
    pub(crate) by: Option<RequestId>,
    pub(crate) was_read: bool,
}

/// The execution of an operation, as far as the record goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Execution {
    /// No node has executed it.
    Never,
    /// It was executed as this entry.
    At(LogIndex),
    /// It was executed long ago.
    LongAgo,
    /// Its client was told that it never will be.
    Failed,
}

/// How many operations one page of a client's record holds.
const PAGE: u64 = 64;
/// How many of a client's latest pages keep the indices.
const PAGES_KEPT: usize = 4;
/// In a page: its client was told that it did not happen.
const FAILED: u64 = u64::MAX;

#[derive(Clone, Debug)]
struct Page {
    number: u64,
    /// Where each was executed: an index, 0 for not at all, or [`FAILED`].
    executed: [u64; PAGE as usize],
}

/// One client.
#[derive(Clone, Debug, Default)]
pub(crate) struct ClientRecord {
    pub(crate) outstanding: Option<Outstanding>,
    /// The latest pages, ascending.
    recent: VecDeque<Page>,
    /// Of older pages, ascending, a bit for each operation that was executed.
    old: Vec<(u64, u64)>,
}

impl ClientRecord {
    pub(crate) fn execution(&self, seq: u64) -> Execution {
        let (number, slot) = (seq / PAGE, (seq % PAGE) as usize);
        if let Some(page) = self.recent.iter().rev().find(|page| page.number == number) {
            return match page.executed[slot] {
                0 => Execution::Never,
                FAILED => Execution::Failed,
                index => Execution::At(LogIndex(index)),
            };
        }
        match self.old.binary_search_by_key(&number, |(number, _)| *number) {
            Ok(position) if self.old[position].1 >> slot & 1 == 1 => Execution::LongAgo,
            _ => Execution::Never,
        }
    }

    pub(crate) fn executed(&mut self, seq: u64, index: LogIndex) {
        self.note(seq, index.0);
    }

    pub(crate) fn failed(&mut self, seq: u64) {
        self.note(seq, FAILED);
    }

    fn note(&mut self, seq: u64, what: u64) {
        let (number, slot) = (seq / PAGE, (seq % PAGE) as usize);
        if let Some(page) = self.recent.iter_mut().rev().find(|page| page.number == number) {
            page.executed[slot] = what;
        } else if self.recent.front().is_some_and(|oldest| number < oldest.number) && self.recent.len() == PAGES_KEPT {
            if what != FAILED {
                self.note_old(number, 1 << slot);
            }
        } else {
            let mut page = Page { number, executed: [0; PAGE as usize] };
            page.executed[slot] = what;
            let position = self.recent.partition_point(|page| page.number < number);
            self.recent.insert(position, page);
            self.retire();
        }
    }

    /// Moves the oldest page to the bits once there are too many.
    fn retire(&mut self) {
        if self.recent.len() <= PAGES_KEPT {
            return;
        }
        if let Some(page) = self.recent.pop_front() {
            let bits = page.executed.iter().enumerate().filter(|(_, index)| **index != 0 && **index != FAILED);
            self.note_old(page.number, bits.fold(0, |bits, (slot, _)| bits | 1 << slot));
        }
    }

    fn note_old(&mut self, number: u64, bits: u64) {
        match self.old.binary_search_by_key(&number, |(number, _)| *number) {
            Ok(position) => self.old[position].1 |= bits,
            Err(position) => self.old.insert(position, (number, bits)),
        }
    }
}

/// All clients.
#[derive(Clone, Debug, Default)]
pub(crate) struct Requests {
    /// By [`ClientId`]: those with a low id, which is nearly all.
    low: Vec<ClientRecord>,
    high: BTreeMap<ClientId, ClientRecord>,
}

/// Ids below are looked up by position.
const LOW_IDS: u32 = 4096;

impl Requests {
    pub(crate) fn client(&self, client: ClientId) -> Option<&ClientRecord> {
        if client.0 < LOW_IDS { self.low.get(client.0 as usize) } else { self.high.get(&client) }
    }

    pub(crate) fn client_mut(&mut self, client: ClientId) -> &mut ClientRecord {
        if client.0 >= LOW_IDS {
            return self.high.entry(client).or_default();
        }
        let position = client.0 as usize;
        if position >= self.low.len() {
            self.low.resize_with(position + 1, ClientRecord::default);
        }
        &mut self.low[position]
    }

    pub(crate) fn execution(&self, request: RequestId) -> Execution {
        self.client(request.client).map_or(Execution::Never, |client| client.execution(request.seq))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_operations_are_known_with_their_index_and_all_others_as_executed() {
        let mut client = ClientRecord::default();
        for seq in 1..=1_000 {
            client.executed(seq, LogIndex(2 * seq));
        }
        assert_eq!(client.execution(1_000), Execution::At(LogIndex(2_000)));
        assert_eq!(client.execution(900), Execution::At(LogIndex(1_800)));
        assert_eq!(client.execution(5), Execution::LongAgo);
        assert_eq!(client.execution(1_001), Execution::Never);
        assert!(client.recent.len() == PAGES_KEPT && client.old.len() < 16);
    }

    #[test]
    fn an_old_operation_may_still_be_executed() {
        let mut client = ClientRecord::default();
        for seq in (1..=1_000).filter(|seq| *seq != 7) {
            client.executed(seq, LogIndex(seq));
        }
        assert_eq!(client.execution(7), Execution::Never);
        client.executed(7, LogIndex(5_000));
        assert_eq!(client.execution(7), Execution::LongAgo);
        assert_eq!(client.execution(8), Execution::LongAgo);
    }

    #[test]
    fn ids_and_numbers_may_be_any() {
        let mut requests = Requests::default();
        requests.client_mut(ClientId(u32::MAX)).executed(u64::MAX, LogIndex(3));
        let request = RequestId { client: ClientId(u32::MAX), seq: u64::MAX };
        assert_eq!(requests.execution(request), Execution::At(LogIndex(3)));
        requests.client_mut(ClientId(1)).failed(1);
        assert_eq!(requests.execution(RequestId { client: ClientId(1), seq: 1 }), Execution::Failed);
    }
}
