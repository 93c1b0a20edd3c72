//! The write-ahead log: term, vote and entries as bytes in segment files.
//!
//! A segment is complete in itself: its first record, the [`Opening`], holds term, vote and every entry behind its base, and
//! the records that follow hold what changed since. So boot needs the last segment alone, and the one before it only if
//! power failed before the last one's opening was durable. A new segment begins at every boot, and whenever a snapshot has
//! become durable, which then is its base. The segments before it, and the snapshots that they begin behind, are removed once
//! its opening is durable too.
//!
//! What is written between two flushes is put together in memory as one record (`frame.rs`) and handed to the disk as one
//! append. The node asks for the sync and says when it is done; the log only keeps count.
//!
//! # Seals
//! A write that was cut short and a synced file that lost its end look alike. Therefore the length that a completed sync
//! covered is written to a file of its own, the segment's *seal*: along with the next flush, or at the next quiet moment.
//! Boot refuses a segment that is shorter than its seal says.
//!
//! # What remains undetectable
//! - The loss of what the last completed sync covered, if it goes as a torn write goes: the file ends there, or is zeros
//!   from there on. Its seal goes to the disk with the sync after it. Whatever an earlier sync covered is missed, and so is
//!   the last one's share once a quiet moment has passed.
//! - The loss of the end of a segment and of the end of its seal with it.
//! - A disk that goes back as a whole to an earlier state of itself.

mod record;

#[cfg(test)]
pub(crate) use record::tests::payloads;
pub(crate) use record::{Item, Opening};

use env::{DiskOp, FileName, NodeId};
use raft::{Entry, HardState};
use raft_types::{EntryId, LogIndex};

use crate::frame;
use crate::names;

/// The last segment and its seal, as far as they are written, and what is to be written next.
#[derive(Clone, Debug)]
pub(crate) struct Wal {
    node: NodeId,
    segment: Segment,
    /// What goes with the next flush: an unfinished record. Empty if there is nothing to write.
    batch: Vec<u8>,
    /// What the flushes since the last completed sync come to: so many bytes of this segment.
    flushing: Option<(u64, u64)>,
    /// Files to be removed once the present segment's opening is durable, and no sooner: until then they are what counts.
    superseded: Vec<FileName>,
    /// No segment on the disk has this number or a higher one, not even a discarded one.
    next_number: u64,
}

/// A segment and its seal, in bytes.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    pub(crate) number: u64,
    /// Its log begins behind this entry.
    pub(crate) base: EntryId,
    pub(crate) file: FileName,
    pub(crate) seal_file: FileName,
    /// Handed to the disk.
    pub(crate) written: u64,
    /// Covered by a completed sync.
    pub(crate) durable: u64,
    /// Said to be durable by the seal.
    pub(crate) sealed: u64,
    /// The length of the seal file itself.
    pub(crate) seal_written: u64,
}

impl Segment {
    pub(crate) fn new(number: u64, base: EntryId) -> Segment {
        Segment {
            number,
            base,
            file: names::segment(number),
            seal_file: names::seal(number),
            written: 0,
            durable: 0,
            sealed: 0,
            seal_written: 0,
        }
    }
}

/// The salt of a segment's records.
pub(crate) fn segment_salt(number: u64) -> u64 {
    env::mix(0x5e6, number)
}

/// The salt of a seal's records.
pub(crate) fn seal_salt(number: u64) -> u64 {
    env::mix(0x5ea1, number)
}

impl Wal {
    /// A new node's log, on a disk that holds none.
    pub(crate) fn create(opening: &Opening) -> Wal {
        let mut wal = Wal::resume(opening.node, Segment::new(1, opening.base), 2);
        wal.write_opening(opening, []);
        wal
    }

    /// The log as found at boot, to be written on behind `segment.written`.
    pub(crate) fn resume(node: NodeId, segment: Segment, next_number: u64) -> Wal {
        Wal { node, segment, batch: Vec::new(), flushing: None, superseded: Vec::new(), next_number }
    }

    /// The present segment's file.
    pub(crate) fn file(&self) -> &FileName {
        &self.segment.file
    }

