//! Partitions, crashes and pauses.

use env::NodeId;

use super::super::*;
use super::rig::Rig;

/// As long as a frame and its acknowledgement may be on their way, with the tick in which each is handled.
const ROUND_TRIP_MS: u64 = 22;

fn ms(duration: Duration) -> u64 {
    duration.as_millis() as u64
}

#[test]
fn a_peer_that_crashes_and_comes_back_is_reached_again() {
    let mut rig = Rig::new(11, 2);
    let before = rig.send_for_ms(200, 10, 1, 2);
    rig.sim.crash("n2");
    rig.send_for_ms(2_000, 50, 1, 2);
    assert_eq!(rig.arrived(1, 2), before[..rig.arrived(1, 2).len()]);
    assert!(rig.broken(1).iter().any(|(_, why)| *why == Broken::ConnectTimedOut), "{:?}", rig.broken(1));
    rig.sim.bounce("n2");
    // An attempt that began before may have to time out, and the pause behind it be over.
    rig.run_ms(ms(ANSWER_TIMEOUT_MIN) + BACKOFF_MAX_MS);
    let after = rig.send_for_ms(200, 10, 1, 2);
    rig.run_ms(100);
    assert!(rig.arrived(1, 2).ends_with(&after));
}

#[test]
fn a_partition_is_noticed_in_time_and_frames_flow_again_when_it_has_healed() {
    let mut rig = Rig::new(12, 2);
    rig.send_for_ms(200, 10, 1, 2);
    rig.run_ms(100);
    assert_eq!(rig.broken(1), []);
    rig.sim.partition("n1", "n2");
    let cut_at = rig.now_ms.get();
    let lost = rig.send_for_ms(400, 20, 1, 2);
    let (broken_at, why) = rig.broken(1)[0].clone();
    assert_eq!(why, Broken::AckTimeout);
    assert_eq!(broken_at - cut_at, ms(ANSWER_TIMEOUT_MIN));
    assert!(rig.broken(1)[1..].iter().all(|(_, why)| *why == Broken::ConnectRefused), "{:?}", rig.broken(1));
    assert!(rig.broken(1).len() >= 3, "it tries again and again");
    assert!(lost[..12].iter().all(|number| rig.dropped(1).contains(number)), "{:?} of {lost:?}", rig.dropped(1));
    rig.sim.repair("n1", "n2");
    rig.run_ms(BACKOFF_MAX_MS + ROUND_TRIP_MS);
    let after = rig.send_for_ms(200, 10, 1, 2);
    rig.run_ms(100);
    assert!(rig.arrived(1, 2).ends_with(&after));
}

#[test]
fn an_attempt_that_would_be_refused_is_not_made_since_turmoil_keeps_its_socket() {
    let refused = |is_cut_off: bool| {
        let mut rig = Rig::new(13, 2);
        rig.sim.partition("n1", "n2");
        rig.node(1).is_cut_off.set(is_cut_off);
        rig.send_for_ms(2_000, 20, 1, 2);
        (rig.broken(1), rig.sockets(1))
    };
    let (made, sockets) = refused(false);
    assert!(made.len() > 10 && made.iter().all(|(_, why)| *why == Broken::ConnectRefused), "{made:?}");
    assert_eq!(sockets, made.len());
    assert_eq!(refused(true), (made, 0));
}

#[test]
fn what_waits_when_a_connection_breaks_is_dropped_with_it() {
    let mut rig = Rig::new(19, 2);
    rig.sim.partition("n1", "n2");
    let first = rig.send(1, 2).unwrap();
    let second = rig.send(1, 2).unwrap();
    rig.run_ms(1);
    rig.sim.repair("n1", "n2");
    let third = rig.send(1, 2).unwrap();
    rig.run_ms(100);
    assert_eq!(rig.arrived(1, 2), [third]);
    let events = rig.node(1).events.borrow();
    let to = Speaker::Node(NodeId(2));
    let dropped = Event::Dropped { to, unacknowledged: vec![], waiting: vec![first, second] };
    assert!(events.iter().any(|(_, event)| *event == dropped), "{events:?}");
}

#[test]
fn a_one_way_partition_lets_the_open_direction_deliver() {
    let mut rig = Rig::new(13, 2);
    rig.sim.partition_oneway("n2", "n1");
    let mut sent = Vec::new();
    for _ in 0..40 {
        sent.push(rig.send(1, 2).unwrap());
        rig.send(2, 1).unwrap();
        rig.run_ms(50);
    }
    rig.run_ms(1_000);
    assert_eq!(rig.arrived(1, 2), sent, "without acknowledgements it takes several connections");
    assert!(rig.broken(1).iter().all(|(_, why)| *why == Broken::AckTimeout), "{:?}", rig.broken(1));
    assert!(rig.broken(1).len() > 3);
    assert!(rig.arrived(2, 1).is_empty(), "{:?}", rig.arrived(2, 1));
}

