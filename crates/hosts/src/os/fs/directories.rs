//! The operations on names.

use std::ffi::OsString;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use env::Instant;

use super::inode::{Inode, Stat};
use super::names::{Ino, NameChange, Spot};
use super::{Volume, error};

impl Volume {
    /// Creates a directory.
    pub(super) fn create_dir(&mut self, path: &Path, mode: u32, now: Instant) -> io::Result<()> {
        let spot = self.cached.spot(path)?;
        let Some(spot) = spot.filter(|spot| self.cached.at(&spot.place).is_none()) else {
            return Err(error::at(ErrorKind::AlreadyExists, path));
        };
        self.check_room()?;
        let ino = self.add(Inode::directory(mode, now));
        let change = format!("creates directory {}", spot.path.display());
        self.change_names(NameChange::Directory(spot.place, ino), &spot.path, b"", change, now);
        Ok(())
    }

    /// Gives a file a further name.
    pub(super) fn hard_link(&mut self, original: &Path, link: &Path, now: Instant) -> io::Result<()> {
        let walk = self.cached.find(original)?;
        let ino = walk.end();
        if self.cached.is_directory(ino) {
            return Err(error::at(ErrorKind::PermissionDenied, original));
        }
        let spot = self.cached.spot(link)?;
        let Some(spot) = spot.filter(|spot| self.cached.at(&spot.place).is_none()) else {
            return Err(error::at(ErrorKind::AlreadyExists, link));
        };
        self.check_room()?;
        let change = format!("links {} to {}", spot.path.display(), walk.path().display());
        let of = walk.path().as_os_str().as_encoded_bytes();
        self.change_names(NameChange::File(spot.place, ino), &spot.path, of, change, now);
        Ok(())
    }

    /// Takes a name from a file.
    pub(super) fn remove_file(&mut self, path: &Path, now: Instant) -> io::Result<()> {
        let (spot, ino) = self.taken(path, ErrorKind::IsADirectory)?;
        if self.cached.is_directory(ino) {
            return Err(error::at(ErrorKind::IsADirectory, path));
        }
        self.remove(spot, now);
        Ok(())
    }

    /// Removes an empty directory.
    pub(super) fn remove_dir(&mut self, path: &Path, now: Instant) -> io::Result<()> {
        let (spot, ino) = self.taken(path, ErrorKind::ResourceBusy)?;
        let entries = self.cached.entries(ino).ok_or_else(|| error::at(ErrorKind::NotADirectory, path))?;
        if !entries.is_empty() {
            return Err(error::at(ErrorKind::DirectoryNotEmpty, path));
        }
        self.remove(spot, now);
        Ok(())
    }

    fn remove(&mut self, spot: Spot, now: Instant) {
        let change = format!("removes {}", spot.path.display());
        self.change_names(NameChange::Remove(spot.place), &spot.path, b"", change, now);
    }

    /// Renames a file or a directory. A file, or an empty directory, that bore the new name loses it in the same change.
    pub(super) fn rename(&mut self, from: &Path, to: &Path, now: Instant) -> io::Result<()> {
        let (source, ino) = self.taken(from, ErrorKind::ResourceBusy)?;
        let Some(target) = self.cached.spot(to)? else { return Err(error::at(ErrorKind::ResourceBusy, to)) };
        let is_directory = self.cached.is_directory(ino);
        if is_directory && target.walk.passes(ino) {
            return Err(error::at(ErrorKind::InvalidInput, to));
        }
        if let Some(there) = self.cached.at(&target.place) {
            if there == ino {
                return Ok(());
            }
            match self.cached.entries(there) {
                None if is_directory => return Err(error::at(ErrorKind::NotADirectory, to)),
                Some(_) if !is_directory => return Err(error::at(ErrorKind::IsADirectory, to)),
                Some(entries) if !entries.is_empty() => return Err(error::at(ErrorKind::DirectoryNotEmpty, to)),
                _ => {}
            }
        }
        let change = format!("renames {} to {}", source.path.display(), target.path.display());
        let of = source.path.as_os_str().as_encoded_bytes();
        let renamed = NameChange::Rename { from: source.place, to: target.place };
        self.change_names(renamed, &target.path, of, change, now);
        Ok(())
    }

    /// The names in a directory, in order, each with its file or directory as it is now.
    pub(super) fn list(&mut self, path: &Path) -> io::Result<Vec<(OsString, Stat)>> {
        let directory = self.cached.find(path)?.end();
        let entries = self.cached.entries(directory).ok_or_else(|| error::at(ErrorKind::NotADirectory, path))?;
        let entries: Vec<(OsString, Ino)> = entries.iter().map(|(name, ino)| (name.clone(), *ino)).collect();
        entries.into_iter().map(|(name, ino)| Ok((name, self.stat(ino)?))).collect()
    }

    /// The file or the directory at a path.
    pub(super) fn stat_at(&mut self, path: &Path) -> io::Result<Stat> {
        let ino = self.cached.find(path)?.end();
        self.stat(ino)
    }

    /// Sets the permission bits of the file or the directory at a path.
    pub(super) fn set_mode_at(&mut self, path: &Path, mode: u32, now: Instant) -> io::Result<()> {
        let walk = self.cached.find(path)?;
        self.set_mode(walk.end(), mode, walk.path(), now)
    }

    /// A path without detours.
    pub(super) fn canonicalize(&self, path: &Path) -> io::Result<PathBuf> {
        Ok(self.cached.find(path)?.path().to_owned())
    }

    /// The place that a path names, and the file or the directory there; `unnamed` is the error if the path ends with no
    /// name.
    fn taken(&self, path: &Path, unnamed: ErrorKind) -> io::Result<(Spot, Ino)> {
        let Some(spot) = self.cached.spot(path)? else { return Err(error::at(unnamed, path)) };
        let Some(ino) = self.cached.at(&spot.place) else { return Err(error::at(ErrorKind::NotFound, path)) };
        Ok((spot, ino))
    }

    /// Makes a change of names, pending in the journal.
    pub(super) fn change_names(
        &mut self,
        change: NameChange,
        path: &Path,
        particulars: &[u8],
        text: String,
        now: Instant,
    ) {
        let (kind, place, gone) = match &change {
            NameChange::File(place, _) => (4 << 56, place, None),
            NameChange::Directory(place, _) => (5 << 56, place, None),
            NameChange::Remove(place) => (6 << 56, place, self.cached.at(place)),
            NameChange::Rename { from, to } => {
                self.touch(from.directory, now);
                (7 << 56, to, self.cached.at(to))
            }
        };
        self.touch(place.directory, now);
        if let Some(inode) = change.creates().and_then(|ino| self.inodes.get_mut(&ino)) {
            inode.links += u64::from(!inode.is_directory);
        }
        if let Some(inode) = gone.and_then(|ino| self.inodes.get_mut(&ino)) {
            inode.links = if inode.is_directory { 0 } else { inode.links - 1 };
            inode.times.changed = now;
        }
        self.cached.apply(&change);
        let stamp = self.next_stamp();
        self.journal.push_back((stamp, change));
        self.wrote(kind, path, particulars, 0, text);
    }

    fn touch(&mut self, directory: Ino, now: Instant) {
        if let Some(directory) = self.inodes.get_mut(&directory) {
            directory.times.modified = now;
            directory.times.changed = now;
        }
    }
}
