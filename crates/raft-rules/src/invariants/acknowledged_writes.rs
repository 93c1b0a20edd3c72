//! No Acknowledged Write Lost: an acknowledged write stands in a committed entry, was executed, and stays so (paper
//! sections 5.3 and 8).
//!
//! It stays by Leader Completeness and State Machine Safety, as long as a majority remembers it. The majority is looked
//! at when the run ends, and when a node boots whose disk a fault had destroyed: it should have refused.

use env::{NodeId, RequestId};
use raft_types::{EntryId, LogIndex};

use crate::invariants::NO_ACKNOWLEDGED_WRITE_LOST;
use crate::record::Record;
use crate::requests::Execution;
use sim::Moment;
use sim::{Checked, broken};

/// The acknowledged write that stands highest in the log.
#[derive(Clone, Debug, Default)]
pub(crate) struct AcknowledgedWrites {
    highest: Option<(EntryId, RequestId)>,
}

impl AcknowledgedWrites {
    /// `node` tells the client of `request` that it took effect, at `entry` if it still knows.
    pub(crate) fn acknowledged(
        &mut self,
        record: &Record,
        at: Moment,
        node: NodeId,
        request: RequestId,
        entry: Option<EntryId>,
    ) -> Checked {
        let broken = |message| broken(NO_ACKNOWLEDGED_WRITE_LOST, at, [node], message);
        if let Some(entry) = entry {
            if !record.is_committed(entry) {
                let committed = record.committed_at(entry.index).unwrap_or(record.committed.entry);
                return broken(format!(
                    "{node} acknowledged {request} at {entry}, but the committed entry is {committed}"
                ));
            }
            if record.outcomes.at(entry.index).is_some_and(|outcome| !outcome.is_of(request)) {
                return broken(format!("{node} acknowledged {request} at {entry}, which carries another operation"));
            }
        }
        let executed = match record.requests.execution(request) {
            Execution::Never | Execution::Failed => {
                return broken(format!("{node} acknowledged {request}, which no node has executed"));
            }
            Execution::At(index) => record.committed_at(index),
            Execution::LongAgo => None,
        };
        if let Some(executed) = executed
            && self.highest.is_none_or(|(highest, _)| highest.index < executed.index)
        {
            self.highest = Some((executed, request));
        }
        Ok(())
    }

    /// The client of `request`, a write, was told that it took place.
    pub(crate) fn completed(&self, record: &Record, at: Moment, request: RequestId) -> Checked {
        match record.requests.execution(request) {
            Execution::Never | Execution::Failed => broken(
                NO_ACKNOWLEDGED_WRITE_LOST,
                at,
                [],
                format!("{request} completed as ok, but no node has executed it"),
            ),
            Execution::At(_) | Execution::LongAgo => Ok(()),
        }
    }

    /// The highest acknowledged write is still where no election can pass it over: the voters that do not hold it
    /// durably are no quorum. Looked at when the run is over, and when a node comes back that a fault had excused from
    /// its memory.
    pub(crate) fn stay(&self, record: &Record, at: Moment) -> Checked {
        let Some((entry, request)) = self.highest else { return Ok(()) };
        let membership = record.view.membership();
        let voters = membership.all_voters();
        let without = voters.difference(record.durable_on(voters, entry));
        if membership.has_quorum(without) {
            let message = format!(
                "{request} was acknowledged at {entry}, but {without} do not hold it durably and are a quorum of {membership}"
            );
            return broken(NO_ACKNOWLEDGED_WRITE_LOST, at, without.iter(), message);
        }
        Ok(())
    }
}

/// The index at which `request` was executed, as far as it is known.
pub(crate) fn executed_at(record: &Record, request: RequestId) -> Option<LogIndex> {
    match record.requests.execution(request) {
        Execution::At(index) => Some(index),
        Execution::Never | Execution::LongAgo | Execution::Failed => None,
    }
}
