//! The write-ahead log: term, vote and entries as bytes in segment files.
//!
//! A segment is complete in itself: its first record, the [`Opening`], holds term, vote and every entry behind its
//! base, and the records that follow hold the changes since. So boot needs the last segment alone, and the one before
//! it only if power failed before the last one's opening was durable. A new segment begins at every boot, and whenever
//! a snapshot has become durable, which then is its base. The segments before it, and the snapshots that they begin
//! behind, are removed once its opening is durable too.
//!
//! All writes between two flushes are put together in memory as one record (`frame.rs`) and handed to the disk as one
//! append. The node asks for the sync and says when it is done; the log only keeps count.
//!
//! # Seals
//! A write that was cut short and a synced file that lost its end look alike. Therefore the length that a completed sync
//! covered is written to a file of its own, the segment's *seal*: along with the next flush, or at the next quiet moment.
//! Boot refuses a segment that is shorter than its seal says.
//!
//! # Losses that stay undetected
//! - The loss of the bytes that the last completed sync covered, if it goes as a torn write goes: the file ends there,
//!   or is zeros from there on. Their seal goes to the disk with the sync after it. A loss of bytes that an earlier
//!   sync covered is noticed, and so is that of the last one's share once a quiet moment has passed.
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

/// The last segment and its seal, as far as they are written, and the next record.
#[derive(Clone, Debug)]
pub(crate) struct Wal {
    node: NodeId,
    segment: Segment,
    /// The term and vote written last.
    hard_state: HardState,
    /// Where the log ends, as it is written; the base's index if there are no entries behind that.
    last_index: LogIndex,
    /// The unfinished record that goes with the next flush. Empty if there is nothing to write.
    batch: Vec<u8>,
    /// The segment's number, and its length, up to which the flushes since the last completed sync go.
    flushing: Option<(u64, u64)>,
    /// Files to be removed once the present segment's opening is durable, and no sooner: until then boot reads them.
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
        let mut wal =
            Wal::resume(opening.node, Segment::new(1, opening.base), opening.hard_state, opening.base.index, 2);
        wal.write_opening(opening, []);
        wal
    }

    /// The log as found at boot, to be written on behind `segment.written` and `last_index`.
    pub(crate) fn resume(
        node: NodeId,
        segment: Segment,
        hard_state: HardState,
        last_index: LogIndex,
        next_number: u64,
    ) -> Wal {
        Wal {
            node,
            segment,
            hard_state,
            last_index,
            batch: Vec::new(),
            flushing: None,
            superseded: Vec::new(),
            next_number,
        }
    }

    /// The present segment's file.
    pub(crate) fn file(&self) -> &FileName {
        &self.segment.file
    }

    /// The present segment.
    pub(crate) fn segment(&self) -> &Segment {
        &self.segment
    }

    /// The term and vote written last.
    pub(crate) fn hard_state(&self) -> HardState {
        self.hard_state
    }

    /// The last index of the log as it is written.
    pub(crate) fn last_index(&self) -> LogIndex {
        self.last_index
    }

    pub(crate) fn write_hard_state(&mut self, hard_state: HardState) {
        self.assert_is_open();
        self.hard_state = hard_state;
        record::encode_hard_state(hard_state, self.items());
    }

    pub(crate) fn write_truncation(&mut self, from: LogIndex) {
        self.assert_is_open();
        self.last_index = from.prev();
        record::encode_truncation(from, self.items());
    }

    pub(crate) fn write_entries(&mut self, entries: &[Entry]) {
        if entries.is_empty() {
            return;
        }
        self.assert_is_open();
        self.last_index = entries[entries.len() - 1].id.index;
        let items = self.items();
        for entry in entries {
            record::encode_entry(entry, items);
        }
    }

    /// Begins a new segment with the log as it is now. The unflushed record is part of that and is dropped.
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
        let Segment { number, written, .. } = self.segment;
        assert!(written == 0 && self.batch.is_empty(), "segment {number} is opened behind {written} bytes");
        let mut last_index = opening.base.index;
        let items = self.items();
        opening.encode(items);
        for entry in entries {
            last_index = entry.id.index;
            record::encode_entry(entry, items);
        }
        self.last_index = last_index;
        self.hard_state = opening.hard_state;
    }

    /// A segment's first record begins with its opening: boot takes a segment without one for empty.
    fn assert_is_open(&self) {
        let Segment { number, written, .. } = self.segment;
        assert!(written > 0 || !self.batch.is_empty(), "segment {number} is written to before it is opened");
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

    /// True if there is anything to write.
    pub(crate) fn has_batch(&self) -> bool {
        !self.batch.is_empty()
    }

    /// True if a completed sync is not yet sealed.
    pub(crate) fn has_unsealed_sync(&self) -> bool {
        self.segment.durable > self.segment.sealed
    }

    /// True if a completed sync has covered the segment's opening: until then nothing in it may be relied upon.
    pub(crate) fn is_durable(&self) -> bool {
        self.segment.durable > 0
    }

    /// Asserts that the log's positions and its batch fit together. They do between two events, unless a rule has the
    /// log written on behind the old segment found at boot.
    pub(crate) fn assert_is_sound(&self) {
        let Segment { number, written, durable, sealed, .. } = self.segment;
        self.assert_is_open();
        assert!(sealed <= durable, "segment {number} is sealed up to {sealed} bytes, and durable up to {durable}");
        assert!(durable <= written, "segment {number} is durable up to {durable} bytes, and written up to {written}");
        let next = self.next_number;
        assert!(number < next, "segment {number} is the present one, the next one is {next}");
        let batch = self.batch.len();
        assert!(
            batch == 0 || batch > frame::HEADER_LEN,
            "a record of {batch} bytes is to be written, without a payload"
        );
        let superseded = self.superseded.len();
        assert!(superseded == 0 || durable == 0, "{superseded} files stay though segment {number} is durable");
        if let Some((flushing, through)) = self.flushing {
            assert!(flushing <= number, "segment {flushing} was flushed, the present one is {number}");
            assert!(
                flushing < number || (durable <= through && through <= written),
                "segment {number} was flushed up to {through}, durable are {durable} bytes and written {written}"
            );
        }
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

    /// The sync that was asked for with the last flush is done. Removes the superseded files.
    pub(crate) fn synced(&mut self, ops: &mut Vec<DiskOp>) {
        if let Some((number, written)) = self.flushing.take()
            && number == self.segment.number
        {
            let durable = self.segment.durable;
            assert!(
                written >= durable,
                "a sync covers {written} bytes of segment {number}, of which {durable} are durable"
            );
            self.segment.durable = written;
        }
        if self.segment.durable > 0 {
            ops.extend(self.superseded.drain(..).map(|file| DiskOp::Remove { file }));
        }
    }
}
