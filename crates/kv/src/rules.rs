//! The node's own decision points: the order of syncs, the content of a snapshot, the end of an operation.

use std::time::Duration;

use env::NodeId;
use raft::HardState;
pub use raft::Paper;
use raft_types::{EntryId, LogIndex};

/// The rules a node keeps beyond those of Raft proper ([`raft::Rules`]). The defaults are right; each is a method so
/// that it can be named, read about in one place, and broken on purpose to see whether a checker notices.
pub trait Rules: raft::Rules {
    /// True if a failed sync ends the node. A second sync that succeeds proves nothing about the pages that the first
    /// one lost (Rebello et al., ATC '20).
    fn sync_error_is_fatal(&self) -> bool {
        true
    }

    /// True if a log that was damaged after it was complete is refused at boot. To cut it there instead forgets entries
    /// and votes that others count on (Alagappan et al., FAST '18).
    fn refuses_corruption(&self) -> bool {
        true
    }

    /// True if a node that boots writes the log it has found anew, to a segment of its own, and leaves the remains of a
    /// torn write behind. If it writes on behind them instead, no later recovery can read past them: the node meets
    /// damage in the middle of its log at every boot, and cannot refuse damage either.
    fn rewrites_log_at_boot(&self) -> bool {
        true
    }

    /// The vote in the current term, as a node takes it up when it boots: the one it finds on its disk (Raft paper, figure
    /// 2). A node that forgets it can vote twice in a term.
    fn vote_at_boot(&self, found: Option<NodeId>) -> Option<NodeId> {
        found
    }

    /// The term and vote at the beginning of a new log segment. They live nowhere else once the old segments are removed.
    fn hard_state_for_new_segment(&self, current: HardState) -> HardState {
        current
    }

    /// True if the log that a snapshot covers may be dropped: not before the snapshot is on the disk under its name.
    fn may_drop_log(&self, snapshot_is_durable: bool) -> bool {
        snapshot_is_durable
    }

    /// The entry that a snapshot of the state machine is said to end with: the last one applied, which is in it, and not an
    /// earlier one.
    fn snapshot_label(&self, applied: EntryId, _before: EntryId) -> EntryId {
        applied
    }

    /// True if a snapshot's session table is part of it: else a retry that follows is executed again (thesis section
    /// 6.3).
    fn snapshot_holds_sessions(&self) -> bool {
        true
    }

    /// True if a leader's snapshot takes the place of the state machine: else keys deleted meanwhile come back.
    fn snapshot_replaces_state(&self) -> bool {
        true
    }

    /// True if a retry is recognised when it is applied. When it was proposed, the first try may have been in the log
    /// already, uncommitted, and so not known (thesis section 6.3).
    fn detects_duplicates_at_apply(&self) -> bool {
        true
    }

    /// True if a session remembers the write just executed. All nodes must, as any of them may lead when the retry
    /// comes.
    fn session_records_write(&self, _leads: bool) -> bool {
        true
    }

    /// True if a session unused for so long, in log time, still lives.
    fn session_is_live(&self, unused: Duration, ttl: Duration) -> bool {
        unused <= ttl
    }

    /// True if an applied entry is the one that a client waits for. The index alone does not tell: another leader may
    /// have put another entry there.
    fn completes_request(&self, proposed: EntryId, applied: EntryId) -> bool {
        proposed == applied
    }

    /// True if a read may be answered from the state as of `applied`, where the leader was confirmed to lead at
    /// `read_index` (thesis section 6.4).
    fn may_serve_read(&self, applied: LogIndex, read_index: LogIndex) -> bool {
        applied >= read_index
    }
}

impl Rules for Paper {}
