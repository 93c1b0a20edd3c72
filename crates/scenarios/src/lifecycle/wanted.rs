//! The harness's future work, and its limits.

use env::Completion;
use sim::{Direction, Fault, Target};
use stormglass::scenario::{Knob, Knobs};
use stormglass::story::{Health, Load, Offline};
use stormglass::{Cluster, StoryError, expect, expect_eq, millis, put, secs};

use crate::keys;

pub(super) fn real_shutdown(c: &mut Cluster<'_>, _: &Knobs) -> Result<(), StoryError> {
    for (name, how) in [("graceful", Offline::Graceful), ("killed", Offline::Kill), ("power", Offline::PowerLoss)] {
        let leader = c.wait_for_leader()?;
        keys::write(c, name, 3)?;
        let stopped_at = c.now();
        c.take_offline(leader, how)?;
        if how == Offline::Graceful {
            expect(c.leader().is_some(), "a node that stops in an orderly way has handed over before")?;
        }
        c.wait_for_other_leader(leader)?;
        let without = c.now() - stopped_at;
        c.measures().time(&format!("{name}_other_leader_after"), without);
        keys::verify(c, name, 3)?;
        c.bring_online(leader)?;
        c.wait_until_online(leader)?;
    }
    c.verify_consistency()
}

pub(super) fn one_way_partition(c: &mut Cluster<'_>, _: &Knobs) -> Result<(), StoryError> {
    let leader = c.wait_for_leader()?;
    let follower = c.follower_of(leader)?;
    for (name, cut) in [("unheard", Direction::Outbound), ("deaf", Direction::Inbound)] {
        let term = c.term(leader);
        c.partition_one_way([follower], cut)?;
        keys::write(c, name, 5)?;
        c.run_for(secs(2))?;
        expect_eq(c.leader(), Some(leader), "the leader that a majority hears and answers")?;
        expect_eq(c.term(leader), term, "the leader's term, which a node that hears only half must not raise")?;
        c.heal()?;
        c.wait_until_online(follower)?;
        keys::verify(c, name, 5)?;
    }
    Ok(())
}

pub(super) fn partial_partition(c: &mut Cluster<'_>, _: &Knobs) -> Result<(), StoryError> {
    let leader = c.wait_for_leader()?;
    let [one, other] = [0, 1].map(|n| c.followers_of(leader)[n]);
    // First the leader is in the middle, then at an end.
    for (name, middle) in [("leader", leader), ("follower", one)] {
        c.disturb(Fault::Bridge { middle: Target::Node(middle) })?;
        c.wait_for_leader()?;
        keys::write(c, name, 5)?;
        c.run_for(secs(2))?;
        let leader = c.wait_for_leader()?;
        let term = c.term(leader);
        c.run_for(secs(3))?;
        expect_eq(c.term(leader), term, "the term, which a node that hears no leader must not raise")?;
        c.heal()?;
        c.wait_until_online(other)?;
        keys::verify(c, name, 5)?;
    }
    c.verify_consistency()
}

pub(super) fn virtual_time(c: &mut Cluster<'_>, knobs: &Knobs) -> Result<(), StoryError> {
    let leader = c.wait_for_leader()?;
    let node = c.follower_of(leader)?;
    c.take_offline(node, Offline::PowerLoss)?;
    keys::write(c, "meanwhile", 5)?;
    let before = c.now();
    c.run_for(knobs.time(Knob::WaitTime))?;
    expect_eq(c.now() - before, knobs.time(Knob::WaitTime), "the time that has passed")?;
    expect_eq(c.leader(), Some(leader), "the leader, with nothing else failing")?;
    // Clients' sessions may have expired by now: they open new ones.
    keys::write(c, "later", 3)?;
    c.bring_online(node)?;
    c.wait_until_online(node)?;
    keys::verify(c, "meanwhile", 5)?;
    keys::verify(c, "later", 3)
}

