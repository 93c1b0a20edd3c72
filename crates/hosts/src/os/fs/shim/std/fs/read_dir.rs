//! The entries of a directory.

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::{FileType, Metadata};
use crate::os::Life;
use crate::os::fs::inode::Stat;

/// The entries that a directory had when it was read, in order of their names.
#[derive(Debug)]
pub struct ReadDir {
    life: Life,
    directory: PathBuf,
    entries: std::vec::IntoIter<(OsString, Stat)>,
}

impl ReadDir {
    pub(super) fn of(path: &Path) -> io::Result<ReadDir> {
        let life = Life::current();
        let entries = life.with_files(|volume, _| volume.list(path))?.into_iter();
        Ok(ReadDir { life, directory: path.to_owned(), entries })
    }
}

impl Iterator for ReadDir {
    type Item = io::Result<DirEntry>;

    fn next(&mut self) -> Option<io::Result<DirEntry>> {
        let (name, stat) = self.entries.next()?;
        if let Err(stopped) = self.life.check() {
            return Some(Err(stopped));
        }
        Some(Ok(DirEntry { life: self.life.clone(), path: self.directory.join(name), stat }))
    }
}

/// An entry of a directory.
pub struct DirEntry {
    life: Life,
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
        self.life.with_files(|volume, _| volume.stat_at(&self.path)).map(Metadata::of)
    }

    /// File or directory.
    ///
    /// # Errors
    /// If the process was stopped.
    pub fn file_type(&self) -> io::Result<FileType> {
        self.life.check().map(|()| Metadata::of(self.stat).file_type())
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
