//! The options with which to open a file.

use std::io;
use std::path::Path;

use super::File;
use crate::os::fs::error;
use crate::os::fs::files::{Creates, Opening};
use crate::os::fs::open_file::{OpenFile, Uses};

/// The permission bits of a file that is created, unless others are asked for.
const MODE: u32 = 0o644;

/// The options with which to open a file, as `std::fs::OpenOptions`.
#[derive(Clone, Debug, Default)]
pub struct OpenOptions {
    read: bool,
    write: bool,
    append: bool,
    truncate: bool,
    create: bool,
    create_new: bool,
    mode: Option<u32>,
}

impl OpenOptions {
    /// No option.
    #[must_use]
    pub fn new() -> OpenOptions {
        OpenOptions::default()
    }

    /// The file can be read.
    pub fn read(&mut self, read: bool) -> &mut OpenOptions {
        self.read = read;
        self
    }

    /// The file can be written.
    pub fn write(&mut self, write: bool) -> &mut OpenOptions {
        self.write = write;
        self
    }

    /// The file can be written at its end, wherever the position is.
    pub fn append(&mut self, append: bool) -> &mut OpenOptions {
        self.append = append;
        self
    }

    /// A file that is there loses its content.
    pub fn truncate(&mut self, truncate: bool) -> &mut OpenOptions {
        self.truncate = truncate;
        self
    }

    /// A file that is missing is created.
    pub fn create(&mut self, create: bool) -> &mut OpenOptions {
        self.create = create;
        self
    }

    /// The file is created and must not be there.
    pub fn create_new(&mut self, create_new: bool) -> &mut OpenOptions {
        self.create_new = create_new;
        self
    }

    /// Accepted, for programs that are written for turmoil, and of no effect.
    pub fn direct_io(&mut self, _: bool) -> &mut OpenOptions {
        self
    }

    /// Opens a file, or a directory to sync it.
    ///
    /// # Errors
    /// If the options contradict one another, or the file cannot be opened as they say.
    pub fn open<P: AsRef<Path>>(&self, path: P) -> io::Result<File> {
        let uses = Uses { reads: self.read, writes: self.write || self.append, appends: self.append };
        OpenFile::open(path.as_ref(), self.opening(uses)?, uses).map(File::new)
    }

    pub(super) fn set_mode(&mut self, mode: u32) {
        self.mode = Some(mode & 0o7777);
    }

    fn opening(&self, uses: Uses) -> io::Result<Opening> {
        if !uses.reads && !uses.writes {
            return Err(error::invalid("a file is opened neither for reading nor for writing"));
        }
        let changes = self.truncate || self.create || self.create_new;
        if changes && !uses.writes {
            return Err(error::invalid("a file is created or truncated and not opened for writing"));
        }
        if self.append && self.truncate && !self.create_new {
            return Err(error::invalid("a file is truncated and opened for appending"));
        }
        let creates = match (self.create_new, self.create) {
            (true, _) => Creates::New,
            (false, true) => Creates::IfMissing,
            (false, false) => Creates::Never,
        };
        let mode = self.mode.unwrap_or(MODE);
        Ok(Opening { writes: uses.writes, truncates: self.truncate && !self.create_new, creates, mode })
    }
}
