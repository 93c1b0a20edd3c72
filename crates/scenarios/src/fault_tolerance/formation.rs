//! Nothing fails: a cluster comes into being, elects and replicates.

use kv_types::Output;
use sim::Fault;
use stormglass::scenario::{Knob, Knobs};
use stormglass::{Cluster, StoryError, append, cas, delete, expect, expect_eq, put, secs};

use crate::keys;

pub(super) fn cluster_formation(c: &mut Cluster<'_>, _: &Knobs) -> Result<(), StoryError> {
    let leader = c.wait_for_leader()?;
    c.verify_quorum()?;
    expect_eq(c.count_leaders(), 1, "the number of leaders")?;
    c.put("a", "1")?;
    expect(c.leader() == Some(leader), "nothing has failed, so the leader still leads")
}

pub(super) fn two_node_cluster(c: &mut Cluster<'_>, _: &Knobs) -> Result<(), StoryError> {
    c.wait_for_leader()?;
    c.put("before", "1")?;
    c.inject(Fault::AddMember, None)?;
    c.wait_for("a second voter", secs(10), |c| {
        let membership = c.view().membership();
        membership.voters.len() == 2 && !membership.is_joint()
    })?;
    c.put("after", "2")?;
    c.wait_until_converged()?;
    c.verify_data("before", Some("1"))?;
    c.verify_data("after", Some("2"))?;
    expect_eq(c.count_leaders(), 1, "the number of leaders")
}

/// Runs every kind of write, and verifies the values on every node, before and after all nodes lose power.
pub(super) fn state_machine(c: &mut Cluster<'_>, _: &Knobs) -> Result<(), StoryError> {
    c.wait_for_leader()?;
    expect_eq(c.ask(put("a", "1"))?, Output::Written, "the answer to a put")?;
    expect_eq(c.ask(append("a", "2"))?, Output::Written, "the answer to an append")?;
    expect_eq(c.ask(cas("a", Some("12"), "3"))?, Output::Swapped, "the answer to a swap of the present value")?;
    expect_eq(c.ask(cas("a", Some("12"), "4"))?, Output::Mismatch, "the answer to a swap of another value")?;
    expect_eq(c.ask(cas("b", None, "5"))?, Output::Swapped, "the answer to a swap of an absent key")?;
    expect_eq(c.ask(put("gone", "6"))?, Output::Written, "the answer to a put")?;
    expect_eq(c.ask(delete("gone"))?, Output::Written, "the answer to a delete")?;
    for _ in 0..2 {
        for (key, value) in [("a", Some("3")), ("b", Some("5")), ("gone", None)] {
            c.verify_data(key, value)?;
        }
        c.crash_all(c.online().iter())?;
        c.bring_all_online()?;
        c.wait_for_leader()?;
        c.wait_until_converged()?;
    }
    Ok(())
}

pub(super) fn leader_election(c: &mut Cluster<'_>, _: &Knobs) -> Result<(), StoryError> {
    let leader = c.wait_for_leader()?;
    c.wait_for("a leader that all know", secs(5), |c| c.nodes().iter().all(|node| c.node(node).leader == c.leader()))?;
    let term = c.term(leader);
    c.run_for(secs(5))?;
    expect_eq(c.leader(), Some(leader), "the leader, with nothing failing")?;
    expect_eq(c.term(leader), term, "its term")?;
    c.verify_no_split_brain()
}

pub(super) fn data_replication(c: &mut Cluster<'_>, knobs: &Knobs) -> Result<(), StoryError> {
    c.wait_for_leader()?;
    let keys = knobs.of(Knob::Operations);
    keys::write(c, "key", keys)?;
    c.wait_until_converged()?;
    keys::verify(c, "key", keys)
}
