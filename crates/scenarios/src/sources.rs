//! The sources of the scenarios: five descriptions of how teams test fail-over, and the lab suites of a course.

use stormglass::scenario::Source;

/// An analysis of the fault-tolerance tests of a Raft store.
pub(crate) const RAFT_FAULT_TOLERANCE: &Source = &Source {
    name: "raft fault tolerance",
    title: "Raft fault tolerance",
    about: "An analysis of the fault-tolerance tests of a store on Raft, of November 2025: the tests done, \
            the tests wanted, and the tests missing for want of a simulated network and of nodes that restart.",
    system: "raft-kv",
};

/// A harness that takes the nodes of a cluster offline and brings them back.
pub(crate) const NODE_LIFECYCLE: &Source = &Source {
    name: "node lifecycle",
    title: "Node lifecycle",
    about: "A harness of a database on Raft that takes nodes offline by a flag: its tests, its scenarios, its limits, and \
            its plans.",
    system: "raft-kv",
};

/// Scripts that test the fail-over of a primary and its passive.
pub(crate) const PRIMARY_PASSIVE_PAIR: &Source = &Source {
    name: "primary/passive pair",
    title: "Primary/passive pair",
    about: "Scripts that test the fail-over of a primary and its passive, in containers, with a lease in a coordination \
            service.",
    system: "lease-pair",
};

/// A distributed test of a graph that is synced through a relay.
pub(crate) const RELAY_SYNCED_GRAPH: &Source = &Source {
    name: "relay-synced graph",
    title: "Relay-synced graph",
    about: "A test of a graph database whose nodes sync through a relay, in containers, with an orchestrator.",
    system: "relay-graph",
};

/// A resource that syncs from all connected peers.
pub(crate) const SYNC_FROM_ALL_PEERS: &Source = &Source {
    name: "sync from all peers",
    title: "Sync from all peers",
    about: "How a resource that syncs the nodes of all connected peers goes on past those that fail.",
    system: "peer-sync",
};

/// The lab suites of MIT 6.5840.
pub(crate) const LABS: &Source = &Source {
    name: "mit 6.5840 labs",
    title: "The lab suites of MIT 6.5840",
    about: "The tests of labs 3 and 4 of MIT's course on distributed systems (https://pdos.csail.mit.edu/6.824/), by \
            behaviour; the code of each names its differences from the lab's.",
    system: "raft-kv",
};

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
