//! Recovery: the state that a node reads from its disk when it boots.
//!
//! Recovery reads the last segment of the log whose opening is complete, and the snapshot that it begins behind. All
//! other files are the ordinary remains of a crash (an unfinished snapshot, one that no segment begins behind yet, a
//! segment whose opening was cut short, files about to be removed) and will be removed. A file that is damaged or
//! missing is refused with its name and the place: [`BootError`].
//!
//! The log is then written anew, to a segment of its own, and nothing leaves the node before that is durable. There is
//! no cheaper way to a durable log: the one that was read may stand in the page cache alone, after a killed process
//! that had not synced it, or after a failed sync, which marks pages clean that the disk never got (Rebello et al., ATC
//! '20). And the remains of a torn write are left where they are, with nothing ever written behind them.
//!
//! Always true, for any bytes: no panic; and a recovered log was written by this node, in this order, without a gap,
//! and is at least as long as the seal says was durable.

mod inventory;
mod segment;

use env::{Disk, FileName, NodeId};
use raft::{Entry, HardState, Snapshot, Stable};
use raft_types::{EntryId, Membership};

use crate::error::BootError;
use crate::names;
use crate::rules::Rules;
use crate::snapshot;
use crate::wal::{Opening, Wal};
use inventory::Inventory;
use segment::{Log, find_log};

/// The content of a disk.
#[derive(Clone, Debug)]
pub(crate) enum Found {
    /// Nothing that was ever promised to be durable.
    Nothing {
        /// The remains of a first boot that never completed a sync.
        leftovers: Vec<FileName>,
    },
    /// A node's memory.
    Memory(Box<Recovered>),
}

/// A node's memory.
#[derive(Clone, Debug)]
pub(crate) struct Recovered {
    pub(crate) stable: Stable,
    pub(crate) wal: Wal,
    /// The file that the log was read from.
    pub(crate) file: FileName,
    /// To be removed, durably, before anything is written.
    pub(crate) leftovers: Vec<FileName>,
}

impl Recovered {
    /// The memory of a node that boots for the first time, about to be written.
    pub(crate) fn founding(node: NodeId, membership: Membership, leftovers: Vec<FileName>) -> Recovered {
        let opening = Opening { node, base: EntryId::ZERO, membership, hard_state: HardState::default() };
        let stable = Stable { membership, ..Stable::default() };
        let wal = Wal::create(&opening);
        Recovered { stable, file: wal.file().clone(), wal, leftovers }
    }
}

/// Reads the disk of `node`.
pub(crate) fn recover<R: Rules>(node: NodeId, disk: &dyn Disk, rules: &R) -> Result<Found, BootError> {
    let inventory = Inventory::of(disk);
    let Some(log) = find_log(&inventory, disk, rules)? else {
        return Ok(Found::Nothing { leftovers: inventory.files().collect() });
    };
    let Log { segment, opening, hard_state, entries } = log;
    let file = segment.file.clone();
    if opening.node != node {
        return Err(BootError::WrongNode { file, expected: node, found: opening.node });
    }
    let last = entries.last().map_or(opening.base, |entry: &Entry| entry.id);
    if hard_state.term < last.term {
        let field = "the term, which is older than the log";
        return Err(BootError::Malformed { file, offset: segment.written, field });
    }
    let snapshot = read_snapshot(&inventory, disk, &file, opening.base)?;
    let kept = names::snapshot(opening.base);
    let mut wal = Wal::resume(node, segment, hard_state, last.index, inventory.next_segment()?);
    if rules.rewrites_log_at_boot() {
        wal.begin_segment(&Opening { hard_state, ..opening }, &entries);
        // Not before the new segment is durable: the log just read may be in the page cache alone, and then the older
        // files are all that is left of it.
        wal.supersede(inventory.files().filter(|file| *file != kept));
    }
    let membership = if snapshot.is_none() { opening.membership } else { Membership::default() };
    let stable = Stable { hard_state, snapshot, entries, membership };
    Ok(Found::Memory(Box::new(Recovered { stable, wal, file, leftovers: Vec::new() })))
}

