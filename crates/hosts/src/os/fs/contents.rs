//! The content of one file: in the page cache, on the disk, and the changes between the two.

use std::collections::VecDeque;

use super::Stamp;

/// A change of a file's content or length.
#[derive(Clone, Debug)]
pub(super) enum Change {
    /// Bytes are written; a gap between the end of the file and them is filled with zeros.
    Write { at: u64, bytes: Vec<u8> },
    /// The file is cut to this length. It stays shorter if it is, after the loss of a write.
    Cut(u64),
    /// The file is extended with zeros to this length. It stays longer if it is, after the loss of a cut.
    Extend(u64),
}

impl Change {
    /// True for a change of the length, which is the business of the file system's journal.
    pub(super) fn is_of_length(&self) -> bool {
        !matches!(self, Change::Write { .. })
    }
}

/// The content of one file.
#[derive(Debug, Default)]
pub(super) struct Contents {
    /// The content as the process sees it, from its first use of the file. Before that, it is `durable` with `pending`;
    /// after a failed sync, it also has the writes that were dropped.
    cached: Option<Vec<u8>>,
    /// The content on the disk.
    pub(super) durable: Vec<u8>,
    /// The changes that are not durable, in order.
    pub(super) pending: VecDeque<(Stamp, Change)>,
    /// The bytes with a flipped bit, as long as `durable` has them.
    flips: Vec<u64>,
}

impl Contents {
    /// The content as the process sees it.
    pub(super) fn cached(&mut self) -> &mut Vec<u8> {
        let Contents { cached, durable, pending, .. } = self;
        cached.get_or_insert_with(|| {
            let mut content = durable.clone();
            for (_, change) in pending {
                apply(&mut content, change);
            }
            content
        })
    }

    /// The length as the process sees it.
    pub(super) fn len(&self) -> u64 {
        if let Some(cached) = &self.cached {
            return cached.len() as u64;
        }
        self.pending.iter().fold(self.durable.len() as u64, |len, (_, change)| match change {
            Change::Write { at, bytes } => len.max(at + bytes.len() as u64),
            Change::Cut(to) => len.min(*to),
            Change::Extend(to) => len.max(*to),
        })
    }

    /// How many bytes of memory the file takes.
    pub(super) fn held_bytes(&self) -> u64 {
        let pending: usize = self.pending.iter().map(|(_, change)| held_by(change)).sum();
        (self.cached.as_ref().map_or(0, Vec::len) + self.durable.len() + pending) as u64
    }

    /// The process changes the file.
    pub(super) fn change(&mut self, stamp: Stamp, change: Change) {
        apply(self.cached(), &change);
        self.pending.push_back((stamp, change));
    }

    /// True if a change before `covers` is pending.
    pub(super) fn has_pending(&self, covers: Stamp) -> bool {
        self.pending.front().is_some_and(|(stamp, _)| *stamp < covers)
    }

    /// The changes before `covers` become durable.
    pub(super) fn commit(&mut self, covers: Stamp) {
        while self.has_pending(covers) {
            let (_, change) = self.pending.pop_front().expect("a change is pending");
            self.reach_disk(&change);
        }
    }

    /// The pending writes will never be durable, though the process goes on reading them. The changes of the length
    /// stay.
    pub(super) fn drop_dirty_pages(&mut self) {
        self.cached();
        for (_, change) in std::mem::take(&mut self.pending) {
            if change.is_of_length() {
                self.reach_disk(&change);
            }
        }
    }

    /// The process that saw the content is gone.
    pub(super) fn leave_cache(&mut self) {
        self.cached = None;
    }

    /// Makes a change of the disk. The flips that it covers are gone.
    pub(super) fn reach_disk(&mut self, change: &Change) {
        match change {
            Change::Write { at, bytes } => {
                let written = *at..*at + bytes.len() as u64;
                self.flips.retain(|at| !written.contains(at));
            }
            Change::Cut(len) => self.flips.retain(|at| at < len),
            Change::Extend(_) => {}
        }
        apply(&mut self.durable, change);
    }

    /// Flips a durable bit.
    pub(super) fn flip(&mut self, bit: u64) {
        self.durable[(bit / 8) as usize] ^= 1 << (bit % 8);
        self.flips.push(bit / 8);
    }

    /// True if the disk has a bit that was flipped.
    pub(super) fn is_damaged(&self) -> bool {
        !self.flips.is_empty()
    }
}

/// How many bytes of memory a pending change takes.
fn held_by(change: &Change) -> usize {
    let content = if let Change::Write { bytes, .. } = change { bytes.len() } else { 0 };
    size_of::<(Stamp, Change)>() + content
}

fn apply(content: &mut Vec<u8>, change: &Change) {
    match change {
        Change::Write { at, bytes } => {
            let at = *at as usize;
            if content.len() < at {
                content.resize(at, 0);
            }
            let over = (content.len() - at).min(bytes.len());
            content[at..at + over].copy_from_slice(&bytes[..over]);
            content.extend_from_slice(&bytes[over..]);
        }
        Change::Cut(len) => content.truncate(*len as usize),
        Change::Extend(len) => content.resize(content.len().max(*len as usize), 0),
    }
}
