//! A node's disk on turmoil's simulated filesystem.
//!
//! It behaves as the event engine's disk (`sim::disk`), by other means. The bytes are turmoil's: a process writes by
//! turmoil's `write_at`, a sync is its `sync_all` and `sync_dir`, a booting process reads by its `read`, a killed
//! process leaves its pending bytes pending there. This module keeps the part of a kernel: the names of files that are
//! not durable yet (`page_cache.rs`) and, in order, the changes that no sync has covered. A power loss leaves the part
//! of these that `sim::disk::survive` leaves, drawn as there and put on the filesystem by further calls.
//!
//! # Limits of turmoil's filesystem, and the ways around them
//! - It files pending writes under the name that the file had at the write. Writes before an unsynced rename are lost
//!   to a sync after it, writes after it are not read back, and a file made in the place of an unsynced removal shows
//!   the removed content (`tests/turmoil_fs.rs` shows all three). So renames and removals wait here for their sync.
//!   Then contents are synced first, names are changed next, and the directory is synced last.
//! - It syncs all of a file. Writes during a sync, which that sync does not cover, wait here until it has ended, as on
//!   a device that wants stable pages.
//! - Its crash loses everything pending. [`Medium::lose_power`] therefore puts the surviving changes on the disk and
//!   makes them durable, so that the crash that follows has nothing to lose.
//!
//! # Invariants
//! - Under its durable name every durable file is there with its durable bytes, followed by its pending appends.
//! - The changes pending at turmoil are those that the oldest sync on its way covers, or all if none is.
//! - No call depends on a hash order, and none draws from turmoil's randomness (`volume.rs`).
//!
//! One thing differs from the event engine's disk. Here the hole of a failed sync is in the file as soon as an append
//! is written behind it; there it appears at the next good sync.

use std::cell::{Ref, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use env::{DiskError, DiskOp, FileName, Random, SyncId};
use sim::DiskModel;
use sim::world::{Flips, Holes, Image, Medium, PowerLoss, SyncEnd, held_by, survive};
use turmoil::fs::FsHandle;

mod page_cache;
#[cfg(test)]
mod tests;
mod volume;

use page_cache::{Lengths, PageCache, Pending, change_name};

/// One machine's disk, which outlives the processes that run on the machine. Clones are the same disk.
///
/// [`mount`](Disk::mount), [`files`](Disk::files), [`write`](Disk::write) and the syncs are called by the host that it
/// belongs to, everything else from outside any host, between two ticks.
#[derive(Clone)]
pub(crate) struct Disk {
    model: DiskModel,
    state: Rc<RefCell<State>>,
}

#[derive(Default)]
struct State {
    /// The host's filesystem, once its first process has started.
    filesystem: Option<FsHandle>,
    /// The lengths of the durable files.
    durable: Lengths,
    /// The files as a process reads them.
    cache: PageCache,
    /// The changes that no sync has covered, in order; the first is change `first_pending` of all there ever were.
    pending: VecDeque<Pending>,
    first_pending: u64,
    /// So many of the pending changes have been carried out. The others wait for a sync to end.
    made: usize,
    /// The syncs asked for and not ended, in order, each with the first change that it does not cover.
    syncs: VecDeque<(SyncId, u64)>,
    /// The bytes that failed syncs have dropped, as of the durable changes, and as of all changes carried out since.
    holes: Holes,
    holes_written: Holes,
    /// The bits that were flipped, as long as a file holds them.
    flips: Flips,
}

impl Disk {
    /// A blank disk.
    pub(crate) fn new(model: &DiskModel) -> Disk {
        Disk { model: model.clone(), state: Rc::default() }
    }

    /// A process starts, and the last one, if there was any, is gone.
    pub(crate) fn mount(&self) {
        let mut state = self.state.borrow_mut();
        state.filesystem = Some(FsHandle::current());
        volume::set_up();
        state.process_gone();
        state.make_due();
    }

    /// The files that a booting process reads: everything, synced or not.
    pub(crate) fn files(&self) -> Files<'_> {
        Files(self.state.borrow())
    }

    /// The process changes a file.
    pub(crate) fn write(&self, op: &DiskOp) {
        let mut state = self.state.borrow_mut();
        let hole = state.holes_written.follow(op);
        state.pending.push_back(Pending::new(op.clone(), hole));
        state.make_due();
    }

    /// The process asks for a sync of its changes.
    pub(crate) fn begin_sync(&self, id: SyncId) {
        let mut state = self.state.borrow_mut();
        let covers = state.first_pending + state.pending.len() as u64;
        state.syncs.push_back((id, covers));
    }

    /// How long a sync takes by this draw, on a disk that takes `slowness` times as long as it should.
    pub(crate) fn sync_latency(&self, drawn: u64, slowness: u64) -> Duration {
        Duration::from_micros(self.model.sync_micros(drawn) * slowness)
    }

    /// The oldest sync ends: well, or not if it `fails` or if there is no space for the changes that it covers.
    ///
    /// # Panics
    /// If the oldest is not `id`.
    pub(crate) fn end_sync(&self, id: SyncId, is_full: bool, fails: bool) -> SyncEnd {
        let mut state = self.state.borrow_mut();
        let (oldest, covers) = state.syncs.pop_front().expect("a sync that ends was asked for");
        assert!(oldest == id, "sync {} ends before sync {}", id.0, oldest.0);
        let covered = (covers - state.first_pending) as usize;
        if fails {
            state.drop_dirty_pages();
            return SyncEnd::Failed(DiskError::Io);
        }
        if is_full && covered > 0 {
            state.drop_dirty_pages();
            return SyncEnd::Failed(DiskError::Full);
        }
        state.write_back(covered);
        state.make_due();
        SyncEnd::Durable
    }
}

