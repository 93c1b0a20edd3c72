//! The tests of a harness for the life of nodes: nodes go offline, in every way there is, and come back.

use stormglass::scenario::{Knob, Scenario};
use zoo::Bug;

use crate::sources::scenario;

mod offline;
mod wanted;

/// The scenarios of this source.
pub(crate) const ALL: &[Scenario] = &[
    scenario!(NODE_LIFECYCLE, offline::and_recovery, node_offline_and_recovery)
        .rows(&["test_cluster_node_offline_and_recovery", "Scenario 1: Single Node Failure and Recovery"])
        .about("A node goes offline, data changes, and it has the changes when it is back")
        .nodes(3)
        .guards(&[Bug::HeartbeatSkipsPrevCheck.name(), Bug::TruncateWithoutConflict.name()])
        .knobs(&[(Knob::Nodes, 3)]),
    scenario!(NODE_LIFECYCLE, offline::all, all_nodes_offline)
        .rows(&["test_cluster_all_nodes_offline"])
        .about("With all nodes offline a request is refused at once, and all data is there when they are back")
        .nodes(3)
        .down_to(1)
        .guards(&[Bug::MustSyncSkipsEntries.name(), Bug::VoteClearedOnSameTermStepdown.name()])
        .knobs(&[(Knob::Nodes, 3)]),
    scenario!(NODE_LIFECYCLE, offline::are_skipped, ask_all_skips_offline)
        .rows(&["test_cluster_execute_on_all_skips_offline"])
        .about("A request to all nodes is answered by those that are online, and a request to any node by one of them")
        .nodes(3)
        .guards(&[Bug::HeartbeatSkipsPrevCheck.name()])
        .knobs(&[(Knob::Nodes, 3)]),
    scenario!(NODE_LIFECYCLE, offline::minority_rejoins, minority_rejoins)
        .rows(&["Scenario 2: Network Partition (Minority)"])
        .about("A node is cut off, the majority goes on, and all are in sync when it is back")
        .nodes(3)
        .guards(&[Bug::AckOwnLastIndex.name(), Bug::FollowerCommitUnclamped.name()]),
    scenario!(NODE_LIFECYCLE, offline::one_by_one, nodes_fail_one_by_one)
        .rows(&["Scenario 3: Cascading Failures", "Multiple nodes failing independently"])
        .about("Nodes go offline one after the other down to a single one, and all catch up when they are back")
        .nodes(3)
        .guards(&[Bug::AckByIndexOnly.name(), Bug::CommitIndexRegresses.name()]),
    scenario!(NODE_LIFECYCLE, wanted::real_shutdown, real_shutdown)
        .rows(&["Future 1: Actual server shutdown (graceful)"])
        .about("The same node is stopped in an orderly way, killed, and loses its power, and comes back each time")
        .nodes(3)
        .guards(&[Bug::ReadindexBeforeOwnTermCommit.name(), Bug::ProbePausedForever.name()]),
    scenario!(NODE_LIFECYCLE, wanted::one_way_partition, one_way_partition)
        .rows(&["Future 2: Asymmetric network partitions (can send but not receive)"])
        .about("A follower that cannot be heard, then one that cannot hear, disturbs no node and catches up")
        .nodes(3)
        .guards(&[Bug::ProbePausedForever.name(), Bug::TruncateWithoutConflict.name()]),
    scenario!(NODE_LIFECYCLE, wanted::partial_partition, partial_partition)
        .rows(&["Known limitation: partial network issues", "Next steps: partial partitions"])
        .about("Two nodes cannot talk to each other, and both can to the third: the cluster goes on, and stays one")
        .nodes(3)
        .guards(&[Bug::HeartbeatSkipsPrevCheck.name()]),
    scenario!(NODE_LIFECYCLE, wanted::virtual_time, virtual_time)
        .rows(&["Future 3: Time-based recovery (advance virtual clock)"])
        .about("A node is offline for so many seconds of simulated time, which take no time to wait for")
        .nodes(3)
        .guards(&[Bug::AckBeforeFsync.name(), Bug::VoteNotDurableBeforeReply.name()])
        .knobs(&[(Knob::WaitTime, 120)]),
    scenario!(NODE_LIFECYCLE, wanted::health_states, health_states)
        .rows(&["Future 4: Custom health status (connecting, syncing, etc.)", "models gradual state transitions"])
        .about("A node that comes back is seen connecting, then syncing, then online")
        .nodes(3)
        .guards(&[Bug::AckBeforeFsync.name(), Bug::ProbePausedForever.name()]),
    scenario!(NODE_LIFECYCLE, wanted::cluster_sizes, cluster_sizes)
        .rows(&["Future 5: Configurable cluster sizes"])
        .about("A cluster of any size outlives the loss of as many nodes as it may, and no more")
        .nodes(5)
        .down_to(1)
        .guards(&[Bug::CommitScanBreaksOnOldTerm.name()])
        .knobs(&[(Knob::Nodes, 5)]),
    scenario!(NODE_LIFECYCLE, wanted::network_latency, network_latency)
        .rows(&["Future 6: Network latency simulation"])
        .about("One node's links, then all, become slow: operations take longer, and none is lost")
        .nodes(3)
        .guards(&[Bug::TruncateWithoutConflict.name()]),
    scenario!(NODE_LIFECYCLE, wanted::network_timeouts, network_timeouts)
        .rows(&["Known limitation: network timeout behaviors"])
        .about("A client whose node cannot answer gives up in time, and does not take that for a failure")
        .nodes(3)
        .guards(&[Bug::AckByIndexOnly.name(), Bug::AckOwnLastIndex.name()]),
    scenario!(NODE_LIFECYCLE, wanted::data_corruption, data_corruption)
        .rows(&["Known limitation: actual data corruption scenarios"])
        .about("A bit of a node's disk flips: it refuses to start on it, and the others go on")
        .nodes(3)
        .guards(&[Bug::TruncateAtCorruptEntry.name(), Bug::TornTailAppendedOver.name()]),
];
