//! Exactly Once: a client's operation is executed at one index at most, however often it is retried (paper section 8,
//! thesis section 6.3), on all nodes alike; and not at all if its client was told that it never would be.

use env::{NodeId, RequestId};
use raft_types::EntryId;

use crate::invariants::EXACTLY_ONCE;
use crate::outcomes::Outcome;
use crate::record::Record;
use crate::requests::Execution;
use sim::Moment;
use sim::{Checked, broken};

/// `node` is the first to apply `entry`, as far as is remembered, and has executed `request`.
pub(crate) fn executed(record: &mut Record, at: Moment, node: NodeId, entry: EntryId, request: RequestId) -> Checked {
    let is_forgotten = record.outcomes.is_forgotten(entry.index);
    let client = record.requests.client_mut(request.client);
    let broken = |message| broken(EXACTLY_ONCE, at, [node], message);
    match client.execution(request.seq) {
        Execution::Never => {
            client.executed(request.seq, entry.index);
            Ok(())
        }
        // Another node may have executed it there before, and that has been forgotten.
        _ if is_forgotten => Ok(()),
        Execution::At(index) => {
            broken(format!("{node} executed {request} at {entry}, which was executed at {index} already"))
        }
        Execution::LongAgo => broken(format!("{node} executed {request} at {entry}, which was executed long ago")),
        Execution::Failed => {
            broken(format!("{node} executed {request} at {entry}, but its client was told that it had failed"))
        }
    }
}

/// `node` applies `entry` as another node has before.
pub(crate) fn same(at: Moment, node: NodeId, entry: EntryId, first: Outcome, again: Outcome) -> Checked {
    if first.is_executed() == again.is_executed() {
        return Ok(());
    }
    let did = if again.is_executed() { "executed" } else { "did not execute" };
    let message = format!("{node} {did} the operation at {entry}, unlike a node before it");
    broken(EXACTLY_ONCE, at, [node], message)
}

/// The client of `request`, a write, was told that it did not and will not take place.
pub(crate) fn failed(record: &mut Record, at: Moment, request: RequestId) -> Checked {
    let client = record.requests.client_mut(request.client);
    let broken = |message| broken(EXACTLY_ONCE, at, [], message);
    match client.execution(request.seq) {
        Execution::Never | Execution::Failed => {
            client.failed(request.seq);
            Ok(())
        }
        Execution::At(index) => broken(format!("{request} completed as failed, but was executed at {index}")),
        Execution::LongAgo => broken(format!("{request} completed as failed, but was executed long ago")),
    }
}
