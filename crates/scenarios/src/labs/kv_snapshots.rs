//! Lab 4B: the service compacts its log, and acknowledged writes outlive the compaction.

use sim::{Fault, Plan, Target};
use stormglass::scenario::{Knobs, Scenario};
use stormglass::{Cluster, StoryError, expect, expect_eq};
use zoo::Bug;

use super::kv::{heartbeats_of_labs, speed};
use super::steps::{ELECTION, Step, after, expect_short_logs, one_leader};
use super::trial::{LOG_BYTES_MAX, Trial, snapshots};
use crate::sources::scenario;

/// The lab's limit for the snapshot of a service that holds one key.
const SNAPSHOT_BYTES_MAX: u64 = 500;
pub(super) const ALL: &[Scenario] = &[
    scenario!(LABS, snapshot_rpc, lab_4b_snapshot_rpc)
        .rows(&["TestSnapshotRPC4B"])
        .about("A node that was cut off while the others compacted is sent a snapshot, and then makes up a majority")
        .nodes(3)
        .given(snapshots)
        .guards(&[Bug::SnapshotLabelMismatch.name(), Bug::DedupNotInSnapshot.name()]),
    scenario!(LABS, snapshot_size, lab_4b_snapshot_size)
        .rows(&["TestSnapshotSize4B"])
        .about("One key is written four hundred times and read: the snapshot holds no history, and the log is short")
        .nodes(3)
        .given(snapshots)
        .guards(&[Bug::SnapshotLabelMismatch.name()]),
    scenario!(LABS, speed, lab_4b_speed)
        .rows(&["TestSpeed4B"])
        .about("With snapshots one client's thousand appends take no longer than a third of a heartbeat each")
        .nodes(3)
        .given(snapshots_and_heartbeats_of_labs),
    scenario!(LABS, recover, lab_4b_snapshot_recover)
        .rows(&["TestSnapshotRecover4B"])
        .about("All nodes lose power and go on from snapshots, with one client")
        .nodes(5)
        .given(snapshots)
        .guards(&[Bug::VoteLostOnLogRewrite.name(), Bug::DedupNotInSnapshot.name()]),
    scenario!(LABS, recover_many_clients, lab_4b_snapshot_recover_many_clients)
        .rows(&["TestSnapshotRecoverManyClients4B"])
        .about("All nodes lose power and go on from snapshots, with twenty clients")
        .nodes(5)
        .given(snapshots)
        .guards(&[Bug::SnapshotTruncatesNewerSuffix.name(), Bug::DedupNotInSnapshot.name()]),
    scenario!(LABS, unreliable, lab_4b_snapshot_unreliable)
        .rows(&["TestSnapshotUnreliable4B"])
        .about("Snapshots are taken and sent over bad links")
        .nodes(5)
        .given(snapshots)
        .guards(&[Bug::StaleSnapshotRegresses.name(), Bug::SnapshotTruncatesNewerSuffix.name()]),
    scenario!(LABS, unreliable_recover, lab_4b_snapshot_unreliable_recover)
        .rows(&["TestSnapshotUnreliableRecover4B"])
        .about("All nodes lose power and go on from snapshots, with bad links")
        .nodes(5)
        .given(snapshots)
        .guards(&[
            Bug::TruncateBeforeSnapshotDurable.name(),
            Bug::SnapshotTruncatesNewerSuffix.name(),
            Bug::SnapshotTermOverwritesTerm.name(),
        ]),
    scenario!(LABS, unreliable_recover_partition, lab_4b_snapshot_unreliable_recover_concurrent_partition)
        .rows(&["TestSnapshotUnreliableRecoverConcurrentPartition4B"])
        .about("All nodes lose power after random partitions, and go on from snapshots, with bad links")
        .nodes(5)
        .given(snapshots)
        .guards(&[
            Bug::StaleSnapshotRegresses.name(),
            Bug::SnapshotTermOverwritesTerm.name(),
            Bug::DedupNotInSnapshot.name(),
        ]),
    scenario!(
        LABS,
        unreliable_recover_partition_linearizable,
        lab_4b_snapshot_unreliable_recover_concurrent_partition_linearizable
    )
    .rows(&["TestSnapshotUnreliableRecoverConcurrentPartitionLinearizable4B"])
    .about("The same with seven nodes, and fifteen clients that write anew as well")
    .nodes(7)
    .given(snapshots)
    .guards(&[
        Bug::SnapshotTruncatesNewerSuffix.name(),
        Bug::SnapshotTermOverwritesTerm.name(),
        Bug::CommitPriorTermByCount.name(),
    ]),
];

