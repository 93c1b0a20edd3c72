//! The names of `std::fs`, for the files of the host that is running.
//!
//! Signatures, error kinds and the traits of [`std::os::unix::fs`] are those of the standard library. An error names no
//! number of the operating system. A relative path begins at `/`. A call takes no time. In particular, a sync ends at
//! once, even on a slow or a stalled disk: use the names of `tokio::fs` where the time of a sync matters.
//!
//! A handle of a process that was stopped does nothing, and its operations return [`ErrorKind::Other`].

mod dir_builder;
mod file;
mod metadata;
mod open_options;
mod read_dir;
#[cfg(unix)]
mod unix;

pub use dir_builder::DirBuilder;
pub use file::File;
pub use metadata::{FileType, Metadata, Permissions};
pub use open_options::OpenOptions;
pub use read_dir::{DirEntry, ReadDir};

use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use crate::os::Life;
use crate::os::fs::error;

/// The absolute path without `.` and `..`.
///
/// # Errors
/// If nothing has this name.
pub fn canonicalize<P: AsRef<Path>>(path: P) -> io::Result<PathBuf> {
    Life::current().with_files(|volume, _| volume.canonicalize(path.as_ref()))
}

/// Copies the content and the permission bits of a file. Returns the number of bytes.
///
/// # Errors
/// If `from` is no file, or `to` cannot be written.
pub fn copy<P: AsRef<Path>, Q: AsRef<Path>>(from: P, to: Q) -> io::Result<u64> {
    let mut from = File::open(from)?;
    let metadata = from.metadata()?;
    if !metadata.is_file() {
        return Err(error::invalid("the source of a copy is not a regular file"));
    }
    let mut content = Vec::new();
    from.read_to_end(&mut content)?;
    let mut to = File::create(to)?;
    to.set_permissions(metadata.permissions())?;
    to.write_all(&content)?;
    Ok(content.len() as u64)
}

/// Creates a directory.
///
/// # Errors
/// If the name is taken, or its parent is no directory.
pub fn create_dir<P: AsRef<Path>>(path: P) -> io::Result<()> {
    DirBuilder::new().create(path)
}

/// Creates a directory, and those above it that are missing.
///
/// # Errors
/// If a file has one of the names.
pub fn create_dir_all<P: AsRef<Path>>(path: P) -> io::Result<()> {
    DirBuilder::new().recursive(true).create(path)
}

/// True if a file or a directory has this name.
///
/// # Errors
/// If that cannot be said, as for a name below a file.
pub fn exists<P: AsRef<Path>>(path: P) -> io::Result<bool> {
    match metadata(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Gives a file a further name.
///
/// # Errors
/// If `original` is no file, or `link` is taken.
pub fn hard_link<P: AsRef<Path>, Q: AsRef<Path>>(original: P, link: Q) -> io::Result<()> {
    Life::current().with_files(|volume, now| volume.hard_link(original.as_ref(), link.as_ref(), now))
}

/// The metadata of a file or a directory.
///
/// # Errors
/// If nothing has this name.
pub fn metadata<P: AsRef<Path>>(path: P) -> io::Result<Metadata> {
    Life::current().with_files(|volume, _| volume.stat_at(path.as_ref())).map(Metadata::of)
}

/// The content of a file.
///
/// # Errors
/// If there is no such file.
pub fn read<P: AsRef<Path>>(path: P) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    File::open(path)?.read_to_end(&mut content)?;
    Ok(content)
}

/// The entries of a directory as they are now, in order of their names.
///
/// # Errors
/// If there is no such directory.
pub fn read_dir<P: AsRef<Path>>(path: P) -> io::Result<ReadDir> {
    ReadDir::of(path.as_ref())
}

/// The target of a symbolic link: there are none.
///
/// # Errors
/// Always [`ErrorKind::Unsupported`].
pub fn read_link<P: AsRef<Path>>(_: P) -> io::Result<PathBuf> {
    Err(error::no_symlinks())
}

/// The content of a file as text.
///
/// # Errors
/// If there is no such file, or it is not UTF-8.
pub fn read_to_string<P: AsRef<Path>>(path: P) -> io::Result<String> {
    let mut content = String::new();
    File::open(path)?.read_to_string(&mut content)?;
    Ok(content)
}

/// Removes an empty directory.
///
/// # Errors
/// If it is not there, no directory, or not empty.
pub fn remove_dir<P: AsRef<Path>>(path: P) -> io::Result<()> {
    Life::current().with_files(|volume, now| volume.remove_dir(path.as_ref(), now))
}

/// Removes a directory and all that is in it.
///
/// # Errors
/// If there is no such directory.
pub fn remove_dir_all<P: AsRef<Path>>(path: P) -> io::Result<()> {
    for entry in read_dir(&path)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() { remove_dir_all(entry.path())? } else { remove_file(entry.path())? }
    }
    remove_dir(path)
}

/// Removes a name of a file. The file stays readable and writable through open handles.
///
/// # Errors
/// If it is not there, or a directory.
pub fn remove_file<P: AsRef<Path>>(path: P) -> io::Result<()> {
    Life::current().with_files(|volume, now| volume.remove_file(path.as_ref(), now))
}

/// Renames a file or a directory. A file that bore the new name loses it at the same moment, also as
/// a power loss shows it.
///
/// # Errors
/// If `from` is not there, or `to` cannot be replaced by it.
pub fn rename<P: AsRef<Path>, Q: AsRef<Path>>(from: P, to: Q) -> io::Result<()> {
    Life::current().with_files(|volume, now| volume.rename(from.as_ref(), to.as_ref(), now))
}

/// Sets the permission bits, which are kept and not enforced.
///
/// # Errors
/// If nothing has this name.
#[expect(clippy::needless_pass_by_value, reason = "the signature of std")]
pub fn set_permissions<P: AsRef<Path>>(path: P, permissions: Permissions) -> io::Result<()> {
    Life::current().with_files(|volume, now| volume.set_mode_at(path.as_ref(), permissions.mode(), now))
}

/// Creates a symbolic link: there are none.
///
/// # Errors
/// Always [`ErrorKind::Unsupported`].
pub fn symlink<P: AsRef<Path>, Q: AsRef<Path>>(_: P, _: Q) -> io::Result<()> {
    Err(error::no_symlinks())
}

/// The metadata of a file or a directory, as [`metadata`] gives it.
///
/// # Errors
/// If nothing has this name.
pub fn symlink_metadata<P: AsRef<Path>>(path: P) -> io::Result<Metadata> {
    metadata(path)
}

/// Makes all changes of names so far durable, by a sync of this directory. Not in `std`: there, as here, one opens the
/// directory and calls [`File::sync_all`].
///
/// # Errors
/// If there is no such directory, or the sync fails.
pub fn sync_dir<P: AsRef<Path>>(path: P) -> io::Result<()> {
    File::open_dir(path.as_ref())?.sync_all()
}

/// Writes a file anew: it has this content then, and no other.
///
/// # Errors
/// If the file cannot be created or written.
pub fn write<P: AsRef<Path>, C: AsRef<[u8]>>(path: P, contents: C) -> io::Result<()> {
    File::create(path)?.write_all(contents.as_ref())
}
