//! The size of a failing run, counted in the things that a reader has to follow.

use std::fmt;

use sim::{Outcome, Plan};

use super::counted;

/// The size of a plan and of its run up to where it failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// Machines that the cluster begins with or may bring in.
    pub nodes: u8,
    /// The faults of the schedule.
    pub faults: usize,
    /// The operations that clients invoked.
    pub operations: u64,
    /// The events of the run.
    pub events: u64,
    /// The simulated time of the run, in milliseconds.
    pub sim_ms: u64,
}

impl Size {
    /// The size of `plan` and of its run with this outcome.
    pub fn of(plan: &Plan, outcome: &Outcome) -> Size {
        Size {
            nodes: plan.cluster.nodes + plan.cluster.spares,
            faults: plan.schedule.len(),
            operations: outcome.stats.operations.total(),
            events: outcome.stats.events,
            sim_ms: outcome.stats.sim_ns / 1_000_000,
        }
    }
}

impl fmt::Display for Size {
    /// `3 nodes, 2 faults, 1 operation, 210 events in 0.431 s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Size { nodes, faults, operations, events, sim_ms } = *self;
        let [nodes, faults, operations] =
            [(nodes.into(), "node"), (faults as u64, "fault"), (operations, "operation")].map(|(n, of)| counted(n, of));
        write!(f, "{nodes}, {faults}, {operations}, {events} events in {:.3} s", sim_ms as f64 / 1e3)
    }
}