pub(super) fn health_states(c: &mut Cluster<'_>, _: &Knobs) -> Result<(), StoryError> {
    let leader = c.wait_for_leader()?;
    let node = c.follower_of(leader)?;
    c.wait_until_online(node)?;
    c.take_offline(node, Offline::Kill)?;
    expect_eq(c.health(node), Health::Offline, "the health of a node that is down")?;
    keys::write(c, "meanwhile", 30)?;
    c.isolate(node)?;
    c.bring_online(node)?;
    c.wait_for("the node connecting", secs(1), |c| c.health(node) == Health::Connecting)?;
    c.run_for(secs(1))?;
    expect_eq(c.health(node), Health::Connecting, "the health of a node that hears no other")?;
    c.heal()?;
    c.wait_for("the node syncing", secs(5), |c| c.health(node) == Health::Syncing)?;
    let syncing_at = c.now();
    c.wait_for("the node online", secs(5), |c| c.health(node) == Health::Online)?;
    let syncing = c.now() - syncing_at;
    c.measures().time("syncing_for", syncing);
    keys::verify(c, "meanwhile", 3)
}

pub(super) fn cluster_sizes(c: &mut Cluster<'_>, _: &Knobs) -> Result<(), StoryError> {
    let spare = (c.nodes().len() - 1) / 2;
    for _ in 0..spare {
        let leader = c.wait_for_leader()?;
        c.kill(leader)?;
    }
    c.wait_for_leader()?;
    keys::write(c, "without-them", 3)?;
    let one_more = c.wait_for_leader()?;
    c.kill(one_more)?;
    let write = c.begin(put("blocked", "1"))?;
    c.run_for(secs(2))?;
    expect(c.is_pending(write), "a minority acknowledges nothing")?;
    c.bring_all_online()?;
    c.wait_for_leader()?;
    c.wait_until_converged()?;
    keys::verify(c, "without-them", 3)
}

pub(super) fn network_latency(c: &mut Cluster<'_>, _: &Knobs) -> Result<(), StoryError> {
    let leader = c.wait_for_leader()?;
    c.start_load(Load::default())?;
    c.run_for(secs(2))?;
    let usual = c.load_so_far();
    let follower = c.follower_of(leader)?;
    c.disturb(Fault::SlowLink { target: Target::Node(follower), extra_ms: 30 })?;
    c.run_for(secs(2))?;
    let slow_follower = c.load_so_far();
    c.disturb(Fault::SlowLink { target: Target::Node(leader), extra_ms: 30 })?;
    c.run_for(secs(2))?;
    let slow_leader = c.load_so_far();
    usual.note("usual", c.measures());
    slow_follower.note("slow_follower", c.measures());
    slow_leader.note("slow_leader", c.measures());
    expect(slow_follower.latency(50) < usual.latency(50) + millis(30), "a majority does not wait for one follower")?;
    expect(slow_leader.latency(50) > usual.latency(50) + millis(30), "all clients wait for the leader")?;
    c.heal()?;
    let load = c.stop_load()?;
    expect_eq(load.fail + load.info, 0, "the number of operations that were not answered")?;
    c.verify_consistency()
}

pub(super) fn network_timeouts(c: &mut Cluster<'_>, _: &Knobs) -> Result<(), StoryError> {
    let leader = c.wait_for_leader()?;
    // This write opens the session, so that the next one is sent at once.
    c.at(leader).put("x", "0")?;
    c.isolate(leader)?;
    let write = c.at(leader).begin(put("x", "1"))?;
    let asked_at = c.now();
    let completion = c.finish(write)?;
    let waited = c.now() - asked_at;
    c.measures().time("given_up_after", waited);
    expect_eq(completion, Completion::Info, "the end of a write without an answer: it may have happened")?;
    let read = c.at(leader).begin(stormglass::get("x"))?;
    let completion = c.finish(read)?;
    expect_eq(completion, Completion::Fail, "the end of a read without an answer: it has changed nothing")?;
    c.heal()?;
    c.wait_until_converged()
}

pub(super) fn data_corruption(c: &mut Cluster<'_>, _: &Knobs) -> Result<(), StoryError> {
    let leader = c.wait_for_leader()?;
    keys::write(c, "before", 5)?;
    let node = c.follower_of(leader)?;
    c.wait_until_caught_up(node)?;
    c.inject(Fault::BitFlip { target: Target::Node(node) }, None)?;
    c.take_offline(node, Offline::Kill)?;
    c.bring_online(node)?;
    c.run_for(secs(2))?;
    expect(c.is_lost(node) && !c.is_online(node), "the node refuses to start on a disk that it cannot trust")?;
    keys::write(c, "after", 5)?;
    keys::verify(c, "before", 5)?;
    keys::verify(c, "after", 5)
}
