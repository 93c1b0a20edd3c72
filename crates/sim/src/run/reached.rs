//! The milestones that every system has: states of machines and clients.

use crate::net::{Milestone, Milestones};
use crate::plan::FaultKind::{BitFlip, Crash, DiskFull, FsyncError, Isolate, TornWrite};

const ALL: [Milestone; 5] = [
    Milestone::after("operation in doubt", &[Isolate]),
    Milestone::after("unsynced writes lost", &[Crash]),
    Milestone::after("torn write left on disk", &[TornWrite]),
    Milestone::after("corruption refused at boot", &[BitFlip]),
    Milestone::after("node halted on a disk error", &[FsyncError, DiskFull]),
];

/// A client was told that its operation may or may not have happened.
pub(super) const OPERATION_IN_DOUBT: usize = 0;
/// Power loss dropped writes that had not been synced.
pub(super) const UNSYNCED_WRITES_LOST: usize = 1;
/// Power loss left a write in part.
pub(super) const TORN_WRITE: usize = 2;
/// A node refused to start on a damaged disk.
pub(super) const CORRUPTION_REFUSED: usize = 3;
/// A sync failed and the node halted.
pub(super) const HALTED_ON_DISK_ERROR: usize = 4;

/// How often each of them was reached, by their numbers above.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Reached([u64; ALL.len()]);

impl Reached {
    pub(super) fn reach(&mut self, number: usize) {
        self.0[number] += 1;
    }

    /// The counts by name. In a world that does not see the files of its nodes, nothing is known of power losses and of
    /// damage to disks.
    pub(super) fn milestones(self, sees_files: bool) -> Milestones {
        let is_known = |number: &usize| sees_files || *number == OPERATION_IN_DOUBT;
        (0..ALL.len()).filter(is_known).map(|number| (ALL[number], self.0[number])).collect()
    }
}
