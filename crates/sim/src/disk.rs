//! A node's disk: files as bytes, a page cache in front of them, and the effects of faults on both.
//!
//! A write is pending until a sync that was asked for later has ended well; then it is part of the durable image. A
//! killed process loses no pending write, a power loss keeps some of them (`power_loss.rs`). A failed sync drops every
//! dirty page: the pending appends are gone, from the image and from the files that the next process reads, while the
//! running process believes that its file has grown; its later appends stand behind a hole of zeros.
//!
//! Cheap by construction: an append is moved here and copied once, when a sync makes it durable; nothing is read while
//! a process runs; a removed file is freed.
//!
//! Left out: errors of reads, pages that reach the disk of their own accord without being asked for (a power loss may
//! keep unsynced writes, which is the same seen from a process), and the order of writes to different files beyond the
//! promise of `env::DiskOp`, which is none.

use std::collections::{BTreeMap, VecDeque};

use env::{DiskError, DiskOp, FileName, Instant, Random, SyncId};

use crate::plan::DiskModel;
use crate::rng::uniform;

mod files;
mod flips;
mod holes;
mod medium;
mod power_loss;

pub use files::Files;
pub use flips::Flips;
pub use holes::Holes;
pub use medium::Medium;
pub use power_loss::{PowerLoss, prefix, survive};

/// The files of a disk by name.
pub type Image = BTreeMap<FileName, Vec<u8>>;

/// The disk of one node.
#[derive(Clone, Debug)]
pub struct Disk {
    model: DiskModel,
    /// The files of the durable image.
    durable: Image,
    /// The operations since, in order; the first of them is operation `first_pending` of all there ever were.
    pending: VecDeque<DiskOp>,
    first_pending: u64,
    /// The bytes that the running process believes to have written and that failed syncs have dropped.
    holes: Holes,
    /// The syncs asked for and not ended, in order.
    syncs: VecDeque<PendingSync>,
    /// The bits that were flipped, as long as a file holds them.
    flips: Flips,
}

#[derive(Clone, Debug)]
struct PendingSync {
    id: SyncId,
    /// The sync covers the operations before this one.
    covers: u64,
    /// The sync ends not before this.
    ends: Instant,
}

/// How a sync ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyncEnd {
    /// The operations that it covers are durable.
    Durable,
    /// No append that was pending is or will be durable.
    Failed(DiskError),
}

impl DiskModel {
    /// How long a sync takes by this draw.
    pub fn sync_micros(&self, drawn: u64) -> u64 {
        uniform(self.sync_min_us, self.sync_max_us, drawn)
    }
}

impl Disk {
    /// A blank disk.
    pub fn new(model: &DiskModel) -> Disk {
        Disk {
            model: model.clone(),
            durable: Image::new(),
            pending: VecDeque::new(),
            first_pending: 0,
            holes: Holes::default(),
            syncs: VecDeque::new(),
            flips: Flips::default(),
        }
    }

    /// The process changes a file.
    pub fn write(&mut self, op: DiskOp) {
        self.pending.push_back(op);
    }

    /// The process asks for a sync; `drawn` decides how long it takes, times `slowness`. Returns when it is to end.
    /// Syncs end in the order in which they were asked for.
    pub fn sync(&mut self, id: SyncId, now: Instant, drawn: u64, slowness: u64) -> Instant {
        let after = Instant(now.0 + self.model.sync_micros(drawn) * 1_000 * slowness);
        let ends = self.syncs.back().map_or(after, |last| after.max(last.ends));
        self.syncs.push_back(PendingSync { id, covers: self.first_pending + self.pending.len() as u64, ends });
        ends
    }

