//! The names of a node's files.
//!
//! ```text
//! wal-0000000000000003                             the third log segment
//! seal-0000000000000003                            how much of it has been made durable
//! snapshot-0000000000000012-0000000000000007      a snapshot through entry 0x12 of term 7
//! snapshot-0000000000000012-0000000000000007.tmp  the same, before it is complete
//! ```

use env::FileName;
use raft_types::EntryId;

/// The kind of a file, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileKind {
    Segment(u64),
    Seal(u64),
    Snapshot(EntryId),
    /// A snapshot that was never completed.
    Unfinished,
    /// Not ours.
    Foreign,
}

impl FileKind {
    pub(crate) fn of(name: &str) -> FileKind {
        if let Some(number) = name.strip_prefix("wal-").and_then(number) {
            return FileKind::Segment(number);
        }
        if let Some(number) = name.strip_prefix("seal-").and_then(number) {
            return FileKind::Seal(number);
        }
        let Some(rest) = name.strip_prefix("snapshot-") else {
            return FileKind::Foreign;
        };
        if rest.ends_with(".tmp") {
            return FileKind::Unfinished;
        }
        match rest.split_once('-').map(|(index, term)| (number(index), number(term))) {
            Some((Some(index), Some(term))) => FileKind::Snapshot(EntryId::new(index, term)),
            _ => FileKind::Foreign,
        }
    }
}

/// Sixteen hexadecimal digits, as they are written here: one number has one name.
fn number(digits: &str) -> Option<u64> {
    let number = u64::from_str_radix(digits, 16).ok()?;
    (format!("{number:016x}") == digits).then_some(number)
}

pub(crate) fn segment(number: u64) -> FileName {
    FileName::from(format!("wal-{number:016x}"))
}

pub(crate) fn seal(number: u64) -> FileName {
    FileName::from(format!("seal-{number:016x}"))
}

pub(crate) fn snapshot(last: EntryId) -> FileName {
    FileName::from(format!("snapshot-{:016x}-{:016x}", last.index.0, last.term.0))
}

pub(crate) fn unfinished_snapshot(last: EntryId) -> FileName {
    FileName::from(format!("{}.tmp", snapshot(last)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_what_a_file_is() {
        let last = EntryId::new(0x12, 7);
        assert_eq!(FileKind::of(&segment(3)), FileKind::Segment(3));
        assert_eq!(FileKind::of(&seal(3)), FileKind::Seal(3));
        assert_eq!(FileKind::of(&snapshot(last)), FileKind::Snapshot(last));
        assert_eq!(FileKind::of(&unfinished_snapshot(last)), FileKind::Unfinished);
        for foreign in
            ["", "wal-3", "wal-000000000000000G", "snapshot-1-1", "snapshot-", "lost+found", "wal-+00000000000003f"]
        {
            assert_eq!(FileKind::of(foreign), FileKind::Foreign, "{foreign}");
        }
    }
}
