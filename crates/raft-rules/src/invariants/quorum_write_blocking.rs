//! Quorum Write Blocking: a write is acknowledged only when a majority of the configuration in force holds it durably;
//! a minority acknowledges nothing (paper section 5.3; while joint, both majorities, section 6; a leader's own copy
//! counts once it is durable, thesis section 10.2.1).
//!
//! Judged at the first node to say that an entry is committed, by its own configuration and the disks' word. A node
//! whose disk was lost since still counts: its acknowledgement was true when the leader counted it, and the loss is a
//! fault that no majority protects from, not an error of the leader's.

use env::NodeId;
use raft_types::EntryId;

use crate::invariants::QUORUM_WRITE_BLOCKING;
use crate::record::Record;
use sim::Moment;
use sim::{Checked, broken};

/// `entry` is about to become the highest committed one.
pub(crate) fn committed(record: &Record, at: Moment, node: NodeId, entry: EntryId) -> Checked {
    let membership = &record.view.node(node).membership;
    let holders = record.durable_on(membership.all_voters(), entry);
    if membership.has_quorum(holders) {
        return Ok(());
    }
    let message = format!("{node} committed {entry}, durable only on {holders}, no majority of {membership}");
    broken(QUORUM_WRITE_BLOCKING, at, [node], message)
}
