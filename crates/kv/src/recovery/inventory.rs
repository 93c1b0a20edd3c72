//! A node's files, and which of them are superfluous.

use std::collections::{BTreeMap, BTreeSet};

use env::{Disk, DiskOp, FileName, LogIndex, Term};
use raft::Snapshot;

use crate::names::{self, FileKind};

/// A node's files by kind.
#[derive(Default)]
pub(super) struct Inventory {
    pub(super) segments: BTreeSet<u64>,
    pub(super) seals: BTreeSet<u64>,
    /// By index and term: which is the newest is a matter of what it includes.
    pub(super) snapshots: BTreeMap<(LogIndex, Term), FileName>,
    pub(super) unfinished: Vec<FileName>,
}

impl Inventory {
    pub(super) fn of(disk: &dyn Disk) -> Inventory {
        let mut inventory = Inventory::default();
        for file in disk.files() {
            match FileKind::of(&file) {
                FileKind::Segment(number) => {
                    inventory.segments.insert(number);
                }
                FileKind::Seal(number) => {
                    inventory.seals.insert(number);
                }
                FileKind::Snapshot(last) => {
                    inventory.snapshots.insert((last.index, last.term), file);
                }
                FileKind::Unfinished => inventory.unfinished.push(file),
                FileKind::Foreign => {}
            }
        }
        inventory
    }

    /// A number that no segment and no seal has reached.
    pub(super) fn next_segment(&self) -> u64 {
        self.segments.last().max(self.seals.last()).map_or(1, |number| number.saturating_add(1))
    }

    /// Removes everything: what is left of a first boot that never completed a sync.
    pub(super) fn remove_all(&self) -> Vec<DiskOp> {
        let segments = self.segments.iter().map(|number| names::segment(*number));
        let seals = self.seals.iter().map(|number| names::seal(*number));
        let files =
            segments.chain(seals).chain(self.snapshots.values().cloned()).chain(self.unfinished.iter().cloned());
        files.map(|file| DiskOp::Remove { file }).collect()
    }

    /// Removes what the last segment and the newest snapshot have made superfluous.
    pub(super) fn remove_superseded(&self, last_segment: u64, newest: Option<&Snapshot>, cleanup: &mut Vec<DiskOp>) {
        let segments = self.segments.range(..last_segment).map(|number| names::segment(*number));
        let seals = self.seals.range(..last_segment).map(|number| names::seal(*number));
        let newest = newest.map(|snapshot| (snapshot.last.index, snapshot.last.term));
        let snapshots = self.snapshots.iter().filter(|(last, _)| Some(**last) != newest).map(|(_, file)| file.clone());
        let files = segments.chain(seals).chain(snapshots).chain(self.unfinished.iter().cloned());
        cleanup.extend(files.map(|file| DiskOp::Remove { file }));
    }
}
