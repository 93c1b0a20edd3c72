//! Clusters: elections, fail-over, snapshots to laggards, and clients through all of it.

use std::collections::BTreeSet;
use std::time::Duration;

use env::{Bytes, ClientId, Completion, NodeId, NodeSet, Random, Ratio, RequestId};
use kv::Start;
use kv_types::{Operation, Output};
use raft_types::Observation;

use crate::support::World;

const SECOND: Duration = Duration::from_secs(1);

fn put(key: &str, value: &str) -> Operation {
    Operation::Put { key: key.into(), value: value.into() }
}

fn append(key: &str, value: &str) -> Operation {
    Operation::Append { key: key.into(), value: value.into() }
}

fn get(key: &str) -> Operation {
    Operation::Get { key: key.into() }
}

fn value(text: &str) -> Completion<Output> {
    Completion::Ok(Output::Value(Some(Bytes::from(text))))
}

fn converged(world: &World, nodes: NodeSet) -> bool {
    let states: BTreeSet<_> =
        nodes.iter().map(|id| world.node(id).map(|node| (node.last_applied(), node.state_digest()))).collect();
    states.len() == 1
}

#[test]
fn what_is_put_can_be_got_after_the_leader_is_lost() {
    let mut world = World::new(1, 3, 1, |_| {});
    assert_eq!(world.call(1, put("k", "v1")), Completion::Ok(Output::Written));
    assert_eq!(world.call(1, get("k")), value("v1"));
    let lost = world.leader().expect("it answered");
    world.crash(lost);
    assert_eq!(world.call(1, append("k", "+v2")), Completion::Ok(Output::Written));
    assert_ne!(world.leader(), Some(lost));
    world.boot(lost, Start::Again).expect("an ordinary crash");
    assert_eq!(world.call(1, get("k")), value("v1+v2"));
    world.run_until(|world| converged(world, NodeSet::first(3)));
}

#[test]
fn a_cluster_of_one_serves_by_itself() {
    let mut world = World::new(2, 1, 1, |_| {});
    assert_eq!(world.call(1, put("k", "v")), Completion::Ok(Output::Written));
    let cas = |expected: Option<&str>, value: &str| Operation::Cas {
        key: "k".into(),
        expected: expected.map(Bytes::from),
        value: Some(value.into()),
    };
    assert_eq!(world.call(1, cas(Some("x"), "w")), Completion::Ok(Output::Mismatch));
    assert_eq!(world.call(1, cas(Some("v"), "w")), Completion::Ok(Output::Swapped));
    world.crash(NodeId(1));
    world.boot(NodeId(1), Start::Again).expect("an ordinary crash");
    assert_eq!(world.call(1, get("k")), value("w"));
    assert_eq!(world.call(1, Operation::Delete { key: "k".into() }), Completion::Ok(Output::Written));
    assert_eq!(world.call(1, get("k")), Completion::Ok(Output::Value(None)));
}

#[test]
fn a_minority_answers_nothing() {
    let mut world = World::new(3, 3, 1, |_| {});
    world.call(1, put("k", "v"));
    world.isolated = NodeSet::first(3);
    assert_eq!(world.call(1, get("k")), Completion::Fail, "a read changes nothing");
    assert_eq!(world.call(1, put("k", "w")), Completion::Info, "a write may be in a log");
    assert_eq!(world.call(1, put("k", "x")), Completion::Fail, "there was no session to write in");
    world.isolated = NodeSet::EMPTY;
    world.run_for(SECOND);
    assert!(matches!(world.call(1, get("k")), Completion::Ok(Output::Value(Some(v))) if *v == *b"v" || *v == *b"w"));
}

#[test]
fn a_laggard_gets_a_snapshot_that_replaces_its_state() {
    let mut world = World::new(4, 3, 1, |config| {
        config.snapshot_every = 20;
        config.raft.log_tail = 2;
        config.raft.snapshot_chunk_bytes = 100;
    });
    world.call(1, put("deleted", "x"));
    let laggard = NodeSet::first(3).iter().find(|id| Some(*id) != world.leader()).expect("two do not lead");
    world.run_until(|world| converged(world, NodeSet::first(3)));
    world.isolated.insert(laggard);
    world.call(1, Operation::Delete { key: "deleted".into() });
    for i in 0..60 {
        assert_eq!(world.call(1, append("k", &format!("{i} "))), Completion::Ok(Output::Written));
    }
    world.isolated = NodeSet::EMPTY;
    world.run_until(|world| converged(world, NodeSet::first(3)));
    let installed = |(id, observation): &(NodeId, Observation)| {
        *id == laggard && matches!(observation, Observation::SnapshotInstalled { .. })
    };
    assert!(world.observed.iter().any(installed), "{laggard} was sent a snapshot");
    world.crash(laggard);
    world.boot(laggard, Start::Again).expect("an ordinary crash");
    world.run_until(|world| converged(world, NodeSet::first(3)));
}

