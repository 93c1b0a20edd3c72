//! The sources of the scenarios: five descriptions of how teams test fail-over, and the lab suites of a course.

use stormglass::scenario::Source;

/// An analysis of the fault-tolerance tests of a Raft store.
pub(crate) const RAFT_FAULT_TOLERANCE: &Source = &Source::new(
    "raft fault tolerance",
    "raft-kv",
    "An analysis of the fault-tolerance tests of a store on Raft, of November 2025: the tests done, \
     the tests wanted, and the tests missing for want of a simulated network and of nodes that restart.",
)
.titled("Raft fault tolerance");

/// A harness that takes the nodes of a cluster offline and brings them back.
pub(crate) const NODE_LIFECYCLE: &Source = &Source::new(
    "node lifecycle",
    "raft-kv",
    "A harness of a database on Raft that takes nodes offline by a flag: its tests, its scenarios, its limits, and \
     its plans.",
)
.titled("Node lifecycle");

/// Scripts that test the fail-over of a primary and its passive.
pub(crate) const PRIMARY_PASSIVE_PAIR: &Source = &Source::new(
    "primary/passive pair",
    "lease-pair",
    "Scripts that test the fail-over of a primary and its passive, in containers, with a lease in a coordination \
     service.",
)
.titled("Primary/passive pair");

/// A distributed test of a graph that is synced through a relay.
pub(crate) const RELAY_SYNCED_GRAPH: &Source = &Source::new(
    "relay-synced graph",
    "relay-graph",
    "A test of a graph database whose nodes sync through a relay, in containers, with an orchestrator.",
)
.titled("Relay-synced graph");

/// A resource that syncs from all connected peers.
pub(crate) const SYNC_FROM_ALL_PEERS: &Source = &Source::new(
    "sync from all peers",
    "peer-sync",
    "How a resource that syncs the nodes of all connected peers goes on past those that fail.",
)
.titled("Sync from all peers");

/// The lab suites of MIT 6.5840.
pub(crate) const LABS: &Source = &Source::new(
    "mit 6.5840 labs",
    "raft-kv",
    "The tests of labs 3 and 4 of MIT's course on distributed systems (https://pdos.csail.mit.edu/6.824/), by \
     behaviour; the code of each names its differences from the lab's.",
)
.titled("The lab suites of MIT 6.5840");

/// All sources.
pub(crate) const ALL: &[&Source] =
    &[RAFT_FAULT_TOLERANCE, NODE_LIFECYCLE, PRIMARY_PASSIVE_PAIR, RELAY_SYNCED_GRAPH, SYNC_FROM_ALL_PEERS, LABS];

/// `scenario!(source, function, name)`: a scenario of this name, told by this function.
macro_rules! scenario {
    ($source:ident, $tell:path, $name:ident) => {
        ::stormglass::scenario::Scenario::new(stringify!($name), $crate::sources::$source, $tell)
    };
}
pub(crate) use scenario;
