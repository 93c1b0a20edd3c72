//! A disk with a page cache, for power to fail under.

use std::collections::BTreeMap;

use env::{Disk, DiskError, DiskOp, FileName, Random, Ratio};
use kv::MemoryDisk;

/// Files as the process sees them, as they would be found after a power loss at the worst, and the changes in between.
#[derive(Clone, Debug, Default)]
pub(crate) struct PowerDisk {
    pub(crate) cache: MemoryDisk,
    durable: MemoryDisk,
    /// Not durable yet, in order.
    pending: Vec<DiskOp>,
}

impl PowerDisk {
    pub(crate) fn write(&mut self, ops: &[DiskOp]) {
        for op in ops {
            self.cache.apply(op);
            self.pending.push(op.clone());
        }
    }

    /// How many changes a sync asked for now would cover.
    pub(crate) fn mark(&self) -> usize {
        self.pending.len()
    }

    /// The sync at that mark is done.
    pub(crate) fn sync(&mut self, mark: usize) {
        for op in self.pending.drain(..mark) {
            self.durable.apply(&op);
        }
    }

    /// A sync fails: the pages are marked clean though they never reached the disk, and stay in the page cache for the
    /// next reader.
    pub(crate) fn fail_sync(&mut self) {
        self.pending.clear();
    }

    /// Power fails: of each file's pending appends a prefix remains, cut anywhere or zeroed from there on; every other
    /// pending change is kept or not.
    pub(crate) fn lose_power(&mut self, dice: &mut dyn Random) {
        let mut room: BTreeMap<FileName, u64> = BTreeMap::new();
        for op in &self.pending {
            if let DiskOp::Append { file, bytes } = op {
                *room.entry(file.clone()).or_default() += bytes.len() as u64;
            }
        }
        for kept in room.values_mut() {
            *kept = dice.below(*kept + 1);
        }
        let zeroes = dice.chance(Ratio::percent(30));
        for op in std::mem::take(&mut self.pending) {
            match op {
                DiskOp::Append { file, mut bytes } => {
                    let left = room.get_mut(&file).expect("counted above");
                    let kept = (*left).min(bytes.len() as u64);
                    *left -= kept;
                    if zeroes && kept > 0 {
                        bytes[kept as usize..].fill(0);
                    } else {
                        bytes.truncate(kept as usize);
                    }
                    if !bytes.is_empty() {
                        self.durable.apply(&DiskOp::Append { file, bytes });
                    }
                }
                other if dice.chance(Ratio::percent(50)) => self.durable.apply(&other),
                _ => {}
            }
        }
        self.cache = self.durable.clone();
    }

    /// Power fails after exactly these pending changes have reached the disk.
    pub(crate) fn lose_power_after(&mut self, reached: usize) {
        for op in self.pending.drain(..).take(reached) {
            self.durable.apply(&op);
        }
        self.cache = self.durable.clone();
    }
}

impl Disk for PowerDisk {
    fn files(&self) -> Vec<FileName> {
        self.cache.files()
    }

    fn read(&self, file: &str) -> Result<Option<Vec<u8>>, DiskError> {
        self.cache.read(file)
    }
}