#[test]
fn an_expired_session_is_told_so_and_the_next_write_opens_another() {
    let mut world = World::new(5, 3, 2, |config| config.session_ttl = 2 * SECOND);
    assert_eq!(world.call(1, put("k", "1")), Completion::Ok(Output::Written));
    for i in 0..6 {
        world.run_for(SECOND);
        assert_eq!(world.call(2, put("other", &format!("{i}"))), Completion::Ok(Output::Written));
    }
    assert_eq!(world.call(1, put("k", "2")), Completion::Ok(Output::Written), "the client knew it was old");
    assert_eq!(world.call(1, get("k")), value("2"));
}

/// One storm: losses, duplicates, crashes, kills and cuts, clients appending their own marks; then calm, and the account.
fn storm(seed: u64) {
    const CLIENTS: u32 = 4;
    let mut world = World::new(seed, 3, CLIENTS, |config| {
        config.snapshot_every = 25;
        config.raft.log_tail = 3;
        config.raft.snapshot_chunk_bytes = 200;
        config.session_ttl = 3 * SECOND;
        config.raft.clock_drift_max_ppm = 0;
    });
    world.run_for(SECOND / 10);
    world.loss = Ratio::percent(5);
    world.duplication = Ratio::percent(10);
    let nodes = NodeSet::first(3);
    let mut sequences = [0_u64; CLIENTS as usize];
    let mut written = Vec::new();
    let mut certain = BTreeSet::new();
    let mut busy = [false; CLIENTS as usize];
    for round in 0..400 {
        for client in 1..=CLIENTS {
            let slot = (client - 1) as usize;
            if busy[slot] && !world.is_idle(client) {
                continue;
            }
            let done = RequestId { client: ClientId(client), seq: sequences[slot] };
            match world.take_completion(client) {
                Some(Completion::Ok(Output::Written)) => {
                    certain.insert(done);
                }
                Some(Completion::Fail) => written.retain(|request| *request != done),
                _ => {}
            }
            sequences[slot] += 1;
            busy[slot] = true;
            let request = RequestId { client: ClientId(client), seq: sequences[slot] };
            if world.random().chance(Ratio::percent(25)) {
                world.invoke(client, get("k"));
            } else {
                written.push(request);
                world.invoke(client, append("k", &format!("[{request}]")));
            }
        }
        if round % 8 == 0 {
            let node = NodeId(1 + world.random().below(3) as u8);
            match world.random().below(5) {
                _ if world.node(node).is_none() => world.boot(node, Start::Again).expect("an ordinary crash"),
                0 => world.crash(node),
                1 => world.kill(node),
                2 => world.isolated = std::iter::once(node).collect(),
                _ => world.isolated = NodeSet::EMPTY,
            }
        }
        world.run_for(Duration::from_millis(40));
    }
    world.loss = Ratio::NEVER;
    world.isolated = NodeSet::EMPTY;
    for node in nodes.iter() {
        if world.node(node).is_none() {
            world.boot(node, Start::Again).expect("an ordinary crash");
        }
    }
    world.run_for(10 * SECOND);
    assert!(converged(&world, nodes), "seed {seed}: states differ");
    let Completion::Ok(Output::Value(Some(text))) = world.call(1, get("k")) else {
        panic!("seed {seed}: nothing was written");
    };
    let text = text.to_string();
    for request in &certain {
        assert_eq!(text.matches(&format!("[{request}]")).count(), 1, "seed {seed}: {request} was acknowledged");
    }
    for request in &written {
        assert!(text.matches(&format!("[{request}]")).count() <= 1, "seed {seed}: {request} twice");
    }
    let marks = text.matches('[').count();
    assert_eq!(marks, world.executed().len(), "seed {seed}: each execution left its mark");
    let known = written.iter().filter(|request| text.contains(&format!("[{request}]"))).count();
    assert_eq!(known, marks, "seed {seed}: a write that failed is there");
    assert!(certain.len() > 20, "seed {seed}: only {} writes succeeded", certain.len());
}

#[test]
fn writes_happen_once_through_storms() {
    for seed in 0..30 {
        storm(seed);
    }
}
