//! The tree of all logs: every entry that any node ever appended, by index and term.
//!
//! By Log Matching an entry's index and term name it and everything before it, so one [`EntryId`] names a whole log.
//! And a term has one leader, which only appends: its entries stand in one unbroken run behind the last entry that it
//! found when it was elected. So the logs of a cluster are a tree of *runs*, one a term, and whether two logs agree is
//! found by walking the terms between them, never the entries.
//!
//! Each entry has a chain value, `chain(i) = mix(chain(i - 1), term, payload)`: equal chains mean equal logs.
//!
//! Always true:
//! - runs are in ascending order of their terms, and a run's `prev` is of a lower term;
//! - a run holds the chain values of its entries from `first` to its end, without a gap; entries below `floor` are
//!   forgotten, and nothing is claimed of them.
//!
//! Left out: the log of each node. It is a tip in this tree, kept by the caller.

use std::collections::VecDeque;

use env::mix;
use raft_types::{EntryId, LogIndex, Term};

/// The entries of one term.
#[derive(Clone, Debug)]
struct Run {
    term: Term,
    /// The index of its first entry ever.
    start: u64,
    /// The entry before that; `None` once that is forgotten.
    prev: Option<EntryId>,
    /// The index of the first entry still here.
    first: u64,
    chains: VecDeque<u64>,
}

impl Run {
    /// The index behind its last entry.
    fn end(&self) -> u64 {
        self.first + self.chains.len() as u64
    }

    fn chain(&self, index: u64) -> Option<u64> {
        self.chains.get(usize::try_from(index.checked_sub(self.first)?).ok()?).copied()
    }
}

/// Why an entry does not fit into the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Misfit {
    /// It does not follow the log's last entry.
    Gap,
    /// Its term is lower than that of the entry before it.
    TermDecreases,
    /// Its term's leader has put another entry before it.
    OtherPrev(EntryId),
    /// Its term's leader holds something else there.
    OtherContent,
    /// Its term's leader never appended it.
    Unheard,
}

/// All logs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Logs {
    runs: Vec<Run>,
    /// Entries below are forgotten.
    floor: u64,
}

impl Logs {
    /// A node whose log ends with `last` appends an entry. Only the leader of the entry's term may add it to the tree.
    pub(crate) fn append(
        &mut self,
        last: EntryId,
        entry: EntryId,
        content: u64,
        by_its_leader: bool,
    ) -> Result<(), Misfit> {
        if entry.index != last.index.next() {
            return Err(Misfit::Gap);
        }
        if entry.term < last.term {
            return Err(Misfit::TermDecreases);
        }
        let index = entry.index.0;
        if index < self.floor {
            return Ok(());
        }
        let Some(position) = self.position(entry.term) else {
            return if by_its_leader { self.begin(last, entry, content) } else { Err(Misfit::Unheard) };
        };
        let run = &self.runs[position];
        if index < run.start || index > run.end() {
            return Err(Misfit::Unheard);
        }
        let prev_chain = if last.index.0 < self.floor && last != EntryId::ZERO {
            None
        } else if index > run.start {
            if last.term != entry.term {
                return Err(Misfit::OtherPrev(EntryId { term: entry.term, index: last.index }));
            }
            run.chain(last.index.0)
        } else {
            match run.prev {
                Some(prev) if prev != last => return Err(Misfit::OtherPrev(prev)),
                _ => self.chain(last),
            }
        };
        let run = &mut self.runs[position];
        match run.chain(index) {
            Some(known) => match prev_chain {
                Some(prev_chain) if link(prev_chain, entry.term, content) != known => Err(Misfit::OtherContent),
                _ => Ok(()),
            },
            None if index < run.end() => Ok(()),
            None if by_its_leader => {
                run.chains.push_back(link(prev_chain.unwrap_or(UNKNOWN), entry.term, content));
                Ok(())
            }
            None => Err(Misfit::Unheard),
        }
    }

    /// The first entry of a term.
    fn begin(&mut self, last: EntryId, entry: EntryId, content: u64) -> Result<(), Misfit> {
        let chain = link(self.chain(last).unwrap_or(UNKNOWN), entry.term, content);
        let run = Run {
            term: entry.term,
            start: entry.index.0,
            // A leader whose earlier entries of this very term are forgotten begins its run anew, behind nothing.
            prev: (last.term < entry.term).then_some(last),
            first: entry.index.0,
            chains: VecDeque::from([chain]),
        };
        let position = self.runs.partition_point(|run| run.term < entry.term);
        self.runs.insert(position, run);
        Ok(())
    }

