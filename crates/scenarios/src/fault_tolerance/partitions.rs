//! The network splits: the majority goes on, the minority does not, and both are one again afterwards.

use env::NodeId;
use stormglass::scenario::Knobs;
use stormglass::{Cluster, StoryError, expect, expect_eq, millis, put, secs};

use crate::keys;

pub(super) fn majority(c: &mut Cluster<'_>, _: &Knobs) -> Result<(), StoryError> {
    let leader = c.wait_for_leader()?;
    keys::write(c, "before", 3)?;
    let cut_off = c.follower_of(leader)?;
    c.isolate(cut_off)?;
    c.verify_quorum()?;
    keys::write(c, "during", 3)?;
    expect_eq(c.leader(), Some(leader), "the leader that the majority still hears")?;
    let write = c.at(cut_off).begin(put("minority", "1"))?;
    c.run_for(secs(3))?;
    expect(c.is_pending(write), "the minority acknowledges nothing")?;
    c.heal()?;
    c.wait_until_caught_up(cut_off)?;
    keys::verify(c, "before", 3)?;
    keys::verify(c, "during", 3)
}

pub(super) fn minority(c: &mut Cluster<'_>, _: &Knobs) -> Result<(), StoryError> {
    let leader = c.wait_for_leader()?;
    keys::write(c, "before", 3)?;
    c.isolate(leader)?;
    let commit_index = c.node(leader).commit_index;
    let write = c.at(leader).begin(put("minority", "1"))?;
    let new = c.wait_for_other_leader(leader)?;
    c.run_for(secs(2))?;
    expect(c.is_pending(write), "a leader without a quorum acknowledges nothing")?;
    expect_eq(c.node(leader).commit_index, commit_index, "its commit index")?;
    expect(!c.leaders().contains(leader), "the old leader knows by now that it does not lead")?;
    c.at(new).put("majority", "2")?;
    c.heal()?;
    c.wait_until_caught_up(leader)?;
    c.verify_data("majority", Some("2"))?;
    keys::verify(c, "before", 3)
}

/// For a moment two nodes believe that they lead. Then the network heals, and the older leader steps down.
pub(super) fn split_brain_recovery(c: &mut Cluster<'_>, _: &Knobs) -> Result<(), StoryError> {
    let old = c.wait_for_leader()?;
    let with_old = c.follower_of(old)?;
    keys::write(c, "before", 3)?;
    c.partition([old, with_old])?;
    // A running leader would step down before long; a paused one wakes up and believes that it still leads.
    c.pause(old)?;
    let new = c.wait_for_other_leader(old)?;
    c.resume(old)?;
    expect_eq(c.count_leaders(), 2, "the number of nodes that believe they lead")?;
    expect(c.term(new) > c.term(old), "two leaders are of two terms")?;
    let lost = c.at(old).begin(put("x", "of the minority"))?;
    c.at(new).put("x", "of the majority")?;
    c.run_for(secs(1))?;
    expect(c.is_pending(lost), "a write to the minority is not acknowledged")?;
    c.verify_no_split_brain()?;
    c.heal()?;
    c.wait_for("one leader", secs(5), |c| c.leaders().len() == 1 && c.leader().is_some())?;
    c.wait_until_converged()?;
    c.verify_no_split_brain()?;
    keys::verify(c, "before", 3)
}

/// Three sides, none with a quorum: no node leads and no write is acknowledged until the network heals.
pub(super) fn partition_recovery(c: &mut Cluster<'_>, _: &Knobs) -> Result<(), StoryError> {
    let leader = c.wait_for_leader()?;
    keys::write(c, "before", 3)?;
    let followers = c.followers_of(leader);
    c.partition([leader, followers[0]])?;
    c.partition([followers[1], followers[2]])?;
    c.run_for(secs(2))?;
    expect(c.leader().is_none(), "no side of two, two and one has a quorum")?;
    let write = c.begin(put("during", "1"))?;
    c.run_for(secs(2))?;
    expect(c.is_pending(write), "nothing is acknowledged without a quorum")?;
    c.heal()?;
    c.wait_for_leader()?;
    c.finish(write)?;
    c.wait_until_converged()?;
    keys::verify(c, "before", 3)
}

pub(super) fn with_node_failure(c: &mut Cluster<'_>, _: &Knobs) -> Result<(), StoryError> {
    let leader = c.wait_for_leader()?;
    keys::write(c, "before", 3)?;
    let followers = c.followers_of(leader);
    let [cut_off, killed]: [NodeId; 2] = [followers[0], followers[1]];
    c.isolate(cut_off)?;
    c.crash(killed)?;
    c.verify_quorum()?;
    keys::write(c, "during", 3)?;
    // With one more failure three of five nodes cannot be reached.
    c.crash(leader)?;
    c.run_for(secs(2))?;
    expect(c.leader().is_none(), "two nodes that can talk are no quorum of five")?;
    c.heal()?;
    c.wait_for_leader()?;
    c.bring_all_online()?;
    c.wait_until_converged()?;
    keys::verify(c, "before", 3)?;
    keys::verify(c, "during", 3)
}

/// The cluster's latency and throughput while a follower, then the leader, is cut off.
pub(super) fn performance(c: &mut Cluster<'_>, _: &Knobs) -> Result<(), StoryError> {
    let leader = c.wait_for_leader()?;
    c.start_load(stormglass::story::Load { pause_max: millis(20), ..Default::default() })?;
    c.run_for(secs(3))?;
    let healthy = c.load_so_far();
    let follower = c.follower_of(leader)?;
    c.isolate(follower)?;
    c.run_for(secs(3))?;
    let without_follower = c.load_so_far();
    c.isolate(leader)?;
    let failed_at = c.now();
    c.wait_for_other_leader(leader)?;
    let election = c.now() - failed_at;
    let during_election = c.load_so_far();
    c.run_for(secs(3))?;
    let after = c.load_so_far();
    healthy.note("healthy", c.measures());
    without_follower.note("without_follower", c.measures());
    c.measures().time("election", election);
    during_election.note("during_election", c.measures());
    after.note("after", c.measures());
    expect(without_follower.ok * 2 > healthy.ok, "a follower less costs less than half of the throughput")?;
    expect(after.ok * 2 > healthy.ok, "a new leader serves at least half of the old one's throughput")?;
    c.heal()?;
    c.stop_load()?;
    c.wait_until_converged()
}