/// A trial with so many clients and short logs.
fn compaction(clients: u32) -> Trial {
    Trial { compacts: true, ..Trial::of(clients) }
}

fn snapshots_and_heartbeats_of_labs(plan: &mut Plan) {
    snapshots(plan);
    heartbeats_of_labs(plan);
}

fn snapshot_rpc(c: &mut Cluster<'_>, _: &Knobs) -> Step {
    c.put("a", "A")?;
    let leader = one_leader(c)?;
    let (lagging, other) = (after(c, leader, 1), after(c, leader, 2));
    let cut = c.disturb(Fault::Partition { side: vec![Target::Node(lagging)] })?;
    for number in 0..50 {
        c.put(&number.to_string(), &number.to_string())?;
    }
    c.run_for(ELECTION)?;
    c.put("b", "B")?;
    expect_short_logs(c, LOG_BYTES_MAX)?;
    expect(c.node(leader).snapshot > c.node(lagging).last, "the entries that the node lacks have been compacted")?;

    // Now there is no majority without the lagging node.
    c.end(cut)?;
    c.isolate(other)?;
    c.put("c", "C")?;
    c.put("d", "D")?;
    expect(c.node(lagging).snapshot.index.0 > 0, "the node was sent a snapshot")?;
    for (key, value) in [("a", "A"), ("b", "B"), ("1", "1"), ("49", "49")] {
        c.at(lagging).verify_data(key, Some(value))?;
    }
    c.heal()?;
    c.put("e", "E")?;
    [("c", "C"), ("e", "E"), ("1", "1")].into_iter().try_for_each(|(key, value)| c.verify_data(key, Some(value)))
}

fn snapshot_size(c: &mut Cluster<'_>, _: &Knobs) -> Step {
    for _ in 0..200 {
        for value in ["0", "1"] {
            c.put("x", value)?;
            let read = c.get("x")?;
            expect_eq(read.as_deref(), Some(value), "x")?;
        }
    }
    expect_short_logs(c, LOG_BYTES_MAX)?;
    let nodes = c.nodes();
    let size = nodes.iter().map(|node| c.disk_bytes_of(node, "snapshot-")).max().ok_or(StoryError::AllOffline)?;
    c.measures().count("snapshot_bytes", size);
    expect(0 < size && size <= SNAPSHOT_BYTES_MAX, &format!("a snapshot of {size} bytes is no larger than needed"))
}

fn recover(c: &mut Cluster<'_>, _: &Knobs) -> Step {
    Trial { loses_power: true, ..compaction(1) }.run(c)
}

fn recover_many_clients(c: &mut Cluster<'_>, _: &Knobs) -> Step {
    // With so many clients one round has to do.
    Trial { loses_power: true, rounds: 1, ..compaction(20) }.run(c)
}

fn unreliable(c: &mut Cluster<'_>, _: &Knobs) -> Step {
    Trial { is_unreliable: true, ..compaction(5) }.run(c)
}

fn unreliable_recover(c: &mut Cluster<'_>, _: &Knobs) -> Step {
    Trial { is_unreliable: true, loses_power: true, ..compaction(5) }.run(c)
}

fn unreliable_recover_partition(c: &mut Cluster<'_>, _: &Knobs) -> Step {
    Trial { is_unreliable: true, loses_power: true, is_partitioned: true, ..compaction(5) }.run(c)
}

fn unreliable_recover_partition_linearizable(c: &mut Cluster<'_>, _: &Knobs) -> Step {
    let trial = Trial { writes_anew: true, ..compaction(15) };
    Trial { is_unreliable: true, loses_power: true, is_partitioned: true, ..trial }.run(c)
}
