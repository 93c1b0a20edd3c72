//! The creation of directories.

use std::io;
use std::path::Path;

use crate::os::fs::shim::std::fs as blocking;

/// The options with which to create a directory, as `tokio::fs::DirBuilder`.
#[derive(Debug, Default)]
pub struct DirBuilder(blocking::DirBuilder);

impl DirBuilder {
    /// One directory.
    #[must_use]
    pub fn new() -> DirBuilder {
        DirBuilder::default()
    }

    /// The directories above it are created too, and none of them need be missing.
    pub fn recursive(&mut self, recursive: bool) -> &mut DirBuilder {
        self.0.recursive(recursive);
        self
    }

    /// The permission bits.
    #[cfg(unix)]
    pub fn mode(&mut self, mode: u32) -> &mut DirBuilder {
        std::os::unix::fs::DirBuilderExt::mode(&mut self.0, mode);
        self
    }

    /// Creates the directory.
    ///
    /// # Errors
    /// If the name is taken (when `recursive`, by a file), or its parent is no directory.
    pub async fn create(&self, path: impl AsRef<Path>) -> io::Result<()> {
        self.0.create(path)
    }
}
