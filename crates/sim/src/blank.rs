//! Plans in which nothing happens by itself, for runs with a driver.

use std::collections::BTreeMap;

use crate::expand::{calm, default_workload, usual_cluster, usual_hardware};
use crate::plan::{Plan, Seed, Value, Workload};

/// A driver may take this long, in simulated time.
const STORM_MS: u64 = 3_600_000;
/// More than any driver needs.
const EVENTS_MAX: u64 = 1_000_000_000;
/// A client gives an operation up after so long: later than any fail-over takes.
const TIMEOUT_MS: u64 = 10_000;

/// The plan of a [`Live`](crate::Live) run: the usual cluster of `nodes` nodes on the usual network and disks,
/// `clients` clients that begin no operation by themselves, no faults. Every field may be changed.
pub fn blank(seed: Seed, nodes: u8, clients: u32) -> Plan {
    let (link, disk) = usual_hardware();
    let workload = Workload {
        clients,
        timeout_ms: TIMEOUT_MS,
        homes: BTreeMap::new(),
        script: Some(Vec::new()),
        ..default_workload()
    };
    Plan {
        seed,
        cluster: usual_cluster(nodes),
        settings: Value::Null,
        link,
        disk,
        workload,
        schedule: Vec::new(),
        storm_ms: STORM_MS,
        calm: calm(true),
        events_max: EVENTS_MAX,
    }
}
