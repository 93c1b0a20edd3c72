//! The simulated files, with the interfaces of std and tokio ([`shim`]): what programs use in the place of `std::fs` and
//! `tokio::fs`.
//!
//! Each host has files of its own, behind a page cache. A sync of a file makes its content and length durable, a sync of any
//! directory all changes of names; a power loss leaves the durable part, and some of the rest. A failed sync of a file drops
//! what it covered: the process reads it on, and will never find it on the disk. A sync takes the time that the disk takes;
//! std's calls block, and therefore take no time. An error names its kind and has a text of its own, without a number of the
//! operating system.
//!
//! Left out: errors of reads, pages that reach the disk without a sync, symbolic links, locks, and the enforcement of
//! permissions.

// A `Volume` means what `sim::world::Disk` means, for files that are written at any offset:
//
// - A change of a file's content or length (`contents.rs`) is pending until a sync of that file, asked for later, ends
//   well. A change of names (`names.rs`) is pending in a journal until a sync of any directory ends well: a journal
//   commits as a whole. A sync of a file does not make its name durable (`syncs.rs`).
// - A power loss (`power_loss.rs`) leaves a prefix of each file's pending writes, and a prefix of the pending changes of
//   names and lengths.
// - A file whose last name is removed lives on until its last handle is closed and the removal is durable.

mod contents;
mod directories;
mod error;
mod files;
mod inode;
mod medium;
mod names;
mod open_file;
mod power_loss;
pub mod shim;
mod syncs;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::task::Waker;

use env::{Instant, SyncId, mix, mix_bytes};
use sim::DiskModel;
use sim::world::{DiskCondition, Stream};

use super::Report;
use inode::Inode;
use names::{Ino, NameChange, Names, ROOT};

/// The place of a change in the order of all changes of a volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Stamp(u64);

impl Stamp {
    /// Later than any change.
    const NEVER: Stamp = Stamp(u64::MAX);
}

/// The files of one host.
#[derive(Debug)]
pub(crate) struct Volume {
    model: DiskModel,
    latencies: Stream,
    condition: DiskCondition,
    /// So many of the next syncs fail.
    sync_faults: usize,
    /// Every file and directory that a name, a pending change of names or a handle refers to.
    inodes: BTreeMap<Ino, Inode>,
    /// The names that the process sees: the durable ones and the journal.
    cached: Names,
    durable: Names,
    /// The changes of names that are not durable, in order.
    journal: VecDeque<(Stamp, NameChange)>,
    last_ino: Ino,
    last_stamp: Stamp,
    last_sync: SyncId,
    /// The tasks that wait for the end of a stall.
    stalled: BTreeMap<SyncId, Vec<Waker>>,
    /// The reports that the kernel has not made yet: the volume must not be locked then.
    reports: Vec<Report>,
}

impl Volume {
    /// A blank volume. `latencies` decides how long its syncs take.
    pub(crate) fn new(model: &DiskModel, latencies: Stream) -> Volume {
        Volume {
            model: model.clone(),
            latencies,
            condition: DiskCondition { is_full: false, is_stalled: false, slowness: 1 },
            sync_faults: 0,
            inodes: BTreeMap::from([(ROOT, Inode::directory(0o755, Instant::ZERO))]),
            cached: Names::blank(),
            durable: Names::blank(),
            journal: VecDeque::new(),
            last_ino: ROOT,
            last_stamp: Stamp(0),
            last_sync: SyncId(0),
            stalled: BTreeMap::new(),
            reports: Vec::new(),
        }
    }

    /// Sets the present faults of the disk; `sync_faults` of the next syncs will fail. The caller wakes the returned
    /// wakers when the volume is no longer locked.
    #[must_use]
    pub(crate) fn set_condition(&mut self, condition: DiskCondition, sync_faults: usize) -> Vec<Waker> {
        self.condition = condition;
        self.sync_faults = sync_faults;
        if condition.is_stalled {
            Vec::new()
        } else {
            std::mem::take(&mut self.stalled).into_values().flatten().collect()
        }
    }

    /// The reports that the kernel is to make.
    pub(super) fn take_reports(&mut self) -> Vec<Report> {
        std::mem::take(&mut self.reports)
    }

    fn next_stamp(&mut self) -> Stamp {
        self.last_stamp.0 += 1;
        self.last_stamp
    }

    fn add(&mut self, inode: Inode) -> Ino {
        self.last_ino.0 += 1;
        self.inodes.insert(self.last_ino, inode);
        self.last_ino
    }

    /// Reports a change; `kind` and `particulars` tell it from other changes of `path`.
    fn wrote(&mut self, kind: u64, path: &Path, particulars: &[u8], bytes: u64, change: String) {
        let of_path = mix_bytes(mix(0, kind), path.as_os_str().as_encoded_bytes());
        let digest = mix_bytes(of_path, particulars);
        self.reports.push(Report::Wrote { digest, bytes, change });
    }

    /// Frees each inode that nothing refers to.
    fn free_unused(&mut self) {
        let mut used = self.cached.inodes();
        used.extend(self.durable.inodes());
        used.extend(self.journal.iter().filter_map(|(_, change)| change.creates()));
        self.inodes.retain(|ino, inode| inode.handles > 0 || used.contains(ino));
    }

    /// The process is gone with its handles and its page cache, apart from the pending changes.
    fn forget_process(&mut self) {
        for inode in self.inodes.values_mut() {
            inode.handles = 0;
            inode.contents.leave_cache();
        }
        // The wakers stay until the stall is over: to drop one here could drop a task, and lock the volume again.
        self.free_unused();
    }
}
