//! The log as it is found: the last segment that is complete, against its seal, replayed.

use std::collections::BTreeSet;

use env::{Disk, FileName, Reader};
use raft::{Entry, HardState};
use raft_types::{EntryId, LogIndex, Term};

use super::{Inventory, read};
use crate::error::BootError;
use crate::frame::{self, Mismatch, Scan};
use crate::names;
use crate::rules::Rules;
use crate::wal::{Item, Opening, Segment, seal_salt, segment_salt};

/// The log as one segment holds it.
pub(super) struct Log {
    pub(super) segment: Segment,
    pub(super) opening: Opening,
    pub(super) hard_state: HardState,
    pub(super) entries: Vec<Entry>,
}

/// The last segment whose opening is complete. Segments after it never held anything that was durable.
pub(super) fn find_log<R: Rules>(inventory: &Inventory, disk: &dyn Disk, rules: &R) -> Result<Option<Log>, BootError> {
    let candidates: BTreeSet<u64> = inventory.segments.union(&inventory.seals).copied().collect();
    for number in candidates.iter().rev().copied() {
        let mut segment = Segment::new(number, EntryId::ZERO);
        read_seal(&mut segment, disk, rules)?;
        let file = read(disk, &segment.file)?;
        let replay = read_segment(&mut segment, file.as_deref().unwrap_or_default(), rules)?;
        if let Some(Replay { opening, hard_state, entries }) = replay {
            segment.base = opening.base;
            return Ok(Some(Log { segment, opening, hard_state, entries }));
        }
        if segment.sealed > 0 && refuses(rules) {
            return Err(match file {
                Some(_) => BootError::corrupt(&segment.file, 0, missing_suffix(segment.sealed, 0)),
                None => BootError::Missing { file: segment.file },
            });
        }
    }
    // A segment is opened only when the one before it is durable, and a snapshot is taken of a durable log only.
    match candidates.last() {
        Some(number) if *number > 1 => Err(BootError::Missing { file: names::segment(number - 1) }),
        _ if !inventory.snapshots.is_empty() => Err(BootError::Missing { file: names::segment(1) }),
        _ => Ok(None),
    }
}

/// True if damage is refused.
fn refuses<R: Rules>(rules: &R) -> bool {
    rules.refuses_corruption() && rules.rewrites_log_at_boot()
}

fn missing_suffix(sealed: u64, found: u64) -> Mismatch {
    Mismatch { field: "durable length", expected: sealed, found }
}

/// Reads the length in a segment's seal, which is 0 if there is none.
fn read_seal<R: Rules>(segment: &mut Segment, disk: &dyn Disk, rules: &R) -> Result<(), BootError> {
    let file = read(disk, &segment.seal_file)?.unwrap_or_default();
    let mut at = 0;
    loop {
        match frame::scan(&file, at, seal_salt(segment.number)) {
            Scan::Record { payload, payload_at, next } => {
                segment.sealed = Reader::new(payload)
                    .u64("durable length")
                    .map_err(|why| BootError::malformed(&segment.seal_file, payload_at, why))?;
                at = next;
            }
            Scan::Bad(mismatch) if refuses(rules) => {
                return Err(BootError::corrupt(&segment.seal_file, at, mismatch));
            }
            Scan::End | Scan::Torn | Scan::Bad(_) => break,
        }
    }
    segment.seal_written = file.len() as u64;
    Ok(())
}

/// Reads a segment up to its end or to the remains of a torn write; `None` if not even its opening is complete.
fn read_segment<R: Rules>(segment: &mut Segment, bytes: &[u8], rules: &R) -> Result<Option<Replay>, BootError> {
    let file = &segment.file;
    let mut log: Option<Replay> = None;
    let mut at = 0;
    loop {
        match frame::scan(bytes, at, segment_salt(segment.number)) {
            Scan::Record { payload, payload_at, next } => {
                let malformed = |why| BootError::malformed(file, payload_at, why);
                let mut reader = Reader::new(payload);
                let replay = match &mut log {
                    Some(replay) => replay,
                    None => log.insert(Replay::of(Opening::decode(&mut reader).map_err(malformed)?)),
                };
                while !reader.is_empty() {
                    let item_at = payload_at + reader.at();
                    let item = Item::decode(&mut reader).map_err(malformed)?;
                    replay.item(item).map_err(|gap| gap.in_file(file, item_at))?;
                }
                at = next;
            }
            Scan::Bad(mismatch) if refuses(rules) => return Err(BootError::corrupt(file, at, mismatch)),
            Scan::End | Scan::Torn | Scan::Bad(_) => break,
        }
    }
    if log.is_some() && (at as u64) < segment.sealed && refuses(rules) {
        return Err(BootError::corrupt(file, at, missing_suffix(segment.sealed, at as u64)));
    }
    segment.written = bytes.len() as u64;
    Ok(log)
}

/// A log being put together again, item by item.
struct Replay {
    opening: Opening,
    hard_state: HardState,
    entries: Vec<Entry>,
}

/// An item that does not fit behind the ones before it.
struct Discontinuity {
    after: EntryId,
    /// The entry, or the index that a truncation cuts at.
    found: EntryId,
}

impl Discontinuity {
    fn in_file(self, file: &FileName, at: usize) -> BootError {
        let Discontinuity { after, found } = self;
        BootError::Discontinuous { file: file.clone(), offset: at as u64, after, found }
    }
}

impl Replay {
    fn of(opening: Opening) -> Replay {
        Replay { opening, hard_state: opening.hard_state, entries: Vec::new() }
    }

    fn last(&self) -> EntryId {
        self.entries.last().map_or(self.opening.base, |entry| entry.id)
    }

    fn item(&mut self, item: Item) -> Result<(), Discontinuity> {
        let base = self.opening.base.index.0;
        let expected = LogIndex(base.saturating_add(self.entries.len() as u64).saturating_add(1));
        match item {
            Item::HardState(hard_state) => self.hard_state = hard_state,
            Item::Truncate(from) => {
                if from.0 <= base || from > expected {
                    let found = EntryId { index: from, term: Term(0) };
                    return Err(Discontinuity { after: self.last(), found });
                }
                self.entries.truncate((from.0 - base - 1) as usize);
            }
            Item::Entry(entry) => {
                let after = self.last();
                if entry.id.index != expected || entry.id.term < after.term {
                    return Err(Discontinuity { after, found: entry.id });
                }
                self.entries.push(entry);
            }
        }
        Ok(())
    }
}
