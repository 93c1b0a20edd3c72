//! The errors of files: the kinds of a Unix system, with texts that are the same on every machine.
//!
//! An error has no number of the operating system, because its text would then be that of the machine.

use std::io::{Error, ErrorKind};
use std::path::Path;

use env::DiskError;

/// The error of an operation on `path`.
pub(super) fn at(kind: ErrorKind, path: &Path) -> Error {
    let text = match kind {
        ErrorKind::AlreadyExists => "file exists",
        ErrorKind::DirectoryNotEmpty => "directory not empty",
        ErrorKind::FileTooLarge => "file too large: the simulated file system holds files of up to 4 GiB",
        ErrorKind::IsADirectory => "is a directory",
        ErrorKind::NotADirectory => "not a directory",
        ErrorKind::NotFound => "no such file or directory",
        ErrorKind::PermissionDenied => "operation not permitted",
        ErrorKind::ResourceBusy => "device or resource busy",
        _ => "invalid argument",
    };
    Error::new(kind, format!("{text}: {}", path.display()))
}

/// The error of a sync or a write.
pub(super) fn of_disk(error: DiskError) -> Error {
    let kind = if error == DiskError::Full { ErrorKind::StorageFull } else { ErrorKind::Other };
    Error::new(kind, error)
}

/// The error of an argument.
pub(super) fn invalid(text: &'static str) -> Error {
    Error::new(ErrorKind::InvalidInput, text)
}

/// The error of an operation on symbolic links.
pub(super) fn no_symlinks() -> Error {
    Error::new(ErrorKind::Unsupported, "the simulated file system has no symbolic links")
}
