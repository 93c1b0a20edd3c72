//! The end of a recorded run: a wrong answer on its way to its client.
//!
//! A rule may be broken when a node serves a read, and the run is over there. The reading client knows nothing of it
//! yet, so a history that ended there would show nothing wrong. So a recorded run goes on until that client has been
//! answered, or has given up. The outcome is settled before: it is, digest included, the outcome of the run that is not
//! recorded, and no later event is judged or traced.

use std::time::Duration;

use env::{Instant, RequestId};

use super::{Run, Step, World};
use crate::net::Violation;
use crate::outcome::{Outcome, Verdict};

/// A client that has not been answered after so many events will not be.
const EVENTS_MAX: u64 = 200_000;

/// A settled outcome, and the answer that the history waits for.
#[derive(Clone, Debug)]
pub(crate) struct Aftermath {
    pub(super) outcome: Outcome,
    /// The operation whose client is about to be answered.
    awaited: RequestId,
    /// The wait ends after this time, or after `events_max` events of the run.
    until: Instant,
    events_max: u64,
}

impl Run<'_> {
    /// True if the outcome is settled, and only the history goes on.
    pub(crate) fn is_settled(&self) -> bool {
        self.trace.goes_on() && self.aftermath.is_some()
    }

    /// A rule is broken. The run ends here, or only its history goes on.
    #[cold]
    pub(super) fn broken(&mut self, world: &dyn World, violation: Box<Violation>) -> Step {
        let awaited = match violation.awaits {
            Some(request) if self.trace.goes_on() => request,
            _ => return Err(violation.into()),
        };
        let outcome = self.conclude(world, Verdict::Violation(*violation));
        let until = self.now + Duration::from_millis(self.plan.workload.timeout_ms);
        let events_max = self.stats.events.saturating_add(EVENTS_MAX);
        self.aftermath = Some(Box::new(Aftermath { outcome, awaited, until, events_max }));
        Ok(())
    }

    /// True if the client of the awaited operation has been answered, or never will be.
    pub(super) fn is_aftermath_over(&mut self) -> bool {
        let Some(aftermath) = &self.aftermath else { return false };
        let Aftermath { awaited, until, events_max, .. } = **aftermath;
        let client = self.clients.of(awaited.client);
        let is_answered = client.seq != awaited.seq || !client.is_outstanding;
        is_answered || self.now > until || self.stats.events > events_max
    }
}