    /// The oldest sync ends: well, or not if it `fails`, or if the disk `is_full` and something is pending.
    ///
    /// # Panics
    /// If the oldest is not `id`.
    pub fn end_sync(&mut self, id: SyncId, fails: bool, is_full: bool) -> SyncEnd {
        let sync = self.syncs.pop_front().expect("a sync that ends was asked for");
        assert!(sync.id == id, "sync {} ends before sync {}", id.0, sync.id.0);
        let (first, last) = (self.first_pending, self.first_pending + self.pending.len() as u64);
        assert!((first..=last).contains(&sync.covers), "sync {} covers what is durable or not written", id.0);
        let covered = (sync.covers - first) as usize;
        if fails {
            self.drop_dirty_pages();
            return SyncEnd::Failed(DiskError::Io);
        }
        if is_full && covered > 0 {
            self.drop_dirty_pages();
            return SyncEnd::Failed(DiskError::Full);
        }
        self.first_pending = sync.covers;
        for op in self.pending.drain(..covered) {
            apply(&mut self.durable, &mut self.holes, &mut self.flips, op);
        }
        SyncEnd::Durable
    }

    /// The files that a booting process reads: everything, synced or not.
    pub fn files(&self) -> Files<'_> {
        Files::of(&self.durable, &self.pending)
    }

    /// Pending appends will never be durable, though the process goes on believing that its files hold them. Renames,
    /// removals and truncations are the business of the file system's journal and stay.
    fn drop_dirty_pages(&mut self) {
        self.first_pending += self.pending.len() as u64;
        for op in std::mem::take(&mut self.pending) {
            match op {
                DiskOp::Append { file, bytes } => self.holes.grow(&file, bytes.len() as u64),
                op => apply(&mut self.durable, &mut self.holes, &mut self.flips, op),
            }
        }
        // Syncs still on their way have nothing left to cover; they end, and well, as on Linux.
        for sync in &mut self.syncs {
            sync.covers = self.first_pending;
        }
    }
}

impl Medium for Disk {
    fn has_unsynced(&self) -> bool {
        !self.pending.is_empty()
    }

    fn durable_bytes(&self, files: &str) -> u64 {
        self.durable.iter().filter(|(name, _)| name.starts_with(files)).map(|(_, bytes)| bytes.len() as u64).sum()
    }

    fn held_bytes(&self) -> u64 {
        let pending: usize = self.pending.iter().map(held_by).sum();
        self.durable_bytes("") + pending as u64
    }

    fn is_blank(&self) -> bool {
        self.durable.is_empty() && self.pending.is_empty()
    }

    fn process_gone(&mut self) {
        self.syncs.clear();
        self.holes.clear();
    }

    fn lose_power(&mut self, tear: bool, random: &mut dyn Random) -> PowerLoss {
        self.process_gone();
        self.first_pending += self.pending.len() as u64;
        let pending = std::mem::take(&mut self.pending);
        let loss = survive(&mut self.durable, pending, tear, random);
        let durable = &self.durable;
        self.flips.forget_lost(|file| durable.get(file).map(|bytes| bytes.len() as u64));
        loss
    }

    fn wipe(&mut self) {
        self.process_gone();
        self.pending.clear();
        self.durable.clear();
        self.flips = Flips::default();
    }

    fn flip_bit(&mut self, random: &mut dyn Random) -> bool {
        let len: usize = self.durable.values().map(Vec::len).sum();
        if len == 0 {
            return false;
        }
        let bit = random.below(len as u64 * 8);
        let mut at = (bit / 8) as usize;
        for (name, bytes) in &mut self.durable {
            if at < bytes.len() {
                bytes[at] ^= 1 << (bit % 8);
                self.flips.add(name.clone(), at as u64);
                return true;
            }
            at -= bytes.len();
        }
        unreachable!("{at} bytes are left of {len}");
    }

    fn is_damaged(&self) -> bool {
        !self.flips.is_empty()
    }
}

/// How many bytes of memory an operation takes that is not durable yet.
pub fn held_by(op: &DiskOp) -> usize {
    let content = if let DiskOp::Append { bytes, .. } = op { bytes.len() } else { 0 };
    size_of::<DiskOp>() + content
}

