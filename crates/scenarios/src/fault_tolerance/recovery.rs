//! A node comes back: it catches up, serves, and leads.

use stormglass::scenario::{Knob, Knobs};
use stormglass::story::Health;
use stormglass::{Cluster, StoryError, expect, expect_eq, secs};

use super::LOG_TAIL;
use crate::keys;

pub(super) fn node_rejoin(c: &mut Cluster<'_>, _: &Knobs) -> Result<(), StoryError> {
    let leader = c.wait_for_leader()?;
    let node = c.follower_of(leader)?;
    c.crash(node)?;
    keys::write(c, "meanwhile", 10)?;
    c.bring_online(node)?;
    let back_at = c.now();
    c.wait_until_online(node)?;
    let took = c.now() - back_at;
    c.measures().time("caught_up_after", took);
    c.wait_until_converged()?;
    keys::verify(c, "meanwhile", 10)?;
    c.transfer_leadership(node)?;
    c.wait_for("the node that came back as leader", secs(10), |c| c.leader() == Some(node))?;
    keys::write(c, "under-it", 3)?;
    keys::verify(c, "under-it", 3)
}

/// A follower that was away serves linearizable reads again.
pub(super) fn follower_recovery(c: &mut Cluster<'_>, _: &Knobs) -> Result<(), StoryError> {
    let leader = c.wait_for_leader()?;
    let follower = c.follower_of(leader)?;
    c.kill(follower)?;
    c.put("x", "1")?;
    c.bring_online(follower)?;
    c.wait_until_online(follower)?;
    expect_eq(c.at(follower).get("x")?, Some("1".into()), "the value that the follower reads")?;
    c.put("x", "2")?;
    expect_eq(c.at(follower).get("x")?, Some("2".into()), "the value that the follower reads, at once after a write")
}

pub(super) fn catch_up(c: &mut Cluster<'_>, knobs: &Knobs) -> Result<(), StoryError> {
    let leader = c.wait_for_leader()?;
    let node = c.follower_of(leader)?;
    c.kill(node)?;
    keys::write(c, "meanwhile", knobs.of(Knob::Operations))?;
    let behind = c.commit_index().0 - c.last_applied(node).0;
    c.measures().count("entries_behind", behind);
    c.bring_online(node)?;
    let back_at = c.now();
    c.wait_until_caught_up(node)?;
    let took = c.now() - back_at;
    c.measures().time("caught_up_after", took);
    expect_eq(c.health(node), Health::Online, "the health of the node")?;
    c.wait_until_converged()
}

pub(super) fn data_consistency(c: &mut Cluster<'_>, _: &Knobs) -> Result<(), StoryError> {
    let leader = c.wait_for_leader()?;
    keys::write(c, "old", 5)?;
    c.crash(leader)?;
    c.wait_for_other_leader(leader)?;
    keys::write(c, "new", 5)?;
    c.bring_online(leader)?;
    c.wait_until_online(leader)?;
    c.wait_until_converged()?;
    keys::verify(c, "old", 5)?;
    keys::verify(c, "new", 5)
}

/// A node starts from its own snapshot, and is sent another one if the entries that it lacks were compacted.
pub(super) fn snapshot_after_failure(c: &mut Cluster<'_>, _: &Knobs) -> Result<(), StoryError> {
    let leader = c.wait_for_leader()?;
    let node = c.follower_of(leader)?;
    keys::write(c, "snapshotted", 20)?;
    c.wait_until_caught_up(node)?;
    c.take_snapshot(node)?;
    let last = c.node(node).last;
    c.crash(node)?;
    keys::write(c, "meanwhile", 60)?;
    c.wait_for("a leader that has compacted the entries that the node lacks", secs(10), |c| {
        let first_kept = |leader| c.node(leader).snapshot.index.0.saturating_sub(LOG_TAIL);
        c.leader().is_some_and(|leader| first_kept(leader) > c.node(node).last.index.0)
    })?;
    c.bring_online(node)?;
    c.wait_until_online(node)?;
    expect(c.node(node).snapshot.index > last.index, "the node has a snapshot of entries that its log never had")?;
    c.wait_until_converged()?;
    keys::verify(c, "snapshotted", 5)?;
    c.verify_data(&keys::key("meanwhile", 59), Some("value of meanwhile-59"))
}

pub(super) fn snapshot_restore(c: &mut Cluster<'_>, _: &Knobs) -> Result<(), StoryError> {
    let leader = c.wait_for_leader()?;
    keys::write(c, "key", 10)?;
    c.wait_until_converged()?;
    c.take_snapshot(leader)?;
    let (snapshot, state) = (c.node(leader).snapshot, c.node(leader).state);
    c.kill(leader)?;
    c.bring_online(leader)?;
    c.wait_for("the node booted", secs(1), |c| c.is_online(leader))?;
    expect(c.node(leader).snapshot == snapshot, "it has found its snapshot")?;
    expect_eq(
        (c.last_applied(leader), c.node(leader).state),
        (snapshot.index, state),
        "the log's beginning, and the state",
    )?;
    c.wait_until_online(leader)?;
    keys::verify(c, "key", 10)
}
