//! The distributed test of a graph that syncs through a relay: three nodes, edits on each of them, partitions,
//! restarts, and the time until all nodes have seen an edit.

use sim::Plan;
use stormglass::scenario::{Knob, Scenario};
use systems::graph::Bug;

use crate::sources::scenario;

mod edits;
mod handle;
mod reconnection;

pub use handle::GraphCalls;

/// Three nodes of the graph, and the relay.
const NODES: u8 = 4;

/// The scenarios of this source.
pub(crate) const ALL: &[Scenario] = &[
    scenario!(RELAY_SYNCED_GRAPH, edits::basic_synchronization, graph_basic_synchronization)
        .rows(&["Test 1: Basic Synchronization"])
        .about("One node creates, and all have it within 2 s")
        .nodes(NODES),
    scenario!(RELAY_SYNCED_GRAPH, edits::concurrent_updates, graph_concurrent_updates)
        .rows(&["Test 2: Concurrent Updates"])
        .about("All nodes create at once and change one element at once: all come to see the same graph")
        .nodes(NODES)
        .guards(&[Bug::LastArrivalWins.name()]),
    scenario!(RELAY_SYNCED_GRAPH, edits::cross_node_edges, graph_cross_node_edges)
        .rows(&["Test 3: Cross-Node Edges"])
        .about("One node creates two nodes, another an edge between them, and the third has it")
        .nodes(NODES),
    scenario!(RELAY_SYNCED_GRAPH, edits::high_volume, graph_high_volume)
        .rows(&["Test 4: High Volume", "Throughput: 50+ ops/sec across 3 nodes", "Data Loss: 0%"])
        .about("Many nodes are created on all three at a time, and none is lost")
        .nodes(NODES)
        .knobs(&[(Knob::Operations, 50)]),
    scenario!(RELAY_SYNCED_GRAPH, edits::sync_latency, graph_sync_latency)
        .rows(&["Test 5: Sync Latency", "Sync Latency (p50, p95, p99)"])
        .about("How long until an edit is seen on the other nodes: p50 below 500 ms, p95 below 1 s, p99 below 2 s")
        .nodes(NODES)
        .knobs(&[(Knob::Operations, 40)]),
    scenario!(RELAY_SYNCED_GRAPH, reconnection::network_partition, graph_network_partition)
        .rows(&["Network Partition Testing"])
        .about("A node is disconnected, others create, and it has their edits within 3 s of its reconnection")
        .nodes(NODES)
        .knobs(&[(Knob::PartitionTime, 10)]),
    scenario!(RELAY_SYNCED_GRAPH, reconnection::offline_edits, graph_offline_edits)
        .rows(&["Offline edits on both sides of a partition"])
        .about("Both sides of a partition edit the same things; afterwards the later edit holds, everywhere")
        .nodes(NODES)
        .guards(&[Bug::LastArrivalWins.name(), Bug::PushesOnce.name()]),
    scenario!(RELAY_SYNCED_GRAPH, reconnection::kill_and_restart, graph_kill_and_restart)
        .rows(&["Chaos Testing: kill random node, restart it, verify it syncs"])
        .about("Any node loses its power and comes back: it has its acknowledged edits, and those that it has missed")
        .nodes(NODES)
        .given(slow_disks)
        .guards(&[Bug::AcknowledgesBeforeSync.name()]),
    scenario!(RELAY_SYNCED_GRAPH, reconnection::relay_restart, graph_relay_restart)
        .rows(&["GUN relay: central peer discovery (restarts)"])
        .about("The relay loses its power: nodes take edits all the same, and sync when it is back")
        .nodes(NODES)
        .guards(&[Bug::PushesOnce.name()]),
    scenario!(RELAY_SYNCED_GRAPH, edits::node_api, graph_node_api)
        .rows(&["Node API: health, nodes, edges, history, stats", "Slow sync: clear history"])
        .about("A node tells its health, its counts, its history, and finds nodes and edges by type and by end")
        .nodes(NODES),
];

/// Slows syncs down, so that a power loss can come between an answer and the sync that it should have waited for.
fn slow_disks(plan: &mut Plan) {
    (plan.disk.sync_min_us, plan.disk.sync_max_us) = (10_000, 40_000);
}
