//! Where bits were flipped, as long as a file holds them.

use env::{DiskOp, FileName};

/// The bytes with a flipped bit that a file still holds.
#[derive(Clone, Debug, Default)]
pub struct Flips(Vec<(FileName, u64)>);

impl Flips {
    /// A bit of this byte was flipped.
    pub fn add(&mut self, file: FileName, at: u64) {
        self.0.push((file, at));
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Follows an operation that becomes durable.
    pub fn follow(&mut self, op: &DiskOp) {
        match op {
            DiskOp::Append { .. } => {}
            DiskOp::Truncate { file, len } => self.0.retain(|(name, at)| name != file || at < len),
            DiskOp::Rename { from, to } => {
                self.0.retain(|(name, _)| name != to);
                for (name, _) in self.0.iter_mut().filter(|(name, _)| name == from) {
                    *name = to.clone();
                }
            }
            DiskOp::Remove { file } => self.0.retain(|(name, _)| name != file),
        }
    }

    /// Forgets the flips that no file is long enough to hold; `len` gives a file's length, if the file is there.
    pub fn forget_lost(&mut self, len: impl Fn(&FileName) -> Option<u64>) {
        self.0.retain(|(file, at)| len(file).is_some_and(|len| *at < len));
    }
}
