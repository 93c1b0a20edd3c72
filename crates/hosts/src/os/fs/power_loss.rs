//! The pending changes that survive a power loss: the same, by the same draws, as `sim::world::survive` leaves of the
//! files of a state machine.
//!
//! Of each file, a prefix of its pending writes survives: none, all, or some. Of the changes of names and lengths of all
//! files, a prefix survives too, independent of the contents. A write stands where the process put it, whatever became
//! of the changes of the length before it.

use env::Random;
use sim::world::{PowerLoss, prefix};

use super::contents::{Change, Contents};
use super::names::Ino;
use super::{Stamp, Volume};

/// A disk writes so many bytes at a time, or none of them.
const SECTOR: u64 = 512;

/// The fate of one file's pending writes.
#[derive(Clone, Copy, Debug)]
struct Fate {
    of: Ino,
    /// How many writes were pending.
    writes: u64,
    /// How many of them survive.
    kept: u64,
    /// The write behind those survives in part.
    tears_next: bool,
}

/// The part of one file's pending writes that survives.
#[derive(Clone, Copy, Debug, Default)]
struct Left {
    bytes: u64,
    is_torn: bool,
}

impl Volume {
    /// Leaves on the disk the part of the pending changes that survives. If `tear`, one of the writes, if there is any,
    /// survives in part; for it to be seen, the names and the lengths survive as they are.
    pub(super) fn survive(&mut self, tear: bool, random: &mut dyn Random) -> PowerLoss {
        self.forget_process();
        let mut fates = self.written();
        let changes = self.changes();
        let mut loss = PowerLoss::default();
        if fates.is_empty() && changes.is_empty() {
            return loss;
        }
        for fate in &mut fates {
            fate.kept = prefix(fate.writes, random);
        }
        let mut changes_kept = prefix(changes.len() as u64, random);
        if tear && !fates.is_empty() {
            let torn = random.below(fates.len() as u64) as usize;
            fates[torn].kept = fates[torn].kept.min(fates[torn].writes - 1);
            fates[torn].tears_next = true;
            changes_kept = changes.len() as u64;
        }
        loss.changes_lost = changes.len() as u64 - changes_kept;
        let lost_from = changes.get(changes_kept as usize).copied().unwrap_or(Stamp::NEVER);
        for (_, change) in self.journal.drain(..).filter(|(stamp, _)| *stamp < lost_from) {
            self.durable.apply(&change);
        }
        let named = self.durable.inodes();
        for (ino, inode) in &mut self.inodes {
            let fate = fates.iter().find(|fate| fate.of == *ino);
            loss.bytes_lost += bytes_pending(&inode.contents);
            let left = inode.contents.survive(fate.copied(), lost_from, random);
            if named.contains(ino) {
                loss.bytes_lost -= left.bytes;
                loss.torn |= left.is_torn;
            }
        }
        self.read_names_from_disk();
        loss
    }

    /// The files with pending writes, in the order of the first of these, so that no draw depends on a name.
    fn written(&self) -> Vec<Fate> {
        let mut written = Vec::new();
        for (of, inode) in &self.inodes {
            let mut stamps = inode.contents.pending.iter().filter(|(_, change)| !change.is_of_length());
            if let Some((first, _)) = stamps.next() {
                let writes = 1 + stamps.count() as u64;
                written.push((*first, Fate { of: *of, writes, kept: 0, tears_next: false }));
            }
        }
        written.sort_by_key(|(first, _)| *first);
        written.into_iter().map(|(_, fate)| fate).collect()
    }

    /// The pending changes of names and lengths, in order.
    fn changes(&self) -> Vec<Stamp> {
        let pending = self.inodes.values().flat_map(|inode| &inode.contents.pending);
        let lengths = pending.filter(|(_, change)| change.is_of_length()).map(|(stamp, _)| *stamp);
        let mut changes: Vec<Stamp> = self.journal.iter().map(|(stamp, _)| *stamp).chain(lengths).collect();
        changes.sort_unstable();
        changes
    }

    /// The names of the disk are those of the next process.
    fn read_names_from_disk(&mut self) {
        self.cached = self.durable.clone();
        self.free_unused();
        for inode in self.inodes.values_mut().filter(|inode| !inode.is_directory) {
            inode.links = 0;
        }
        for (_, ino) in self.cached.files() {
            self.inodes.get_mut(&ino).expect("a file with a name is there").links += 1;
        }
    }
}

fn bytes_pending(contents: &Contents) -> u64 {
    let bytes = |(_, change): &(Stamp, Change)| if let Change::Write { bytes, .. } = change { bytes.len() } else { 0 };
    contents.pending.iter().map(bytes).sum::<usize>() as u64
}

impl Contents {
    /// Leaves on the disk the part of the pending changes that survives: the writes as `fate` says, and the changes of
    /// the length before `lost_from`.
    fn survive(&mut self, fate: Option<Fate>, lost_from: Stamp, random: &mut dyn Random) -> Left {
        let (mut kept, mut tears_next) = fate.map_or((0, false), |fate| (fate.kept, fate.tears_next));
        let mut left = Left::default();
        for (stamp, change) in std::mem::take(&mut self.pending) {
            match &change {
                Change::Cut(_) | Change::Extend(_) if stamp < lost_from => self.reach_disk(&change),
                Change::Write { bytes, .. } if kept > 0 => {
                    kept -= 1;
                    left.bytes += bytes.len() as u64;
                    self.reach_disk(&change);
                }
                Change::Write { at, bytes } if tears_next => {
                    tears_next = false;
                    let torn = self.tear(*at, bytes, random);
                    left.bytes += torn.bytes;
                    left.is_torn = torn.is_torn;
                }
                Change::Cut(_) | Change::Extend(_) | Change::Write { .. } => {}
            }
        }
        left
    }

    /// Cuts a write short, behind its first byte at the earliest; or its first sectors were written, and the file has its
    /// new length, with zeros where it had nothing before. There is no half of one byte: nothing may be left.
    fn tear(&mut self, at: u64, bytes: &[u8], random: &mut dyn Random) -> Left {
        let count = bytes.len() as u64;
        let cut = if count > 1 { random.between(1, count - 1) } else { 0 };
        let is_short = random.next_u64() & 1 == 0;
        let grows = at + count > self.durable.len() as u64;
        let kept = if is_short || !grows { cut } else { ((at + cut) / SECTOR * SECTOR).saturating_sub(at) };
        if kept > 0 {
            self.reach_disk(&Change::Write { at, bytes: bytes[..kept as usize].to_vec() });
        }
        let is_zeroed = grows && !is_short;
        if is_zeroed {
            self.reach_disk(&Change::Extend(at + count));
        }
        Left { bytes: kept, is_torn: kept > 0 || is_zeroed }
    }
}
