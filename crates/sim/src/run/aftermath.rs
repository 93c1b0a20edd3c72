//! The end of a recorded run: a stale read on its way to its client.
//!
//! Linearizable Reads is judged when a node serves a read, and the run is over there. Its client knows nothing of it yet, so a
//! history that ended there would show nothing wrong. So a run that is recorded goes on until that client has been
//! answered, or has given up. How it came out is settled before: its outcome, digest included, is that of the run that is not
//! recorded, and nothing that happens afterwards is judged, or a line of the trace.

use std::time::Duration;

use env::{Instant, Observation, RequestId};
use history::{Invariant, Violation};
use raft_rules::Checker;

use super::{Run, Step, World};
use crate::outcome::{Outcome, Verdict};
use crate::trace::Trace;

/// A client that has not been answered after so many events will not be.
const EVENTS_MAX: u64 = 200_000;

/// How a run came out that goes on for its history.
#[derive(Clone, Debug)]
pub(crate) struct Aftermath {
    pub(super) outcome: Outcome,
    /// Its client is about to be answered.
    awaited: RequestId,
    /// Nobody waits any longer than this, or for more events.
    until: Instant,
    events_max: u64,
}

impl<T: Trace, W: World> Run<'_, T, W> {
    /// True if it is settled how the run comes out, and only its history goes on.
    pub(crate) fn is_settled(&self) -> bool {
        self.trace.goes_on() && self.aftermath.is_some()
    }

    /// A node has broken a rule by what it says that it did. The run ends there, be it that its history goes on.
    #[cold]
    pub(super) fn broken(&mut self, violation: Violation, observation: &Observation) -> Step {
        let awaited = match *observation {
            Observation::ReadServed { request, .. } if violation.invariant == Invariant::LinearizableReads => request,
            _ => return Err(violation.into()),
        };
        if !self.trace.goes_on() {
            return Err(violation.into());
        }
        let outcome = self.conclude(Verdict::Violation(violation));
        let until = self.now + Duration::from_millis(self.plan.workload.timeout_ms);
        let events_max = self.stats.events.saturating_add(EVENTS_MAX);
        self.aftermath = Some(Box::new(Aftermath { outcome, awaited, until, events_max }));
        Ok(())
    }

    /// True if the client has been answered that was waited for, or never will be.
    pub(super) fn is_aftermath_over(&mut self) -> bool {
        let Some(aftermath) = &self.aftermath else { return false };
        let Aftermath { awaited, until, events_max, .. } = **aftermath;
        let client = self.clients.of(awaited.client);
        let is_answered = client.seq != awaited.seq || client.outstanding.is_none();
        is_answered || self.now > until || self.stats.events > events_max
    }

    /// Tells the checker something, unless it is settled how the run comes out: after a violation it must not be told more.
    pub(crate) fn tell_checker(&mut self, tell: impl FnOnce(&mut Checker)) {
        if !self.is_settled() {
            tell(&mut self.checker);
        }
    }
}
