//! The syncs that a process has asked for and that have not ended.

use std::collections::VecDeque;

use env::{Instant, SyncId};
use sim::world::SyncEnd;

use crate::machines::disk::Disk;
use crate::machines::machine::Machine;
use crate::machines::report::Report;
use crate::machines::state::RunState;

/// They end in the order in which they were asked for, each after its latency and in a later tick than it was asked for
/// in, so that a crash can come between. A stalled disk keeps them back.
#[derive(Debug, Default)]
pub(super) struct Syncs(VecDeque<Pending>);

#[derive(Debug)]
struct Pending {
    id: SyncId,
    ends: Instant,
    /// Its time came while the disk was stalled, and that was reported.
    is_stalled: bool,
}

impl Syncs {
    /// The process asks for a sync, which takes until then. Returns when it ends, if nothing is wrong with the disk.
    pub(super) fn begin(&mut self, id: SyncId, now: Instant, ends: Instant) -> Instant {
        let last = self.0.back().map_or(Instant::ZERO, |last| last.ends);
        let ends = ends.max(last).max(Instant(now.0 + 1));
        self.0.push_back(Pending { id, ends, is_stalled: false });
        ends
    }

    /// When to look again; `None` if nothing ends by itself.
    pub(super) fn next_due(&self, machine: &Machine) -> Option<Instant> {
        let reported =
            if machine.is_disk_stalled.get() { self.0.iter().take_while(|sync| sync.is_stalled).count() } else { 0 };
        self.0.get(reported).map(|sync| sync.ends)
    }

    /// Ends the next sync that is due.
    pub(super) fn end_next(&mut self, state: &RunState, machine: &Machine, disk: &Disk) -> Option<(SyncId, SyncEnd)> {
        let (now, node) = (state.now.get(), machine.node);
        if machine.is_disk_stalled.get() {
            for sync in self.0.iter_mut().filter(|sync| sync.ends <= now && !sync.is_stalled) {
                sync.is_stalled = true;
                state.report(Report::SyncStalled { node });
            }
            return None;
        }
        self.0.front().filter(|sync| sync.ends <= now)?;
        let Pending { id, .. } = self.0.pop_front()?;
        let to_fail = machine.syncs_to_fail.get();
        let injected = to_fail > 0;
        machine.syncs_to_fail.set(to_fail - u32::from(injected));
        let end = disk.end_sync(id, machine.is_disk_full.get(), injected);
        state.report(Report::SyncEnded { node, sync: id, end, injected });
        Some((id, end))
    }
}