impl Medium for Disk {
    fn has_unsynced(&self) -> bool {
        !self.state.borrow().pending.is_empty()
    }

    fn durable_bytes(&self, files: &str) -> u64 {
        self.state.borrow().durable.iter().filter(|(name, _)| name.starts_with(files)).map(|(_, len)| len).sum()
    }

    fn held_bytes(&self) -> u64 {
        let pending: usize = self.state.borrow().pending.iter().map(|pending| held_by(&pending.op)).sum();
        self.durable_bytes("") + pending as u64
    }

    fn is_blank(&self) -> bool {
        let state = self.state.borrow();
        state.durable.is_empty() && state.pending.is_empty()
    }

    fn is_damaged(&self) -> bool {
        !self.state.borrow().flips.is_empty()
    }

    fn process_gone(&mut self) {
        self.state.borrow_mut().process_gone();
    }

    /// To be called just before turmoil's `Sim::crash`.
    fn lose_power(&mut self, tear: bool, random: &mut dyn Random) -> PowerLoss {
        let mut state = self.state.borrow_mut();
        state.process_gone();
        if state.pending.is_empty() {
            return PowerLoss::default();
        }
        state.outside(|state| state.lose_power(tear, random))
    }

    fn wipe(&mut self) {
        let mut state = self.state.borrow_mut();
        if state.durable.is_empty() && state.pending.is_empty() {
            return;
        }
        state.outside(|state| {
            state.cache.drop_dirty_pages(&state.durable);
            state.put(&Image::new());
        });
        *state = State { filesystem: state.filesystem.take(), ..State::default() };
    }

    fn flip_bit(&mut self, random: &mut dyn Random) -> bool {
        let mut state = self.state.borrow_mut();
        let len: u64 = state.durable.values().sum();
        if len == 0 {
            return false;
        }
        let bit = random.below(len * 8);
        state.outside(|state| state.flip(bit));
        true
    }
}

impl State {
    /// Runs `act` on the files while no host runs.
    fn outside<R>(&mut self, act: impl FnOnce(&mut State) -> R) -> R {
        let filesystem = self.filesystem.take().expect("a disk that holds anything has been mounted");
        let entered = filesystem.enter();
        self.filesystem = Some(filesystem);
        let result = act(self);
        drop(entered);
        result
    }

    /// Carries out the changes that the oldest sync on its way covers, or all if none is.
    fn make_due(&mut self) {
        let due = match self.syncs.front() {
            Some((_, covers)) => (covers - self.first_pending) as usize,
            None => self.pending.len(),
        };
        while self.made < due {
            self.cache.make(&mut self.pending[self.made]);
            self.made += 1;
        }
    }

    /// Makes the first `covered` changes durable, which are all that have been carried out.
    fn write_back(&mut self, covered: usize) {
        assert_eq!(self.made, covered, "changes on turmoil's filesystem, and those that the sync covers");
        self.cache.write_back(self.pending.range(..covered), &mut self.durable);
        for Pending { op, .. } in self.pending.drain(..covered) {
            self.holes.follow(&op);
            self.flips.follow(&op);
        }
        self.first_pending += covered as u64;
        self.made = 0;
    }

