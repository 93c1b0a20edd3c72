//! The node's own rules with a bug: the disk and recovery, snapshots, sessions, the completion of requests.

use kv::{Paper, Rules};
use raft::HardState;
use raft_types::{EntryId, LogIndex};

use super::Mutant;
use crate::bug::Bug;

impl Rules for Mutant {
    fn sync_error_is_fatal(&self) -> bool {
        !self.is(Bug::FsyncRetrySuccess)
    }

    fn refuses_corruption(&self) -> bool {
        !self.is(Bug::TruncateAtCorruptEntry)
    }

    fn rewrites_log_at_boot(&self) -> bool {
        !self.is(Bug::TornTailAppendedOver)
    }

    fn hard_state_for_new_segment(&self, current: HardState) -> HardState {
        if self.is(Bug::VoteLostOnLogRewrite) {
            // The header of a fresh log, as for a new server, but for the term: a log's entries have terms of their own,
            // which no recovery lets the term fall behind.
            return HardState { voted_for: None, ..current };
        }
        Paper.hard_state_for_new_segment(current)
    }

    fn may_drop_log(&self, snapshot_is_durable: bool) -> bool {
        self.is(Bug::TruncateBeforeSnapshotDurable) || snapshot_is_durable
    }

    fn snapshot_label(&self, applied: EntryId, before: EntryId) -> EntryId {
        if self.is(Bug::SnapshotLabelMismatch) { before } else { applied }
    }

    fn snapshot_holds_sessions(&self) -> bool {
        !self.is(Bug::DedupNotInSnapshot)
    }

    fn snapshot_replaces_state(&self) -> bool {
        !self.is(Bug::SnapshotMergeNotReplace)
    }

    fn detects_duplicates_at_apply(&self) -> bool {
        !self.is(Bug::DedupAtProposeOnly)
    }

    fn session_records_write(&self, leads: bool) -> bool {
        !self.is(Bug::DedupInLeaderMemory) || leads
    }

    fn completes_request(&self, proposed: EntryId, applied: EntryId) -> bool {
        if self.is(Bug::AckByIndexOnly) { proposed.index == applied.index } else { proposed == applied }
    }

    fn may_serve_read(&self, applied: LogIndex, read_index: LogIndex) -> bool {
        self.is(Bug::ReadBeforeApplied) || applied >= read_index
    }
}
