//! A disk as bytes: files to read at boot, changes to write while the process runs, and the guarantees of a sync.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// A file's name within the node's own directory, cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileName(Arc<str>);

impl Deref for FileName {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl From<&str> for FileName {
    fn from(name: &str) -> FileName {
        FileName(name.into())
    }
}

impl From<String> for FileName {
    fn from(name: String) -> FileName {
        FileName(name.into())
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Names one sync: a request to make everything written so far durable. A process numbers its syncs, ascending from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SyncId(pub u64);

/// One change to the files of a node.
///
/// The process sees it at once (the page cache). It is durable only after a later sync has been answered with
/// [`Event::Synced`](crate::Event::Synced). Until then a power loss may keep any prefix of a file's unsynced appends,
/// cut the last of them anywhere, and keep or drop unsynced renames, removals and truncations independently of the
/// contents. A killed process loses none of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DiskOp {
    /// Adds bytes to the end of a file, creating it if there is none.
    Append {
        /// The file.
        file: FileName,
        /// The bytes to add.
        bytes: Vec<u8>,
    },
    /// Cuts a file to its first `len` bytes.
    Truncate {
        /// The file.
        file: FileName,
        /// Its new length in bytes, at most its present one.
        len: u64,
    },
    /// Gives a file another name, replacing the file that had it, atomically.
    Rename {
        /// Its present name.
        from: FileName,
        /// Its new name.
        to: FileName,
    },
    /// Removes a file; no error if there is none.
    Remove {
        /// The file.
        file: FileName,
    },
}

/// Without the bytes.
impl fmt::Display for DiskOp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DiskOp::Append { file, bytes } => write!(f, "appends {} bytes to {file}", bytes.len()),
            DiskOp::Truncate { file, len } => write!(f, "truncates {file} to {len} bytes"),
            DiskOp::Rename { from, to } => write!(f, "renames {from} to {to}"),
            DiskOp::Remove { file } => write!(f, "removes {file}"),
        }
    }
}

/// Why a write or a sync failed. Writes since the last good sync may or may not be on the disk, and a second sync that
/// succeeds proves nothing: the pages may be gone (Rebello et al., ATC '20).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DiskError {
    /// The device reported an error (`EIO`).
    Io,
    /// No space left (`ENOSPC`).
    Full,
}

impl fmt::Display for DiskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            DiskError::Io => "input/output error",
            DiskError::Full => "no space left on device",
        })
    }
}

impl std::error::Error for DiskError {}

/// A node's files as found at boot. Bytes read back may be fewer or other than those written: see the fault model.
pub trait Disk {
    /// The names of all files, in ascending order.
    fn files(&self) -> Vec<FileName>;

    /// The whole content of a file, `None` if there is no such file.
    ///
    /// # Errors
    /// The device's error.
    fn read(&self, file: &str) -> Result<Option<Vec<u8>>, DiskError>;
}
