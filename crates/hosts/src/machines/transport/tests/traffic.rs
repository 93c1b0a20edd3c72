//! Frames between hosts that nothing disturbs.

use std::cell::RefCell;
use std::rc::Rc;

use env::NodeId;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Duration, Instant, sleep};
use turmoil::net::TcpStream;

use super::super::frame::{self, Kind};
use super::super::*;
use super::rig::{Rig, VERSION, stream};

#[test]
fn frames_arrive_in_the_order_in_which_they_were_sent() {
    let mut rig = Rig::new(1, 2);
    let mut sent = Vec::new();
    for _ in 0..200 {
        // Some ticks carry several frames, in one write, and some carry none.
        for _ in 0..rig.now_ms.get() % 4 {
            sent.push(rig.send(1, 2).unwrap());
        }
        rig.run_ms(1);
    }
    rig.run_ms(100);
    assert_eq!(rig.arrived(1, 2), sent);
    assert_eq!(rig.broken(1), []);
    let written = |event: &Event| match event {
        Event::Written { number, .. } => Some(*number),
        _ => None,
    };
    let events = rig.node(1).events.borrow();
    assert_eq!(events.iter().filter_map(|(_, event)| written(event)).collect::<Vec<_>>(), sent);
}

#[test]
fn heartbeats_keep_connections_for_ever() {
    let mut rig = Rig::new(2, 5);
    for _ in 0..20 * 20 {
        for peer in 2..=5 {
            rig.send(1, peer).unwrap();
        }
        rig.run_ms(20);
        for peer in 2..=5 {
            rig.send(peer, 1).unwrap();
        }
        rig.run_ms(30);
    }
    for node in 1..=5 {
        assert_eq!(rig.broken(node), [], "n{node}");
        let peers = if node == 1 { 4 } else { 1 };
        assert_eq!(rig.node(node).arrived.borrow().len(), 400 * peers, "n{node}");
    }
}

#[test]
fn an_idle_host_is_not_woken() {
    let mut rig = Rig::new(3, 2);
    rig.send(1, 2).unwrap();
    rig.run_ms(1_000);
    let polls = |rig: &Rig| rig.node(1).gate.passages() + rig.node(2).gate.passages();
    let before = polls(&rig);
    rig.run_ms(10_000);
    assert_eq!(polls(&rig), before);
}

#[test]
fn a_full_queue_refuses() {
    let mut rig = Rig::new(4, 2);
    let taken: Vec<u64> = (0..QUEUE_FRAMES).map(|_| rig.send(1, 2).unwrap()).collect();
    assert_eq!(rig.send(1, 2), Err(Refused::QueueFull));
    rig.run_ms(100);
    assert_eq!(rig.arrived(1, 2), taken);
    rig.send(1, 2).unwrap();
}

#[test]
fn a_reader_that_stops_holds_its_senders_back_and_loses_nothing() {
    let mut rig = Rig::new(5, 2);
    rig.send(1, 2).unwrap();
    rig.run_ms(100);
    rig.node(2).reading.close();
    let (mut sent, mut refused) = (vec![1], 0);
    for _ in 0..200 {
        for _ in 0..5 {
            match rig.send(1, 2) {
                Ok(number) => sent.push(number),
                Err(refusal) => {
                    assert_eq!(refusal, Refused::QueueFull);
                    refused += 1;
                }
            }
        }
        rig.run_ms(1);
    }
    assert_eq!(rig.arrived(1, 2), [1]);
    assert!(refused > 100, "{refused} of 1000 refused");
    rig.node(2).reading.open();
    rig.run_ms(200);
    assert_eq!(rig.arrived(1, 2), sent);
    assert_eq!(rig.broken(1), []);
}

#[test]
fn a_frame_that_is_held_holds_back_all_behind_it() {
    let mut rig = Rig::new(6, 2);
    let station = Rc::new(super::rig::Station::new());
    let (host, now_ms) = (Rc::clone(&station), Rc::clone(&rig.now_ms));
    rig.sim.host("n3", move || {
        let endpoint = host.endpoint(Speaker::Node(NodeId(3)), Rc::clone(&now_ms));
        async move {
            let (outbound, task) = Outbound::dial(endpoint, NodeId(2), stream(), None);
            let in_ms = |ms| Some(Instant::now() + Duration::from_millis(ms));
            for (number, not_before) in [(1, None), (2, in_ms(60)), (3, None), (4, in_ms(30)), (5, in_ms(90))] {
                outbound.send_message(number, not_before, |_| {})?;
            }
            task.await;
            Ok(())
        }
    });
    let start_ms = rig.now_ms.get();
    rig.run_ms(200);
    let events = station.events.borrow();
    let written = events.iter().filter_map(|(at_ms, event)| match event {
        Event::Written { number, .. } => Some((*number, at_ms - start_ms)),
        _ => None,
    });
    let written: Vec<(u64, u64)> = written.collect();
    assert!(matches!(written[..], [(1, 0..=15), (2, 60), (3, 60), (4, 60), (5, 90)]), "{written:?}");
    assert_eq!(rig.arrived(3, 2), [1, 2, 3, 4, 5]);
}

#[test]
fn acknowledgements_come_at_most_every_50_ms() {
    let mut rig = Rig::new(8, 1);
    let acks = Rc::new(RefCell::new(Vec::new()));
    let (host, now_ms) = (Rc::clone(&acks), Rc::clone(&rig.now_ms));
    rig.sim.host("n2", move || {
        let (acks, now_ms) = (Rc::clone(&host), Rc::clone(&now_ms));
        async move {
            let (mut from, mut to) = TcpStream::connect(("n1", PORT)).await?.into_split();
            tokio::task::spawn_local(async move {
                let mut ack = [0; 17];
                while from.read_exact(&mut ack).await.is_ok() {
                    acks.borrow_mut().push((now_ms.get(), ack[9]));
                }
            });
            let mut bytes = Vec::new();
            frame::append_hello(&mut bytes, Speaker::Node(NodeId(2)), VERSION);
            for number in 1..=100 {
                frame::append(&mut bytes, Kind::Message, number, |_| {}).expect("it is short");
                to.write_all(&bytes).await?;
                bytes.clear();
                sleep(Duration::from_millis(5)).await;
            }
            sleep(Duration::from_secs(60)).await;
            Ok(())
        }
    });
    rig.run_ms(700);
    let acks = acks.borrow();
    assert!((9..=11).contains(&acks.len()), "{acks:?}");
    assert_eq!(acks.last().expect("there are some").1, 100, "{acks:?}");
}

#[test]
fn equal_seeds_give_equal_events() {
    let run = |seed| {
        let mut rig = Rig::new(seed, 3);
        for round in 0..20 {
            rig.send_for_ms(60, 7, 1, 2);
            rig.send_for_ms(60, 11, 3, 1);
            match round % 4 {
                0 => rig.sim.partition("n1", "n2"),
                1 => rig.sim.crash("n3"),
                2 => rig.sim.bounce("n3"),
                _ => rig.sim.repair("n1", "n2"),
            }
            rig.run_ms(200);
        }
        let of_node = |id| (rig.node(id).events.take(), rig.node(id).arrived.take());
        [1, 2, 3].map(of_node)
    };
    assert_eq!(run(7), run(7));
    assert_ne!(run(7), run(8));
}
