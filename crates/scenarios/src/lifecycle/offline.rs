//! The harness's own tests and scenarios.

use stormglass::scenario::Knobs;
use stormglass::story::Offline;
use stormglass::{Cluster, StoryError, expect, expect_eq, get, put, secs};

use crate::keys;

pub(super) fn and_recovery(c: &mut Cluster<'_>, _: &Knobs) -> Result<(), StoryError> {
    let leader = c.wait_for_leader()?;
    keys::write(c, "before", 3)?;
    let node = c.follower_of(leader)?;
    c.take_offline(node, Offline::Kill)?;
    expect(!c.is_online(node), "the node is offline")?;
    keys::write(c, "meanwhile", 5)?;
    c.ask_random(put("before-0", "changed"))?;
    c.bring_online(node)?;
    c.wait_until_online(node)?;
    c.verify_consistency()?;
    keys::verify(c, "meanwhile", 5)?;
    c.verify_data("before-0", Some("changed"))
}

pub(super) fn all(c: &mut Cluster<'_>, _: &Knobs) -> Result<(), StoryError> {
    c.wait_for_leader()?;
    keys::write(c, "before", 3)?;
    c.crash_all(c.nodes().iter())?;
    let read = c.begin(get("before-0"))?;
    let one = c.ask_random(get("before-0")).err();
    let every = c.ask_all(&get("before-0")).err();
    let compare = c.verify_consistency().err();
    for said in [one, every, compare] {
        expect_eq(said, Some(StoryError::AllOffline), "the error of a request, or of a comparison")?;
    }
    c.run_for(secs(2))?;
    expect(c.is_pending(read), "a client without an answer waits")?;
    c.bring_all_online()?;
    c.wait_for_leader()?;
    c.finish(read)?;
    c.wait_until_converged()?;
    keys::verify(c, "before", 3)
}

pub(super) fn are_skipped(c: &mut Cluster<'_>, _: &Knobs) -> Result<(), StoryError> {
    let leader = c.wait_for_leader()?;
    c.put("x", "1")?;
    let node = c.follower_of(leader)?;
    c.take_offline(node, Offline::Graceful)?;
    let answers = c.ask_all(&get("x"))?;
    expect_eq(answers.len(), c.nodes().len() - 1, "the number of answers")?;
    expect(answers.iter().all(|(of, _)| *of != node), "the node that is offline is not asked")?;
    for _ in 0..5 {
        c.ask_random(put("x", "2"))?;
    }
    c.bring_online(node)?;
    c.wait_until_online(node)?;
    let answers = c.ask_all(&get("x"))?;
    expect_eq(answers.len(), c.nodes().len(), "the number of answers, with all online")?;
    c.verify_data("x", Some("2"))
}

pub(super) fn minority_rejoins(c: &mut Cluster<'_>, _: &Knobs) -> Result<(), StoryError> {
    c.wait_for_leader()?;
    keys::write(c, "before", 3)?;
    let all: Vec<_> = c.nodes().iter().collect();
    // Any node may be drawn, the leader too.
    let node = c.pick(&all).ok_or(StoryError::Nobody("node"))?;
    c.isolate(node)?;
    c.wait_for("a leader of the majority", secs(5), |c| c.leader().is_some_and(|leader| leader != node))?;
    keys::write(c, "meanwhile", 3)?;
    c.heal()?;
    c.wait_until_online(node)?;
    c.verify_consistency()?;
    keys::verify(c, "meanwhile", 3)
}

/// The last node alone is no quorum: it runs, and answers nothing. (Where the harness lets it answer, two such nodes
/// could answer differently.)
pub(super) fn one_by_one(c: &mut Cluster<'_>, _: &Knobs) -> Result<(), StoryError> {
    let leader = c.wait_for_leader()?;
    keys::write(c, "three", 2)?;
    let followers = c.followers_of(leader);
    c.take_offline(followers[0], Offline::Kill)?;
    keys::write(c, "two", 2)?;
    c.take_offline(followers[1], Offline::PowerLoss)?;
    let alone = c.at(leader).begin(put("one", "1"))?;
    c.run_for(secs(3))?;
    expect(c.is_pending(alone), "one of three nodes acknowledges nothing")?;
    c.bring_online(followers[1])?;
    c.bring_online(followers[0])?;
    c.wait_until_online(followers[0])?;
    c.wait_until_online(followers[1])?;
    c.verify_consistency()?;
    keys::verify(c, "three", 2)?;
    keys::verify(c, "two", 2)
}
