//! An open file.

use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;

use super::{Metadata, OpenOptions, Permissions};
use crate::os::fs::error;
use crate::os::fs::open_file::OpenFile;

/// An open file or directory of the host, as `std::fs::File` is of a machine.
///
/// A write is in the page cache at once. It is durable when [`sync_all`](File::sync_all) or
/// [`sync_data`](File::sync_data), called later, has returned `Ok`. Neither makes the name of a new file durable: a sync
/// of a directory does.
#[derive(Debug)]
pub struct File(Arc<OpenFile>);

impl File {
    pub(super) fn new(file: OpenFile) -> File {
        File(Arc::new(file))
    }

    /// Opens a directory to sync it.
    pub(in crate::os::fs) fn open_dir(path: &Path) -> io::Result<File> {
        let file = File::open(path)?;
        if file.0.stat()?.is_directory { Ok(file) } else { Err(error::at(ErrorKind::NotADirectory, path)) }
    }

    /// The open file, which clones share.
    pub(in crate::os::fs) fn open_file(&self) -> &OpenFile {
        &self.0
    }

    /// Opens a file to read it, or a directory to sync it.
    ///
    /// # Errors
    /// If it is not there.
    pub fn open<P: AsRef<Path>>(path: P) -> io::Result<File> {
        OpenOptions::new().read(true).open(path)
    }

    /// Opens a file to write it: an empty one, created if it is missing.
    ///
    /// # Errors
    /// If there is no place for it.
    pub fn create<P: AsRef<Path>>(path: P) -> io::Result<File> {
        OpenOptions::new().write(true).create(true).truncate(true).open(path)
    }

    /// Creates a file to read and to write it.
    ///
    /// # Errors
    /// If the name is taken, or there is no place for it.
    pub fn create_new<P: AsRef<Path>>(path: P) -> io::Result<File> {
        OpenOptions::new().read(true).write(true).create_new(true).open(path)
    }

    /// The options with which to open a file.
    #[must_use]
    pub fn options() -> OpenOptions {
        OpenOptions::new()
    }

    /// Makes the content and the length of the file durable, or, of a directory, all changes of names. It takes no time
    /// and does not wait for a stalled disk.
    ///
    /// # Errors
    /// If the sync fails: the pending writes of the file will never be durable then.
    pub fn sync_all(&self) -> io::Result<()> {
        self.0.sync_at_once()
    }

    /// Does as [`sync_all`](File::sync_all) does.
    ///
    /// # Errors
    /// If the sync fails.
    pub fn sync_data(&self) -> io::Result<()> {
        self.0.sync_at_once()
    }

    /// Cuts the file, or extends it with zeros.
    ///
    /// # Errors
    /// If the file is not open for writing.
    pub fn set_len(&self, size: u64) -> io::Result<()> {
        self.0.set_len(size)
    }

    /// The metadata.
    ///
    /// # Errors
    /// If the process was stopped.
    pub fn metadata(&self) -> io::Result<Metadata> {
        self.0.stat().map(Metadata::of)
    }

    /// Another handle of the same open file, with the same position.
    ///
    /// # Errors
    /// If the process was stopped.
    pub fn try_clone(&self) -> io::Result<File> {
        self.0.check()?;
        Ok(File(self.0.clone()))
    }

    /// Sets the permission bits, which are kept and not enforced.
    ///
    /// # Errors
    /// If the process was stopped.
    #[expect(clippy::needless_pass_by_value, reason = "the signature of std")]
    pub fn set_permissions(&self, permissions: Permissions) -> io::Result<()> {
        self.0.set_mode(permissions.mode())
    }
}

impl Read for &File {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.0.read(into)
    }
}

impl Write for &File {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.check()
    }
}

impl Seek for &File {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}

impl Read for File {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.0.read(into)
    }
}

impl Write for File {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.check()
    }
}

impl Seek for File {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}
