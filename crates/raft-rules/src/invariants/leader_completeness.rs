//! Leader Completeness: if a log entry is committed in a given term, then that entry will be present in the logs of the
//! leaders for all higher-numbered terms (paper figure 3, section 5.4).
//!
//! Judged when a leader is elected, against the highest entry known to be committed in an earlier term, and when an
//! entry is committed while a leader of a later term exists already. A deposed leader that does not know it is not
//! judged by entries committed after its term. And section 5.4.2: a leader commits by counting replicas only entries of
//! its own term.

use env::NodeId;
use raft_types::{EntryId, Term};

use crate::Role;
use crate::invariants::LEADER_COMPLETENESS;
use crate::record::Record;
use sim::Moment;
use sim::{Checked, broken};

pub(crate) fn leads(record: &Record, at: Moment, node: NodeId, term: Term, last: EntryId) -> Checked {
    let committed = record.committed;
    if term > committed.in_term && !record.logs.holds(last, committed.entry) {
        let message = format!(
            "{node} leads term {term} with a log to {last}, without {}, which {} committed in term {}",
            committed.entry, committed.by, committed.in_term
        );
        return broken(LEADER_COMPLETENESS, at, [node, committed.by], message);
    }
    Ok(())
}

/// `entry` is about to become the highest committed one.
pub(crate) fn committed(record: &Record, at: Moment, node: NodeId, entry: EntryId) -> Checked {
    let view = record.view.node(node);
    if view.role == Role::Leader && entry.term != view.term {
        let message = format!(
            "{node} leads term {} and committed {entry} by counting replicas: entries of earlier terms are committed only \
             by one of its own",
            view.term
        );
        return broken(LEADER_COMPLETENESS, at, [node], message);
    }
    let Some(leader) = record.view.leader() else { return Ok(()) };
    let leads = record.view.node(leader);
    if leads.term > view.term && !record.logs.holds(leads.last, entry) {
        let message = format!(
            "{node} committed {entry} in term {}, but {leader} leads term {} already and does not hold it",
            view.term, leads.term
        );
        return broken(LEADER_COMPLETENESS, at, [node, leader], message);
    }
    Ok(())
}
