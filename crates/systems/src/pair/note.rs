//! The notes of the pair: of its members in its own words, of its coordinators in Raft's.

use std::fmt;

use env::{NodeSet, RequestId, Traced};
use raft_rules::RaftNote;
use raft_types::Observation;

use super::record::{Lsn, Token};

/// Something that a node of the pair has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the variants say it")]
pub enum Note {
    /// A coordinator has done this to the log of the coordinators.
    Coordinator(Observation),
    /// A member has read its log, which goes up to `last` and is `chain`.
    Recovered { last: Lsn, chain: u64 },
    /// It has added this record to its log, which is now `chain`.
    Logged { lsn: Lsn, chain: u64 },
    /// Its log is durable up to this position, where it is `chain`.
    Durable { through: Lsn, chain: u64 },
    /// It has cut its log to this position; it is now `chain`.
    Cut { to: Lsn, chain: u64 },
    /// It has applied this record; its store is now `digest`.
    Applied { lsn: Lsn, digest: u64 },
    /// It begins to serve under this token, with a log up to `last`.
    Primary { token: Token, last: Lsn },
    /// It does not serve, and has seen this token.
    Passive { seen: Token },
    /// Under this token, it takes all writes up to this position for accepted.
    Accepted { token: Token, through: Lsn },
    /// It tells a client that this request took effect, at this position.
    Acknowledged { request: RequestId, lsn: Lsn },
    /// These members are in sync, by the lease of this token, which it has written.
    InSync { members: NodeSet, token: Token },
    /// It has looked at the lease of this token, by which these members are in sync.
    SeesInSync { members: NodeSet, token: Token },
}

impl RaftNote for Note {
    fn observation(&self) -> Option<&Observation> {
        if let Note::Coordinator(observation) = self { Some(observation) } else { None }
    }
}

impl Traced for Note {
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Note::Coordinator(observation) => fmt::Display::fmt(observation, f),
            Note::Recovered { last, .. } => write!(f, "recovered its log to {last}"),
            Note::Logged { lsn, .. } => write!(f, "logged {lsn}"),
            Note::Durable { through, .. } => write!(f, "has durable all up to {through}"),
            Note::Cut { to, .. } => write!(f, "cut its log to {to}"),
            Note::Applied { lsn, digest } => write!(f, "applied {lsn} state {digest:016x}"),
            Note::Primary { token, last } => write!(f, "is primary under token {token}, log to {last}"),
            Note::Passive { seen } => write!(f, "is passive, having seen token {seen}"),
            Note::Accepted { token, through } => write!(f, "accepts all up to {through} under token {token}"),
            Note::Acknowledged { request, lsn } => write!(f, "acknowledges {request} at {lsn}"),
            Note::InSync { members, token } => write!(f, "has in sync {members} under token {token}"),
            Note::SeesInSync { members, token } => write!(f, "sees in sync {members} under token {token}"),
        }
    }
}
