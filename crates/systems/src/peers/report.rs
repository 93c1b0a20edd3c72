//! The report of a run: the result of each peer, and the error of a failed one.

use std::fmt;
use std::time::Duration;

use env::{NodeId, WireError};
use kv_types::Output;

use super::catalogue::Counts;
use crate::text::{fields, read_fields};

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
#[derive(Clone, Debug, PartialEq, Eq)]
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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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

    /// As a node answers it: a line for each peer, and one for the totals.
    pub(crate) fn write(&self) -> String {
        let counts = |Counts { organizations, peers, orderers }: Counts| {
            format!("organizations={organizations};peers={peers};orderers={orderers}")
        };
        let line = |result: &PeerResult| {
            let (peer, success) = (result.peer.to_string(), result.success.to_string());
            let head = fields([("peer", peer.as_str()), ("success", &success), ("error", &result.error)]);
            format!("{head};{}\n", counts(result.added()))
        };
        self.results.iter().map(line).collect::<String>() + &counts(self.totals)
    }

    /// The report that a client was answered with; `None` if this is no such answer. The totals are those of the
    /// answer, right or wrong.
    pub fn read(answer: &Output) -> Option<SyncReport> {
        let Output::Value(Some(text)) = answer else { return None };
        let mut lines: Vec<Vec<(String, String)>> =
            std::str::from_utf8(text).ok()?.lines().map(|line| read_fields(line, ';')).collect::<Option<_>>()?;
        let totals = counts(&lines.pop()?)?;
        let results = lines.iter().map(|line| {
            let [(peer_key, peer), (success_key, success), (error_key, error), rest @ ..] = &line[..] else {
                return None;
            };
            let added = counts(rest)?;
            let keys_are_right =
                (peer_key.as_str(), success_key.as_str(), error_key.as_str()) == ("peer", "success", "error");
            keys_are_right.then_some(())?;
            Some(PeerResult {
                peer: NodeId(peer.strip_prefix('n')?.parse().ok()?),
                success: success.parse().ok()?,
                error: error.clone(),
                organizations_added: added.organizations,
                peers_added: added.peers,
                orderers_added: added.orderers,
            })
        });
        Some(SyncReport { results: results.collect::<Option<_>>()?, totals })
    }
}

fn counts(fields: &[(String, String)]) -> Option<Counts> {
    let [(first, organizations), (second, peers), (third, orderers)] = fields else { return None };
    if (first.as_str(), second.as_str(), third.as_str()) != ("organizations", "peers", "orderers") {
        return None;
    }
    let (organizations, peers, orderers) = (organizations.parse().ok()?, peers.parse().ok()?, orderers.parse().ok()?);
    Some(Counts { organizations, peers, orderers })
}

#[cfg(test)]
mod tests {
    use env::Bytes;

    use super::*;

    #[test]
    fn a_report_is_read_back_as_it_was_written() {
        let mut report = SyncReport::default();
        let within = Duration::from_millis(300);
        report.add(PeerResult::new(NodeId(2), &Err(PullError::NoAnswer { within })));
        report.add(PeerResult::new(NodeId(3), &Ok(Counts { organizations: 2, peers: 5, orderers: 0 })));
        report.add(PeerResult::new(NodeId(4), &Ok(Counts { organizations: 1, peers: 3, orderers: 0 })));
        let written = report.write();
        assert_eq!(
            written,
            "peer=n2;success=false;error=unreachable: no answer within 300 ms;organizations=0;peers=0;orderers=0\n\
             peer=n3;success=true;error=;organizations=2;peers=5;orderers=0\n\
             peer=n4;success=true;error=;organizations=1;peers=3;orderers=0\n\
             organizations=3;peers=8;orderers=0"
        );
        assert_eq!(SyncReport::read(&Output::Value(Some(Bytes::from(&*written)))), Some(report));
    }

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
