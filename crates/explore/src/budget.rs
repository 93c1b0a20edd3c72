//! The budget of a run, by where its plan comes from.

use sim::Limits;

/// The most that a run may take, and the one at fault if it takes more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// The most that the run may take by its own count.
    pub limits: Limits,
    /// True if a run that takes more has stalled. Otherwise it has no verdict: its plan has asked for too much.
    pub blames_run: bool,
}

/// The limits that replace the usual ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GivenLimits {
    /// Events.
    pub events: Option<u64>,
    /// Operations of clients.
    pub operations: Option<u64>,
    /// The memory that the run may hold, in MiB.
    pub heap_mib: Option<u64>,
}

impl Budget {
    /// No limits but the plan's own.
    pub const NONE: Budget = Budget { limits: Limits::NONE, blames_run: true };

    /// The budget of plans that are made here, from a seed or by a test. They bound their events themselves
    /// ([`Plan::events_max`](sim::Plan)), and ask for nothing unusual: a run that takes more than it may has stalled.
    pub fn of_own_plans(given: GivenLimits) -> Budget {
        let limits = given.or(Limits { events: u64::MAX, ..Limits::default() });
        Budget { limits, blames_run: true }
    }

    /// The budget of a plan that comes from elsewhere.
    pub fn of_foreign_plan(given: GivenLimits) -> Budget {
        Budget { limits: given.or(Limits::default()), blames_run: false }
    }
}

impl Default for Budget {
    /// The budget of plans that are made here, with the usual limits.
    fn default() -> Budget {
        Budget::of_own_plans(GivenLimits::default())
    }
}

impl GivenLimits {
    /// These limits, and those of another place where this one gives none.
    #[must_use]
    pub fn or_given(self, below: GivenLimits) -> GivenLimits {
        GivenLimits {
            events: self.events.or(below.events),
            operations: self.operations.or(below.operations),
            heap_mib: self.heap_mib.or(below.heap_mib),
        }
    }

    fn or(self, usual: Limits) -> Limits {
        Limits {
            events: self.events.unwrap_or(usual.events),
            operations: self.operations.unwrap_or(usual.operations),
            heap: self.heap_mib.map_or(usual.heap, |mib| mib.saturating_mul(1 << 20)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_takes_the_place_of_the_usual() {
        let given = GivenLimits { events: Some(7), heap_mib: Some(1), ..GivenLimits::default() };
        let foreign = Budget::of_foreign_plan(given);
        assert_eq!((foreign.limits.events, foreign.limits.heap), (7, 1 << 20));
        assert_eq!(foreign.limits.operations, Limits::default().operations);
        assert_eq!(Budget::of_own_plans(given).limits, foreign.limits);
        assert_eq!(Budget::default().limits.events, u64::MAX);
        assert_eq!(Budget::of_foreign_plan(GivenLimits { heap_mib: Some(u64::MAX), ..given }).limits.heap, u64::MAX);
    }
}