    /// The entry at `index` of the log that ends with `tip`; `None` if it has none there or that is forgotten.
    pub(crate) fn entry_at(&self, tip: EntryId, index: LogIndex) -> Option<EntryId> {
        if index == LogIndex(0) {
            return Some(EntryId::ZERO);
        }
        let mut tip = tip;
        let mut position = self.position(tip.term);
        while index < tip.index {
            let run = &self.runs[position?];
            if run.start <= index.0 {
                return Some(EntryId { term: run.term, index });
            }
            tip = run.prev?;
            position = self.position_before(position?, tip.term);
        }
        (index == tip.index).then_some(tip)
    }

    /// True if the log that ends with `tip` holds `entry`. A forgotten entry counts as held.
    pub(crate) fn holds(&self, tip: EntryId, entry: EntryId) -> bool {
        entry.index <= tip.index && self.entry_at(tip, entry.index).is_none_or(|found| found == entry)
    }

    /// The last entry that the logs ending with `a` and `b` have in common; `None` if that is forgotten.
    pub(crate) fn common(&self, mut a: EntryId, mut b: EntryId) -> Option<EntryId> {
        while a.term != b.term {
            if a.term < b.term {
                (a, b) = (b, a);
            }
            a = self.runs[self.position(a.term)?].prev?;
        }
        Some(if a.index < b.index { a } else { b })
    }

    /// True if any node ever appended `entry`; a forgotten entry counts as appended.
    pub(crate) fn knows(&self, entry: EntryId) -> bool {
        entry.index.0 < self.floor
            || entry == EntryId::ZERO
            || self.position(entry.term).is_some_and(|position| {
                let run = &self.runs[position];
                (run.start..run.end()).contains(&entry.index.0)
            })
    }

    /// Forgets the entries below `floor`: no caller will ask for them any more.
    pub(crate) fn forget_below(&mut self, floor: u64) {
        if floor <= self.floor {
            return;
        }
        self.floor = floor;
        self.runs.retain_mut(|run| {
            let gone = floor.saturating_sub(run.first).min(run.chains.len() as u64);
            run.chains.drain(..gone as usize);
            run.first += gone;
            run.prev = run.prev.filter(|prev| prev.index.0 >= floor || *prev == EntryId::ZERO);
            !run.chains.is_empty()
        });
    }

    /// Entries below are forgotten.
    pub(crate) fn floor(&self) -> u64 {
        self.floor
    }

    fn chain(&self, entry: EntryId) -> Option<u64> {
        if entry == EntryId::ZERO {
            return Some(ROOT);
        }
        self.runs[self.position(entry.term)?].chain(entry.index.0)
    }

    /// Where the run of `term` is, which is before `position`: almost always just before.
    fn position_before(&self, position: usize, term: Term) -> Option<usize> {
        self.runs[..position].iter().rposition(|run| run.term <= term).filter(|at| self.runs[*at].term == term)
    }

    /// Where the run of `term` is. Almost always it is the last one.
    fn position(&self, term: Term) -> Option<usize> {
        let last = self.runs.len().checked_sub(1)?;
        if self.runs[last].term == term {
            return Some(last);
        }
        self.runs.binary_search_by_key(&term, |run| run.term).ok()
    }
}

/// The chain value before the first entry.
const ROOT: u64 = 0;
/// Stands for a chain value that is forgotten.
const UNKNOWN: u64 = 1;

