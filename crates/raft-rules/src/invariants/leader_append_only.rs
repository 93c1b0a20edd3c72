//! Leader Append-Only: a leader never overwrites or deletes entries in its log; it only appends new entries (paper
//! figure 3, section 5.3). New ones are of its own term.

use env::NodeId;
use raft_types::{EntryId, LogIndex};

use crate::Role;
use crate::invariants::LEADER_APPEND_ONLY;
use crate::record::Record;
use sim::Moment;
use sim::{Checked, broken};

pub(crate) fn appended(record: &Record, at: Moment, node: NodeId, entry: EntryId) -> Checked {
    let view = record.view.node(node);
    if view.role == Role::Leader && entry.term != view.term {
        let message = format!("{node} leads term {} and appended {entry}, which is not of its term", view.term);
        return broken(LEADER_APPEND_ONLY, at, [node], message);
    }
    Ok(())
}

pub(crate) fn truncated(record: &Record, at: Moment, node: NodeId, from: LogIndex) -> Checked {
    let view = record.view.node(node);
    if view.role == Role::Leader {
        let message =
            format!("{node} leads term {} and truncated its log from {from}, which ended at {}", view.term, view.last);
        return broken(LEADER_APPEND_ONLY, at, [node], message);
    }
    Ok(())
}

pub(crate) fn installed(record: &Record, at: Moment, node: NodeId, last: EntryId) -> Checked {
    let view = record.view.node(node);
    if view.role == Role::Leader {
        let message = format!("{node} leads term {} and installed another's snapshot to {last}", view.term);
        return broken(LEADER_APPEND_ONLY, at, [node], message);
    }
    Ok(())
}
