//! The steps that a node reports, in the Raft paper's words, or in words of its own.

use std::fmt;

use env::{NodeId, NodeSet, RequestId, Traced, mix};

use crate::{EntryId, LogIndex, Membership, Term};

/// One step a node took, reported when it took it.
///
/// Observations are for checkers; no node reads them. They are cheap (plain values, no allocation), complete enough
/// that a checker can follow every log without seeing one, and say nothing about the cluster that a node cannot know.
/// Indices of one node's `Appended` are gapless: each is one above the last that was appended, recovered, truncated to
/// or installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Observation {
    /// The node has booted and read its files. Its log is the snapshot through `snapshot` and entries up to `last`.
    Recovered {
        /// Its current term.
        term: Term,
        /// The candidate it voted for in that term; `None` if it has not voted.
        voted_for: Option<NodeId>,
        /// The last entry its snapshot covers, `0@0` without one.
        snapshot: EntryId,
        /// The last entry of its log; equal to `snapshot` if the log holds nothing after it.
        last: EntryId,
        /// The digest of the state machine, which is as the snapshot left it.
        state: u64,
    },
    /// It follows; `leader` is its leader, if it knows one.
    BecameFollower {
        /// In this term.
        term: Term,
        /// The leader it heard from.
        leader: Option<NodeId>,
    },
    /// It asks whether it could win (thesis section 9.6); its term is unchanged.
    BecamePreCandidate {
        /// In this term.
        term: Term,
    },
    /// It stands for election.
    BecameCandidate {
        /// In this new term.
        term: Term,
    },
    /// It won and leads.
    BecameLeader {
        /// This term.
        term: Term,
        /// The last entry of its log at that moment, before it appends one of its own term.
        last: EntryId,
    },
    /// Its vote has left the node, or counts for itself: the vote binds the node from now on.
    Voted {
        /// In this term.
        term: Term,
        /// For this candidate.
        candidate: NodeId,
    },
    /// It added an entry to its log, not necessarily durably.
    Appended {
        /// The entry.
        entry: EntryId,
        /// A digest of the entry's content.
        payload: u64,
        /// The client operation it carries, if it carries one.
        request: Option<RequestId>,
    },
    /// It removed its log's entries from this index on, because they conflict with a leader's.
    Truncated {
        /// The first index that is gone.
        from: LogIndex,
    },
    /// It uses the configuration at this index of its log, from now on (section 6: the latest in the log, committed or
    /// not). Reported at boot, when an entry is appended, and when a truncation brings an older one back.
    Configured {
        /// The index of the configuration's entry; 0 for the configuration that the cluster began with.
        index: LogIndex,
        /// The voters and learners.
        membership: Membership,
    },
    /// It knows everything up to this entry to be committed.
    Committed {
        /// Its commit index and that entry's term.
        entry: EntryId,
    },
    /// It applied an entry to its state machine.
    Applied {
        /// The entry.
        entry: EntryId,
        /// The digest of the state machine after it.
        state: u64,
        /// The client operation it carried, if it carried one.
        request: Option<RequestId>,
        /// True if the operation was executed: false for a retry that had been executed before, a refused one, or none.
        executed: bool,
    },
    /// It has a durable snapshot of its state machine through this entry.
    SnapshotTaken {
        /// The last entry it covers.
        last: EntryId,
        /// The digest of the state it holds.
        state: u64,
    },
    /// It replaced its state machine by a leader's snapshot.
    SnapshotInstalled {
        /// The last entry it covers.
        last: EntryId,
        /// The digest of the state machine after it.
        state: u64,
        /// True if the log behind the snapshot was kept, since it held the snapshot's last entry. If false, the log is
        /// empty.
        log_kept: bool,
    },
    /// It dropped its log's entries up to this index: its snapshot covers them.
    Compacted {
        /// The last index that is gone.
        through: LogIndex,
    },
    /// It tells a client that a write took effect.
    WriteAcknowledged {
        /// The client's operation.
        request: RequestId,
        /// The entry that carried it; of a retry, `None` where the node no longer knows.
        entry: Option<EntryId>,
    },
    /// It answers a linearizable read.
    ReadServed {
        /// The client's operation.
        request: RequestId,
        /// The state it reads from includes every entry up to here.
        applied: LogIndex,
    },
    /// As leader, it asks this node to take over (thesis section 3.10).
    TransferStarted {
        /// The node that is to lead.
        to: NodeId,
    },
    /// It gave up handing over leadership and serves again.
    TransferAborted {
        /// The node that did not take over.
        to: NodeId,
    },
    /// A step that the paper has no word for, for the checker that the node's system brings along.
    Noted {
        /// The step, in the system's own words.
        what: &'static str,
        /// The number that belongs to these words.
        number: u64,
        /// A second number, 0 if there is none.
        of: u64,
    },
}

