//! The traits of `std::os::unix::fs`: a program imports them from there.

use std::io;
use std::os::unix::fs::{DirBuilderExt, DirEntryExt, FileExt, MetadataExt, OpenOptionsExt, PermissionsExt};

use super::metadata::since_epoch;
use super::{DirBuilder, DirEntry, File, Metadata, OpenOptions, Permissions};

impl FileExt for File {
    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<usize> {
        self.open_file().read_at(into, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        self.open_file().write_at(bytes, offset)
    }
}

impl OpenOptionsExt for OpenOptions {
    fn mode(&mut self, mode: u32) -> &mut OpenOptions {
        self.set_mode(mode);
        self
    }

    /// Accepted and of no effect, O_DIRECT in particular.
    fn custom_flags(&mut self, _: i32) -> &mut OpenOptions {
        self
    }
}

impl DirBuilderExt for DirBuilder {
    fn mode(&mut self, mode: u32) -> &mut DirBuilder {
        self.set_mode(mode);
        self
    }
}

impl DirEntryExt for DirEntry {
    fn ino(&self) -> u64 {
        self.number()
    }
}

impl PermissionsExt for Permissions {
    fn mode(&self) -> u32 {
        Permissions::mode(self)
    }

    fn set_mode(&mut self, mode: u32) {
        *self = Permissions::from_mode(mode);
    }

    fn from_mode(mode: u32) -> Permissions {
        Permissions::from_mode(mode)
    }
}

impl MetadataExt for Metadata {
    fn dev(&self) -> u64 {
        1
    }

    fn ino(&self) -> u64 {
        self.stat().ino
    }

    fn mode(&self) -> u32 {
        let kind = if self.is_dir() { 0o040_000 } else { 0o100_000 };
        kind | self.stat().mode
    }

    fn nlink(&self) -> u64 {
        self.stat().links
    }

    fn uid(&self) -> u32 {
        0
    }

    fn gid(&self) -> u32 {
        0
    }

    fn rdev(&self) -> u64 {
        0
    }

    fn size(&self) -> u64 {
        self.len()
    }

    fn atime(&self) -> i64 {
        since_epoch(self.stat().times.created).as_secs() as i64
    }

    fn atime_nsec(&self) -> i64 {
        since_epoch(self.stat().times.created).subsec_nanos().into()
    }

    fn mtime(&self) -> i64 {
        since_epoch(self.stat().times.modified).as_secs() as i64
    }

    fn mtime_nsec(&self) -> i64 {
        since_epoch(self.stat().times.modified).subsec_nanos().into()
    }

    fn ctime(&self) -> i64 {
        since_epoch(self.stat().times.changed).as_secs() as i64
    }

    fn ctime_nsec(&self) -> i64 {
        since_epoch(self.stat().times.changed).subsec_nanos().into()
    }

    fn blksize(&self) -> u64 {
        4_096
    }

    fn blocks(&self) -> u64 {
        self.len().div_ceil(512)
    }
}
