//! State Machine Safety: if a server has applied a log entry at a given index to its state machine, no other server
//! will ever apply a different log entry for the same index (paper figure 3, section 5.4.3).
//!
//! Judged already when a node says that an entry is committed, since that is a promise to apply it; and of states as
//! well as entries: after the same entries every state machine, and every snapshot, has the same digest.

use env::NodeId;
use raft_types::{EntryId, LogIndex};

use crate::invariants::STATE_MACHINE_SAFETY;
use crate::outcomes::Outcome;
use crate::record::Record;
use sim::Moment;
use sim::{Checked, broken};

pub(crate) fn committed(record: &Record, at: Moment, node: NodeId, entry: EntryId) -> Checked {
    let committed = record.committed;
    if entry.index <= committed.entry.index {
        return same_entry(record, at, node, entry, "committed");
    }
    if !record.holds(node, entry) {
        let last = record.view.node(node).last;
        let message = format!("{node} committed {entry}, which its log to {last} does not hold");
        return broken(STATE_MACHINE_SAFETY, at, [node], message);
    }
    if !record.holds(node, committed.entry) {
        let message = format!(
            "{node} committed {entry} behind other entries than {}, which {} committed",
            committed.entry, committed.by
        );
        return broken(STATE_MACHINE_SAFETY, at, [node, committed.by], message);
    }
    Ok(())
}

/// No entry but `entry` is committed at its index.
fn same_entry(record: &Record, at: Moment, node: NodeId, entry: EntryId, did: &str) -> Checked {
    match record.committed_at(entry.index) {
        Some(committed) if committed != entry => {
            let message = format!("{node} {did} {entry} where {committed} is committed");
            broken(STATE_MACHINE_SAFETY, at, [node, record.committed.by], message)
        }
        _ => Ok(()),
    }
}

pub(crate) fn truncated(record: &Record, at: Moment, node: NodeId, from: LogIndex) -> Checked {
    let view = record.view.node(node);
    if from <= view.commit_index {
        let message = format!(
            "{node} truncated its log from {from}, but knows everything up to {} to be committed",
            view.commit_index
        );
        return broken(STATE_MACHINE_SAFETY, at, [node], message);
    }
    Ok(())
}

pub(crate) fn applied(record: &Record, at: Moment, node: NodeId, entry: EntryId) -> Checked {
    let commit_index = record.view.node(node).commit_index;
    if entry.index > commit_index {
        let message = format!("{node} applied {entry}, but knows only up to {commit_index} to be committed");
        return broken(STATE_MACHINE_SAFETY, at, [node], message);
    }
    same_entry(record, at, node, entry, "applied")
}

pub(crate) fn same_state(at: Moment, node: NodeId, entry: EntryId, first: Outcome, state: u64) -> Checked {
    if first.state == state {
        return Ok(());
    }
    let message =
        format!("{node} applied {entry} and has the state {state:016x}, but a node before it had {:016x}", first.state);
    broken(STATE_MACHINE_SAFETY, at, [node], message)
}

/// How a node came by a snapshot, as messages say it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum By {
    Taking,
    Installing,
    Recovering,
}

/// `node` holds a snapshot through `last`, of this state.
pub(crate) fn snapshot(record: &Record, at: Moment, node: NodeId, last: EntryId, state: u64, by: By) -> Checked {
    let did = match by {
        By::Taking => "took",
        By::Installing => "installed",
        By::Recovering => "recovered",
    };
    if !record.is_committed(last) {
        let committed = record.committed_at(last.index).unwrap_or(record.committed.entry);
        let message = format!("{node} {did} a snapshot to {last}, but the committed entry is {committed}");
        return broken(STATE_MACHINE_SAFETY, at, [node], message);
    }
    if matches!(by, By::Taking) && last.index > record.view.node(node).last_applied {
        let applied = record.view.node(node).last_applied;
        let message = format!("{node} took a snapshot to {last}, but has applied only up to {applied}");
        return broken(STATE_MACHINE_SAFETY, at, [node], message);
    }
    match record.outcomes.at(last.index) {
        Some(outcome) if outcome.state != state => {
            let message = format!(
                "{node} {did} a snapshot to {last} that holds the state {state:016x}, but the state there is {:016x}",
                outcome.state
            );
            broken(STATE_MACHINE_SAFETY, at, [node], message)
        }
        _ => Ok(()),
    }
}
