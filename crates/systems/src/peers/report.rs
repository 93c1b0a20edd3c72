//! The report of a run: the result of each peer, and the error of a failed one.

use std::fmt;
use std::time::Duration;

use env::{NodeId, Reader, Wire, WireError};
use serde::{Deserialize, Serialize};

use super::catalogue::Counts;
use crate::lists;
use crate::plain::{Listed, Plain};

/// Why nothing was added from a peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PullError {
    /// It has not answered.
    NoAnswer {
        /// The time that it had to answer.
        within: Duration,
    },
    /// It has answered, and then no more.
    Stopped {
        /// So many pages came.
        pages: u64,
        /// Of so many.
        of: u64,
    },
    /// Its answer cannot be read.
    Unreadable(WireError),
    /// Its answer contradicts itself.
    Inconsistent(String),
    /// It refuses to be pulled.
    Refused(String),
}

impl fmt::Display for PullError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PullError::NoAnswer { within } => write!(f, "unreachable: no answer within {} ms", within.as_millis()),
            PullError::Stopped { pages, of } => write!(f, "died half-way: {pages} of {of} pages came"),
            PullError::Unreadable(error) => write!(f, "unreadable catalogue: {error}"),
            PullError::Inconsistent(how) => write!(f, "inconsistent catalogue: {how}"),
            PullError::Refused(why) => write!(f, "refused: {why}"),
        }
    }
}

/// The result of one peer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct PeerResult {
    pub peer: NodeId,
    pub success: bool,
    /// Why it failed; empty if it did not.
    pub error: String,
    /// The number of entries that were new and are in the catalogue now; 0 on failure.
    pub organizations_added: u64,
    pub peers_added: u64,
    pub orderers_added: u64,
}

impl PeerResult {
    pub(crate) fn new(peer: NodeId, pulled: &Result<Counts, PullError>) -> PeerResult {
        let added = pulled.as_ref().copied().unwrap_or_default();
        PeerResult {
            peer,
            success: pulled.is_ok(),
            error: pulled.as_ref().err().map(PullError::to_string).unwrap_or_default(),
            organizations_added: added.organizations,
            peers_added: added.peers,
            orderers_added: added.orderers,
        }
    }

    /// The counts of the entries that were added.
    pub fn added(&self) -> Counts {
        Counts { organizations: self.organizations_added, peers: self.peers_added, orderers: self.orderers_added }
    }
}

/// The report of a run over peers: one result for each peer that was tried, in order, and the sums over the successes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncReport {
    /// Peer by peer, in the order in which they were tried.
    pub results: Vec<PeerResult>,
    /// The sums over those that succeeded.
    pub totals: Counts,
}

impl SyncReport {
    pub(crate) fn add(&mut self, result: PeerResult) {
        self.totals += result.added();
        self.results.push(result);
    }

    /// The peers that failed, with the reasons.
    pub fn failed(&self) -> impl Iterator<Item = (NodeId, &str)> {
        self.results.iter().filter(|result| !result.success).map(|result| (result.peer, result.error.as_str()))
    }
}

impl fmt::Display for PeerResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let PeerResult { peer, success, error, .. } = self;
        if *success { write!(f, "{peer} added {}", self.added()) } else { write!(f, "{peer} {}", Plain(error)) }
    }
}

impl fmt::Display for SyncReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; in all {}", Listed(&self.results), self.totals)
    }
}

impl Wire for PeerResult {
    fn to_wire(&self, into: &mut Vec<u8>) {
        self.peer.to_wire(into);
        self.success.to_wire(into);
        self.error.to_wire(into);
        self.added().to_wire(into);
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<PeerResult, WireError> {
        let (peer, success, error) = (Wire::read_wire(reader)?, Wire::read_wire(reader)?, Wire::read_wire(reader)?);
        let Counts { organizations, peers, orderers } = Wire::read_wire(reader)?;
        Ok(PeerResult {
            peer,
            success,
            error,
            organizations_added: organizations,
            peers_added: peers,
            orderers_added: orderers,
        })
    }
}

impl Wire for SyncReport {
    fn to_wire(&self, into: &mut Vec<u8>) {
        lists::to_wire(&self.results, into);
        self.totals.to_wire(into);
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<SyncReport, WireError> {
        Ok(SyncReport { results: lists::read_wire(reader, 6, "results")?, totals: Wire::read_wire(reader)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_reasons_read_alike() {
        let within = Duration::from_millis(300);
        let errors = [
            PullError::NoAnswer { within },
            PullError::Stopped { pages: 1, of: 3 },
            PullError::Unreadable(WireError::Truncated { at: 0, what: "page" }),
            PullError::Inconsistent("an entry came twice".into()),
            PullError::Refused("not now".into()),
        ];
        let beginnings = errors.map(|error| error.to_string().split(':').next().unwrap_or_default().to_owned());
        assert_eq!(
            beginnings,
            ["unreachable", "died half-way", "unreadable catalogue", "inconsistent catalogue", "refused"]
        );
    }
}
