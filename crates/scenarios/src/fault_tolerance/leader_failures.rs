//! The leader fails: its acknowledged writes stay, and another node takes over.

use env::Completion;
use stormglass::scenario::{Knob, Knobs};
use stormglass::story::Load;
use stormglass::{Cluster, StoryError, append, expect, expect_eq, millis, put, secs};

use crate::keys;

pub(super) fn data_consistency(c: &mut Cluster<'_>, _: &Knobs) -> Result<(), StoryError> {
    let leader = c.wait_for_leader()?;
    keys::write(c, "key", 10)?;
    c.crash(leader)?;
    c.wait_for_other_leader(leader)?;
    c.verify_no_split_brain()?;
    keys::verify(c, "key", 10)?;
    c.bring_online(leader)?;
    c.wait_until_online(leader)?;
    keys::verify(c, "key", 10)
}

/// An entry that only the leader held may be lost with it; a committed entry may not.
pub(super) fn uncommitted_logs(c: &mut Cluster<'_>, _: &Knobs) -> Result<(), StoryError> {
    let leader = c.wait_for_leader()?;
    keys::write(c, "committed", 3)?;
    c.isolate(leader)?;
    let write = c.at(leader).begin(put("uncommitted", "1"))?;
    c.run_for(millis(100))?;
    expect(c.is_pending(write), "a write that no other node holds is not acknowledged")?;
    c.kill(leader)?;
    c.heal()?;
    c.wait_for_other_leader(leader)?;
    expect_eq(c.get("uncommitted")?, None, "the key that only the old leader held, read at the new one")?;
    c.put("after", "2")?;
    c.bring_online(leader)?;
    c.wait_until_online(leader)?;
    keys::verify(c, "committed", 3)?;
    // The client may have sent the write again to the restarted leader: then it is an honest write.
    c.wait_until_converged()
}

/// A client without an answer asks the next leader again; its operation is still done once.
pub(super) fn no_duplicate_writes(c: &mut Cluster<'_>, knobs: &Knobs) -> Result<(), StoryError> {
    let mut expected = String::new();
    for round in 0..knobs.of(Knob::Iterations) {
        let leader = c.wait_for_leader()?;
        let write = c.begin(append("list", &format!("{round}.")))?;
        // Somewhere between the write's sending and its answer.
        let moment = c.draw(1, 60);
        c.run_for(millis(moment))?;
        c.kill(leader)?;
        c.wait_for_other_leader(leader)?;
        let completion = c.finish(write)?;
        c.bring_online(leader)?;
        expect(matches!(completion, Completion::Ok(_)), "a leader is there in time for the retry")?;
        expected += &format!("{round}.");
        expect_eq(c.get("list")?, Some(expected.clone()), "the appended values, each once")?;
    }
    c.wait_until_converged()
}

pub(super) fn under_load(c: &mut Cluster<'_>, _: &Knobs) -> Result<(), StoryError> {
    let leader = c.wait_for_leader()?;
    c.start_load(Load::default())?;
    c.run_for(secs(2))?;
    c.load_so_far().note("before", c.measures());
    let failed_at = c.now();
    c.crash(leader)?;
    c.wait_for_other_leader(leader)?;
    let election = c.now() - failed_at;
    c.measures().time("election", election);
    c.load_so_far().note("without_leader", c.measures());
    c.run_for(secs(2))?;
    c.load_so_far().note("with_new_leader", c.measures());
    c.bring_online(leader)?;
    c.wait_until_online(leader)?;
    let load = c.stop_load()?;
    expect_eq(load.fail + load.info, 0, "the number of operations that were not answered")?;
    c.wait_until_converged()
}

pub(super) fn rapid_changes(c: &mut Cluster<'_>, knobs: &Knobs) -> Result<(), StoryError> {
    let rounds = knobs.of(Knob::Iterations);
    for round in 0..rounds {
        let leader = c.wait_for_leader()?;
        keys::write(c, &format!("round-{round}"), 2)?;
        c.crash(leader)?;
        c.wait_for_other_leader(leader)?;
        c.verify_no_split_brain()?;
        c.bring_online(leader)?;
    }
    let elections = c.reached("leader elected");
    c.measures().count("elections", elections);
    c.wait_until_converged()?;
    (0..rounds).try_for_each(|round| keys::verify(c, &format!("round-{round}"), 2))
}

pub(super) fn election_after_failure(c: &mut Cluster<'_>, _: &Knobs) -> Result<(), StoryError> {
    let leader = c.wait_for_leader()?;
    let term = c.term(leader);
    let failed_at = c.now();
    c.kill(leader)?;
    let new = c.wait_for_other_leader(leader)?;
    let election = c.now() - failed_at;
    c.measures().time("election", election);
    expect(c.term(new) > term, "the new leader leads a later term")?;
    expect_eq(c.count_leaders(), 1, "the number of leaders")?;
    c.verify_no_split_brain()
}

pub(super) fn write_after_failover(c: &mut Cluster<'_>, _: &Knobs) -> Result<(), StoryError> {
    let leader = c.wait_for_leader()?;
    keys::write(c, "old", 5)?;
    c.kill(leader)?;
    let new = c.wait_for_other_leader(leader)?;
    c.at(new).put("first", "1")?;
    keys::write(c, "new", 5)?;
    keys::verify(c, "old", 5)?;
    keys::verify(c, "new", 5)
}

/// A client that has read or written a value before the failure reads no older one after it, on any node.
pub(super) fn read_after_write(c: &mut Cluster<'_>, _: &Knobs) -> Result<(), StoryError> {
    for round in 0..3 {
        let leader = c.wait_for_leader()?;
        let value = format!("{round}");
        c.put("x", &value)?;
        c.isolate(leader)?;
        let new = c.wait_for_other_leader(leader)?;
        expect_eq(c.at(new).get("x")?, Some(value.clone()), "the value that the new leader reads")?;
        c.at(new).put("x", &format!("{value} and more"))?;
        // The deposed leader may give no answer. It must give no stale one: every read is checked.
        c.at(leader).begin(stormglass::get("x"))?;
        c.run_for(millis(300))?;
        c.heal()?;
        c.wait_until_converged()?;
        c.verify_data("x", Some(&format!("{value} and more")))?;
    }
    Ok(())
}
