//! The bytes that a failed sync dropped and that the running process goes on counting.

use std::collections::BTreeMap;

use env::{DiskOp, FileName};

/// By file: so many bytes that the running process believes to be at its end were dropped by a failed sync.
#[derive(Clone, Debug, Default)]
pub struct Holes(BTreeMap<FileName, u64>);

impl Holes {
    /// So many bytes at the end of a file were dropped.
    pub fn grow(&mut self, file: &FileName, bytes: u64) {
        *self.0.entry(file.clone()).or_default() += bytes;
    }

    /// Follows a change of files. Returns the size of the hole in front of an append; the hole is in the file from then
    /// on.
    pub fn follow(&mut self, op: &DiskOp) -> u64 {
        if self.0.is_empty() {
            return 0;
        }
        match op {
            DiskOp::Append { file, .. } => return self.0.remove(file).unwrap_or(0),
            DiskOp::Truncate { file, .. } | DiskOp::Remove { file } => {
                self.0.remove(file);
            }
            DiskOp::Rename { from, to } => {
                self.0.remove(to);
                if let Some(hole) = self.0.remove(from) {
                    self.0.insert(to.clone(), hole);
                }
            }
        }
        0
    }

    /// The process that counted these bytes is gone.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}
