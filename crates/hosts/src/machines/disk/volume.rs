//! The calls to turmoil's filesystem: one directory of files, each call a few lines over `turmoil::fs`.
//!
//! They go to the host that is running, or to the one whose `FsHandle` has been entered. None of them can fail on a
//! filesystem of unlimited capacity with no probabilities set, so an error of turmoil's is a bug, here or there, and
//! ends the run. A file is opened for each call, which costs a fraction of a microsecond: a handle that is kept would
//! have to be dropped within its host as well, and follows no rename.
//!
//! `FsHandle::enter` makes turmoil a random-number generator that the machine seeds. Nothing draws from it: of the
//! calls used here `write_at`, `set_len` and the reads would, each only if `sync_probability`, `io_error_probability`
//! or `corruption_probability` is above 0. The builder of the `Sim` leaves these at 0, and sets no `block_size`.

use std::fmt::Display;
use std::io::Result;
use std::os::unix::fs::FileExt;

use turmoil::fs::shim::std::fs::{self, File, OpenOptions};

/// The directory of the files; its own entry is durable.
const DIRECTORY: &str = "/node";

/// Makes the directory if there is none.
pub(super) fn set_up() {
    if !fs::exists(DIRECTORY) {
        done("make the directory", DIRECTORY, fs::create_dir(DIRECTORY));
        done("sync the directory of", DIRECTORY, fs::sync_dir("/"));
    }
}

/// Makes an empty file. There must be none of this name.
pub(super) fn create(name: &str) {
    done("create", name, OpenOptions::new().write(true).create_new(true).open(path(name)));
}

/// Writes behind the first `at` bytes.
pub(super) fn write(name: &str, at: u64, bytes: &[u8]) {
    done("write", name, open(name).write_all_at(bytes, at));
}

/// Cuts a file to this length.
pub(super) fn cut(name: &str, len: u64) {
    done("cut", name, open(name).set_len(len));
}

/// Makes a file's contents and length durable, though not its name.
pub(super) fn sync(name: &str) {
    done("sync", name, open(name).sync_all());
}

/// Makes the names durable: creations, renames and removals.
pub(super) fn sync_names() {
    done("sync the directory", DIRECTORY, fs::sync_dir(DIRECTORY));
}

/// Gives a file another name, in place of the file that had it.
pub(super) fn rename(from: &str, to: &str) {
    done("rename", from, fs::rename(path(from), path(to)));
}

/// Removes a file.
pub(super) fn remove(name: &str) {
    done("remove", name, fs::remove_file(path(name)));
}

/// A file's content.
pub(super) fn read(name: &str) -> Vec<u8> {
    done("read", name, fs::read(path(name)))
}

/// Flips one bit of the byte at `at`.
pub(super) fn flip(name: &str, at: u64, bit: u64) {
    let mut byte = [0];
    let file = open(name);
    done("read", name, file.read_exact_at(&mut byte, at));
    byte[0] ^= 1 << bit;
    done("write", name, file.write_all_at(&byte, at));
}

fn path(name: &str) -> String {
    format!("{DIRECTORY}/{name}")
}

fn open(name: &str) -> File {
    done("open", name, OpenOptions::new().read(true).write(true).open(path(name)))
}

fn done<T>(what: &str, name: impl Display, result: Result<T>) -> T {
    result.unwrap_or_else(|error| panic!("turmoil's filesystem does not {what} {name}: {error}"))
}
