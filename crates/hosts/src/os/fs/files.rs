//! The operations on one file that is open.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use env::{DiskError, Instant};

use super::contents::Change;
use super::error;
use super::inode::{Inode, Stat};
use super::names::{Ino, NameChange, Spot};
use super::{Report, Volume};
use crate::os::life::stopped;

/// No file is longer.
const LEN_MAX: u64 = 1 << 32;

/// The way to open a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opening {
    pub(super) writes: bool,
    pub(super) truncates: bool,
    pub(super) creates: Creates,
    /// The permission bits of a file that is created.
    pub(super) mode: u32,
}

/// The effect of an opening where there is no file, or is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Creates {
    Never,
    IfMissing,
    /// The file must not exist.
    New,
}

/// The place of a write.
#[derive(Clone, Copy, Debug)]
pub(super) enum At {
    Offset(u64),
    End,
}

impl Volume {
    /// Opens a file or, to read, a directory. Returns its number and its path, absolute and without detours.
    pub(super) fn open(&mut self, path: &Path, opening: Opening, now: Instant) -> io::Result<(Ino, PathBuf)> {
        let (ino, path) = match self.cached.find(path) {
            Ok(_) if opening.creates == Creates::New => return Err(error::at(ErrorKind::AlreadyExists, path)),
            Ok(walk) => (walk.end(), walk.path().to_owned()),
            Err(error) if error.kind() != ErrorKind::NotFound || opening.creates == Creates::Never => {
                return Err(error);
            }
            Err(error) => {
                // A path whose last component is `..` names no place where a file could be.
                let Some(spot) = self.cached.spot(path)? else { return Err(error) };
                self.create(&spot, opening.mode, now)?
            }
        };
        if opening.writes && self.inode(ino)?.is_directory {
            return Err(error::at(ErrorKind::IsADirectory, &path));
        }
        if opening.truncates {
            self.set_len(ino, 0, &path, now)?;
        }
        self.inode(ino)?.handles += 1;
        Ok((ino, path))
    }

    fn create(&mut self, spot: &Spot, mode: u32, now: Instant) -> io::Result<(Ino, PathBuf)> {
        self.check_room()?;
        let ino = self.add(Inode::file(mode, now));
        let change = format!("creates {}", spot.path.display());
        self.change_names(NameChange::File(spot.place.clone(), ino), &spot.path, b"", change, now);
        Ok((ino, spot.path.clone()))
    }

    /// A handle is gone.
    pub(super) fn close(&mut self, ino: Ino) {
        let Some(inode) = self.inodes.get_mut(&ino) else { return };
        inode.handles = inode.handles.saturating_sub(1);
        if inode.handles == 0 && inode.links == 0 {
            self.free_unused();
        }
    }

    /// Reads from an offset; 0 bytes at the end of the file.
    pub(super) fn read(&mut self, ino: Ino, at: u64, into: &mut [u8], path: &Path) -> io::Result<usize> {
        let inode = self.inode(ino)?;
        if inode.is_directory {
            return Err(error::at(ErrorKind::IsADirectory, path));
        }
        let content = inode.contents.cached();
        let from = content.len().min(usize::try_from(at).unwrap_or(usize::MAX));
        let count = into.len().min(content.len() - from);
        into[..count].copy_from_slice(&content[from..from + count]);
        Ok(count)
    }

    /// Writes all of `bytes`. Returns the offset behind them.
    pub(super) fn write(&mut self, ino: Ino, at: At, bytes: &[u8], path: &Path, now: Instant) -> io::Result<u64> {
        let len = self.inode(ino)?.contents.len();
        let at = match at {
            At::Offset(at) => at,
            At::End => len,
        };
        if bytes.is_empty() {
            return Ok(at);
        }
        let end = at.saturating_add(bytes.len() as u64);
        if end > LEN_MAX {
            return Err(error::at(ErrorKind::FileTooLarge, path));
        }
        if end > len {
            self.check_room()?;
        }
        self.change_file(ino, Change::Write { at, bytes: bytes.to_vec() }, now)?;
        let count = bytes.len() as u64;
        let change = format!("writes {count} bytes at {at} of {}", path.display());
        self.wrote(1 << 56 | at, path, bytes, count, change);
        Ok(end)
    }

    /// Cuts a file, or extends it with zeros.
    pub(super) fn set_len(&mut self, ino: Ino, len: u64, path: &Path, now: Instant) -> io::Result<()> {
        let before = self.inode(ino)?.contents.len();
        if len > LEN_MAX {
            return Err(error::at(ErrorKind::FileTooLarge, path));
        }
        if len == before {
            return Ok(());
        }
        let (how, change) = if len < before { ("cuts", Change::Cut(len)) } else { ("extends", Change::Extend(len)) };
        self.change_file(ino, change, now)?;
        self.wrote(2 << 56 | len, path, b"", 0, format!("{how} {} to {len} bytes", path.display()));
        Ok(())
    }

    fn change_file(&mut self, ino: Ino, change: Change, now: Instant) -> io::Result<()> {
        let stamp = self.next_stamp();
        let inode = self.inode(ino)?;
        inode.contents.change(stamp, change);
        inode.times.modified = now;
        inode.times.changed = now;
        Ok(())
    }

    /// Sets the permission bits, which are durable at once.
    pub(super) fn set_mode(&mut self, ino: Ino, mode: u32, path: &Path, now: Instant) -> io::Result<()> {
        let inode = self.inode(ino)?;
        inode.mode = mode & 0o7777;
        inode.times.changed = now;
        let change = format!("sets the mode of {} to {:o}", path.display(), mode & 0o7777);
        self.wrote(3 << 56 | u64::from(mode), path, b"", 0, change);
        Ok(())
    }

    pub(super) fn stat(&mut self, ino: Ino) -> io::Result<Stat> {
        let inode = self.inode(ino)?;
        let Inode { is_directory, links, mode, times, .. } = *inode;
        Ok(Stat { ino: ino.0, is_directory, len: inode.contents.len(), links, mode, times })
    }

    /// An inode that a handle or a name of the process refers to. It is gone only if the process is.
    pub(super) fn inode(&mut self, ino: Ino) -> io::Result<&mut Inode> {
        self.inodes.get_mut(&ino).ok_or_else(stopped)
    }

    /// A full disk takes no new name, and no byte beyond the end of a file.
    pub(super) fn check_room(&mut self) -> io::Result<()> {
        if self.condition.is_full {
            self.reports.push(Report::WriteRefused);
            return Err(error::of_disk(DiskError::Full));
        }
        Ok(())
    }
}
