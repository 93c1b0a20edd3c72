//! Peers that send nonsense, and peers that come twice.

use std::cell::Cell;
use std::net::Ipv4Addr;
use std::rc::Rc;

use env::NodeId;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::sleep;
use turmoil::net::{TcpListener, TcpStream};

use super::super::frame::{self, FrameError, Kind};
use super::super::*;
use super::rig::{Rig, Station, VERSION, stream};

/// Connects to n2, sends these bytes, and stays connected or not: how the connection ended at n2, with the time it
/// took. Meanwhile n1 sends to n2 and must not notice.
fn outcome(bytes: Vec<u8>, stays: bool) -> (u64, Broken) {
    let mut rig = Rig::new(21, 2);
    let mut sent = rig.send_for_ms(100, 10, 1, 2);
    let start_ms = rig.now_ms.get();
    rig.sim.host("stranger", move || {
        let bytes = bytes.clone();
        async move {
            let mut stream = TcpStream::connect(("n2", PORT)).await?;
            stream.write_all(&bytes).await?;
            if stays {
                sleep(Duration::from_secs(60)).await;
            }
            Ok(())
        }
    });
    sent.extend(rig.send_for_ms(2_000, 10, 1, 2));
    rig.run_ms(100);
    assert_eq!(rig.arrived(1, 2), sent);
    assert_eq!(rig.broken(1), []);
    let [(at, why)] = &rig.broken(2)[..] else { panic!("{:?}", rig.broken(2)) };
    (at - start_ms, why.clone())
}

fn refusal(bytes: Vec<u8>) -> FrameError {
    match outcome(bytes, true) {
        (_, Broken::Frame(error)) => error,
        (_, why) => panic!("{why:?}"),
    }
}

fn hello(speaker: Speaker) -> Vec<u8> {
    let mut bytes = Vec::new();
    frame::append_hello(&mut bytes, speaker, VERSION);
    bytes
}

#[test]
fn a_peer_of_another_version_is_refused() {
    let mut bytes = Vec::new();
    frame::append_hello(&mut bytes, Speaker::Node(NodeId(3)), VERSION + 1);
    assert_eq!(refusal(bytes), FrameError::Version { theirs: VERSION + 1, ours: VERSION });
}

fn message(kind: Kind, body: &[u8]) -> Vec<u8> {
    let mut bytes = hello(Speaker::Node(NodeId(3)));
    frame::append(&mut bytes, kind, 1, |into| into.extend_from_slice(body)).unwrap();
    bytes
}

#[test]
fn a_frame_with_a_bad_checksum_closes_the_connection_and_nothing_else() {
    let mut bytes = message(Kind::Message, b"");
    *bytes.last_mut().unwrap() ^= 1;
    assert!(matches!(refusal(bytes), FrameError::Checksum { .. }));
}

#[test]
fn a_frame_that_is_too_long_is_not_waited_for() {
    let bytes = [hello(Speaker::Node(NodeId(3))), vec![0xff; 8]].concat();
    assert_eq!(refusal(bytes), FrameError::TooLong(u32::MAX as usize));
}

#[test]
fn a_connection_that_ends_inside_a_frame_is_told_from_one_that_ends() {
    let mut bytes = message(Kind::Message, b"");
    assert_eq!(outcome(bytes.clone(), false).1, Broken::PeerClosed);
    bytes.pop();
    assert_eq!(outcome(bytes, false).1, Broken::Frame(FrameError::Truncated(16)));
}

#[test]
fn frames_that_do_not_belong_where_they_come_are_refused() {
    let node = Speaker::Node(NodeId(3));
    assert_eq!(refusal(message(Kind::Request, &[0; 4])), FrameError::Unexpected(Kind::Request as u8));
    assert_eq!(refusal(message(Kind::Ack, &[])), FrameError::Unexpected(Kind::Ack as u8));
    assert_eq!(refusal([hello(node), hello(node)].concat()), FrameError::Unexpected(Kind::Hello as u8));
    let without_hello = message(Kind::Message, b"").split_off(hello(node).len());
    assert_eq!(refusal(without_hello), FrameError::Unexpected(Kind::Message as u8));
    let from_clients = [hello(Speaker::Clients), message(Kind::Message, b"").split_off(hello(node).len())].concat();
    assert_eq!(refusal(from_clients), FrameError::Unexpected(Kind::Message as u8));
}

