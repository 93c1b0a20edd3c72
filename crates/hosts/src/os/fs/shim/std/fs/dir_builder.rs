//! The creation of directories.

use std::io;
use std::io::ErrorKind;
use std::path::Path;

use crate::os::Life;
use crate::os::fs::error;

/// The permission bits of a directory, unless others are asked for.
const MODE: u32 = 0o755;

/// The options with which to create a directory, as `std::fs::DirBuilder`.
#[derive(Debug)]
pub struct DirBuilder {
    recursive: bool,
    mode: u32,
}

impl DirBuilder {
    /// One directory.
    #[must_use]
    pub fn new() -> DirBuilder {
        DirBuilder { recursive: false, mode: MODE }
    }

    /// The directories above it are created too, and none of them need be missing.
    pub fn recursive(&mut self, recursive: bool) -> &mut DirBuilder {
        self.recursive = recursive;
        self
    }

    /// Creates the directory.
    ///
    /// # Errors
    /// If the name is taken (when `recursive`, by a file), or its parent is no directory.
    pub fn create<P: AsRef<Path>>(&self, path: P) -> io::Result<()> {
        let life = Life::current();
        let path = path.as_ref();
        if self.recursive { self.create_all(&life, path) } else { self.create_one(&life, path) }
    }

    pub(super) fn set_mode(&mut self, mode: u32) {
        self.mode = mode & 0o7777;
    }

    fn create_one(&self, life: &Life, path: &Path) -> io::Result<()> {
        life.with_files(|volume, now| volume.create_dir(path, self.mode, now))
    }

    fn create_all(&self, life: &Life, path: &Path) -> io::Result<()> {
        if path.as_os_str().is_empty() {
            return Ok(());
        }
        match life.with_files(|volume, _| volume.stat_at(path)) {
            Ok(stat) if stat.is_directory => return Ok(()),
            Ok(_) => return Err(error::at(ErrorKind::AlreadyExists, path)),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        if let Some(parent) = path.parent() {
            self.create_all(life, parent)?;
        }
        self.create_one(life, path)
    }
}

impl Default for DirBuilder {
    fn default() -> DirBuilder {
        DirBuilder::new()
    }
}
