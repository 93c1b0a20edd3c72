//! The durable state of each node, by the disk's word and not the node's.
//!
//! A node appends, asks for a sync, goes on appending; when the sync has completed, the entries appended before the
//! request are durable. So each request for a sync notes the log's end, and its completion makes the log durable to it.
//!
//! Always true: the durable log is a prefix of the node's present log. Entries that the node removes leave it at once:
//! the removal may or may not survive a power loss, and entries that follow it are not durable yet.
//!
//! A node that has booted after a power loss holds all it has read durably; one that was killed may have read the page
//! cache, which the next power loss takes. So a disk has two durable ends: `durable.last`, which the next boot must
//! find again, is after a boot no more than before it; `held`, which a majority may count on, is the end of the log
//! that was read, unless the process is known to have been killed. The next completed sync makes them one again.
//!
//! Left out: the bytes. Whether the log can be read back is judged when the node boots.

use std::collections::VecDeque;

use env::{NodeId, SyncId};
use raft_types::{EntryId, LogIndex, Term};

/// The state that survives a power loss.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Durable {
    /// The last entry of the log.
    pub(crate) last: EntryId,
    /// The last entry the snapshot covers.
    pub(crate) snapshot: EntryId,
    /// The current term.
    pub(crate) term: Term,
}

/// One node's disk.
#[derive(Clone, Debug, Default)]
pub(crate) struct Disk {
    /// The state that the last completed sync made durable, less the entries removed from the log since.
    pub(crate) durable: Durable,
    /// The last entry that the disk may be counted on to hold: `durable.last` or, since a boot, more.
    pub(crate) held: EntryId,
    /// The state that each sync under way will make durable, in the order of the requests.
    pending: VecDeque<(SyncId, Durable)>,
    /// The vote that has left the node: it had to be durable before.
    pub(crate) vote: Option<(Term, NodeId)>,
    /// Its process was killed: the page cache outlived it.
    pub(crate) was_killed: bool,
    /// A fault destroyed the disk or a part of it: the next boot need not find the state it held.
    pub(crate) is_lost: bool,
    /// The first entry that the latest truncation removed, if it was durable and nothing has been appended since.
    pub(crate) removed: Option<EntryId>,
}

impl Disk {
    pub(crate) fn sync_requested(&mut self, sync: SyncId, now: Durable) {
        self.pending.push_back((sync, now));
    }

    /// True if the durable snapshot has moved.
    pub(crate) fn synced(&mut self, sync: SyncId) -> bool {
        let snapshot = self.durable.snapshot;
        while let Some((_, durable)) = self.pending.front().filter(|(pending, _)| *pending <= sync) {
            self.durable = *durable;
            self.held = durable.last;
            self.pending.pop_front();
        }
        self.durable.snapshot != snapshot
    }

    /// The log ends with `last` now, having been cut there.
    pub(crate) fn cut(&mut self, last: EntryId) {
        for tip in self.tips() {
            if tip.index > last.index {
                *tip = last;
            }
        }
    }

    /// A snapshot replaced the log; `common` gives the last entry that a log has in common with it.
    pub(crate) fn replace(&mut self, common: impl Fn(EntryId) -> EntryId) {
        for tip in self.tips() {
            *tip = common(*tip);
        }
    }

    /// The node is down: syncs under way will not complete.
    pub(crate) fn stopped(&mut self) {
        self.pending.clear();
        self.removed = None;
    }

    /// The node has booted with a log to `last`, which was durable to `common` before.
    pub(crate) fn booted(&mut self, last: EntryId, common: EntryId, snapshot: EntryId, term: Term) {
        self.held = if self.was_killed { common } else { last };
        self.is_lost = false;
        self.was_killed = false;
        self.durable.last = common;
        self.durable.term = self.durable.term.min(term);
        if self.durable.snapshot.index > snapshot.index {
            self.durable.snapshot = snapshot;
        }
    }

    fn tips(&mut self) -> impl Iterator<Item = &mut EntryId> {
        let pending = self.pending.iter_mut().map(|(_, durable)| &mut durable.last);
        pending.chain([&mut self.durable.last, &mut self.held])
    }

    /// The index below which no entry is needed to judge this node's next boot.
    pub(crate) fn floor(&self) -> LogIndex {
        self.durable.snapshot.index
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(index: u64, term: u64) -> Durable {
        Durable { last: EntryId::new(index, term), ..Durable::default() }
    }

    #[test]
    fn a_sync_covers_what_was_appended_before_it_was_asked_for() {
        let mut disk = Disk::default();
        disk.sync_requested(SyncId(1), log(3, 1));
        disk.sync_requested(SyncId(2), log(5, 1));
        disk.synced(SyncId(1));
        assert_eq!(disk.durable, log(3, 1));
        disk.synced(SyncId(2));
        assert_eq!(disk.durable, log(5, 1));
    }

    #[test]
    fn a_later_sync_covers_an_earlier_one() {
        let mut disk = Disk::default();
        disk.sync_requested(SyncId(1), log(3, 1));
        disk.sync_requested(SyncId(2), log(5, 1));
        disk.synced(SyncId(2));
        disk.synced(SyncId(1));
        assert_eq!(disk.durable, log(5, 1));
    }

    #[test]
    fn a_truncation_takes_away_durability_also_of_syncs_under_way() {
        let mut disk = Disk::default();
        disk.sync_requested(SyncId(1), log(5, 1));
        disk.synced(SyncId(1));
        disk.sync_requested(SyncId(2), log(8, 1));
        disk.cut(EntryId::new(3, 1));
        assert_eq!(disk.durable, log(3, 1));
        disk.synced(SyncId(2));
        assert_eq!(disk.durable, log(3, 1));
    }

    #[test]
    fn what_a_boot_has_read_may_be_counted_on_but_need_not_be_found_again() {
        let mut disk = Disk::default();
        disk.sync_requested(SyncId(1), log(5, 1));
        disk.synced(SyncId(1));
        disk.stopped();
        disk.booted(EntryId::new(7, 1), EntryId::new(5, 1), EntryId::ZERO, Term(1));
        assert_eq!((disk.held, disk.durable.last), (EntryId::new(7, 1), EntryId::new(5, 1)));
        disk.stopped();
        disk.was_killed = true;
        disk.booted(EntryId::new(7, 1), EntryId::new(5, 1), EntryId::ZERO, Term(1));
        assert_eq!((disk.held, disk.durable.last), (EntryId::new(5, 1), EntryId::new(5, 1)));
    }

    #[test]
    fn a_crash_forgets_syncs_under_way() {
        let mut disk = Disk::default();
        disk.sync_requested(SyncId(1), log(5, 1));
        disk.stopped();
        disk.synced(SyncId(1));
        assert_eq!(disk.durable, Durable::default());
    }
}
