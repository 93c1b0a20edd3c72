//! The log in memory.

use std::collections::VecDeque;

use raft_types::{EntryId, LogIndex, Term};

use crate::entry::{Entries, Entry};

/// The entries behind `base`, the last one that was compacted away (`0@0` if none was).
///
/// Always true:
/// - indices have no gaps: entry `i` of the list is at index `base.index + 1 + i`;
/// - terms never fall along the log (Log Matching rests on it, and so do the searches here);
/// - everything up to `base` is committed, so it equals every leader's log.
///
/// The log does not know which entries are durable or committed.
#[derive(Clone, Debug)]
pub(crate) struct Log {
    base: EntryId,
    entries: VecDeque<Entry>,
}

impl Log {
    pub(crate) fn new(base: EntryId, entries: Vec<Entry>) -> Log {
        Log { base, entries: entries.into() }
    }

    /// The last entry that was compacted away.
    pub(crate) fn base(&self) -> EntryId {
        self.base
    }

    pub(crate) fn last(&self) -> EntryId {
        self.entries.back().map_or(self.base, |entry| entry.id)
    }

    pub(crate) fn last_index(&self) -> LogIndex {
        LogIndex(self.base.index.0 + self.entries.len() as u64)
    }

    fn offset_of(&self, index: LogIndex) -> Option<usize> {
        let behind_base = index.0.checked_sub(self.base.index.0)?.checked_sub(1)?;
        usize::try_from(behind_base).ok().filter(|offset| *offset < self.entries.len())
    }

    /// The entry at `index`; `None` if it was compacted away or the log does not reach so far.
    pub(crate) fn entry(&self, index: LogIndex) -> Option<&Entry> {
        self.entries.get(self.offset_of(index)?)
    }

    /// The id of the entry at `index`, of `base` too.
    pub(crate) fn id_at(&self, index: LogIndex) -> Option<EntryId> {
        if index == self.base.index { Some(self.base) } else { self.entry(index).map(|entry| entry.id) }
    }

    pub(crate) fn term_at(&self, index: LogIndex) -> Option<Term> {
        self.id_at(index).map(|id| id.term)
    }

    /// True if the log holds `id`, or has compacted its place away: then it did.
    pub(crate) fn matches(&self, id: EntryId) -> bool {
        id.index < self.base.index || self.id_at(id.index) == Some(id)
    }

    /// The entries from `from` to `last`, both included, as far as the log has them.
    pub(crate) fn range(&self, from: LogIndex, last: LogIndex) -> impl Iterator<Item = &Entry> {
        let base = self.base.index.0;
        let end = (last.0.saturating_sub(base) as usize).min(self.entries.len());
        let start = (from.0.saturating_sub(base + 1) as usize).min(end);
        self.entries.range(start..end)
    }

    /// The entries from `from` on that fit into `bytes_max`; one always does.
    pub(crate) fn batch(&self, from: LogIndex, bytes_max: usize) -> Entries {
        let mut bytes = 0;
        let fitting = self
            .range(from, self.last_index())
            .take_while(|entry| {
                let first = bytes == 0;
                bytes += entry.size();
                first || bytes <= bytes_max
            })
            .count();
        self.range(from, self.last_index()).take(fitting).cloned().collect()
    }

