//! Log Matching: if two logs contain an entry with the same index and term, then the logs are identical in all entries
//! up through the given index (paper figure 3, section 5.3).
//!
//! With it go the facts it rests on: a log has no gap, its terms do not decrease, and an entry is created by its term's
//! leader alone.

use env::{NodeId, RequestId, mix};
use raft_types::{EntryId, LogIndex};

use crate::Role;
use crate::invariants::LOG_MATCHING;
use crate::logs::Misfit;
use crate::record::Record;
use sim::Moment;
use sim::{Checked, broken};

pub(crate) fn appended(
    record: &mut Record,
    at: Moment,
    node: NodeId,
    entry: EntryId,
    payload: u64,
    request: Option<RequestId>,
) -> Checked {
    let view = record.view.node(node);
    let last = view.last;
    let by_its_leader = view.role == Role::Leader && view.term == entry.term;
    let content = match request {
        Some(request) => mix(mix(payload, u64::from(request.client.0)), request.seq),
        None => payload,
    };
    record.logs.append(last, entry, content, by_its_leader).or_else(|misfit| refused(at, node, last, entry, misfit))
}

#[cold]
fn refused(at: Moment, node: NodeId, last: EntryId, entry: EntryId, misfit: Misfit) -> Checked {
    let broken = |message| broken(LOG_MATCHING, at, [node], message);
    match misfit {
        Misfit::Gap => broken(format!("{node} appended {entry} behind {last}")),
        Misfit::TermDecreases => {
            broken(format!("{node} appended {entry} behind {last}, but the terms of a log never decrease"))
        }
        Misfit::OtherPrev(prev) => {
            broken(format!("{node} holds {entry} behind {last}, but others hold it behind {prev}"))
        }
        Misfit::OtherContent => {
            broken(format!("{node} appended {entry} with other content than another node's {entry}"))
        }
        Misfit::Unheard => broken(format!("{node} appended {entry}, which no leader of that term ever did")),
    }
}

/// A leader's log is the log that it was seen to append.
pub(crate) fn leads(record: &Record, at: Moment, node: NodeId, last: EntryId) -> Checked {
    let seen = record.view.node(node).last;
    if last != seen {
        let message = format!("{node} leads with a log to {last}, but was seen to hold one to {seen}");
        return broken(LOG_MATCHING, at, [node], message);
    }
    Ok(())
}

pub(crate) fn recovered(record: &Record, at: Moment, node: NodeId, snapshot: EntryId, last: EntryId) -> Checked {
    if last.index < snapshot.index || !record.logs.holds(last, snapshot) {
        let message = format!("{node} recovered a log to {last} that does not hold its snapshot's {snapshot}");
        return broken(LOG_MATCHING, at, [node], message);
    }
    if !record.logs.knows(last) {
        let message = format!("{node} recovered {last}, which no node ever appended");
        return broken(LOG_MATCHING, at, [node], message);
    }
    Ok(())
}

pub(crate) fn installed(record: &Record, at: Moment, node: NodeId, snapshot: EntryId, log_kept: bool) -> Checked {
    let last = record.view.node(node).last;
    if log_kept && !record.logs.holds(last, snapshot) {
        let found = record.logs.entry_at(last, snapshot.index).unwrap_or(last);
        let message = format!("{node} kept its log behind a snapshot to {snapshot}, but holds {found} there");
        return broken(LOG_MATCHING, at, [node], message);
    }
    Ok(())
}

pub(crate) fn truncated(record: &Record, at: Moment, node: NodeId, from: LogIndex) -> Checked {
    let last = record.view.node(node).last;
    if from == LogIndex(0) || from > last.index.next() {
        let message = format!("{node} truncated its log from {from}, but it ends at {last}");
        return broken(LOG_MATCHING, at, [node], message);
    }
    Ok(())
}
