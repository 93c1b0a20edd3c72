//! What a node says it did, in the Raft paper's words, or in words of its own.

use std::fmt;

use crate::{EntryId, LogIndex, Membership, NodeId, RequestId, Term};

/// One step a node took, reported when it took it.
///
/// Observations are for whoever watches; no node reads them. They are cheap (plain values, no allocation), complete
/// enough that a checker can follow every log without seeing one, and say nothing about the cluster that a node cannot
/// know. Indices of one node's `Appended` are gapless: each is one above the last that was appended, recovered,
/// truncated to or installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Observation {
    /// The node has booted and read its files. Its log is the snapshot through `snapshot` and entries up to `last`.
    Recovered {
        /// Its current term.
        term: Term,
        /// Whom it voted for in that term.
        voted_for: Option<NodeId>,
        /// The last entry its snapshot covers, `0@0` without one.
        snapshot: EntryId,
        /// The last entry of its log; equal to `snapshot` if the log holds nothing after it.
        last: EntryId,
        /// The digest of the state machine, which is as the snapshot left it.
        state: u64,
    },
    /// It follows, of `leader` if it knows one.
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
    /// Its vote has left the node, or counts for itself: from now on it is bound by it.
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
        /// A digest of what the entry holds.
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
        /// Where the configuration stands; 0 if it is the one the cluster began with.
        index: LogIndex,
        /// Who votes.
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
        /// Whether the operation was executed: false for a retry that had been executed before, a refused one, or none.
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
        /// Whether the log behind the snapshot was kept (it held the snapshot's last entry); if not, the log is empty.
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
    /// Something that the paper has no word for, for the judge that the node's system brings along.
    Noted {
        /// What, in the system's own words.
        what: &'static str,
        /// Of which number; what that counts goes with the words.
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