/// Makes one operation durable.
fn apply(durable: &mut Image, holes: &mut Holes, flips: &mut Flips, op: DiskOp) {
    let hole = holes.follow(&op);
    flips.follow(&op);
    match op {
        DiskOp::Append { file, bytes } => append(durable, file, hole, bytes),
        DiskOp::Truncate { file, len } => {
            if let Some(bytes) = durable.get_mut(&file) {
                bytes.truncate(usize::try_from(len).unwrap_or(usize::MAX));
            }
        }
        DiskOp::Rename { from, to } => {
            if let Some(bytes) = durable.remove(&from) {
                durable.insert(to, bytes);
            }
        }
        DiskOp::Remove { file } => {
            durable.remove(&file);
        }
    }
}

/// Adds to the end of a file, behind a hole of zeros.
fn append(durable: &mut Image, file: FileName, hole: u64, bytes: Vec<u8>) {
    match durable.get_mut(&file) {
        Some(present) => {
            present.resize(present.len() + hole as usize, 0);
            present.extend_from_slice(&bytes);
        }
        None if hole == 0 => {
            durable.insert(file, bytes);
        }
        None => {
            let mut present = vec![0; hole as usize];
            present.extend_from_slice(&bytes);
            durable.insert(file, present);
        }
    }
}

#[cfg(test)]
mod tests {
    use env::Disk as _;

    use super::*;
    use crate::rng::Pick;

    const MODEL: DiskModel = DiskModel { sync_min_us: 100, sync_max_us: 2_000 };

    fn disk() -> Disk {
        Disk::new(&MODEL)
    }

    fn append(file: &str, bytes: &str) -> DiskOp {
        DiskOp::Append { file: file.into(), bytes: bytes.into() }
    }

    fn content(disk: &Disk, file: &str) -> Option<String> {
        let bytes = disk.files().read(file).expect("reads do not fail");
        bytes.map(|bytes| bytes.escape_ascii().to_string())
    }

    fn synced(disk: &mut Disk) -> SyncEnd {
        disk.sync(SyncId(9), Instant(0), 0, 1);
        disk.end_sync(SyncId(9), false, false)
    }

    fn synced_while_full(disk: &mut Disk) -> SyncEnd {
        disk.sync(SyncId(9), Instant(0), 0, 1);
        disk.end_sync(SyncId(9), false, true)
    }

    #[test]
    fn a_sync_covers_what_was_written_before_it_was_asked_for() {
        let mut disk = disk();
        disk.write(append("wal", "one "));
        disk.sync(SyncId(1), Instant(0), 0, 1);
        disk.write(append("wal", "two"));
        assert_eq!(disk.end_sync(SyncId(1), false, false), SyncEnd::Durable);
        assert_eq!(disk.durable[&"wal".into()], b"one ");
        assert_eq!(content(&disk, "wal").as_deref(), Some("one two"));
        assert!(disk.has_unsynced());
    }

    #[test]
    fn syncs_take_as_long_as_drawn_and_end_in_order() {
        let mut disk = disk();
        assert_eq!(disk.sync(SyncId(1), Instant(0), u64::MAX, 1), Instant(2_000_000));
        assert_eq!(disk.sync(SyncId(2), Instant(0), 0, 1), Instant(2_000_000));
        assert_eq!(disk.sync(SyncId(3), Instant(5_000_000), 0, 10), Instant(6_000_000));
        for id in 1..=3 {
            assert_eq!(disk.end_sync(SyncId(id), false, false), SyncEnd::Durable);
        }
    }

    #[test]
    fn files_are_cut_renamed_and_removed() {
        let mut disk = disk();
        for op in [
            append("a.tmp", "snapshot"),
            DiskOp::Rename { from: "a.tmp".into(), to: "a".into() },
            append("b", "0123456"),
            DiskOp::Truncate { file: "b".into(), len: 3 },
            append("c", "gone"),
            DiskOp::Remove { file: "c".into() },
            DiskOp::Remove { file: "never there".into() },
        ] {
            disk.write(op);
        }
        for _ in 0..2 {
            assert_eq!(disk.files().files(), ["a".into(), "b".into()]);
            assert_eq!(content(&disk, "a").as_deref(), Some("snapshot"));
            assert_eq!(content(&disk, "b").as_deref(), Some("012"));
            assert_eq!(synced(&mut disk), SyncEnd::Durable);
        }
    }

