//! The cost of a plan's run, as far as it is sure before the plan is run.
//!
//! Only products are looked at: each field by itself is [validated](crate::validate()). Every figure here is a lower
//! bound that a run of the plan exceeds by far if it goes to its end, so a plan that is refused could not have come to
//! its end within the limits; one that is not refused is cut where it exceeds them.

use std::fmt;

use crate::bounds::{EVENTS_A_TICK, Limits};
use crate::engine::Engine;
use crate::plan::{Plan, Workload};

/// A limit that a plan exceeds for sure, and the factors of the product that exceeds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foreseen {
    /// A leader sends heartbeats and is answered.
    Heartbeats {
        /// The nodes that the cluster begins with.
        nodes: u8,
        /// The time between two heartbeats.
        heartbeat_ms: u64,
        /// How long the storm is.
        storm_ms: u64,
        /// The limit on events.
        limit: u64,
    },
    /// Turmoil goes through every millisecond.
    Ticks {
        /// How long the storm is.
        storm_ms: u64,
        /// The limit on events.
        limit: u64,
    },
    /// Clients begin an operation as soon as the last one has ended.
    Operations {
        /// How many clients.
        clients: u32,
        /// How long an operation and the pause after it take at most.
        each_ms: u64,
        /// How long the storm is.
        storm_ms: u64,
        /// The limit on operations.
        limit: u64,
    },
    /// Clients write values.
    Values {
        /// How many operations there are at least.
        operations: u64,
        /// The shortest value written.
        value_bytes: u32,
        /// The limit on the heap, in bytes.
        limit: u64,
    },
}

impl Foreseen {
    /// The limit's name: `events`, `operations` or `heap`.
    pub(crate) fn limit(self) -> &'static str {
        match self {
            Foreseen::Heartbeats { .. } | Foreseen::Ticks { .. } => "events",
            Foreseen::Operations { .. } => "operations",
            Foreseen::Values { .. } => "heap",
        }
    }
}

impl fmt::Display for Foreseen {
    /// In one line, with the factors.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Foreseen::Heartbeats { nodes, heartbeat_ms, storm_ms, limit } => write!(
                f,
                "{nodes} nodes with a heartbeat every {heartbeat_ms} ms for {storm_ms} ms make some {} events: more than \
                 {limit}",
                heartbeats(nodes, heartbeat_ms, storm_ms)
            ),
            Foreseen::Ticks { storm_ms, limit } => write!(
                f,
                "a storm of {storm_ms} ms takes as many ticks on turmoil, each worth {EVENTS_A_TICK} events: more than \
                 {limit} events"
            ),
            Foreseen::Operations { clients, each_ms, storm_ms, limit } => write!(
                f,
                "{clients} clients begin an operation every {each_ms} ms or sooner for {storm_ms} ms: more than {limit} \
                 operations"
            ),
            Foreseen::Values { operations, value_bytes, limit } => write!(
                f,
                "clients begin {operations} operations or more, and write values of {value_bytes} bytes or more: more \
                 than {} MiB",
                limit >> 20
            ),
        }
    }
}

/// The events of a leader's heartbeats: each wakes it, and is delivered to every follower and answered.
fn heartbeats(nodes: u8, heartbeat_ms: u64, storm_ms: u64) -> u64 {
    (1 + 2 * u64::from(nodes).saturating_sub(1)) * (storm_ms / heartbeat_ms)
}

