//! The entries of a directory.

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::{FileType, Metadata};
use crate::os::fs::error;
use crate::os::fs::inode::Stat;
use crate::os::fs::process::Process;

/// The entries that a directory had when it was read, in order of their names.
#[derive(Debug)]
pub struct ReadDir {
    process: Process,
    directory: PathBuf,
    entries: std::vec::IntoIter<(OsString, Stat)>,
}

impl ReadDir {
    pub(super) fn of(path: &Path) -> io::Result<ReadDir> {
        let process = Process::current();
        let entries = process.access(|volume, _| volume.list(path))?.into_iter();
        Ok(ReadDir { process, directory: path.to_owned(), entries })
    }
}

impl Iterator for ReadDir {
    type Item = io::Result<DirEntry>;

    fn next(&mut self) -> Option<io::Result<DirEntry>> {
        let (name, stat) = self.entries.next()?;
        if !self.process.is_alive() {
            return Some(Err(error::stopped()));
        }
        Some(Ok(DirEntry { process: self.process.clone(), path: self.directory.join(name), stat }))
    }
}

/// An entry of a directory.
pub struct DirEntry {
    process: Process,
    path: PathBuf,
    /// The file or the directory when the entry was read.
    stat: Stat,
}

impl DirEntry {
    /// The path: that of the directory as it was given, and the name.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.path.clone()
    }

    /// The name.
    #[must_use]
    pub fn file_name(&self) -> OsString {
        self.path.file_name().unwrap_or_default().to_owned()
    }

    /// The present metadata.
    ///
    /// # Errors
    /// If nothing has this name any more.
    pub fn metadata(&self) -> io::Result<Metadata> {
        self.process.access(|volume, _| volume.stat_at(&self.path)).map(Metadata::of)
    }

    /// File or directory.
    ///
    /// # Errors
    /// If the process was stopped.
    pub fn file_type(&self) -> io::Result<FileType> {
        if self.process.is_alive() { Ok(Metadata::of(self.stat).file_type()) } else { Err(error::stopped()) }
    }

    pub(in crate::os::fs) fn number(&self) -> u64 {
        self.stat.ino
    }
}

impl fmt::Debug for DirEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DirEntry").field(&self.path).finish()
    }
}