    #[test]
    fn a_failed_sync_drops_what_was_pending_and_the_next_one_succeeds_for_nothing() {
        let mut disk = disk();
        disk.write(append("wal", "kept "));
        synced(&mut disk);
        disk.write(append("wal", "lost"));
        disk.sync(SyncId(2), Instant(0), 0, 1);
        disk.write(append("wal", "lost too"));
        assert_eq!(disk.end_sync(SyncId(2), true, false), SyncEnd::Failed(DiskError::Io));
        assert_eq!(content(&disk, "wal").as_deref(), Some("kept "));
        assert_eq!(synced(&mut disk), SyncEnd::Durable);
        assert_eq!(content(&disk, "wal").as_deref(), Some("kept "));
    }

    #[test]
    fn what_a_process_appends_after_a_failed_sync_stands_behind_a_hole() {
        let mut disk = disk();
        disk.write(append("wal", "lost"));
        disk.sync(SyncId(1), Instant(0), 0, 1);
        disk.end_sync(SyncId(1), true, false);
        disk.write(append("wal", "on"));
        synced(&mut disk);
        assert_eq!(content(&disk, "wal").as_deref(), Some(r"\x00\x00\x00\x00on"));
        // A process that starts afresh appends at the end of the file.
        disk.write(append("wal", "lost"));
        disk.sync(SyncId(2), Instant(0), 0, 1);
        disk.end_sync(SyncId(2), true, false);
        disk.process_gone();
        disk.write(append("wal", "!"));
        synced(&mut disk);
        assert_eq!(content(&disk, "wal").as_deref(), Some(r"\x00\x00\x00\x00on!"));
    }

    #[test]
    fn a_full_disk_takes_nothing_but_reads_and_syncs_of_nothing() {
        let mut disk = disk();
        disk.write(append("wal", "kept"));
        synced(&mut disk);
        assert_eq!(synced_while_full(&mut disk), SyncEnd::Durable);
        disk.write(append("wal", "lost"));
        assert_eq!(synced_while_full(&mut disk), SyncEnd::Failed(DiskError::Full));
        assert_eq!(content(&disk, "wal").as_deref(), Some("kept"));
    }

    #[test]
    fn a_killed_process_leaves_what_it_wrote_and_a_later_power_loss_may_take_it() {
        let mut disk = disk();
        disk.write(append("wal", "unsynced"));
        disk.process_gone();
        assert_eq!(content(&disk, "wal").as_deref(), Some("unsynced"));
        let left: Vec<Option<String>> = (0..50)
            .map(|pick| {
                let mut disk = disk.clone();
                disk.lose_power(false, &mut Pick::new(pick));
                content(&disk, "wal")
            })
            .collect();
        assert!(left.contains(&None) && left.contains(&Some("unsynced".into())));
    }

    #[test]
    fn a_flipped_bit_is_remembered_while_it_is_there() {
        let mut disk = disk();
        assert!(!disk.flip_bit(&mut Pick::new(1)), "there is no bit to flip");
        disk.write(append("wal", "01234567"));
        synced(&mut disk);
        assert!(disk.flip_bit(&mut Pick::new(1)));
        let damaged = disk.files().read("wal").expect("reads do not fail").expect("the file is there");
        let bits: u32 = damaged.iter().zip(b"01234567").map(|(is, was)| (is ^ was).count_ones()).sum();
        assert_eq!(bits, 1);
        disk.write(DiskOp::Rename { from: "wal".into(), to: "old".into() });
        synced(&mut disk);
        assert!(disk.is_damaged());
        disk.write(DiskOp::Remove { file: "old".into() });
        synced(&mut disk);
        assert!(!disk.is_damaged());
    }
}
