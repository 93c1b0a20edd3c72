//! Power fails at every single step, and every promised entry is still there.

use std::time::Duration;

use env::{Completion, NodeId, NodeSet};
use kv::Start;
use kv_types::{Operation, Output};
use raft_types::{LogIndex, Observation};

use crate::support::{Dice, World};

const ONE: NodeId = NodeId(1);

fn append(value: &str) -> Operation {
    Operation::Append { key: "k".into(), value: value.into() }
}

fn read(world: &mut World) -> String {
    match world.call(1, Operation::Get { key: "k".into() }) {
        Completion::Ok(Output::Value(value)) => value.map(|value| value.to_string()).unwrap_or_default(),
        other => panic!("{other:?}"),
    }
}

/// The last index that a client was told about.
fn acknowledged(world: &World) -> LogIndex {
    let indices = world.observed.iter().filter_map(|(_, observation)| match observation {
        Observation::WriteAcknowledged { entry: Some(entry), .. } => Some(entry.index),
        _ => None,
    });
    indices.max().unwrap_or_default()
}

/// The last entry that a node recovered.
fn recovered(world: &World) -> LogIndex {
    let last = world.observed.iter().rev().find_map(|(_, observation)| match observation {
        Observation::Recovered { last, .. } => Some(last.index),
        _ => None,
    });
    last.expect("it has booted")
}

/// Power fails with `reached` of the pending changes on the disk; true if there were so many.
fn crash_and_boot(world: &mut World, node: NodeId, reached: usize) -> bool {
    if reached > world.disk_mut(node).mark() {
        return false;
    }
    world.kill(node);
    world.disk_mut(node).lose_power_after(reached);
    world.boot(node, Start::Again).unwrap_or_else(|why| panic!("at {} after {reached} changes: {why}", world.now));
    true
}

#[test]
fn a_crash_at_any_step_of_publishing_a_snapshot_loses_nothing() {
    let mut world = World::new(1, 1, 1, |config| config.snapshot_every = 6);
    // Power losses after a part of the pending changes, neither none nor all.
    let mut partial = 0;
    let mut published = 0;
    for i in 0..30 {
        world.invoke(1, append(&format!("{i} ")));
        while !world.is_idle(1) {
            world.run_one();
            let mut reached = 0;
            loop {
                let mut crashed = world.clone();
                if !crash_and_boot(&mut crashed, ONE, reached) {
                    break;
                }
                assert!(
                    acknowledged(&crashed) <= recovered(&crashed),
                    "entry {} was acknowledged, {} recovered",
                    acknowledged(&crashed),
                    recovered(&crashed)
                );
                reached += 1;
            }
            partial += reached.saturating_sub(2);
        }
        published = world
            .observed
            .iter()
            .filter(|(_, observation)| matches!(observation, Observation::SnapshotTaken { .. }))
            .count();
    }
    assert!(published >= 4, "only {published} snapshots were published");
    assert!(partial > 30, "only {partial} power losses left a part of the pending writes");
}

#[test]
fn a_boot_from_the_page_cache_removes_nothing_that_may_be_needed_yet() {
    let mut world = World::new(5, 1, 1, |config| config.snapshot_every = 6);
    for i in 0..30 {
        world.invoke(1, append(&format!("{i} ")));
        while !world.is_idle(1) {
            world.run_one();
            // Killed with some changes in the page cache, booted from it, and then the power fails after all.
            for seed in 0..8 {
                let mut crashed = world.clone();
                *crashed.random() = Dice(seed);
                for _ in 0..1 + seed % 2 {
                    crashed.kill(ONE);
                    crashed.boot(ONE, Start::Again).expect("nothing is wrong with its files");
                }
                crashed.crash(ONE);
                crashed.boot(ONE, Start::Again).unwrap_or_else(|why| panic!("at {}: {why}", world.now));
                assert!(acknowledged(&crashed) <= recovered(&crashed), "at {}", world.now);
            }
        }
    }
}

