//! The metadata of files and directories.

use std::io;
use std::time::{Duration, UNIX_EPOCH};

use env::Instant;

use crate::os::fs::inode::Stat;

/// The metadata of a file or a directory, as `std::fs::Metadata`. Its times are true times: the run begins at the Unix
/// epoch.
#[derive(Clone, Debug)]
pub struct Metadata(Stat);

impl Metadata {
    pub(in crate::os::fs) fn of(stat: Stat) -> Metadata {
        Metadata(stat)
    }

    pub(super) fn stat(&self) -> &Stat {
        &self.0
    }

    /// File or directory.
    #[must_use]
    pub fn file_type(&self) -> FileType {
        FileType { is_directory: self.0.is_directory }
    }

    /// True for a directory.
    #[must_use]
    pub fn is_dir(&self) -> bool {
        self.0.is_directory
    }

    /// True for a file.
    #[must_use]
    pub fn is_file(&self) -> bool {
        !self.0.is_directory
    }

    /// Never true: there are no symbolic links.
    #[must_use]
    pub fn is_symlink(&self) -> bool {
        false
    }

    /// The length in bytes; 0 for a directory.
    #[allow(clippy::len_without_is_empty, reason = "the names of std; the lint looks at exported types only")]
    #[must_use]
    pub fn len(&self) -> u64 {
        self.0.len
    }

    /// The permission bits.
    #[must_use]
    pub fn permissions(&self) -> Permissions {
        Permissions { mode: self.0.mode }
    }

    /// The time of the last change of the content, or of the names in a directory.
    ///
    /// # Errors
    /// None.
    #[expect(clippy::disallowed_types, reason = "the time is that of the run")]
    pub fn modified(&self) -> io::Result<std::time::SystemTime> {
        Ok(UNIX_EPOCH + since_epoch(self.0.times.modified))
    }

    /// The time of the creation: the time of the last access is not kept.
    ///
    /// # Errors
    /// None.
    #[expect(clippy::disallowed_types, reason = "the time is that of the run")]
    pub fn accessed(&self) -> io::Result<std::time::SystemTime> {
        self.created()
    }

    /// The time of the creation.
    ///
    /// # Errors
    /// None.
    #[expect(clippy::disallowed_types, reason = "the time is that of the run")]
    pub fn created(&self) -> io::Result<std::time::SystemTime> {
        Ok(UNIX_EPOCH + since_epoch(self.0.times.created))
    }
}

pub(super) fn since_epoch(time: Instant) -> Duration {
    time.saturating_since(Instant::ZERO)
}

/// File or directory, as `std::fs::FileType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FileType {
    is_directory: bool,
}

impl FileType {
    /// True for a directory.
    #[must_use]
    pub fn is_dir(&self) -> bool {
        self.is_directory
    }

    /// True for a file.
    #[must_use]
    pub fn is_file(&self) -> bool {
        !self.is_directory
    }

    /// Never true: there are no symbolic links.
    #[must_use]
    pub fn is_symlink(&self) -> bool {
        false
    }
}

/// The permission bits of a file or a directory, as `std::fs::Permissions`. They are kept and not enforced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permissions {
    mode: u32,
}

impl Permissions {
    /// True if nobody may write.
    #[must_use]
    pub fn readonly(&self) -> bool {
        self.mode & 0o222 == 0
    }

    /// Allows everybody to write, or nobody.
    pub fn set_readonly(&mut self, readonly: bool) {
        if readonly {
            self.mode &= !0o222;
        } else {
            self.mode |= 0o222;
        }
    }

    /// The permissions of these bits.
    #[must_use]
    pub fn from_mode(mode: u32) -> Permissions {
        Permissions { mode }
    }

    /// The bits.
    #[must_use]
    pub fn mode(&self) -> u32 {
        self.mode
    }
}
