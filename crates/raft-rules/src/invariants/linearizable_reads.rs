//! Linearizable Reads: a read must not return stale data (thesis section 6.4). Its state includes every write that a
//! client knew to have taken effect before the read was invoked, and everything that a read which ended before has
//! shown.
//!
//! In indices: a read is served from an applied index no lower than any that a completed operation has shown. An
//! operation completes when its client is told, not when the node answers: operations that overlap may be ordered
//! either way. This invariant judges the prefix of the log that a read was answered from; the linearizability of the
//! history judges whether the value is that prefix's value.

use env::{NodeId, RequestId};
use raft_types::LogIndex;

use crate::invariants::LINEARIZABLE_READS;
use crate::invariants::acknowledged_writes::executed_at;
use crate::record::Record;
use crate::requests::{Outstanding, Shown};
use sim::{Checked, broken};
use sim::{Moment, Violation};

#[derive(Clone, Debug, Default)]
pub(crate) struct LinearizableReads {
    shown: Shown,
}

impl LinearizableReads {
    pub(crate) fn invoked(&self, record: &mut Record, request: RequestId, is_read: bool) {
        let outstanding = Outstanding { seq: request.seq, is_read, floor: self.shown, served: None };
        record.requests.client_mut(request.client).outstanding = Some(outstanding);
    }

    pub(crate) fn served(
        &self,
        record: &mut Record,
        at: Moment,
        node: NodeId,
        request: RequestId,
        applied: LogIndex,
    ) -> Checked {
        let has_applied = record.view.node(node).last_applied;
        if applied > has_applied {
            let message = format!("{node} served {request} from {applied}, but has applied only up to {has_applied}");
            return broken(LINEARIZABLE_READS, at, [node], message);
        }
        let client = record.requests.client_mut(request.client);
        // An answer to an operation that its client no longer waits for will be ignored.
        let Some(read) = client.outstanding.as_mut().filter(|read| read.seq == request.seq) else { return Ok(()) };
        let floor = read.floor;
        if applied < floor.index {
            let what = if floor.was_read { "a read" } else { "a write" };
            let by = floor.by.map(|by| by.to_string()).unwrap_or_default();
            let message = format!(
                "{node} served {request} from {applied}, but {what} ({by}) had shown {} before it was invoked",
                floor.index
            );
            // Its client does not know of it yet.
            return broken(LINEARIZABLE_READS, at, [node], message)
                .map_err(|violation| Box::new(Violation { awaits: Some(request), ..*violation }));
        }
        // The client takes one of several answers, so only the lowest index has surely been shown to it.
        read.served = Some(read.served.map_or(applied, |served| served.min(applied)));
        Ok(())
    }

    /// The client of `request` was answered; it is outstanding no longer.
    pub(crate) fn completed(&mut self, record: &Record, request: RequestId, outstanding: &Outstanding) {
        let index = outstanding.served.or_else(|| executed_at(record, request)).unwrap_or_default();
        if index > self.shown.index {
            self.shown = Shown { index, by: Some(request), was_read: outstanding.is_read };
        }
    }
}
