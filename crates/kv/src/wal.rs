//! The write-ahead log: term, vote and entries as bytes in segment files.
//!
//! A segment is complete in itself: its first record, the [`Opening`], holds term, vote and every entry after its base, and
//! the records that follow hold what changed since. So boot needs the last segment alone, and the one before it only if
//! power failed before the last one's opening was durable. A new segment begins whenever a snapshot has become durable;
//! the segments before it are removed once the new one's opening is durable too.
//!
//! What is written between two flushes is put together in memory as one record ([`crate::frame`]) and handed to the disk
//! as one append. The node asks for the sync and says when it is done; the log only keeps count.
//!
//! # Seals
//! A write that was cut short and a synced file that lost its end look alike. Therefore the length that a completed sync
//! covered is written to a file of its own, the segment's *seal*: along with the next flush, or at the next quiet moment.
//! Boot refuses a segment that is shorter than its seal says.
//!
//! What remains undetectable, exactly: the loss of a whole suffix of a segment that was synced after the last seal that is
//! itself durable. That is what the last completed sync before a power loss covered and, if the seal that was written along with
//! the next flush was lost in the same power loss, nothing more: every sync makes the seal of the one before it durable.
//! Likewise undetectable is the loss of a suffix of the segment together with the same suffix of its seal.

mod record;

#[cfg(test)]
pub(crate) use record::tests::payloads;
pub(crate) use record::{Item, Opening};

use env::{DiskOp, FileName, LogIndex, NodeId};
use raft::{Entry, HardState};

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
    /// Segments to be removed once the present one's opening is durable.
    superseded: Vec<u64>,
    /// No segment on the disk has this number or a higher one, not even a discarded one.
    next_number: u64,
}

/// A segment and its seal, in bytes.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    pub(crate) number: u64,
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
    pub(crate) fn new(number: u64) -> Segment {
        Segment {
            number,
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
        let mut wal = Wal::resume(opening.node, Segment::new(1), 2);
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
        self.superseded.push(self.segment.number);
        self.segment = Segment::new(self.next_number);
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
            for number in self.superseded.drain(..) {
                ops.push(DiskOp::Remove { file: names::segment(number) });
                ops.push(DiskOp::Remove { file: names::seal(number) });
            }
        }
    }
}
