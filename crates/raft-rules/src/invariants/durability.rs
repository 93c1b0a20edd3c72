//! Durability: a server that boots again holds the state it has made durable (paper figure 2, persistent state: log,
//! `currentTerm`, `votedFor`), unless a fault destroyed it.
//!
//! The disk (see `disks.rs`), not the node, tells which state is durable. An unsynced tail, truncation or term may be
//! lost or kept. A vote that has left the node must have been durable before. A truncation or a snapshot must not
//! remove durable entries without need: other nodes count on them.

use env::NodeId;
use raft_types::{EntryId, LogIndex};

use crate::NodeView;
use crate::invariants::DURABILITY;
use crate::record::Record;
use sim::Moment;
use sim::{Checked, broken};

/// `node` boots and has `found` this in its files.
pub(crate) fn recovered(
    record: &Record,
    at: Moment,
    node: NodeId,
    found: &NodeView,
    voted_for: Option<NodeId>,
) -> Checked {
    let disk = record.disk(node);
    if disk.is_lost {
        return Ok(());
    }
    let broken = |message| broken(DURABILITY, at, [node], message);
    let (NodeView { term, last, snapshot, .. }, durable) = (*found, disk.durable);
    // A leader's snapshot that became durable in the moment of the crash has replaced a log that disagrees with it.
    let is_log_kept = record.logs.entry_at(durable.last, snapshot.index) == Some(snapshot);
    if is_log_kept && !record.logs.holds(last, durable.last) {
        return broken(format!("{node} recovered a log to {last}, but had a durable one to {}", durable.last));
    }
    if term < durable.term {
        return broken(format!("{node} recovered term {term}, but term {} was durable", durable.term));
    }
    let Some((voted, candidate)) = disk.vote else { return Ok(()) };
    if voted > term {
        return broken(format!("{node} recovered term {term}, but has voted for {candidate} in term {voted}"));
    }
    match voted_for {
        _ if voted < term => Ok(()),
        Some(other) if other == candidate => Ok(()),
        Some(other) => {
            broken(format!("{node} recovered a vote for {other} in term {term}, but has voted for {candidate} in it"))
        }
        None => broken(format!("{node} recovered no vote in term {term}, but has voted for {candidate} in it")),
    }
}

/// A node finds its own files unusable.
pub(crate) fn refused(record: &Record, at: Moment, node: NodeId, reason: &str) -> Checked {
    if record.disk(node).is_lost {
        return Ok(());
    }
    let message = format!("{node} refuses to start, though no fault has destroyed anything it wrote: {reason}");
    broken(DURABILITY, at, [node], message)
}

/// Paper figure 2, AppendEntries step 3: entries are deleted only if they conflict with new ones.
pub(crate) fn appended(record: &Record, at: Moment, node: NodeId, entry: EntryId) -> Checked {
    if record.disk(node).removed == Some(entry) {
        let message = format!(
            "{node} truncated durable entries from {entry} on, without a conflict: the next it appended is {entry} again"
        );
        return broken(DURABILITY, at, [node], message);
    }
    Ok(())
}

/// Paper figure 13, step 6: entries that follow the snapshot's last one are retained.
pub(crate) fn installed(record: &Record, at: Moment, node: NodeId, last: EntryId, log_kept: bool) -> Checked {
    let durable = record.disk(node).durable.last;
    if !log_kept && durable.index > last.index && record.logs.entry_at(durable, last.index) == Some(last) {
        let message =
            format!("{node} dropped its durable log to {durable} for a snapshot to {last}, which that log holds");
        return broken(DURABILITY, at, [node], message);
    }
    Ok(())
}

pub(crate) fn compacted(record: &Record, at: Moment, node: NodeId, through: LogIndex) -> Checked {
    let snapshot = record.view.node(node).snapshot;
    if through > snapshot.index {
        let message = format!("{node} dropped its log through {through}, but its snapshot ends at {snapshot}");
        return broken(DURABILITY, at, [node], message);
    }
    Ok(())
}