    /// Pending appends will never be durable, though the process goes on believing that its files hold them. Renames,
    /// removals and truncations are the business of the file system's journal and stay.
    fn drop_dirty_pages(&mut self) {
        self.cache.drop_dirty_pages(&self.durable);
        self.first_pending += self.pending.len() as u64;
        self.made = 0;
        for Pending { op, .. } in self.pending.drain(..) {
            if let DiskOp::Append { file, bytes } = &op {
                self.holes.grow(file, bytes.len() as u64);
                continue;
            }
            self.holes.follow(&op);
            self.flips.follow(&op);
            if let DiskOp::Truncate { file, len } = &op {
                if let Some(present) = self.durable.get_mut(file).filter(|present| len < *present) {
                    *present = *len;
                    volume::cut(file, *len);
                    volume::sync(file);
                }
            } else if change_name(&op, &mut self.durable) {
                volume::sync_names();
            }
        }
        self.cache.show(&self.durable);
        self.holes_written = self.holes.clone();
        // Syncs still on their way have nothing left to cover; they end, and well, as on Linux.
        for (_, covers) in &mut self.syncs {
            *covers = self.first_pending;
        }
    }

    fn process_gone(&mut self) {
        self.syncs.clear();
        self.holes.clear();
        self.holes_written.clear();
    }

    fn lose_power(&mut self, tear: bool, random: &mut dyn Random) -> PowerLoss {
        let mut pending = VecDeque::with_capacity(self.pending.len());
        for Pending { op, hole, .. } in std::mem::take(&mut self.pending) {
            pending.push_back(match op {
                DiskOp::Append { file, bytes } if hole > 0 => {
                    let mut behind_hole = vec![0; hole as usize];
                    behind_hole.extend_from_slice(&bytes);
                    DiskOp::Append { file, bytes: behind_hole }
                }
                op => op,
            });
        }
        self.first_pending += pending.len() as u64;
        self.made = 0;
        self.cache.drop_dirty_pages(&self.durable);
        let mut image = self.image();
        let loss = survive(&mut image, pending, tear, random);
        self.put(&image);
        self.flips.forget_lost(|file| self.durable.get(file).copied());
        loss
    }

    fn flip(&mut self, bit: u64) {
        // The page cache is put together again afterwards, from a disk that has the flip.
        self.cache.drop_dirty_pages(&self.durable);
        let mut at = bit / 8;
        for (name, len) in &self.durable {
            if at < *len {
                volume::flip(name, at, bit % 8);
                volume::sync(name);
                self.flips.add(name.clone(), at);
                break;
            }
            at -= len;
        }
        self.made = 0;
        self.make_due();
    }

    /// The durable files, if nothing is pending.
    fn image(&self) -> Image {
        self.cache
            .names()
            .into_iter()
            .map(|name| (name.clone(), self.cache.read(&name).expect("it is there")))
            .collect()
    }

    /// Makes this the content of the disk, durably, if nothing is pending.
    fn put(&mut self, image: &Image) {
        let present = self.image();
        for name in present.keys().filter(|name| !image.contains_key(*name)) {
            volume::remove(name);
        }
        for (name, bytes) in image {
            let kept = match present.get(name) {
                Some(present) if present == bytes => continue,
                Some(present) => present.iter().zip(bytes).take_while(|(is, is_to_be)| is == is_to_be).count(),
                None => {
                    volume::create(name);
                    0
                }
            };
            volume::cut(name, kept as u64);
            volume::write(name, kept as u64, &bytes[kept..]);
            volume::sync(name);
        }
        volume::sync_names();
        self.durable = image.iter().map(|(name, bytes)| (name.clone(), bytes.len() as u64)).collect();
        self.cache.show(&self.durable);
    }
}

/// The files that a process reads when it boots.
pub(crate) struct Files<'a>(Ref<'a, State>);

impl env::Disk for Files<'_> {
    fn files(&self) -> Vec<FileName> {
        self.0.cache.names()
    }

    fn read(&self, file: &str) -> Result<Option<Vec<u8>>, DiskError> {
        Ok(self.0.cache.read(&FileName::from(file)))
    }
}