#[test]
fn a_crash_at_any_step_of_installing_a_snapshot_is_survived() {
    let mut world = World::new(2, 3, 1, |config| {
        config.snapshot_every = 10;
        config.raft.log_tail = 0;
    });
    world.call(1, append("0 "));
    let laggard = NodeSet::first(3).iter().find(|id| Some(*id) != world.leader()).expect("two do not lead");
    world.isolated.insert(laggard);
    for i in 1..30 {
        world.call(1, append(&format!("{i} ")));
    }
    world.isolated = NodeSet::EMPTY;
    let goal = world.leader().and_then(|leader| world.node(leader)).expect("it leads").last_applied();
    let has_installed = |world: &World| {
        let mut observed = world.observed.iter();
        observed.any(|(id, observation)| *id == laggard && matches!(observation, Observation::SnapshotInstalled { .. }))
    };
    let (mut crashes, mut steps_behind) = (0, 0);
    while steps_behind < 100 {
        world.run_one();
        steps_behind += usize::from(has_installed(&world));
        for reached in 0.. {
            let mut crashed = world.clone();
            if !crash_and_boot(&mut crashed, laggard, reached) {
                break;
            }
            crashes += 1;
            crashed.run_until(|world| world.node(laggard).is_some_and(|node| node.last_applied() >= goal));
            crashed.call(1, append("behind it "));
            crashed.run_for(Duration::from_millis(100));
            crashed.crash(laggard);
            crashed.boot(laggard, Start::Again).unwrap_or_else(|why| panic!("at {}, again: {why}", world.now));
        }
    }
    assert!(crashes > 120, "only {crashes} crashes");
}

#[test]
fn a_torn_tail_is_gone_before_anything_is_written_behind_it() {
    for seed in 0..200 {
        let mut world = World::new(seed, 1, 1, |config| config.snapshot_every = 9);
        world.run_for(Duration::from_millis(400));
        let mut written = String::new();
        for life in 0..4 {
            for i in 0..3 {
                let value = format!("{life}.{i} ");
                assert_eq!(world.call(1, append(&value)), Completion::Ok(Output::Written), "seed {seed}");
                written += &value;
            }
            // The writes on their way to the disk are torn, with more or less of them left.
            world.invoke(1, append("?"));
            world.run_for(Duration::from_micros(300 * (seed % 20)));
            world.crash(ONE);
            world.boot(ONE, Start::Again).unwrap_or_else(|why| panic!("seed {seed}, life {life}: {why}"));
            while !world.is_idle(1) {
                world.run_one();
            }
            if world.take_completion(1) == Some(Completion::Ok(Output::Written)) {
                written += "?";
            }
        }
        let text = read(&mut world);
        assert_eq!(text.replace('?', ""), written.replace('?', ""), "seed {seed}");
    }
}

#[test]
fn a_killed_process_relies_on_nothing_that_was_not_synced() {
    let mut world = World::new(3, 1, 1, |_| {});
    world.run_for(Duration::from_millis(400));
    world.call(1, append("a"));
    world.run_for(Duration::from_secs(1));
    assert_eq!(world.disk_mut(ONE).mark(), 0, "all is durable");
    // Killed with an append in the page cache; the next life finds it there, and power fails before its first sync.
    world.invoke(1, append("b"));
    while world.disk_mut(ONE).mark() == 0 {
        assert!(world.run_one());
    }
    let unsynced = world.observed.len();
    world.kill(ONE);
    world.boot(ONE, Start::Again).expect("nothing is wrong with its files");
    assert_eq!(world.observed[unsynced..].iter().filter(|(_, o)| is_applied(o)).count(), 0);
    let found = recovered(&world);
    world.kill(ONE);
    world.disk_mut(ONE).lose_power_after(0);
    world.boot(ONE, Start::Again).expect("an ordinary crash");
    assert!(recovered(&world) < found, "the append was in the page cache alone");
    assert!(acknowledged(&world) <= recovered(&world));
}

fn is_applied(observation: &Observation) -> bool {
    matches!(observation, Observation::Applied { .. })
}

#[test]
fn what_a_failed_sync_left_in_the_page_cache_is_not_taken_for_durable() {
    let mut world = World::new(4, 1, 1, |_| {});
    world.call(1, append("a"));
    world.run_for(Duration::from_secs(1));
    world.invoke(1, append("b"));
    while world.disk_mut(ONE).mark() == 0 {
        assert!(world.run_one());
    }
    // The node halts, as it must; its supervisor starts it again on the same machine, and there it finds its last write.
    world.kill(ONE);
    world.disk_mut(ONE).fail_sync();
    world.boot(ONE, Start::Again).expect("the page cache shows nothing wrong");
    let found = recovered(&world);
    world.run_until(|world| world.is_idle(1));
    assert_eq!(world.take_completion(1), Some(Completion::Ok(Output::Written)));
    assert!(acknowledged(&world) >= found);
    world.crash(ONE);
    world.boot(ONE, Start::Again).expect("an ordinary crash");
    assert!(recovered(&world) >= acknowledged(&world), "an acknowledged entry had never reached the disk");
    assert_eq!(read(&mut world), "ab");
}