fn link(prev: u64, term: Term, content: u64) -> u64 {
    mix(mix(prev, term.0), content)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(index: u64, term: u64) -> EntryId {
        EntryId::new(index, term)
    }

    /// Three terms: 1@1 2@1 3@1, then 3@2 4@2 behind 2@1, then 5@4 behind 4@2.
    fn forked() -> Logs {
        let mut logs = Logs::default();
        for (last, entry) in [
            (EntryId::ZERO, at(1, 1)),
            (at(1, 1), at(2, 1)),
            (at(2, 1), at(3, 1)),
            (at(2, 1), at(3, 2)),
            (at(3, 2), at(4, 2)),
            (at(4, 2), at(5, 4)),
        ] {
            logs.append(last, entry, entry.index.0, true).expect("fits");
        }
        logs
    }

    #[test]
    fn a_log_is_named_by_its_last_entry() {
        let logs = forked();
        let terms: Vec<u64> =
            (0..=5).map(|i| logs.entry_at(at(5, 4), LogIndex(i)).expect("not forgotten").term.0).collect();
        assert_eq!(terms, [0, 1, 1, 2, 2, 4]);
        assert_eq!(logs.entry_at(at(5, 4), LogIndex(6)), None);
        assert!(logs.holds(at(5, 4), at(2, 1)) && logs.holds(at(5, 4), at(5, 4)));
        assert!(!logs.holds(at(5, 4), at(3, 1)) && !logs.holds(at(3, 2), at(4, 2)));
    }

    #[test]
    fn two_logs_have_a_last_common_entry() {
        let logs = forked();
        assert_eq!(logs.common(at(5, 4), at(3, 1)), Some(at(2, 1)));
        assert_eq!(logs.common(at(3, 1), at(5, 4)), Some(at(2, 1)));
        assert_eq!(logs.common(at(4, 2), at(5, 4)), Some(at(4, 2)));
        assert_eq!(logs.common(at(5, 4), EntryId::ZERO), Some(EntryId::ZERO));
    }

    #[test]
    fn what_does_not_fit_is_refused_with_the_reason() {
        let mut logs = forked();
        assert_eq!(logs.append(at(3, 2), at(5, 2), 5, true), Err(Misfit::Gap));
        assert_eq!(logs.append(at(3, 2), at(4, 1), 4, true), Err(Misfit::TermDecreases));
        assert_eq!(logs.append(at(3, 2), at(4, 2), 9, true), Err(Misfit::OtherContent));
        assert_eq!(logs.append(at(4, 2), at(5, 2), 5, false), Err(Misfit::Unheard));
        assert_eq!(logs.append(at(4, 2), at(5, 3), 5, false), Err(Misfit::Unheard));
        assert_eq!(logs.append(at(3, 1), at(4, 2), 4, false), Err(Misfit::OtherPrev(at(3, 2))));
        assert_eq!(logs.append(at(1, 1), at(2, 2), 2, false), Err(Misfit::Unheard), "before its run");
    }

    #[test]
    fn the_same_entry_may_be_appended_by_anyone() {
        let mut logs = forked();
        assert_eq!(logs.append(at(2, 1), at(3, 2), 3, false), Ok(()));
        assert_eq!(logs.append(at(3, 2), at(4, 2), 4, false), Ok(()));
    }

    #[test]
    fn equal_ids_with_other_content_before_them_are_noticed() {
        let mut logs = Logs::default();
        logs.append(EntryId::ZERO, at(1, 1), 7, true).expect("fits");
        assert_eq!(logs.append(EntryId::ZERO, at(1, 1), 8, false), Err(Misfit::OtherContent));
    }

    #[test]
    fn what_is_forgotten_is_not_judged() {
        let mut logs = forked();
        logs.forget_below(4);
        assert!(logs.holds(at(5, 4), at(2, 9)), "forgotten, so not denied");
        assert!(logs.knows(at(3, 9)) && logs.knows(at(4, 2)) && !logs.knows(at(4, 1)) && !logs.knows(at(6, 4)));
        assert_eq!(logs.append(at(2, 1), at(3, 2), 99, false), Ok(()));
        assert_eq!(logs.append(at(3, 2), at(4, 2), 99, false), Ok(()), "its predecessor's chain is gone");
        assert_eq!(logs.append(at(4, 2), at(5, 4), 99, false), Err(Misfit::OtherContent));
        assert_eq!(logs.entry_at(at(5, 4), LogIndex(2)), None);
        assert_eq!(logs.entry_at(at(5, 4), LogIndex(4)), Some(at(4, 2)));
    }

    #[test]
    fn a_leader_whose_run_is_forgotten_may_go_on() {
        let mut logs = forked();
        logs.forget_below(5);
        assert_eq!(logs.append(at(4, 2), at(5, 2), 5, true), Ok(()), "term 2's run was forgotten whole");
        assert_eq!(logs.append(at(5, 2), at(6, 2), 6, true), Ok(()));
        assert_eq!(logs.entry_at(at(6, 2), LogIndex(4)), None);
        assert!(logs.holds(at(6, 2), at(5, 2)));
    }
}
