//! Lab 3C: a node's votes and acknowledged entries outlive a power loss.

use stormglass::scenario::{Knobs, Scenario};
use stormglass::{Cluster, expect};
use zoo::Bug;

use super::steps::{ELECTION, Step, after, agree, isolate_all, one_leader, reconnect_all, restart, restart_all};
use crate::sources::scenario;

pub(super) const ALL: &[Scenario] = &[
    scenario!(LABS, persist_1, lab_3c_persist_1)
        .rows(&["TestPersist13C"])
        .about("All nodes lose power, then a leader, then a leader while the others agree, then a follower: nothing is lost")
        .nodes(3)
        .guards(&[Bug::VoteClearedOnSameTermStepdown.name(), Bug::AckBeforeFsync.name(), Bug::MustSyncSkipsEntries.name()]),
    scenario!(LABS, persist_2, lab_3c_persist_2)
        .rows(&["TestPersist23C"])
        .about("Five times over two nodes fall behind, the other three lose power, and the two carry on as soon as one of them is back")
        .nodes(5)
        .guards(&[Bug::VoteClearedOnSameTermStepdown.name(), Bug::CommitScanBreaksOnOldTerm.name(), Bug::MustSyncSkipsEntries.name()]),
    scenario!(LABS, persist_3, lab_3c_persist_3)
        .rows(&["TestPersist33C"])
        .about("A leader and a follower lose power; the leader comes back to a node that lacks the agreed entries")
        .nodes(3)
        .guards(&[Bug::CommitScanBreaksOnOldTerm.name(), Bug::MustSyncSkipsEntries.name()]),
];

fn persist_1(c: &mut Cluster<'_>, _: &Knobs) -> Step {
    agree(c, "11", 3)?;
    restart_all(c)?;
    agree(c, "12", 3)?;

    let leader = one_leader(c)?;
    restart(c, leader)?;
    agree(c, "13", 3)?;

    let leader = one_leader(c)?;
    c.crash(leader)?;
    let index = agree(c, "14", 2)?;
    c.bring_online(leader)?;
    c.wait_until_applied(index, 3)?;

    let leader = one_leader(c)?;
    let follower = after(c, leader, 1);
    c.crash(follower)?;
    agree(c, "15", 2)?;
    c.bring_online(follower)?;
    agree(c, "16", 3).map(|_| ())
}

fn persist_2(c: &mut Cluster<'_>, _: &Knobs) -> Step {
    for round in 0..5 {
        agree(c, &format!("{round}-all"), 5)?;
        let leader = one_leader(c)?;
        let behind = [after(c, leader, 1), after(c, leader, 2)];
        let ahead = [leader, after(c, leader, 3), after(c, leader, 4)];
        isolate_all(c, &behind)?;
        agree(c, &format!("{round}-ahead"), 3)?;
        c.crash_all(ahead)?;

        // The two nodes that lack the last command come back, and cannot go on without a node that has it.
        behind.iter().try_for_each(|node| restart(c, *node))?;
        reconnect_all(c, &behind)?;
        c.run_for(ELECTION)?;
        expect(c.leaders().is_empty(), "two of five have no leader")?;
        c.bring_online(ahead[1])?;
        agree(c, &format!("{round}-three"), 3)?;
        c.bring_all_online()?;
    }
    agree(c, "1000", 5).map(|_| ())
}

fn persist_3(c: &mut Cluster<'_>, _: &Knobs) -> Step {
    agree(c, "101", 3)?;
    let leader = one_leader(c)?;
    let (follower, behind) = (after(c, leader, 1), after(c, leader, 2));
    c.isolate(behind)?;
    agree(c, "102", 2)?;
    c.crash_all([leader, follower])?;
    c.reconnect(behind)?;
    c.bring_online(leader)?;
    agree(c, "103", 2)?;
    c.bring_online(follower)?;
    agree(c, "104", 3).map(|_| ())
}
