//! Lab 4A: all servers lose power while clients append and read, and go on with all acknowledged writes.

use stormglass::Cluster;
use stormglass::scenario::{Knobs, Scenario};
use zoo::Bug;

use super::steps::Step;
use super::trial::Trial;
use crate::sources::scenario;

pub(super) const ALL: &[Scenario] = &[
    scenario!(LABS, persist_one_client, lab_4a_persist_one_client)
        .rows(&["TestPersistOneClient4A"])
        .about("All nodes lose power while one client appends and reads")
        .nodes(5)
        .guards(&[Bug::VoteClearedOnSameTermStepdown.name(), Bug::MustSyncSkipsEntries.name()]),
    scenario!(LABS, persist_concurrent, lab_4a_persist_concurrent)
        .rows(&["TestPersistConcurrent4A"])
        .about("All nodes lose power while five clients append and read")
        .nodes(5)
        .guards(&[Bug::AckBeforeFsync.name(), Bug::ReadindexBeforeOwnTermCommit.name()]),
    scenario!(LABS, persist_concurrent_unreliable, lab_4a_persist_concurrent_unreliable)
        .rows(&["TestPersistConcurrentUnreliable4A"])
        .about("All nodes lose power while five clients append and read over bad links")
        .nodes(5)
        .guards(&[
            Bug::AckBeforeFsync.name(),
            Bug::DedupAtProposeOnly.name(),
            Bug::AppendStampedWithAdoptedTerm.name(),
        ]),
    scenario!(LABS, persist_partition, lab_4a_persist_partition)
        .rows(&["TestPersistPartition4A"])
        .about("All nodes lose power after they were divided at random again and again")
        .nodes(5)
        .guards(&[Bug::AckBeforeFsync.name(), Bug::AckByIndexOnly.name(), Bug::FollowerCommitUnclamped.name()]),
    scenario!(LABS, persist_partition_unreliable, lab_4a_persist_partition_unreliable)
        .rows(&["TestPersistPartitionUnreliable4A"])
        .about("All nodes lose power after they were divided at random again and again, with bad links")
        .nodes(5)
        .guards(&[Bug::AckBeforeFsync.name(), Bug::DuplicateVoteCounted.name(), Bug::DedupAtProposeOnly.name()]),
    scenario!(LABS, persist_partition_unreliable_linearizable, lab_4a_persist_partition_unreliable_linearizable)
        .rows(&["TestPersistPartitionUnreliableLinearizable4A"])
        .about("The same with seven nodes, and fifteen clients that write anew as well")
        .nodes(7)
        .guards(&[
            Bug::CommitPriorTermByCount.name(),
            Bug::ReadindexBeforeOwnTermCommit.name(),
            Bug::ReadBeforeApplied.name(),
        ]),
];

/// A trial with so many clients and power losses.
fn power_loss(clients: u32) -> Trial {
    Trial { loses_power: true, ..Trial::of(clients) }
}

fn persist_one_client(c: &mut Cluster<'_>, _: &Knobs) -> Step {
    power_loss(1).run(c)
}

fn persist_concurrent(c: &mut Cluster<'_>, _: &Knobs) -> Step {
    power_loss(5).run(c)
}

fn persist_concurrent_unreliable(c: &mut Cluster<'_>, _: &Knobs) -> Step {
    Trial { is_unreliable: true, ..power_loss(5) }.run(c)
}

fn persist_partition(c: &mut Cluster<'_>, _: &Knobs) -> Step {
    Trial { is_partitioned: true, ..power_loss(5) }.run(c)
}

fn persist_partition_unreliable(c: &mut Cluster<'_>, _: &Knobs) -> Step {
    Trial { is_partitioned: true, is_unreliable: true, ..power_loss(5) }.run(c)
}

fn persist_partition_unreliable_linearizable(c: &mut Cluster<'_>, _: &Knobs) -> Step {
    let trial = Trial { is_partitioned: true, is_unreliable: true, writes_anew: true, ..power_loss(15) };
    trial.run(c)
}