#[test]
fn a_body_that_cannot_be_read_closes_the_connection() {
    let malformed = FrameError::Body("messages are empty here".to_owned());
    assert_eq!(refusal(message(Kind::Message, b"not empty")), malformed);
}

#[test]
fn who_does_not_say_who_they_are_is_not_listened_to_for_long() {
    let (after_ms, why) = outcome(Vec::new(), true);
    assert_eq!(why, Broken::HelloTimeout);
    assert!((1_000..1_015).contains(&after_ms), "{after_ms} ms");
}

#[test]
fn a_newer_connection_of_a_peer_replaces_the_older() {
    let mut rig = Rig::new(22, 2);
    let sent = Rc::new(Cell::new(0));
    let host = Rc::clone(&sent);
    rig.sim.host("n3", move || {
        let sent = Rc::clone(&host);
        async move {
            let mut older = TcpStream::connect(("n2", PORT)).await?;
            older.write_all(&message(Kind::Message, b"")).await?;
            sleep(Duration::from_millis(50)).await;
            let mut newer = TcpStream::connect(("n2", PORT)).await?;
            newer.write_all(&message(Kind::Message, b"")).await?;
            sleep(Duration::from_millis(50)).await;
            // Further messages on the older connection are not handed over.
            let rest = message(Kind::Message, b"").split_off(hello(Speaker::Clients).len());
            while older.write_all(&rest).await.is_ok() {
                sent.set(sent.get() + 1);
                sleep(Duration::from_millis(5)).await;
            }
            sleep(Duration::from_secs(60)).await;
            drop(newer);
            Ok(())
        }
    });
    rig.run_ms(300);
    assert_eq!(rig.broken(2).iter().map(|(_, why)| why).collect::<Vec<_>>(), [&Broken::Replaced]);
    assert_eq!(rig.arrived(3, 2), [1, 1]);
    assert!(sent.get() > 0, "the older one was written to");
}

/// A stranger in n2's place answers n3 with these bytes: how the connection ends at n3.
fn end_of_dialled(answer: Vec<u8>) -> Broken {
    let mut rig = Rig::new(23, 1);
    rig.sim.host("n2", move || {
        let answer = answer.clone();
        async move {
            let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, PORT)).await?;
            let (mut stream, _) = listener.accept().await?;
            stream.read_u8().await?;
            stream.write_all(&answer).await?;
            sleep(Duration::from_secs(60)).await;
            Ok(())
        }
    });
    let station = Rc::new(Station::new());
    let (host, now_ms) = (Rc::clone(&station), Rc::clone(&rig.now_ms));
    rig.sim.host("n3", move || {
        let endpoint = host.endpoint(Speaker::Node(NodeId(3)), Rc::clone(&now_ms));
        async move {
            let (outbound, task) = Outbound::dial(endpoint, NodeId(2), stream(), None);
            outbound.send_message(1, None, |_| {})?;
            task.await;
            Ok(())
        }
    });
    rig.run_ms(500);
    let events = station.events.take();
    let mut ends = events.into_iter().filter_map(|(_, event)| match event {
        Event::Broke { why, .. } => Some(why),
        _ => None,
    });
    ends.next().expect("the connection ends")
}

#[test]
fn an_acknowledgement_of_what_was_not_sent_closes_the_connection() {
    let acks = |counts: &[u64]| {
        let mut bytes = Vec::new();
        counts.iter().for_each(|count| frame::append_ack(&mut bytes, *count));
        bytes
    };
    let bad = |acknowledged, before| Broken::Frame(FrameError::BadAck { acknowledged, written: 1, before });
    assert_eq!(end_of_dialled(acks(&[2])), bad(2, 0));
    assert_eq!(end_of_dialled(acks(&[1, 0])), bad(0, 1));
    assert_eq!(end_of_dialled(acks(&[0])), Broken::AckTimeout);
}

#[test]
fn a_node_takes_no_answers_from_another() {
    let mut bytes = Vec::new();
    frame::append(&mut bytes, Kind::Response, 1, |body| body.extend_from_slice(&[0; 4])).unwrap();
    assert_eq!(end_of_dialled(bytes), Broken::Frame(FrameError::Unexpected(Kind::Response as u8)));
}