    pub(crate) fn write_hard_state(&mut self, hard_state: HardState) {
        record::encode_hard_state(hard_state, self.items());
    }

    pub(crate) fn write_truncation(&mut self, from: LogIndex) {
        record::encode_truncation(from, self.items());
    }

    pub(crate) fn write_entries(&mut self, entries: &[Entry]) {
        if entries.is_empty() {
            return;
        }
        let items = self.items();
        for entry in entries {
            record::encode_entry(entry, items);
        }
    }

    /// Begins a new segment with the log as it is now. What was to be flushed next is part of that and is dropped.
    pub(crate) fn begin_segment<'a>(&mut self, opening: &Opening, entries: impl IntoIterator<Item = &'a Entry>) {
        assert_eq!(opening.node, self.node, "a segment of another node's log");
        let next = Segment::new(self.next_number, opening.base);
        let Segment { base, file, seal_file, .. } = std::mem::replace(&mut self.segment, next);
        self.supersede([file, seal_file]);
        if base != opening.base && base != EntryId::ZERO {
            self.supersede([names::snapshot(base)]);
        }
        self.next_number += 1;
        self.batch.clear();
        self.write_opening(opening, entries);
    }

    fn write_opening<'a>(&mut self, opening: &Opening, entries: impl IntoIterator<Item = &'a Entry>) {
        let items = self.items();
        opening.encode(items);
        for entry in entries {
            record::encode_entry(entry, items);
        }
    }

    /// The record being put together.
    fn items(&mut self) -> &mut Vec<u8> {
        if self.batch.is_empty() {
            frame::open(&mut self.batch);
        }
        &mut self.batch
    }

    /// These files are superfluous once the present segment's opening is durable.
    pub(crate) fn supersede(&mut self, files: impl IntoIterator<Item = FileName>) {
        for file in files {
            if !self.superseded.contains(&file) {
                self.superseded.push(file);
            }
        }
    }

    /// Whether there is anything to write.
    pub(crate) fn has_batch(&self) -> bool {
        !self.batch.is_empty()
    }

    /// Whether a completed sync is not yet sealed.
    pub(crate) fn has_unsealed_sync(&self) -> bool {
        self.segment.durable > self.segment.sealed
    }

    /// Whether a completed sync has covered the segment's opening: until then nothing in it may be relied upon.
    pub(crate) fn is_durable(&self) -> bool {
        self.segment.durable > 0
    }

    /// Hands everything to the disk. The next sync that is asked for covers it; none may be in flight.
    pub(crate) fn flush(&mut self, ops: &mut Vec<DiskOp>) {
        let segment = &mut self.segment;
        if segment.durable > segment.sealed {
            let mut seal = Vec::with_capacity(frame::HEADER_LEN + 9);
            let start = frame::open(&mut seal);
            seal.extend_from_slice(&segment.durable.to_le_bytes());
            frame::close(&mut seal, start, seal_salt(segment.number), segment.seal_written);
            segment.seal_written += seal.len() as u64;
            segment.sealed = segment.durable;
            ops.push(DiskOp::Append { file: segment.seal_file.clone(), bytes: seal });
        }
        if !self.batch.is_empty() {
            let mut bytes = Vec::with_capacity(self.batch.len() * 2);
            std::mem::swap(&mut bytes, &mut self.batch);
            frame::close(&mut bytes, 0, segment_salt(segment.number), segment.written);
            segment.written += bytes.len() as u64;
            ops.push(DiskOp::Append { file: segment.file.clone(), bytes });
        }
        self.flushing = Some((segment.number, segment.written));
    }

    /// The sync that was asked for with the last flush is done. Removes what nobody needs any more.
    pub(crate) fn synced(&mut self, ops: &mut Vec<DiskOp>) {
        if let Some((number, written)) = self.flushing.take()
            && number == self.segment.number
        {
            self.segment.durable = written;
        }
        if self.segment.durable > 0 {
            ops.extend(self.superseded.drain(..).map(|file| DiskOp::Remove { file }));
        }
    }
}
