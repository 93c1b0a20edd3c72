//! A node's files, and which of them are superfluous.

use std::collections::{BTreeMap, BTreeSet};

use env::{Disk, FileName};
use raft_types::{LogIndex, Term};

use crate::names::{self, FileKind};

/// A node's files by kind.
#[derive(Default)]
pub(super) struct Inventory {
    pub(super) segments: BTreeSet<u64>,
    pub(super) seals: BTreeSet<u64>,
    /// By index and term: the snapshot that includes more is the newer.
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

    /// Every file.
    pub(super) fn files(&self) -> impl Iterator<Item = FileName> {
        let segments = self.segments.iter().map(|number| names::segment(*number));
        let seals = self.seals.iter().map(|number| names::seal(*number));
        segments.chain(seals).chain(self.snapshots.values().cloned()).chain(self.unfinished.iter().cloned())
    }
}
