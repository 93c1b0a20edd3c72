//! A node's files, and which of them are superfluous.

use std::collections::{BTreeMap, BTreeSet};

use env::{Disk, FileName};
use raft_types::{LogIndex, Term};

use crate::error::BootError;
use crate::names::{self, FileKind};

/// No node comes to so many segments. One that goes on from there has numbers left.
const SEGMENTS_MAX: u64 = 1 << 62;

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

    /// A number that no segment and no seal has reached. The log goes on from it.
    pub(super) fn next_segment(&self) -> Result<u64, BootError> {
        let Some(&last) = self.segments.last().max(self.seals.last()) else { return Ok(1) };
        if last >= SEGMENTS_MAX {
            let file = if self.segments.contains(&last) { names::segment(last) } else { names::seal(last) };
            return Err(BootError::Malformed { file, offset: 0, field: "the number in its name" });
        }
        Ok(last + 1)
    }

    /// Every file.
    pub(super) fn files(&self) -> impl Iterator<Item = FileName> {
        let segments = self.segments.iter().map(|number| names::segment(*number));
        let seals = self.seals.iter().map(|number| names::seal(*number));
        segments.chain(seals).chain(self.snapshots.values().cloned()).chain(self.unfinished.iter().cloned())
    }
}
