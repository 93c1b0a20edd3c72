//! The files that a process reads when it boots.

use std::borrow::Cow;
use std::collections::VecDeque;

use env::{DiskError, DiskOp, FileName};

use super::{Flips, Holes, Image, apply};

/// The files of a disk as its page cache shows them.
#[derive(Debug)]
pub struct Files<'a>(Cow<'a, Image>);

impl<'a> Files<'a> {
    /// The durable files with all pending operations.
    pub(super) fn of(durable: &'a Image, pending: &VecDeque<DiskOp>) -> Files<'a> {
        if pending.is_empty() {
            return Files(Cow::Borrowed(durable));
        }
        let mut image = durable.clone();
        for op in pending {
            apply(&mut image, &mut Holes::default(), &mut Flips::default(), op.clone());
        }
        Files(Cow::Owned(image))
    }
}

impl env::Disk for Files<'_> {
    fn files(&self) -> Vec<FileName> {
        self.0.keys().cloned().collect()
    }

    fn read(&self, file: &str) -> Result<Option<Vec<u8>>, DiskError> {
        Ok(self.0.get(&FileName::from(file)).cloned())
    }
}