/// Looks for a limit that a run of this plan, which must be valid, exceeds for sure if it goes to its end. At first
/// `founders` nodes keep a replicated log, under a leader that sends heartbeats.
pub fn foresee(plan: &Plan, founders: usize, engine: Engine, limits: &Limits) -> Result<(), Foreseen> {
    let (storm_ms, workload) = (plan.storm_ms, &plan.workload);
    let nodes = u8::try_from(founders).unwrap_or(u8::MAX);
    let (heartbeat_ms, limit) = (plan.cluster.heartbeat_ms, limits.events);
    // Part of the storm has no leader: a little in fail-overs, much under faults. The plan may bound its events itself.
    let percent = if plan.schedule.is_empty() { 80 } else { 10 };
    let sure = (heartbeats(nodes, heartbeat_ms, storm_ms) / 100 * percent).min(plan.events_max);
    if nodes > 1 && sure > limit {
        return Err(Foreseen::Heartbeats { nodes, heartbeat_ms, storm_ms, limit });
    }
    if engine == Engine::Turmoil && storm_ms.saturating_mul(EVENTS_A_TICK) > limit {
        return Err(Foreseen::Ticks { storm_ms, limit });
    }
    if workload.script.is_some() {
        return Ok(());
    }
    let (clients, each_ms) = (workload.clients, workload.timeout_ms.saturating_add(workload.pause_max_us / 1_000 + 1));
    let operations = u64::from(clients) * (storm_ms / each_ms);
    if operations / 2 > limits.operations {
        return Err(Foreseen::Operations { clients, each_ms, storm_ms, limit: limits.operations });
    }
    let value_bytes = workload.value_bytes_min;
    if written(workload, operations / 2).saturating_mul(value_bytes.into()) > limits.heap {
        return Err(Foreseen::Values { operations, value_bytes, limit: limits.heap });
    }
    Ok(())
}

/// How many of `operations` write a value, by the weights of the mix.
fn written(workload: &Workload, operations: u64) -> u64 {
    let mix = &workload.mix;
    let [get, put, append, delete, cas] = [mix.get, mix.put, mix.append, mix.delete, mix.cas].map(u128::from);
    let all = (get + put + append + delete + cas).max(1);
    (u128::from(operations) * (put + append + cas) / all) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::standard::Standard;
    use crate::validate::validate;

    /// The refusal of the standard plan with this change, which is valid; empty if there is none.
    fn said(engine: Engine, change: impl FnOnce(&mut Plan)) -> String {
        let mut plan = Standard::Saturated5.plan(&[]);
        plan.events_max = u64::MAX;
        change(&mut plan);
        assert_eq!(validate(&plan), Ok(()));
        foresee(&plan, plan.cluster.nodes.into(), engine, &Limits::default())
            .map_or_else(|foreseen| foreseen.to_string(), |()| String::new())
    }

    #[test]
    fn products_that_no_run_can_hold_are_named_with_their_factors() {
        const MONTH_MS: u64 = 30 * 24 * 3_600 * 1_000;
        let heartbeats = said(Engine::Event, |plan| {
            (plan.cluster.nodes, plan.cluster.heartbeat_ms, plan.storm_ms) = (63, 1, MONTH_MS);
        });
        assert!(
            heartbeats.contains("63 nodes with a heartbeat every 1 ms for 2592000000 ms make some 324000000000 events")
        );
        let ticks = said(Engine::Turmoil, |plan| (plan.cluster.nodes, plan.storm_ms) = (1, MONTH_MS));
        assert!(ticks.contains("2592000000 ms takes as many ticks on turmoil"), "{ticks}");
        let operations = said(Engine::Event, |plan| {
            (plan.cluster.nodes, plan.workload.clients, plan.storm_ms) = (1, 10_000, MONTH_MS);
        });
        assert!(operations.contains("10000 clients begin an operation every 2501 ms or sooner"), "{operations}");
        let values = said(Engine::Event, |plan| {
            (plan.workload.value_bytes_min, plan.workload.value_bytes_max) = (1 << 20, 1 << 20);
            plan.storm_ms = 60_000;
        });
        assert!(values.contains("write values of 1048576 bytes or more: more than 256 MiB"), "{values}");
        for line in [heartbeats, ticks, operations, values] {
            assert!(line.chars().count() <= 150, "{line}");
        }
    }

    #[test]
    fn the_standard_workloads_are_not_refused() {
        for standard in Standard::ALL.iter().filter(|standard| **standard != Standard::Long5) {
            for engine in Engine::ALL {
                let plan = standard.plan(&[]);
                let foreseen = foresee(&plan, plan.cluster.nodes.into(), *engine, &Limits::default());
                assert_eq!(foreseen, Ok(()), "{standard} on {engine}");
            }
        }
        assert_eq!(foresee(&Standard::Long5.plan(&[]), 5, Engine::Event, &Limits::default()), Ok(()));
    }
}
