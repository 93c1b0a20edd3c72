//! Lab 4A: the service goes on where there is a majority, and nowhere else.

use stormglass::scenario::{Knobs, Scenario};
use stormglass::story::more_clients_at_home;
use stormglass::{Cluster, expect, get, put, secs};
use zoo::Bug;

use super::steps::{Step, after, one_leader};
use super::trial::Trial;
use crate::sources::scenario;

pub(super) const ALL: &[Scenario] = &[
    scenario!(LABS, one_partition, lab_4a_one_partition)
        .rows(&["TestOnePartition4A"])
        .about("The majority goes on; a write and a read of the minority wait, and are done once the partition is over")
        .nodes(5)
        .given(|plan| more_clients_at_home(plan, 1))
        .guards(&[Bug::LeaderReadNoQuorum.name(), Bug::CommitScanBreaksOnOldTerm.name()]),
    scenario!(LABS, many_partitions_one_client, lab_4a_many_partitions_one_client)
        .rows(&["TestManyPartitionsOneClient4A"])
        .about("One client appends and reads while the nodes are divided at random again and again")
        .nodes(5)
        .guards(&[Bug::AckByIndexOnly.name(), Bug::ReadindexBeforeOwnTermCommit.name()]),
    scenario!(LABS, many_partitions_many_clients, lab_4a_many_partitions_many_clients)
        .rows(&["TestManyPartitionsManyClients4A"])
        .about("Five clients append and read while the nodes are divided at random again and again")
        .nodes(5)
        .guards(&[Bug::AckOwnLastIndex.name(), Bug::AckByIndexOnly.name(), Bug::ReadindexBeforeOwnTermCommit.name()]),
];

fn one_partition(c: &mut Cluster<'_>, _: &Knobs) -> Step {
    c.put("1", "13")?;
    let old = one_leader(c)?;
    c.partition([old, after(c, old, 1)])?;
    let new = c.wait_for_other_leader(old)?;
    c.at(new).put("1", "14")?;
    c.at(new).verify_data("1", Some("14"))?;

    let write = c.at(old).begin(put("1", "15"))?;
    let read = c.at(old).begin(get("1"))?;
    c.run_for(secs(1))?;
    expect(c.is_pending(write) && c.is_pending(read), "the minority answers nothing")?;
    c.at(new).verify_data("1", Some("14"))?;
    c.at(new).put("1", "16")?;

    c.heal()?;
    // The lab now lets the clients of the minority ask any server. Here they stay with their node, which leads again.
    c.wait_until_caught_up(old)?;
    c.transfer_leadership(old)?;
    c.finish_ok(write)?;
    c.finish_ok(read)?;
    c.verify_data("1", Some("15"))
}

fn many_partitions_one_client(c: &mut Cluster<'_>, _: &Knobs) -> Step {
    Trial { is_partitioned: true, ..Trial::of(1) }.run(c)
}

fn many_partitions_many_clients(c: &mut Cluster<'_>, _: &Knobs) -> Step {
    Trial { is_partitioned: true, ..Trial::of(5) }.run(c)
}
