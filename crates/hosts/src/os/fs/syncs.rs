//! Syncs: how long they take, and how they end.

use std::io;
use std::task::{Poll, Waker};
use std::time::Duration;

use env::{DiskError, Instant, Random, SyncId};
use sim::world::SyncEnd;

use super::names::Ino;
use super::{Report, Stamp, Volume, error};

/// A sync that was asked for and has not ended.
#[derive(Debug)]
pub(super) struct PendingSync {
    id: SyncId,
    /// The file whose changes are to be durable, or a directory: then all changes of names are.
    of: Ino,
    /// The sync covers the changes before this one.
    covers: Stamp,
    /// How long the sync takes at least.
    pub(super) latency: Duration,
    /// A stall keeps it back, as was reported.
    is_stalled: bool,
}

/// How long a sync takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    /// As the disk takes.
    OfDisk,
    /// No time.
    AtOnce,
}

impl Volume {
    /// The process asks for a sync of a file or a directory.
    pub(super) fn begin_sync(&mut self, of: Ino, pace: Pace, now: Instant) -> PendingSync {
        self.last_sync.0 += 1;
        let micros = match pace {
            Pace::OfDisk => self.model.sync_micros(self.latencies.next_u64()).saturating_mul(self.condition.slowness),
            Pace::AtOnce => 0,
        };
        let latency = Duration::from_micros(micros);
        let id = self.last_sync;
        self.reports.push(Report::SyncBegan { sync: id, ends: now + latency });
        let covers = Stamp(self.last_stamp.0 + 1);
        PendingSync { id, of, covers, latency, is_stalled: false }
    }

    /// A sync whose latency is over ends, unless the disk is stalled: then `waker` is woken when the stall is over.
    pub(super) fn poll_sync(&mut self, sync: &mut PendingSync, waker: &Waker) -> Poll<io::Result<()>> {
        if !self.condition.is_stalled {
            return Poll::Ready(self.end_sync(sync));
        }
        if !sync.is_stalled {
            sync.is_stalled = true;
            self.reports.push(Report::SyncStalled);
        }
        let wakers = self.stalled.entry(sync.id).or_default();
        if !wakers.iter().any(|known| known.will_wake(waker)) {
            wakers.push(waker.clone());
        }
        Poll::Pending
    }

    /// A sync ends: well, or not if a fault awaits it, or if the disk is full and the sync covers anything.
    ///
    /// # Errors
    /// EIO or ENOSPC. The pending writes of the file are gone then; changes of names stay pending.
    pub(super) fn end_sync(&mut self, sync: &PendingSync) -> io::Result<()> {
        let is_directory = self.inode(sync.of)?.is_directory;
        let covers_any = if is_directory {
            self.journal.front().is_some_and(|(stamp, _)| *stamp < sync.covers)
        } else {
            self.inode(sync.of)?.contents.has_pending(sync.covers)
        };
        let by_fault = self.sync_faults > 0;
        let failure = if by_fault {
            self.sync_faults -= 1;
            Some(DiskError::Io)
        } else if self.condition.is_full && covers_any {
            Some(DiskError::Full)
        } else {
            None
        };
        match failure {
            Some(_) if !is_directory => self.inode(sync.of)?.contents.drop_dirty_pages(),
            Some(_) => {}
            None if is_directory => self.commit_names(sync.covers),
            None => self.inode(sync.of)?.contents.commit(sync.covers),
        }
        let end = failure.map_or(SyncEnd::Durable, SyncEnd::Failed);
        self.reports.push(Report::SyncEnded { sync: sync.id, end, by_fault });
        failure.map_or(Ok(()), |failure| Err(error::of_disk(failure)))
    }

    /// The changes of names before `covers` become durable.
    fn commit_names(&mut self, covers: Stamp) {
        let covered = self.journal.partition_point(|(stamp, _)| *stamp < covers);
        for (_, change) in self.journal.drain(..covered) {
            self.durable.apply(&change);
        }
        if covered > 0 {
            self.free_unused();
        }
    }
}
