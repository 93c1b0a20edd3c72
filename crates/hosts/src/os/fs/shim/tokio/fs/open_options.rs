//! The options with which to open a file.

use std::io;
use std::path::Path;

use super::File;
use crate::os::fs::shim::std::fs as blocking;

/// The options with which to open a file, as `tokio::fs::OpenOptions`.
#[derive(Clone, Debug, Default)]
pub struct OpenOptions(blocking::OpenOptions);

impl OpenOptions {
    /// No option.
    #[must_use]
    pub fn new() -> OpenOptions {
        OpenOptions::default()
    }

    /// The file can be read.
    pub fn read(&mut self, read: bool) -> &mut OpenOptions {
        self.0.read(read);
        self
    }

    /// The file can be written.
    pub fn write(&mut self, write: bool) -> &mut OpenOptions {
        self.0.write(write);
        self
    }

    /// The file can be written at its end, wherever the position is.
    pub fn append(&mut self, append: bool) -> &mut OpenOptions {
        self.0.append(append);
        self
    }

    /// A file that is there loses its content.
    pub fn truncate(&mut self, truncate: bool) -> &mut OpenOptions {
        self.0.truncate(truncate);
        self
    }

    /// A file that is missing is created.
    pub fn create(&mut self, create: bool) -> &mut OpenOptions {
        self.0.create(create);
        self
    }

    /// The file is created and must not be there.
    pub fn create_new(&mut self, create_new: bool) -> &mut OpenOptions {
        self.0.create_new(create_new);
        self
    }

    /// Accepted, for programs that are written for turmoil, and of no effect.
    pub fn direct_io(&mut self, _: bool) -> &mut OpenOptions {
        self
    }

    /// The permission bits of a file that is created.
    #[cfg(unix)]
    pub fn mode(&mut self, mode: u32) -> &mut OpenOptions {
        std::os::unix::fs::OpenOptionsExt::mode(&mut self.0, mode);
        self
    }

    /// Accepted and of no effect, O_DIRECT in particular.
    #[cfg(unix)]
    pub fn custom_flags(&mut self, _: i32) -> &mut OpenOptions {
        self
    }

    /// Opens a file, or a directory to sync it.
    ///
    /// # Errors
    /// If the options contradict one another, or the file cannot be opened as they say.
    pub async fn open(&self, path: impl AsRef<Path>) -> io::Result<File> {
        self.0.open(path).map(File::from_std)
    }
}

impl From<blocking::OpenOptions> for OpenOptions {
    fn from(options: blocking::OpenOptions) -> OpenOptions {
        OpenOptions(options)
    }
}
