//! One Vote a Term: a server votes for at most one candidate in a given term (paper section 5.2), crashes or not, since
//! `votedFor` is persistent (figure 2).
//!
//! A vote counts from when it leaves the node, or counts for the node itself. A vote that was written and never
//! released does not bind.

use env::NodeId;
use raft_types::Term;

use crate::invariants::ONE_VOTE_A_TERM;
use crate::record::Record;
use sim::Moment;
use sim::{Checked, broken};

pub(crate) fn voted(record: &mut Record, at: Moment, node: NodeId, term: Term, candidate: NodeId) -> Checked {
    let vote = &mut record.disk_mut(node).vote;
    match *vote {
        Some((last, first)) if last == term && first != candidate => broken(
            ONE_VOTE_A_TERM,
            at,
            [node, first, candidate],
            format!("{node} voted for {first} and for {candidate} in term {term}"),
        ),
        // Votes of two terms may become durable together and be released in either order.
        Some((last, _)) if last > term => Ok(()),
        _ => {
            *vote = Some((term, candidate));
            Ok(())
        }
    }
}
