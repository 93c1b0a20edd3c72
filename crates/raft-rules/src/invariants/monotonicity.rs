//! Monotonicity: a server's current term, commit index and applied index increase (paper figure 2: "increases
//! monotonically" of all three).
//!
//! Judged from one boot to the next. A restart begins again from the files: commit and applied index at the snapshot,
//! and a term no lower than the durable one, which Durability judges.

use env::NodeId;
use raft_types::{EntryId, Term};

use crate::invariants::MONOTONICITY;
use crate::record::Record;
use sim::Moment;
use sim::{Checked, broken};

pub(crate) fn term(record: &Record, at: Moment, node: NodeId, term: Term) -> Checked {
    let before = record.view.node(node).term;
    if term < before {
        let message = format!("{node} went back from term {before} to term {term}");
        return broken(MONOTONICITY, at, [node], message);
    }
    Ok(())
}

pub(crate) fn committed(record: &Record, at: Moment, node: NodeId, entry: EntryId) -> Checked {
    let before = record.view.node(node).commit_index;
    if entry.index < before {
        let message = format!("{node}'s commit index went back from {before} to {}", entry.index);
        return broken(MONOTONICITY, at, [node], message);
    }
    Ok(())
}

pub(crate) fn applied(record: &Record, at: Moment, node: NodeId, entry: EntryId) -> Checked {
    let before = record.view.node(node).last_applied;
    if entry.index != before.next() {
        let message = format!("{node} applied {entry} after it had applied up to {before}");
        return broken(MONOTONICITY, at, [node], message);
    }
    Ok(())
}

pub(crate) fn installed(record: &Record, at: Moment, node: NodeId, last: EntryId) -> Checked {
    let before = record.view.node(node).last_applied;
    if last.index < before {
        let message = format!("{node} installed a snapshot to {last} after it had applied up to {before}");
        return broken(MONOTONICITY, at, [node], message);
    }
    Ok(())
}
