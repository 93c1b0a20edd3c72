//! The names of `tokio::fs`, for the files of the host that is running.
//!
//! Signatures and error kinds are those of tokio. Of all operations, only a sync takes time: as long as the disk takes,
//! and until the end of a stall. A write reaches the page cache when it is polled, not when it is flushed.

mod dir_builder;
mod file;
mod open_options;
mod read_dir;

pub use dir_builder::DirBuilder;
pub use file::File;
pub use open_options::OpenOptions;
pub use read_dir::{DirEntry, ReadDir};

pub use crate::os::fs::shim::std::fs::{FileType, Metadata, Permissions};

use std::io;
use std::path::{Path, PathBuf};

use crate::os::fs::shim::std::fs as blocking;

/// The absolute path without `.` and `..`.
///
/// # Errors
/// If nothing has this name.
pub async fn canonicalize(path: impl AsRef<Path>) -> io::Result<PathBuf> {
    blocking::canonicalize(path)
}

/// Copies the content and the permission bits of a file. Returns the number of bytes.
///
/// # Errors
/// If `from` is no file, or `to` cannot be written.
pub async fn copy(from: impl AsRef<Path>, to: impl AsRef<Path>) -> io::Result<u64> {
    blocking::copy(from, to)
}

/// Creates a directory.
///
/// # Errors
/// If the name is taken, or its parent is no directory.
pub async fn create_dir(path: impl AsRef<Path>) -> io::Result<()> {
    blocking::create_dir(path)
}

/// Creates a directory, and those above it that are missing.
///
/// # Errors
/// If a file has one of the names.
pub async fn create_dir_all(path: impl AsRef<Path>) -> io::Result<()> {
    blocking::create_dir_all(path)
}

/// Gives a file a further name.
///
/// # Errors
/// If `original` is no file, or `link` is taken.
pub async fn hard_link(original: impl AsRef<Path>, link: impl AsRef<Path>) -> io::Result<()> {
    blocking::hard_link(original, link)
}

/// The metadata of a file or a directory.
///
/// # Errors
/// If nothing has this name.
pub async fn metadata(path: impl AsRef<Path>) -> io::Result<Metadata> {
    blocking::metadata(path)
}

/// The content of a file.
///
/// # Errors
/// If there is no such file.
pub async fn read(path: impl AsRef<Path>) -> io::Result<Vec<u8>> {
    blocking::read(path)
}

/// The entries of a directory as they are now, in order of their names.
///
/// # Errors
/// If there is no such directory.
pub async fn read_dir(path: impl AsRef<Path>) -> io::Result<ReadDir> {
    blocking::read_dir(path).map(ReadDir::new)
}

/// The target of a symbolic link: there are none.
///
/// # Errors
/// Always [`Unsupported`](io::ErrorKind::Unsupported).
pub async fn read_link(path: impl AsRef<Path>) -> io::Result<PathBuf> {
    blocking::read_link(path)
}

/// The content of a file as text.
///
/// # Errors
/// If there is no such file, or it is not UTF-8.
pub async fn read_to_string(path: impl AsRef<Path>) -> io::Result<String> {
    blocking::read_to_string(path)
}

/// Removes an empty directory.
///
/// # Errors
/// If it is not there, no directory, or not empty.
pub async fn remove_dir(path: impl AsRef<Path>) -> io::Result<()> {
    blocking::remove_dir(path)
}

/// Removes a directory and all that is in it.
///
/// # Errors
/// If there is no such directory.
pub async fn remove_dir_all(path: impl AsRef<Path>) -> io::Result<()> {
    blocking::remove_dir_all(path)
}

/// Removes a name of a file. The file stays readable and writable through open handles.
///
/// # Errors
/// If it is not there, or a directory.
pub async fn remove_file(path: impl AsRef<Path>) -> io::Result<()> {
    blocking::remove_file(path)
}

/// Renames a file or a directory. A file that bore the new name loses it at the same moment, also as
/// a power loss shows it.
///
/// # Errors
/// If `from` is not there, or `to` cannot be replaced by it.
pub async fn rename(from: impl AsRef<Path>, to: impl AsRef<Path>) -> io::Result<()> {
    blocking::rename(from, to)
}

/// Sets the permission bits, which are kept and not enforced.
///
/// # Errors
/// If nothing has this name.
pub async fn set_permissions(path: impl AsRef<Path>, permissions: Permissions) -> io::Result<()> {
    blocking::set_permissions(path, permissions)
}

/// Creates a symbolic link: there are none.
///
/// # Errors
/// Always [`Unsupported`](io::ErrorKind::Unsupported).
pub async fn symlink(original: impl AsRef<Path>, link: impl AsRef<Path>) -> io::Result<()> {
    blocking::symlink(original, link)
}

/// The metadata of a file or a directory, as [`metadata`] gives it.
///
/// # Errors
/// If nothing has this name.
pub async fn symlink_metadata(path: impl AsRef<Path>) -> io::Result<Metadata> {
    blocking::symlink_metadata(path)
}

/// Makes all changes of names so far durable, by a sync of this directory. Not in tokio: there, as here, one opens the
/// directory and calls [`File::sync_all`].
///
/// # Errors
/// If there is no such directory, or the sync fails.
pub async fn sync_dir(path: impl AsRef<Path>) -> io::Result<()> {
    let directory = blocking::File::open_dir(path.as_ref())?;
    directory.open_file().sync().await
}

/// True if a file or a directory has this name.
///
/// # Errors
/// If that cannot be said, as for a name below a file.
pub async fn try_exists(path: impl AsRef<Path>) -> io::Result<bool> {
    blocking::exists(path)
}

/// Writes a file anew: it has this content then, and no other.
///
/// # Errors
/// If the file cannot be created or written.
pub async fn write(path: impl AsRef<Path>, contents: impl AsRef<[u8]>) -> io::Result<()> {
    blocking::write(path, contents)
}