fn read(disk: &dyn Disk, file: &FileName) -> Result<Option<Vec<u8>>, BootError> {
    disk.read(file).map_err(|error| BootError::Disk { file: file.clone(), error })
}

/// Reads the snapshot that the log in `log_file` begins behind.
fn read_snapshot(
    inventory: &Inventory,
    disk: &dyn Disk,
    log_file: &FileName,
    base: EntryId,
) -> Result<Option<Snapshot>, BootError> {
    if base == EntryId::ZERO {
        return Ok(None);
    }
    let Some(file) = inventory.snapshots.get(&(base.index, base.term)) else {
        let newest = inventory.snapshots.keys().next_back();
        let found = newest.map_or(EntryId::ZERO, |(index, term)| EntryId { index: *index, term: *term });
        return Err(BootError::Gap { file: log_file.clone(), expected: base, found });
    };
    let bytes = read(disk, file)?.ok_or_else(|| BootError::Missing { file: file.clone() })?;
    snapshot::decode(file, base, &bytes).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::MemoryDisk;
    use crate::rules::Paper;
    use crate::wal::payloads;
    use env::{NodeSet, RequestId};
    use proptest::prelude::*;
    use raft::Payload;
    use raft_types::{LogIndex, Term};

    const ONE: NodeId = NodeId(1);

    /// A change of a node's disk between two flushes.
    #[derive(Clone, Debug)]
    enum Step {
        Vote(u8),
        Append(Vec<(Payload, Option<RequestId>)>),
        /// Cuts so many entries off.
        Truncate(usize),
        /// Takes a snapshot and begins a segment behind it, so many entries before the end of the log.
        Compact(usize),
        Flush,
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            2 => (1_u8..4).prop_map(Step::Vote),
            4 => prop::collection::vec(payloads(), 1..4).prop_map(Step::Append),
            1 => (0_usize..4).prop_map(Step::Truncate),
            1 => (0_usize..4).prop_map(Step::Compact),
            4 => Just(Step::Flush),
        ];
        prop::collection::vec(step, 1..40)
    }

    /// A log on a disk, beside the same log as plain values.
    struct Written {
        disk: MemoryDisk,
        wal: Wal,
        hard_state: HardState,
        base: EntryId,
        entries: Vec<Entry>,
        /// The length of the present segment after each flush, with the term, vote and entries on the disk then.
        flushed: Vec<(usize, HardState, Vec<Entry>)>,
    }

    impl Written {
        fn new() -> Written {
            let recovered = Recovered::founding(ONE, Membership::of(NodeSet::first(1)), Vec::new());
            let mut written = Written {
                disk: MemoryDisk::default(),
                wal: recovered.wal,
                hard_state: HardState::default(),
                base: EntryId::ZERO,
                entries: Vec::new(),
                flushed: Vec::new(),
            };
            written.flush();
            written
        }

        fn last(&self) -> EntryId {
            self.entries.last().map_or(self.base, |entry| entry.id)
        }

        fn step(&mut self, step: Step) {
            match step {
                Step::Vote(node) => {
                    self.hard_state = HardState { term: self.hard_state.term.next(), voted_for: Some(NodeId(node)) };
                    self.wal.write_hard_state(self.hard_state);
                }
                Step::Append(payloads) => {
                    let first = self.last().index.0 + 1;
                    let term = self.hard_state.term;
                    let entry = |(i, (payload, request))| Entry {
                        id: EntryId { index: LogIndex(first + i as u64), term },
                        payload,
                        request,
                    };
                    let entries: Vec<Entry> = payloads.into_iter().enumerate().map(entry).collect();
                    self.wal.write_entries(&entries);
                    self.entries.extend(entries);
                }
                Step::Truncate(count) => {
                    self.entries.truncate(self.entries.len().saturating_sub(count));
                    self.wal.write_truncation(self.last().index.next());
                }
                Step::Compact(tail) => self.compact(tail),
                Step::Flush => self.flush(),
            }
        }

        fn compact(&mut self, tail: usize) {
            let covered = self.entries.len().saturating_sub(tail);
            let Some(last) = self.entries[..covered].last().map(|entry| entry.id) else {
                return;
            };
            let snapshot = Snapshot { last, membership: Membership::of(NodeSet::first(1)), data: "state".into() };
            *self.disk.file_mut(&names::snapshot(last)) = snapshot::encode(&snapshot);
            self.base = last;
            self.entries.drain(..covered);
            let Snapshot { last: base, membership, .. } = snapshot;
            let opening = Opening { node: ONE, base, membership, hard_state: self.hard_state };
            self.wal.begin_segment(&opening, &self.entries);
            self.flushed.clear();
            self.flush();
        }

        fn flush(&mut self) {
            let mut ops = Vec::new();
            self.wal.flush(&mut ops);
            self.wal.synced(&mut ops);
            ops.iter().for_each(|op| self.disk.apply(op));
            let len = self.disk.file_mut(self.wal.file()).len();
            self.flushed.push((len, self.hard_state, self.entries.clone()));
        }

        /// Recovers from the disk with the present segment cut to `len`.
        fn recover_cut_to(&self, len: usize) -> Result<(HardState, Vec<Entry>), BootError> {
            let mut disk = self.disk.clone();
            disk.file_mut(self.wal.file()).truncate(len);
            match recover(ONE, &disk, &Paper)? {
                Found::Memory(recovered) => Ok((recovered.stable.hard_state, recovered.stable.entries)),
                Found::Nothing { .. } => Err(BootError::Blank),
            }
        }
    }

    proptest! {
        #[test]
        fn what_was_flushed_is_recovered_and_a_cut_costs_the_last_flush_at_most(steps in steps()) {
            let mut written = Written::new();
            steps.into_iter().for_each(|step| written.step(step));
            written.flush();
            let whole = written.recover_cut_to(usize::MAX);
            prop_assert_eq!(whole, Ok((written.hard_state, written.entries.clone())));
            let (full, sealed) = match written.flushed.as_slice() {
                [.., before, last] => (last.0, before.0),
                [last] => (last.0, 0),
                [] => unreachable!("flushed above"),
            };
            for len in 0..full {
                let before = written.flushed.iter().rev().find(|(flushed, ..)| *flushed <= len);
                match (written.recover_cut_to(len), before) {
                    (Ok(found), Some((_, hard_state, entries))) if len >= sealed => {
                        prop_assert_eq!(&found, &(*hard_state, entries.clone()), "cut to {} of {}", len, full);
                    }
                    (Ok(_), _) => prop_assert!(false, "cut to {} of {}, sealed to {}", len, full, sealed),
                    (Err(_), _) => prop_assert!(len < sealed || sealed == 0, "cut to {} of {}", len, full),
                }
            }
        }
    }

    #[test]
    fn a_log_that_makes_no_sense_is_refused_though_its_checksums_hold() {
        let entry = |index, term| Entry { id: EntryId::new(index, term), payload: Payload::Empty, request: None };
        let recovered_with = |write: &dyn Fn(&mut Wal)| {
            let mut written = Written::new();
            written.step(Step::Vote(1));
            written.wal.write_entries(&[entry(1, 1)]);
            write(&mut written.wal);
            written.flush();
            written.recover_cut_to(usize::MAX)
        };
        assert!(recovered_with(&|wal| wal.write_entries(&[entry(2, 1)])).is_ok());
        for (why, write) in [
            ("a gap", &(|wal: &mut Wal| wal.write_entries(&[entry(3, 1)])) as &dyn Fn(&mut Wal)),
            ("an overlap", &|wal| wal.write_entries(&[entry(1, 1)])),
            ("a term that falls", &|wal| wal.write_entries(&[entry(2, 0)])),
            ("a cut behind the end", &|wal| wal.write_truncation(LogIndex(3))),
            ("a cut before the beginning", &|wal| wal.write_truncation(LogIndex(0))),
        ] {
            let refused = recovered_with(write);
            assert!(matches!(refused, Err(BootError::Discontinuous { .. })), "{why}: {refused:?}");
        }
        let old_term = recovered_with(&|wal| wal.write_hard_state(HardState { term: Term(0), voted_for: None }));
        assert!(matches!(old_term, Err(BootError::Malformed { .. })), "{old_term:?}");
    }
}
