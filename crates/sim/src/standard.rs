//! The standard workloads: the plans that figures of speed are quoted under.

use std::fmt;
use std::str::FromStr;

use crate::expand::{calm, default_workload, events_max, usual_cluster, usual_hardware};
use crate::nemesis::{self, Aim, Recipe};
use crate::plan::{Plan, Seed, TimedFault, Value, Workload};

/// A standard workload, by its name. Each is one fixed plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standard {
    /// 5 nodes, no clients, no faults, 600 simulated seconds: the cost of idling.
    Heartbeat5,
    /// 5 nodes, 5 clients with about 100 operations a second, faults as in the profile `chaos`, 60 s.
    Chaos5,
    /// 5 nodes, 64 operations in flight, no faults, 10 s.
    Saturated5,
    /// 25 nodes, 10 clients, faults as in the profile `chaos`, 60 s.
    Chaos25,
    /// `chaos5` for 6,000 s: nothing may grow with the length of a run.
    Long5,
}

/// A text that names no standard workload.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no standard workload: give heartbeat5, chaos5, saturated5, chaos25 or long5")]
pub struct StandardError(String);

/// All are runs of this seed.
const SEED: Seed = Seed(0x5eed);

impl Standard {
    /// Every standard workload, in the order in which they are reported.
    pub const ALL: &[Standard] =
        &[Standard::Heartbeat5, Standard::Chaos5, Standard::Saturated5, Standard::Chaos25, Standard::Long5];

    /// The name that figures are quoted under.
    pub fn name(self) -> &'static str {
        match self {
            Standard::Heartbeat5 => "heartbeat5",
            Standard::Chaos5 => "chaos5",
            Standard::Saturated5 => "saturated5",
            Standard::Chaos25 => "chaos25",
            Standard::Long5 => "long5",
        }
    }

    /// Its plan. The bursts in the storms of `chaos` are after these aims, and those of
    /// [any system](crate::aims::GENERAL).
    pub fn plan(self, aims: &[Aim]) -> Plan {
        let clients = |clients| Workload { clients, ..default_workload() };
        match self {
            Standard::Heartbeat5 => plan(5, clients(0), 600_000, None),
            Standard::Chaos5 => plan(5, clients(5), 60_000, Some(aims)),
            Standard::Saturated5 => plan(5, Workload { pause_max_us: 0, ..clients(64) }, 10_000, None),
            Standard::Chaos25 => plan(25, clients(10), 60_000, Some(aims)),
            Standard::Long5 => plan(5, clients(5), 6_000_000, Some(aims)),
        }
    }
}

fn plan(nodes: u8, workload: Workload, storm_ms: u64, aims: Option<&[Aim]>) -> Plan {
    let cluster = usual_cluster(nodes);
    let (link, disk) = usual_hardware();
    let storm = |aims| nemesis::schedule(SEED, &Recipe::steady_chaos(storm_ms, aims), &cluster);
    let schedule: Vec<TimedFault> = aims.map_or(Vec::new(), storm);
    let mut plan = Plan {
        seed: SEED,
        cluster,
        settings: Value::Null,
        link,
        disk,
        workload,
        schedule,
        storm_ms,
        calm: calm(false),
        events_max: u64::MAX,
    };
    plan.events_max = events_max(&plan);
    plan
}

impl FromStr for Standard {
    type Err = StandardError;

    fn from_str(text: &str) -> Result<Standard, StandardError> {
        let named = Standard::ALL.iter().find(|standard| standard.name() == text);
        named.copied().ok_or_else(|| StandardError(text.into()))
    }
}

impl fmt::Display for Standard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::validate;

    #[test]
    fn all_are_valid_and_their_names_are_read_back() {
        for standard in Standard::ALL {
            assert_eq!(validate(&standard.plan(&[])), Ok(()), "{standard}");
            assert_eq!(standard.name().parse(), Ok(*standard));
        }
        let error = "chaos7".parse::<Standard>().expect_err("no such workload").to_string();
        assert!(Standard::ALL.iter().all(|standard| error.contains(standard.name())), "{error}");
    }

    #[test]
    fn chaos_means_a_fault_every_few_seconds() {
        for (standard, seconds) in [(Standard::Chaos5, 60), (Standard::Chaos25, 60), (Standard::Long5, 6_000)] {
            let faults = standard.plan(&[]).schedule.len();
            assert!((seconds / 4..seconds * 2).contains(&faults), "{standard} has {faults} faults in {seconds} s");
        }
    }
}
