//! Scripts that test a primary and its passive: the role moves when it must, to one node at a time, and nothing is lost
//! on the way. The role is a lease of 10 s in a coordination service, which is a Raft cluster of ours.

use sim::Plan;
use stormglass::scenario::{Knob, Scenario};
use systems::pair::Bug;

use crate::sources::scenario;

mod fail_overs;
mod handle;
mod split_brain;

pub use handle::PairCalls;

/// Three coordinators and the pair.
const NODES: u8 = 5;

/// The scenarios of this source.
pub(crate) const ALL: &[Scenario] = &[
    scenario!(PRIMARY_PASSIVE_PAIR, fail_overs::basic, pair_basic_failover)
        .rows(&["1. Basic Failover Test"])
        .about("The primary's daemon is killed: the passive is promoted and serves, and the other rejoins as passive")
        .nodes(NODES)
        .guards(&[Bug::AcknowledgesAlone.name()])
        .given(patient_clients),
    scenario!(PRIMARY_PASSIVE_PAIR, fail_overs::graceful, pair_graceful_failover)
        .rows(&["2. Graceful Failover Test"])
        .about("The primary is demoted, and demoted back, under load: the role moves without waiting for the lease")
        .nodes(NODES)
        .given(patient_clients),
    scenario!(PRIMARY_PASSIVE_PAIR, fail_overs::rapid, pair_rapid_failover)
        .rows(&["3. Rapid Failover Test"])
        .about("The primary is killed again and again; each time the other takes over, and the daemon starts again")
        .nodes(NODES)
        .guards(&[Bug::AcknowledgesAlone.name()])
        .given(patient_clients)
        .knobs(&[(Knob::Iterations, 3), (Knob::WaitTime, 20)]),
    scenario!(PRIMARY_PASSIVE_PAIR, fail_overs::data_integrity, pair_data_integrity_failover)
        .rows(&["4. Data Integrity Failover Test"])
        .about("All writes from before, between and after several fail-overs are there after the last, on both nodes")
        .nodes(NODES)
        .given(patient_clients)
        .knobs(&[(Knob::Iterations, 3)])
        .guards(&[Bug::Unfenced.name()]),
    scenario!(PRIMARY_PASSIVE_PAIR, split_brain::network_partition, pair_network_partition)
        .rows(&["5. Network Partition Test"])
        .about(
            "The primary is cut off from the passive and the coordinators: it serves no client, and the passive does",
        )
        .nodes(NODES)
        .guards(&[Bug::ReadsWithoutLease.name()])
        .given(patient_clients)
        .knobs(&[(Knob::PartitionTime, 30)]),
    scenario!(PRIMARY_PASSIVE_PAIR, split_brain::paused_primary, pair_paused_primary)
        .rows(&["Split-brain prevention (only one PRIMARY)"])
        .about(
            "The primary is paused for longer than its lease, and goes on with writes waiting: none of them is taken",
        )
        .nodes(NODES)
        .given(patient_clients)
        .guards(&[Bug::Unfenced.name()]),
    scenario!(PRIMARY_PASSIVE_PAIR, split_brain::no_coordination, pair_without_coordination)
        .rows(&["Troubleshooting: tests timeout waiting for failover (coordination connectivity)"])
        .about("A majority of the coordinators is down: the lease runs out, and no member serves until they are back")
        .nodes(NODES)
        .given(patient_clients),
];

/// Clients wait for longer than a lease lasts.
fn patient_clients(plan: &mut Plan) {
    plan.workload.timeout_ms = 40_000;
    (plan.calm.progress_ms, plan.calm.convergence_ms) = (60_000, 60_000);
}
