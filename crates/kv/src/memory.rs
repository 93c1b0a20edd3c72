//! A disk that is a map.

use std::collections::BTreeMap;

use env::{Disk, DiskError, DiskOp, FileName};

/// Files in memory, for examples and tests. It never fails and never loses anything, so every write is durable at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemoryDisk {
    files: BTreeMap<FileName, Vec<u8>>,
}

impl MemoryDisk {
    /// Carries out one change.
    pub fn apply(&mut self, op: &DiskOp) {
        match op {
            DiskOp::Append { file, bytes } => self.file_mut(file).extend_from_slice(bytes),
            DiskOp::Truncate { file, len } => {
                let len = usize::try_from(*len).expect("a length within memory");
                self.file_mut(file).truncate(len);
            }
            DiskOp::Rename { from, to } => {
                if let Some(content) = self.files.remove(from) {
                    self.files.insert(to.clone(), content);
                }
            }
            DiskOp::Remove { file } => {
                self.files.remove(file);
            }
        }
    }

    /// The content of a file, to be changed at will; empty if there was no such file.
    pub fn file_mut(&mut self, file: &FileName) -> &mut Vec<u8> {
        self.files.entry(file.clone()).or_default()
    }
}

impl Disk for MemoryDisk {
    fn files(&self) -> Vec<FileName> {
        self.files.keys().cloned().collect()
    }

    fn read(&self, file: &str) -> Result<Option<Vec<u8>>, DiskError> {
        Ok(self.files.get(&FileName::from(file)).cloned())
    }
}