impl fmt::Display for Observation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Observation::Recovered { term, voted_for, snapshot, last, .. } => {
                write!(f, "recovered term {term}, vote ")?;
                match voted_for {
                    Some(node) => node.fmt(f)?,
                    None => f.write_str("none")?,
                }
                write!(f, ", snapshot {snapshot}, log to {last}")
            }
            Observation::BecameFollower { term, leader: Some(leader) } => {
                write!(f, "follows {leader} in term {term}")
            }
            Observation::BecameFollower { term, leader: None } => write!(f, "follows no one in term {term}"),
            Observation::BecamePreCandidate { term } => write!(f, "pre-candidate in term {term}"),
            Observation::BecameCandidate { term } => write!(f, "candidate in term {term}"),
            Observation::BecameLeader { term, last } => write!(f, "leads term {term}, log to {last}"),
            Observation::Voted { term, candidate } => write!(f, "voted for {candidate} in term {term}"),
            Observation::Appended { entry, request: Some(request), .. } => write!(f, "appended {entry} ({request})"),
            Observation::Appended { entry, request: None, .. } => write!(f, "appended {entry}"),
            Observation::Truncated { from } => write!(f, "truncated from {from}"),
            Observation::Configured { index, membership } => write!(f, "configured {membership} at {index}"),
            Observation::Committed { entry } => write!(f, "committed {entry}"),
            Observation::Applied { entry, state, request, executed } => {
                write!(f, "applied {entry}")?;
                if let Some(request) = request {
                    write!(f, " ({request}{})", if *executed { "" } else { ", not executed" })?;
                }
                write!(f, " state {state:016x}")
            }
            Observation::SnapshotTaken { last, .. } => write!(f, "took snapshot to {last}"),
            Observation::SnapshotInstalled { last, log_kept, .. } => {
                write!(f, "installed snapshot to {last}{}", if *log_kept { ", log kept" } else { "" })
            }
            Observation::Compacted { through } => write!(f, "compacted through {through}"),
            Observation::WriteAcknowledged { request, entry: Some(entry) } => {
                write!(f, "acknowledged {request} at {entry}")
            }
            Observation::WriteAcknowledged { request, entry: None } => write!(f, "acknowledged {request} again"),
            Observation::ReadServed { request, applied } => write!(f, "served read {request} at {applied}"),
            Observation::TransferStarted { to } => write!(f, "asks {to} to lead"),
            Observation::TransferAborted { to } => write!(f, "gave up handing over to {to}"),
            Observation::Noted { what, number, of: 0 } => write!(f, "{what} {number}"),
            Observation::Noted { what, number, of } => write!(f, "{what} {number} of {of}"),
        }
    }
}

impl Traced for Observation {
    fn digest(&self) -> u64 {
        let [one, two] = words(self);
        mix(one, two)
    }

    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// An observation in two words, equal for equal observations.
fn words(observation: &Observation) -> [u64; 2] {
    let tag = |tag: u64| tag << 58;
    match *observation {
        Observation::Recovered { term, voted_for, snapshot, last, state } => {
            let logs = mix(mix(snapshot.index.0, snapshot.term.0), mix(last.index.0, last.term.0));
            [tag(1) ^ mix(term.0, node(voted_for)), mix(logs, state)]
        }
        Observation::BecameFollower { term, leader } => [tag(2) ^ term.0, node(leader)],
        Observation::BecamePreCandidate { term } => [tag(3) ^ term.0, 0],
        Observation::BecameCandidate { term } => [tag(4) ^ term.0, 0],
        Observation::BecameLeader { term, last } => [tag(5) ^ term.0, mix(last.index.0, last.term.0)],
        Observation::Voted { term, candidate } => [tag(6) ^ term.0, node(Some(candidate))],
        Observation::Appended { entry, payload, request: carried } => {
            [tag(7) ^ entry.index.0 ^ entry.term.0 << 32, payload ^ request(carried)]
        }
        Observation::Truncated { from } => [tag(8) ^ from.0, 0],
        Observation::Configured { index, membership } => [tag(9) ^ index.0, configuration(&membership)],
        Observation::Committed { entry } => [tag(10) ^ entry.index.0, entry.term.0],
        Observation::Applied { entry, state, request: carried, executed } => {
            [tag(11) ^ entry.index.0 ^ entry.term.0 << 32 ^ u64::from(executed) << 57, state ^ request(carried)]
        }
        Observation::SnapshotTaken { last, state } => [tag(12) ^ last.index.0 ^ last.term.0 << 32, state],
        Observation::SnapshotInstalled { last, state, log_kept } => {
            [tag(13) ^ last.index.0 ^ last.term.0 << 32 ^ u64::from(log_kept) << 57, state]
        }
        Observation::Compacted { through } => [tag(14) ^ through.0, 0],
        Observation::WriteAcknowledged { request: id, entry } => {
            let entry = entry.map_or(0, |entry| entry.index.0 ^ entry.term.0 << 32);
            [tag(15) ^ request(Some(id)), entry]
        }
        Observation::ReadServed { request: id, applied } => [tag(16) ^ request(Some(id)), applied.0],
        Observation::TransferStarted { to } => [tag(17), node(Some(to))],
        Observation::TransferAborted { to } => [tag(18), node(Some(to))],
        Observation::Noted { what, number, of } => {
            [tag(19) ^ what.bytes().fold(0, |hash, byte| mix(hash, byte.into())), mix(number, of)]
        }
    }
}

fn node(node: Option<NodeId>) -> u64 {
    node.map_or(0, |node| node.0.into())
}

fn request(request: Option<RequestId>) -> u64 {
    request.map_or(0, |request| (u64::from(request.client.0) << 40).wrapping_add(request.seq).rotate_left(17))
}

fn configuration(membership: &Membership) -> u64 {
    let set = |hash, nodes: NodeSet| nodes.iter().fold(mix(hash, 0), |hash, node| mix(hash, node.0.into()));
    set(set(set(0, membership.voters), membership.outgoing), membership.learners)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn observations_differ_by_what_they_say() {
        let (entry, state) = (EntryId::new(12, 7), 5);
        let applied = |executed| Observation::Applied { entry, state, request: None, executed }.digest();
        assert_ne!(applied(true), applied(false));
        assert_ne!(Observation::SnapshotTaken { last: entry, state }.digest(), applied(false));
        let committed = |index, term| Observation::Committed { entry: EntryId::new(index, term) }.digest();
        assert_ne!(committed(12, 7), committed(7, 12));
    }
}
