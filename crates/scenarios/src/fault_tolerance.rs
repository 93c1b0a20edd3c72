//! The tests that an analysis of a Raft store's fault tolerance lists: done, wanted, and still missing.

use raft_kv::Settings;
use sim::Plan;
use stormglass::scenario::{Knob, Scenario};
use zoo::Bug;

use crate::sources::scenario;

mod failures;
mod formation;
mod leader_failures;
mod partitions;
mod recovery;

/// The scenarios of this source.
pub(crate) const ALL: &[Scenario] = &[
    scenario!(RAFT_FAULT_TOLERANCE, formation::cluster_formation, cluster_formation)
        .rows(&["TestMultiNodeCluster_Formation", "Cluster Formation"])
        .about("A cluster of any size elects one leader and takes writes")
        .nodes(3)
        .down_to(1)
        .guards(&[Bug::MatchFromCurrentLog.name()])
        .knobs(&[(Knob::Nodes, 3)]),
    scenario!(RAFT_FAULT_TOLERANCE, formation::two_node_cluster, two_node_cluster)
        .rows(&["TestMultiNodeCluster_TwoNodes"])
        .about("A single node takes in a second one, and both hold the writes from before and after")
        .nodes(1)
        .guards(&[Bug::EvenQuorumOffByOne.name()])
        .given(|plan| plan.cluster.spares = 1),
    scenario!(RAFT_FAULT_TOLERANCE, formation::state_machine, state_machine_operations)
        .rows(&["FSM Tests: state machine operations"])
        .about(
            "Put, append, delete and compare-and-swap, asked of every node, and again after all have lost their power",
        )
        .nodes(3)
        .guards(&[Bug::MustSyncSkipsEntries.name()]),
    scenario!(RAFT_FAULT_TOLERANCE, formation::leader_election, leader_election)
        .rows(&["TestMultiNodeCluster_LeaderElection", "Leader Election"])
        .about("All nodes come to know one leader, which stays as long as nothing fails")
        .nodes(3)
        .down_to(1)
        .knobs(&[(Knob::Nodes, 3)]),
    scenario!(RAFT_FAULT_TOLERANCE, formation::data_replication, data_replication_multi_node)
        .rows(&["TestMultiNodeCluster_DataReplication", "TestDataReplication_MultiNode"])
        .about("Many keys are written, and every node answers with all of them")
        .nodes(3)
        .down_to(1)
        .guards(&[Bug::MustSyncSkipsEntries.name(), Bug::MatchFromCurrentLog.name()])
        .knobs(&[(Knob::Nodes, 3), (Knob::Operations, 20)]),
    scenario!(RAFT_FAULT_TOLERANCE, leader_failures::data_consistency, leader_failure_data_consistency)
        .rows(&["TestLeaderFailure_DataConsistency", "Verify data is not lost after leader failure"])
        .about("The leader loses its power after writes; the others have all of them, and so has it when it is back")
        .nodes(3)
        .guards(&[Bug::MustSyncSkipsEntries.name(), Bug::CommitScanBreaksOnOldTerm.name()]),
    scenario!(RAFT_FAULT_TOLERANCE, leader_failures::uncommitted_logs, leader_failure_uncommitted_logs)
        .rows(&["TestLeaderFailure_UncommittedLogs", "Uncommitted log entries handling"])
        .about("Entries that only the dead leader held were never acknowledged and are gone; committed entries stay")
        .nodes(3)
        .guards(&[Bug::AckOwnLastIndex.name(), Bug::FollowerCommitUnclamped.name()]),
    scenario!(RAFT_FAULT_TOLERANCE, leader_failures::no_duplicate_writes, no_duplicate_writes)
        .rows(&["Duplicate writes prevention"])
        .about("The leader dies while it works on a write; the client asks again, and it is done once")
        .nodes(3)
        .guards(&[Bug::DedupAtProposeOnly.name()])
        .knobs(&[(Knob::Iterations, 3)]),
    scenario!(RAFT_FAULT_TOLERANCE, leader_failures::under_load, leader_failure_under_load)
        .rows(&["TestLeaderFailure_UnderLoad", "Leader failure during active operations"])
        .about("The leader loses its power under load, and every operation is answered all the same")
        .nodes(5)
        .guards(&[Bug::DedupAtProposeOnly.name(), Bug::CommitScanBreaksOnOldTerm.name()]),
    scenario!(RAFT_FAULT_TOLERANCE, leader_failures::rapid_changes, rapid_leader_changes)
        .rows(&["TestRapidLeaderChanges"])
        .about("Leader after leader loses its power; the cluster stays one and loses nothing")
        .nodes(5)
        .guards(&[Bug::CommitScanBreaksOnOldTerm.name()])
        .knobs(&[(Knob::Iterations, 3)]),
    scenario!(RAFT_FAULT_TOLERANCE, leader_failures::election_after_failure, leader_election_after_failure)
        .rows(&["TestLeaderElection_AfterFailure"])
        .about("The leader is killed, and another node leads a later term")
        .nodes(3)
        .guards(&[Bug::CommitScanBreaksOnOldTerm.name()]),
    scenario!(RAFT_FAULT_TOLERANCE, leader_failures::write_after_failover, write_after_failover)
        .rows(&["TestWriteAfterFailover", "Test 4: Leader Election and Failover"])
        .about("The new leader takes writes, and old and new data are on every node")
        .nodes(3)
        .guards(&[Bug::CommitScanBreaksOnOldTerm.name()])
        .knobs(&[(Knob::Nodes, 3)]),
    scenario!(RAFT_FAULT_TOLERANCE, leader_failures::read_after_write, read_after_write_during_failures)
        .rows(&["Test read-after-write consistency during failures"])
        .about("Leaders are cut off one after the other, and no read is older than the last write before it")
        .nodes(3)
        .guards(&[Bug::LeaderReadNoQuorum.name(), Bug::ReadindexBeforeOwnTermCommit.name()]),
    scenario!(RAFT_FAULT_TOLERANCE, partitions::majority, network_partition_majority)
        .rows(&["TestNetworkPartition_Majority", "Majority partition continues operation"])
        .about("Two of three nodes go on while the third is cut off and takes no write")
        .nodes(3)
        .guards(&[Bug::HeartbeatSkipsPrevCheck.name(), Bug::CommitIndexRegresses.name()]),
    scenario!(RAFT_FAULT_TOLERANCE, partitions::minority, network_partition_minority)
        .rows(&["TestNetworkPartition_Minority", "Minority partition blocks writes"])
        .about("A leader that is cut off commits nothing and steps down, and joins the others afterwards")
        .nodes(3)
        .guards(&[Bug::NoCheckQuorum.name(), Bug::AckByIndexOnly.name()]),
    scenario!(RAFT_FAULT_TOLERANCE, partitions::split_brain_recovery, split_brain_recovery)
        .rows(&["TestSplitBrain_Recovery", "Split-brain scenarios"])
        .about("A partition makes two leaders; the network heals, and one of them remains")
        .nodes(5)
        .guards(&[Bug::AckByIndexOnly.name(), Bug::FollowerCommitUnclamped.name()]),
    scenario!(RAFT_FAULT_TOLERANCE, partitions::partition_recovery, partition_recovery)
        .rows(&["Partition recovery"])
        .about("Three sides without a quorum do nothing, and become one cluster again")
        .nodes(5)
        .guards(&[Bug::CommitIndexRegresses.name()]),
    scenario!(RAFT_FAULT_TOLERANCE, partitions::with_node_failure, network_partition_with_node_failure)
        .rows(&["Network partition + node failure"])
        .about("One node is cut off, another is dead: three go on, two do not")
        .nodes(5)
        .guards(&[Bug::VoteClearedOnSameTermStepdown.name()]),
    scenario!(RAFT_FAULT_TOLERANCE, partitions::performance, performance_under_failures)
        .rows(&[
            "Cluster behavior during failure",
            "Latency impact during leader election",
            "Throughput degradation during failures",
        ])
        .about("Latency and throughput with all nodes, without a follower, without a leader, and afterwards")
        .nodes(5),
    scenario!(RAFT_FAULT_TOLERANCE, failures::multiple, multiple_failures)
        .rows(&["TestMultipleFailures", "Quorum loss scenarios"])
        .about("Two of five nodes die and the rest goes on; a third dies and writes block, until one is back")
        .nodes(5)
        .guards(&[Bug::VoteClearedOnSameTermStepdown.name(), Bug::HeartbeatSkipsPrevCheck.name()]),
    scenario!(RAFT_FAULT_TOLERANCE, failures::cascading, cascading_failures)
        .rows(&["Cascading failures"])
        .about("Leader after leader loses its power until no quorum is left, and they come back in another order")
        .nodes(5)
        .guards(&[Bug::HeartbeatSkipsPrevCheck.name(), Bug::ProbePausedForever.name()]),
    scenario!(RAFT_FAULT_TOLERANCE, failures::quorum_loss, quorum_loss)
        .rows(&["TestQuorumLoss"])
        .about("Without a quorum no write is acknowledged, no leader is elected and no term begins")
        .nodes(5)
        .guards(&[Bug::VoteClearedOnSameTermStepdown.name()]),
    scenario!(RAFT_FAULT_TOLERANCE, failures::concurrent, concurrent_failures)
        .rows(&["TestConcurrentFailures", "Leader + follower failures"])
        .about("The leader and a follower die at once, and nothing is lost")
        .nodes(5)
        .guards(&[Bug::ReadindexBeforeOwnTermCommit.name()]),
    scenario!(RAFT_FAULT_TOLERANCE, failures::simultaneous, simultaneous_power_loss)
        .rows(&["Multiple nodes fail simultaneously"])
        .about("All nodes lose their power, and the cluster comes back with everything")
        .nodes(5)
        .guards(&[Bug::MustSyncSkipsEntries.name()]),
    scenario!(RAFT_FAULT_TOLERANCE, failures::recovery_after_multiple, recovery_after_multiple_failures)
        .rows(&["Recovery after multiple failures"])
        .about("Two of five nodes die in each of several rounds, and come back each time")
        .nodes(5)
        .guards(&[Bug::HeartbeatSkipsPrevCheck.name(), Bug::ProbePausedForever.name()]),
    scenario!(RAFT_FAULT_TOLERANCE, recovery::node_rejoin, node_rejoin)
        .rows(&["TestNodeRejoin", "Node rejoins cluster after failure"])
        .about("A node that lost its power catches up and then leads")
        .nodes(3)
        .guards(&[Bug::AckBeforeFsync.name(), Bug::VoteNotDurableBeforeReply.name()]),
    scenario!(RAFT_FAULT_TOLERANCE, recovery::follower_recovery, follower_failure_recovery)
        .rows(&["TestFollowerFailure_Recovery"])
        .about("A follower that was killed serves reads again, none of them stale")
        .nodes(3)
        .guards(&[Bug::ProbePausedForever.name()]),
    scenario!(RAFT_FAULT_TOLERANCE, recovery::catch_up, catch_up_after_being_offline)
        .rows(&["Catching up after being offline"])
        .about("A node that has missed many writes catches up")
        .nodes(3)
        .guards(&[Bug::ProbePausedForever.name()])
        .knobs(&[(Knob::Operations, 50)]),
    scenario!(RAFT_FAULT_TOLERANCE, recovery::data_consistency, data_consistency_after_recovery)
        .rows(&["TestDataConsistency_AfterRecovery", "Verify data is consistent across all nodes after recovery"])
        .about("A leader that was away has the old data and the new")
        .nodes(3)
        .guards(&[Bug::ProbePausedForever.name()]),
    scenario!(RAFT_FAULT_TOLERANCE, recovery::snapshot_after_failure, snapshot_after_failure)
        .rows(&["TestSnapshot_AfterFailure", "Snapshot/restore during rejoin"])
        .about("A node comes back after the entries that it lacks were compacted, and is sent a snapshot")
        .nodes(3)
        .guards(&[Bug::SnapshotLabelMismatch.name(), Bug::VoteLostOnLogRewrite.name()])
        .given(snapshots_come_soon),
    scenario!(RAFT_FAULT_TOLERANCE, recovery::snapshot_restore, snapshot_restore)
        .rows(&["FSM Tests: snapshot/restore functionality"])
        .about("A node starts again from its snapshot, with the same state")
        .nodes(3)
        .guards(&[Bug::SnapshotLabelMismatch.name(), Bug::DedupNotInSnapshot.name()]),
];

/// The number of entries that a snapshot covers and that stay in the log.
const LOG_TAIL: u64 = 5;

fn snapshots_come_soon(plan: &mut Plan) {
    plan.configure(|settings: &mut Settings| (settings.snapshot_every, settings.log_tail) = (25, LOG_TAIL));
}
