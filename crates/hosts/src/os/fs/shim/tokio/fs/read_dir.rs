//! The entries of a directory.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::task::{Context, Poll};

use super::{FileType, Metadata};
use crate::os::fs::shim::std::fs as blocking;

/// The entries that a directory had when it was read, in order of their names.
#[derive(Debug)]
pub struct ReadDir(blocking::ReadDir);

impl ReadDir {
    pub(super) fn new(std: blocking::ReadDir) -> ReadDir {
        ReadDir(std)
    }

    /// The next entry; `None` when all have been read.
    ///
    /// # Errors
    /// If the process was stopped.
    pub async fn next_entry(&mut self) -> io::Result<Option<DirEntry>> {
        Ok(self.0.next().transpose()?.map(DirEntry))
    }

    /// Does as [`next_entry`](ReadDir::next_entry) does. It is ready at once.
    ///
    /// # Errors
    /// If the process was stopped.
    pub fn poll_next_entry(&mut self, _: &mut Context<'_>) -> Poll<io::Result<Option<DirEntry>>> {
        Poll::Ready(self.0.next().transpose().map(|entry| entry.map(DirEntry)))
    }
}

/// An entry of a directory.
#[derive(Debug)]
pub struct DirEntry(blocking::DirEntry);

impl DirEntry {
    /// The path: that of the directory as it was given, and the name.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.0.path()
    }

    /// The name.
    #[must_use]
    pub fn file_name(&self) -> OsString {
        self.0.file_name()
    }

    /// The present metadata.
    ///
    /// # Errors
    /// If nothing has this name any more.
    pub async fn metadata(&self) -> io::Result<Metadata> {
        self.0.metadata()
    }

    /// File or directory.
    ///
    /// # Errors
    /// If the process was stopped.
    pub async fn file_type(&self) -> io::Result<FileType> {
        self.0.file_type()
    }

    /// The number of the file or the directory.
    #[cfg(unix)]
    #[must_use]
    pub fn ino(&self) -> u64 {
        self.0.number()
    }
}