#[test]
fn attempts_to_connect_become_rarer_and_are_spread() {
    let mut rig = Rig::new(14, 2);
    rig.sim.partition("n1", "n2");
    rig.send_for_ms(3_000, 1, 1, 2);
    let at: Vec<u64> = rig.broken(1).iter().map(|(at, _)| *at).collect();
    let pauses: Vec<u64> = at.windows(2).map(|pair| pair[1] - pair[0]).collect();
    // A frame is sent in every tick; the tick in which it is seen comes on top of each pause.
    for (pause, longest) in pauses.iter().zip([10, 20, 40, 80, 160, 160, 160, 160]) {
        assert!((longest / 2..=longest + 1).contains(pause), "{pauses:?}");
    }
    assert!(pauses[4..].iter().any(|pause| *pause != pauses[4]), "{pauses:?}");
}

#[test]
fn after_a_connection_that_worked_attempts_begin_anew() {
    let mut rig = Rig::new(20, 2);
    rig.sim.partition("n1", "n2");
    rig.send_for_ms(1_000, 1, 1, 2);
    rig.sim.repair("n1", "n2");
    rig.send_for_ms(500, 1, 1, 2);
    rig.sim.partition("n1", "n2");
    rig.send_for_ms(400, 1, 1, 2);
    let broken = rig.broken(1);
    let worked = broken.iter().position(|(_, why)| *why == Broken::AckTimeout).expect("a connection was given up");
    let pause = broken[worked + 1].0 - broken[worked].0;
    assert!((BACKOFF_MIN_MS / 2..=BACKOFF_MIN_MS + 1).contains(&pause), "{broken:?}");
}

#[test]
fn a_short_pause_only_keeps_things_waiting() {
    let mut rig = Rig::new(15, 2);
    let mut sent = [Vec::new(), Vec::new()];
    for _ in 0..10 {
        sent[0].push(rig.send(1, 2).unwrap());
        sent[1].push(rig.send(2, 1).unwrap());
        rig.run_ms(50);
    }
    rig.node(2).gate.close();
    rig.run_ms(1);
    for _ in 0..10 {
        sent[0].push(rig.send(1, 2).unwrap());
        sent[1].push(rig.send(2, 1).unwrap());
        rig.run_ms(15);
    }
    assert_eq!(rig.arrived(1, 2), sent[0][..10], "a paused process reads nothing");
    assert_eq!(rig.arrived(2, 1), sent[1][..10], "and writes nothing");
    rig.node(2).gate.open();
    rig.run_ms(50);
    assert_eq!((rig.arrived(1, 2), rig.arrived(2, 1)), (sent[0].clone(), sent[1].clone()));
    assert_eq!((rig.broken(1), rig.broken(2)), (vec![], vec![]));
}

#[test]
fn a_paused_sender_finds_the_acknowledgements_that_came_meanwhile() {
    let mut rig = Rig::new(16, 2);
    rig.send(1, 2).unwrap();
    rig.run_ms(100);
    rig.send(1, 2).unwrap();
    rig.run_ms(1);
    rig.node(1).gate.close();
    rig.run_ms(2_000);
    rig.node(1).gate.open();
    rig.run_ms(500);
    assert_eq!(rig.broken(1), []);
    assert_eq!(rig.arrived(1, 2), [1, 2]);
}

#[test]
fn a_timeout_that_elapsed_during_a_pause_fires_after_it() {
    let mut rig = Rig::new(17, 2);
    rig.send(1, 2).unwrap();
    rig.run_ms(100);
    rig.sim.partition("n1", "n2");
    rig.send(1, 2).unwrap();
    rig.run_ms(1);
    rig.node(1).gate.close();
    rig.run_ms(2_000);
    assert_eq!(rig.broken(1), []);
    rig.node(1).gate.open();
    let opened_at = rig.now_ms.get();
    rig.run_ms(10);
    assert_eq!(rig.broken(1), [(opened_at, Broken::AckTimeout)]);
}

#[test]
fn a_long_pause_breaks_connections_and_ends_with_the_newest() {
    let mut rig = Rig::new(18, 2);
    rig.send(1, 2).unwrap();
    rig.run_ms(100);
    rig.node(2).gate.close();
    // Twice as many attempts as turmoil lets wait to be accepted.
    rig.send_for_ms(40_000, 50, 1, 2);
    assert_eq!(rig.arrived(1, 2), [1]);
    assert!(rig.broken(1).len() > 90, "{} connections", rig.broken(1).len());
    assert!(
        rig.broken(1).iter().all(|(_, why)| *why == Broken::AckTimeout),
        "the kernel accepts, the process does not"
    );
    rig.node(2).gate.open();
    rig.run_ms(1_000);
    let after = rig.send_for_ms(200, 10, 1, 2);
    rig.run_ms(100);
    assert!(rig.arrived(1, 2).ends_with(&after));
}
