//! Why a node refuses to start.

use env::{DiskError, FileName, NodeId, WireError};
use raft_types::EntryId;

use crate::frame::Mismatch;

/// Why a node refuses to start. It never guesses: a node that starts with less than it promised to keep can make the
/// cluster lose an acknowledged write.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BootError {
    /// There is nothing to start from, though this is not the node's first boot: its disk was lost, or its very first boot
    /// never got as far as a completed sync. Bring the machine back under a new id.
    #[error("the disk is blank: a node that has run before must not come back without its memory")]
    Blank,
    /// There is a node's data on the disk, though this is to be its first boot.
    #[error("the disk holds the data of a node already ({file})")]
    Occupied {
        /// One of its files.
        file: FileName,
    },
    /// The disk belongs to another node.
    #[error("{file} belongs to {found}, not to {expected}")]
    WrongNode {
        /// The file that says so.
        file: FileName,
        /// The node that is starting.
        expected: NodeId,
        /// The node that wrote the file.
        found: NodeId,
    },
    /// A file is not as it was written.
    #[error("{file} is corrupt at byte {offset}: {field} is {found:#x}, expected {expected:#x}")]
    Corrupt {
        /// The file.
        file: FileName,
        /// The beginning of the record that cannot be read, or the end of the file.
        offset: u64,
        /// The part of it that does not agree.
        field: &'static str,
        /// The value that it should have.
        expected: u64,
        /// The value that it has.
        found: u64,
    },
    /// A file is as it was written, and cannot be read all the same: another version's, or a bug's.
    #[error("{file} makes no sense at byte {offset}: {field}")]
    Malformed {
        /// The file.
        file: FileName,
        /// The offset of the field.
        offset: u64,
        /// The field that was being read.
        field: &'static str,
    },
    /// A file that others rest on is not there, or nothing of it.
    #[error("{file} is missing or empty")]
    Missing {
        /// The file.
        file: FileName,
    },
    /// The snapshot that the log begins behind is not there.
    #[error("the log in {file} begins behind {expected}, the newest snapshot ends with {found}")]
    Gap {
        /// The file.
        file: FileName,
        /// The last entry that the snapshot must cover.
        expected: EntryId,
        /// The last entry that the newest one covers; `0@0` if there is none.
        found: EntryId,
    },
    /// An entry, or a truncation of the log, does not follow the log before it.
    #[error("{file} has {found} at byte {offset}, after {after}")]
    Discontinuous {
        /// The file.
        file: FileName,
        /// The offset of the item.
        offset: u64,
        /// The last entry of the log up to there.
        after: EntryId,
        /// The entry that is there; of a truncation, the index that it cuts at, and term 0.
        found: EntryId,
    },
    /// A file could not be read.
    #[error("{file} cannot be read: {error}")]
    Disk {
        /// The file.
        file: FileName,
        /// The device's error.
        error: DiskError,
    },
}

impl BootError {
    pub(crate) fn corrupt(file: &FileName, offset: usize, mismatch: Mismatch) -> BootError {
        let Mismatch { field, expected, found } = mismatch;
        BootError::Corrupt { file: file.clone(), offset: offset as u64, field, expected, found }
    }

    /// `why` counts from `base`.
    pub(crate) fn malformed(file: &FileName, base: usize, why: WireError) -> BootError {
        BootError::Malformed { file: file.clone(), offset: (base + why.at()) as u64, field: why.what() }
    }
}
