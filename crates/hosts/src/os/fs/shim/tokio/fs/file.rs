//! An open file.

use std::io::{self, SeekFrom};
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncSeek, AsyncWrite, ReadBuf};

use super::{Metadata, OpenOptions, Permissions};
use crate::os::fs::shim::std::fs as blocking;

/// The size up to which tokio would buffer.
const BUF_SIZE_MAX: usize = 2 * 1024 * 1024;

/// An open file or directory of the host, as `tokio::fs::File` is of a machine.
///
/// A write is in the page cache at once. It is durable when [`sync_all`](File::sync_all) or
/// [`sync_data`](File::sync_data), called later, has returned `Ok`. Neither makes the name of a new file durable: a sync
/// of a directory does.
#[derive(Debug)]
pub struct File {
    std: blocking::File,
    buf_size_max: usize,
}

impl File {
    /// Opens a file to read it, or a directory to sync it.
    ///
    /// # Errors
    /// If it is not there.
    pub async fn open(path: impl AsRef<Path>) -> io::Result<File> {
        blocking::File::open(path).map(File::from_std)
    }

    /// Opens a file to write it: an empty one, created if it is missing.
    ///
    /// # Errors
    /// If there is no place for it.
    pub async fn create(path: impl AsRef<Path>) -> io::Result<File> {
        blocking::File::create(path).map(File::from_std)
    }

    /// Creates a file to read and to write it.
    ///
    /// # Errors
    /// If the name is taken, or there is no place for it.
    pub async fn create_new<P: AsRef<Path>>(path: P) -> io::Result<File> {
        blocking::File::create_new(path).map(File::from_std)
    }

    /// The options with which to open a file.
    #[must_use]
    pub fn options() -> OpenOptions {
        OpenOptions::new()
    }

    /// The same open file.
    #[must_use]
    pub fn from_std(std: blocking::File) -> File {
        File { std, buf_size_max: BUF_SIZE_MAX }
    }

    /// The same open file.
    pub async fn into_std(self) -> blocking::File {
        self.std
    }

    /// The same open file.
    ///
    /// # Errors
    /// None: no operation is ever on its way.
    pub fn try_into_std(self) -> Result<blocking::File, File> {
        Ok(self.std)
    }

    /// Makes the content and the length of the file durable, or, of a directory, all changes of names. It takes as long
    /// as the disk takes, and does not end while the disk is stalled. If the future is dropped, the sync never ends.
    ///
    /// # Errors
    /// If the sync fails: the pending writes of the file will never be durable then.
    pub async fn sync_all(&self) -> io::Result<()> {
        self.std.open_file().sync().await
    }

    /// Does as [`sync_all`](File::sync_all) does.
    ///
    /// # Errors
    /// If the sync fails.
    pub async fn sync_data(&self) -> io::Result<()> {
        self.std.open_file().sync().await
    }

    /// Cuts the file, or extends it with zeros.
    ///
    /// # Errors
    /// If the file is not open for writing.
    pub async fn set_len(&self, size: u64) -> io::Result<()> {
        self.std.set_len(size)
    }

    /// The metadata.
    ///
    /// # Errors
    /// If the process was stopped.
    pub async fn metadata(&self) -> io::Result<Metadata> {
        self.std.metadata()
    }

    /// Another handle of the same open file, with the same position.
    ///
    /// # Errors
    /// If the process was stopped.
    pub async fn try_clone(&self) -> io::Result<File> {
        self.std.try_clone().map(File::from_std)
    }

    /// Sets the permission bits, which are kept and not enforced.
    ///
    /// # Errors
    /// If the process was stopped.
    pub async fn set_permissions(&self, permissions: Permissions) -> io::Result<()> {
        self.std.set_permissions(permissions)
    }

    /// Reads at an offset, and leaves the position. Not in tokio; turmoil has it.
    ///
    /// # Errors
    /// If the file is not open for reading.
    pub async fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        self.std.open_file().read_at(buf, offset)
    }

    /// Writes at an offset, and leaves the position. Not in tokio; turmoil has it.
    ///
    /// # Errors
    /// If the file is not open for writing, or the disk is full.
    pub async fn write_at(&self, buf: &[u8], offset: u64) -> io::Result<usize> {
        self.std.open_file().write_at(buf, offset)
    }

    /// Kept and of no effect: nothing is buffered.
    pub fn set_max_buf_size(&mut self, max_buf_size: usize) {
        self.buf_size_max = max_buf_size;
    }

    /// The size that was set.
    #[must_use]
    pub fn max_buf_size(&self) -> usize {
        self.buf_size_max
    }
}

impl From<blocking::File> for File {
    fn from(std: blocking::File) -> File {
        File::from_std(std)
    }
}

impl AsyncRead for File {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let count = self.std.open_file().read(buf.initialize_unfilled())?;
        buf.advance(count);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for File {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(self.std.open_file().write(bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.std.open_file().check())
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.std.open_file().check())
    }
}

impl AsyncSeek for File {
    fn start_seek(self: Pin<&mut Self>, position: SeekFrom) -> io::Result<()> {
        self.std.open_file().seek(position).map(|_| ())
    }

    fn poll_complete(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<u64>> {
        Poll::Ready(self.std.open_file().seek(SeekFrom::Current(0)))
    }
}
