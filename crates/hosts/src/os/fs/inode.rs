//! A file or a directory, apart from its names.

use env::Instant;

use super::contents::Contents;

/// A file or a directory.
#[derive(Debug)]
pub(super) struct Inode {
    pub(super) is_directory: bool,
    /// The content; a directory has none.
    pub(super) contents: Contents,
    /// How many handles of the present process refer to it.
    pub(super) handles: usize,
    /// How many names the process sees for it.
    pub(super) links: u64,
    /// The permission bits, kept and not enforced.
    pub(super) mode: u32,
    pub(super) times: Times,
}

/// The true times of events of an inode.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    pub(super) created: Instant,
    /// The last change of the content.
    pub(super) modified: Instant,
    /// The last change of anything.
    pub(super) changed: Instant,
}

/// A file or a directory as `stat` shows it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stat {
    pub(super) ino: u64,
    pub(super) is_directory: bool,
    pub(super) len: u64,
    pub(super) links: u64,
    pub(super) mode: u32,
    pub(super) times: Times,
}

impl Inode {
    /// An empty file.
    pub(super) fn file(mode: u32, now: Instant) -> Inode {
        let times = Times { created: now, modified: now, changed: now };
        Inode { is_directory: false, contents: Contents::default(), handles: 0, links: 0, mode, times }
    }

    /// A directory.
    pub(super) fn directory(mode: u32, now: Instant) -> Inode {
        Inode { is_directory: true, links: 2, ..Inode::file(mode, now) }
    }
}
