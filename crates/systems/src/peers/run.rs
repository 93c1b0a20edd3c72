//! A run of the puller over peers, as far as it has come.

use std::collections::VecDeque;
use std::time::Duration;

use env::{Instant, NodeId, NodeSet, RequestId};
use parts::Answer;

use super::catalogue::Counts;
use super::message::Pulling;
use super::output::Output;
use super::page::Pulled;
use super::report::{PeerResult, PullError, SyncReport};
use super::rules::Rules;

/// A client's run: over all peers, or over one that must not fail.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) request: RequestId,
    /// The peers that are left, in order.
    pub(crate) peers: VecDeque<NodeId>,
    is_single: bool,
    report: SyncReport,
    /// The error of the only peer of a run over one.
    failure: Option<String>,
    /// The peer that is being pulled.
    pub(crate) pull: Option<Pull>,
}

/// A peer's catalogue on its way.
#[derive(Clone, Debug)]
pub(crate) struct Pull {
    pub(crate) peer: NodeId,
    /// Its number, drawn.
    number: u64,
    pub(crate) pulled: Pulled,
    /// When to ask for the next page again, and when to give it up.
    again_at: Instant,
    give_up_at: Instant,
    /// The counts of its added entries while they are being written; `None` while pages come in.
    pub(crate) adding: Option<Counts>,
}

impl Run {
    pub(crate) fn over(request: RequestId, peers: NodeSet) -> Run {
        let peers = peers.iter().collect();
        Run { request, peers, is_single: false, report: SyncReport::default(), failure: None, pull: None }
    }

    pub(crate) fn of_one(request: RequestId, peer: NodeId) -> Run {
        Run { is_single: true, ..Run::over(request, [peer].into_iter().collect()) }
    }

    /// Takes in the result of a peer. `continues_past_failure` tells whether the run goes on after a failure.
    pub(crate) fn ended(&mut self, pulled: Result<Counts, PullError>, continues_past_failure: bool) {
        let Some(pull) = self.pull.take() else { return };
        self.report.add(PeerResult::new(pull.peer, &pulled));
        if let Err(error) = pulled {
            if self.is_single {
                self.failure = Some(error.to_string());
            }
            if !continues_past_failure {
                self.peers.clear();
            }
        }
    }

    /// The answer to the client.
    pub(crate) fn answer(&self) -> Answer<Output> {
        match &self.failure {
            Some(error) => Answer::Refused(error.clone()),
            None => Answer::Done(Output::Report(self.report.clone())),
        }
    }
}

impl Pull {
    pub(crate) fn new(peer: NodeId, number: u64, now: Instant, timeout: Duration) -> Pull {
        Pull { peer, number, pulled: Pulled::default(), again_at: now, give_up_at: now + timeout, adding: None }
    }

    /// When to ask for the next page again, or to give the pull up.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.adding.is_none().then(|| self.again_at.min(self.give_up_at))
    }

    /// The error with which it is given up now, if it is.
    pub(crate) fn overdue(&self, now: Instant, timeout: Duration) -> Option<PullError> {
        if self.adding.is_some() || now < self.give_up_at {
            return None;
        }
        Some(match (self.pulled.pages(), self.pulled.pages_announced()) {
            (pages, Some(of)) => PullError::Stopped { pages, of },
            (_, None) => PullError::NoAnswer { within: timeout },
        })
    }

    /// Asks for the next page, if it is time to.
    pub(crate) fn ask(&mut self, now: Instant, resend: Duration) -> Option<Pulling> {
        if self.adding.is_some() || now < self.again_at {
            return None;
        }
        self.again_at = now + resend;
        Some(Pulling::Ask { pull: self.number, len: self.pulled.len(), page: self.pulled.pages() })
    }

    /// True if this is the number of this pull, and pages are still coming in.
    pub(crate) fn expects(&self, number: u64) -> bool {
        self.number == number && self.adding.is_none()
    }

    /// A page has come. Answers whether the catalogue is complete.
    pub(crate) fn page(
        &mut self,
        page: u64,
        payload: &[u8],
        now: Instant,
        timeout: Duration,
        rules: Rules,
    ) -> Result<bool, PullError> {
        if page != self.pulled.pages() {
            return Ok(false);
        }
        let is_complete = self.pulled.add(payload, rules)?;
        (self.again_at, self.give_up_at) = (now, now + timeout);
        Ok(is_complete)
    }
}
