//! A file that is open: its number, the ways in which it may be used, and the position in it.

use std::future::poll_fn;
use std::io::{self, ErrorKind, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::task::Poll;

use super::error;
use super::files::{At, Opening};
use super::inode::Stat;
use super::names::Ino;
use super::syncs::Pace;
use crate::os::Life;
use crate::os::lock;

/// A file or a directory that is open. Clones of a handle share it.
#[derive(Debug)]
pub(super) struct OpenFile {
    life: Life,
    ino: Ino,
    /// The path at the time of opening, absolute and without detours.
    path: PathBuf,
    uses: Uses,
    position: Mutex<u64>,
}

/// The ways in which an open file may be used.
#[derive(Clone, Copy, Debug)]
pub(super) struct Uses {
    pub(super) reads: bool,
    pub(super) writes: bool,
    /// Every write goes to the end of the file.
    pub(super) appends: bool,
}

impl OpenFile {
    pub(super) fn open(path: &Path, opening: Opening, uses: Uses) -> io::Result<OpenFile> {
        let life = Life::current();
        let (ino, path) = life.with_files(|volume, now| volume.open(path, opening, now))?;
        Ok(OpenFile { life, ino, path, uses, position: Mutex::new(0) })
    }

    /// True if the file was opened by a process that was not stopped.
    pub(super) fn check(&self) -> io::Result<()> {
        self.life.check()
    }

    /// Reads from the position, and moves it.
    pub(super) fn read(&self, into: &mut [u8]) -> io::Result<usize> {
        let mut position = lock(&self.position);
        let count = self.read_at(into, *position)?;
        *position += count as u64;
        Ok(count)
    }

    pub(super) fn read_at(&self, into: &mut [u8], at: u64) -> io::Result<usize> {
        self.check()?;
        if !self.uses.reads {
            return Err(io::Error::new(ErrorKind::PermissionDenied, "the file is not open for reading"));
        }
        self.life.with_files(|volume, _| volume.read(self.ino, at, into, &self.path))
    }

    /// Writes at the position, or at the end of a file that is open for appending; the position is behind the bytes then.
    pub(super) fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        let mut position = lock(&self.position);
        *position = self.put(At::Offset(*position), bytes)?;
        Ok(bytes.len())
    }

    /// Writes at an offset; to a file that is open for appending at its end, as Linux does.
    pub(super) fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<usize> {
        self.put(At::Offset(at), bytes)?;
        Ok(bytes.len())
    }

    fn put(&self, at: At, bytes: &[u8]) -> io::Result<u64> {
        self.check()?;
        if !self.uses.writes {
            return Err(io::Error::new(ErrorKind::PermissionDenied, "the file is not open for writing"));
        }
        let at = if self.uses.appends { At::End } else { at };
        self.life.with_files(|volume, now| volume.write(self.ino, at, bytes, &self.path, now))
    }

    pub(super) fn seek(&self, to: SeekFrom) -> io::Result<u64> {
        let mut position = lock(&self.position);
        let len = self.stat()?.len;
        let sought = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => len.checked_add_signed(by),
            SeekFrom::Current(by) => position.checked_add_signed(by),
        };
        let sought = sought.filter(|at| i64::try_from(*at).is_ok());
        *position = sought.ok_or_else(|| error::invalid("the position is before the beginning or beyond any file"))?;
        Ok(*position)
    }

    pub(super) fn set_len(&self, len: u64) -> io::Result<()> {
        self.check()?;
        if !self.uses.writes {
            return Err(error::invalid("the file is not open for writing"));
        }
        self.life.with_files(|volume, now| volume.set_len(self.ino, len, &self.path, now))
    }

    pub(super) fn stat(&self) -> io::Result<Stat> {
        self.life.with_files(|volume, _| volume.stat(self.ino))
    }

    pub(super) fn set_mode(&self, mode: u32) -> io::Result<()> {
        self.life.with_files(|volume, now| volume.set_mode(self.ino, mode, &self.path, now))
    }

    /// Syncs in the time that the disk takes. A sync that is dropped on its way never ends.
    pub(super) async fn sync(&self) -> io::Result<()> {
        let mut sync = self.life.with_files(|volume, now| Ok(volume.begin_sync(self.ino, Pace::OfDisk, now)))?;
        tokio::time::sleep(sync.latency).await;
        poll_fn(|context| {
            let polled = self.life.with_files(|volume, _| Ok(volume.poll_sync(&mut sync, context.waker())));
            polled.unwrap_or_else(|stopped| Poll::Ready(Err(stopped)))
        })
        .await
    }

    /// Syncs in no time, also while the disk is stalled.
    pub(super) fn sync_at_once(&self) -> io::Result<()> {
        self.life.with_files(|volume, now| {
            let sync = volume.begin_sync(self.ino, Pace::AtOnce, now);
            volume.end_sync(&sync)
        })
    }
}

impl Drop for OpenFile {
    fn drop(&mut self) {
        // A process that was stopped has no files to close.
        let _ = self.life.with_files(|volume, _| {
            volume.close(self.ino);
            Ok(())
        });
    }
}