    /// The last entry at or before `id.index` whose term is not above `id.term`.
    ///
    /// Follower and leader skip a whole term each time they disagree (end of section 5.3): the leader, which holds
    /// `prev` there, cannot have the follower's entries of a higher term than `prev`; and the other way round.
    pub(crate) fn conflict_hint(&self, id: EntryId) -> EntryId {
        let in_reach = (id.index.0.saturating_sub(self.base.index.0) as usize).min(self.entries.len());
        let (mut low, mut high) = (0, in_reach);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.entries[middle].id.term <= id.term {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        if low == 0 { self.base } else { self.entries[low - 1].id }
    }

    /// The first index at which the log holds another entry than `entries`.
    pub(crate) fn conflict(&self, entries: &[Entry]) -> Option<LogIndex> {
        let conflicts = |id: &EntryId| self.term_at(id.index).is_some_and(|term| term != id.term);
        entries.iter().map(|entry| entry.id).find(conflicts).map(|id| id.index)
    }

    /// Adds an entry.
    ///
    /// # Panics
    /// If it does not follow the last one.
    pub(crate) fn append(&mut self, entry: Entry) {
        let last = self.last();
        assert!(entry.id.index == last.index.next(), "{} does not follow {last}", entry.id);
        self.entries.push_back(entry);
    }

    /// Removes everything from `from` on.
    pub(crate) fn truncate(&mut self, from: LogIndex) {
        let kept = from.0.saturating_sub(self.base.index.0 + 1) as usize;
        self.entries.truncate(kept);
    }

    /// Drops everything up to `through`, as far as the log has it; true if that is anything.
    pub(crate) fn compact(&mut self, through: LogIndex) -> bool {
        let through = through.min(self.last_index());
        let Some(base) = self.id_at(through).filter(|id| id.index > self.base.index) else { return false };
        self.entries.drain(..(base.index.0 - self.base.index.0) as usize);
        self.base = base;
        true
    }

    /// Replaces everything by a snapshot whose last entry is `base`.
    pub(crate) fn reset(&mut self, base: EntryId) {
        self.entries.clear();
        self.base = base;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::Payload;

    fn entry(index: u64, term: u64) -> Entry {
        Entry { id: EntryId::new(index, term), payload: Payload::Command("12345678".into()), request: None }
    }

    /// A log behind `base` with entries of these terms.
    fn log(base: EntryId, terms: &[u64]) -> Log {
        let indices = base.index.0 + 1..;
        Log::new(base, indices.zip(terms).map(|(index, term)| entry(index, *term)).collect())
    }

    #[test]
    fn positions_before_at_and_behind_the_base_are_told_apart() {
        let log = log(EntryId::new(3, 2), &[2, 5]);
        let term_at = |index| log.term_at(LogIndex(index)).map(|term| term.0);
        assert_eq!([2, 3, 4, 5, 6].map(term_at), [None, Some(2), Some(2), Some(5), None]);
        assert_eq!(log.last(), EntryId::new(5, 5));
        assert!(log.matches(EntryId::new(2, 1)), "compacted, so committed, so equal");
        assert!(log.matches(EntryId::new(5, 5)) && !log.matches(EntryId::new(5, 4)));
        assert!(!log.matches(EntryId::new(6, 5)));
    }

    #[test]
    fn a_batch_is_bounded_in_bytes_but_never_empty() {
        let log = log(EntryId::ZERO, &[1; 10]);
        let size = entry(1, 1).size();
        let batch = |from, bytes| log.batch(LogIndex(from), bytes).iter().map(|e| e.id.index.0).collect::<Vec<_>>();
        assert_eq!(batch(4, 0), [4], "one always fits");
        assert_eq!(batch(4, 3 * size), [4, 5, 6]);
        assert_eq!(batch(4, 3 * size - 1), [4, 5]);
        assert_eq!(batch(9, usize::MAX), [9, 10]);
        assert_eq!(batch(11, usize::MAX), [] as [u64; 0]);
    }

    #[test]
    fn hints_skip_whole_terms() {
        let log = log(EntryId::ZERO, &[1, 1, 1, 4, 4, 5, 5, 6, 6, 6]);
        let hint = |index, term| log.conflict_hint(EntryId::new(index, term));
        assert_eq!(hint(10, 6), EntryId::new(10, 6));
        assert_eq!(hint(10, 5), EntryId::new(7, 5));
        assert_eq!(hint(9, 3), EntryId::new(3, 1));
        assert_eq!(hint(20, 4), EntryId::new(5, 4), "beyond the end");
        assert_eq!(hint(9, 0), EntryId::ZERO);
    }

    #[test]
    fn a_hint_agrees_with_a_search_entry_by_entry() {
        let terms = [1, 1, 2, 4, 4, 4, 7, 9, 9];
        for base in [0, 2, 5] {
            let base_id = EntryId::new(base, if base == 0 { 0 } else { terms[base as usize - 1] });
            let log = log(base_id, &terms[base as usize..]);
            for index in base..12 {
                for term in terms[base.max(1) as usize - 1]..11 {
                    let slow = (base..=index.min(9)).rev().filter_map(|i| log.id_at(LogIndex(i)));
                    let slow = slow.into_iter().find(|id| id.term.0 <= term).unwrap_or(base_id);
                    assert_eq!(log.conflict_hint(EntryId::new(index, term)), slow, "{index}@{term} from {base}");
                }
            }
        }
    }

    #[test]
    fn conflicts_are_found_where_terms_differ() {
        let log = log(EntryId::new(2, 1), &[1, 2, 2]);
        assert_eq!(log.conflict(&[entry(3, 1), entry(4, 2)]), None);
        assert_eq!(log.conflict(&[entry(3, 1), entry(4, 3), entry(5, 3)]), Some(LogIndex(4)));
        assert_eq!(log.conflict(&[entry(6, 3)]), None, "beyond the end");
        assert_eq!(log.conflict(&[entry(1, 1)]), None, "compacted");
    }

    #[test]
    fn compaction_and_truncation_keep_the_rest() {
        let mut log = log(EntryId::ZERO, &[1, 1, 2, 2, 3]);
        assert!(log.compact(LogIndex(2)));
        assert!(!log.compact(LogIndex(1)), "already gone");
        assert_eq!((log.base(), log.last()), (EntryId::new(2, 1), EntryId::new(5, 3)));
        log.truncate(LogIndex(4));
        assert_eq!(log.last(), EntryId::new(3, 2));
        log.append(entry(4, 4));
        assert_eq!(log.range(LogIndex(1), LogIndex(9)).map(|e| e.id.index.0).collect::<Vec<_>>(), [3, 4]);
        log.reset(EntryId::new(9, 5));
        assert_eq!((log.last(), log.last_index()), (EntryId::new(9, 5), LogIndex(9)));
    }
}
