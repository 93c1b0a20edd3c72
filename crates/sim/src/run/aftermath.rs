//! The end of a recorded run: a wrong answer on its way to its client.
//!
//! A rule may be broken when a node serves a read, and the run is over there. Its client knows nothing of it yet, so a
//! history that ended there would show nothing wrong. So a run that is recorded goes on until that client has been
//! answered, or has given up. How it came out is settled before: its outcome, digest included, is that of the run that is not
//! recorded, and nothing that happens afterwards is judged, or a line of the trace.

use std::time::Duration;

use env::{Instant, RequestId};

use super::{Run, Step, World};
use crate::net::Violation;
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

    /// A rule is broken. The run ends there, be it that its history goes on.
    #[cold]
    pub(super) fn broken(&mut self, violation: Box<Violation>) -> Step {
        let awaited = match violation.awaits {
            Some(request) if self.trace.goes_on() => request,
            _ => return Err(violation.into()),
        };
        let outcome = self.conclude(Verdict::Violation(*violation));
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
        let is_answered = client.seq != awaited.seq || !client.is_outstanding;
        is_answered || self.now > until || self.stats.events > events_max
    }
}
