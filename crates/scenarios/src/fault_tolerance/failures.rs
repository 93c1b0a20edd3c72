//! Several nodes fail: one after the other, at once, and until no quorum is left.

use env::NodeId;
use stormglass::scenario::Knobs;
use stormglass::{Cluster, StoryError, expect, put, secs};

use crate::keys;

pub(super) fn multiple(c: &mut Cluster<'_>, _: &Knobs) -> Result<(), StoryError> {
    let leader = c.wait_for_leader()?;
    keys::write(c, "all", 3)?;
    let followers = c.followers_of(leader);
    c.kill_all([followers[0], leader])?;
    c.wait_for_other_leader(leader)?;
    c.verify_quorum()?;
    keys::write(c, "three-left", 3)?;
    let third = c.wait_for_leader()?;
    c.kill(third)?;
    blocks(c)?;
    c.bring_online(third)?;
    c.wait_for_leader()?;
    keys::write(c, "three-again", 3)?;
    c.bring_all_online()?;
    c.wait_until_converged()?;
    ["all", "three-left", "three-again"].iter().try_for_each(|name| keys::verify(c, name, 3))
}

pub(super) fn cascading(c: &mut Cluster<'_>, _: &Knobs) -> Result<(), StoryError> {
    let mut down: Vec<NodeId> = Vec::new();
    for round in ["all", "four-left", "three-left"] {
        let leader = c.wait_for_leader()?;
        keys::write(c, round, 2)?;
        c.crash(leader)?;
        down.push(leader);
    }
    blocks(c)?;
    // The nodes come back in another order than they went.
    for node in [down[1], down[0], down[2]] {
        c.bring_online(node)?;
        c.wait_until_online(node)?;
    }
    c.wait_until_converged()?;
    ["all", "four-left", "three-left"].iter().try_for_each(|name| keys::verify(c, name, 2))
}

pub(super) fn quorum_loss(c: &mut Cluster<'_>, _: &Knobs) -> Result<(), StoryError> {
    let leader = c.wait_for_leader()?;
    keys::write(c, "before", 3)?;
    let term = c.term(leader);
    let lost: Vec<NodeId> = c.followers_of(leader).into_iter().take(3).collect();
    c.kill_all(lost.clone())?;
    blocks(c)?;
    let left: Vec<NodeId> = c.online().iter().collect();
    expect(left.iter().all(|node| c.term(*node) == term), "no node could be elected, so no node left the term")?;
    c.bring_online(lost[0])?;
    c.wait_for_leader()?;
    keys::write(c, "after", 3)?;
    c.bring_all_online()?;
    c.wait_until_converged()?;
    keys::verify(c, "before", 3)?;
    keys::verify(c, "after", 3)
}

/// The leader and a follower are killed at once.
pub(super) fn concurrent(c: &mut Cluster<'_>, _: &Knobs) -> Result<(), StoryError> {
    let leader = c.wait_for_leader()?;
    keys::write(c, "before", 5)?;
    let follower = c.follower_of(leader)?;
    c.kill_all([leader, follower])?;
    c.wait_for_other_leader(leader)?;
    keys::verify(c, "before", 5)?;
    keys::write(c, "after", 5)?;
    c.bring_all_online()?;
    c.wait_until_online(leader)?;
    c.wait_until_online(follower)?;
    keys::verify(c, "before", 5)?;
    keys::verify(c, "after", 5)
}

/// All nodes lose power at once.
pub(super) fn simultaneous(c: &mut Cluster<'_>, _: &Knobs) -> Result<(), StoryError> {
    c.wait_for_leader()?;
    keys::write(c, "before", 5)?;
    c.crash_all(c.nodes().iter())?;
    c.run_for(secs(1))?;
    c.bring_all_online()?;
    c.wait_for_leader()?;
    c.wait_until_converged()?;
    keys::verify(c, "before", 5)?;
    keys::write(c, "after", 5)
}

pub(super) fn recovery_after_multiple(c: &mut Cluster<'_>, _: &Knobs) -> Result<(), StoryError> {
    for round in 0..3 {
        let name = format!("round-{round}");
        let leader = c.wait_for_leader()?;
        let followers = c.followers_of(leader);
        let victims = if round % 2 == 0 { [leader, followers[0]] } else { [followers[1], followers[2]] };
        c.kill_all(victims)?;
        c.wait_for_leader()?;
        keys::write(c, &name, 2)?;
        c.bring_all_online()?;
        c.wait_until_converged()?;
        keys::verify(c, &name, 2)?;
    }
    Ok(())
}

/// Demands that without a quorum no node leads and no write is acknowledged.
fn blocks(c: &mut Cluster<'_>) -> Result<(), StoryError> {
    let write = c.begin(put("without a quorum", "1"))?;
    c.run_for(secs(3))?;
    expect(!c.has_quorum(), "there is no quorum")?;
    expect(c.leader().is_none(), "no node leads without a quorum")?;
    expect(c.is_pending(write), "nothing is acknowledged without a quorum")
}
