//! A host of clients: requests one way, answers the other, on one connection.

use std::cell::RefCell;
use std::rc::Rc;

use env::{ClientId, NodeId};

use super::super::frame::FrameError;
use super::super::*;
use super::rig::{Rig, Station, stream};

/// The client of an answer, the frame's number and the body.
type Answered = (ClientId, u64, Vec<u8>);

/// A clients' host that sends a request to n1 every 10 ms, and keeps the answers in the order in which they come.
fn add_clients(rig: &mut Rig, station: &Rc<Station>) -> Rc<RefCell<Vec<Answered>>> {
    let answers = Rc::new(RefCell::new(Vec::new()));
    let (station, now_ms, kept) = (Rc::clone(station), Rc::clone(&rig.now_ms), Rc::clone(&answers));
    rig.sim.host("clients", move || {
        let endpoint = station.endpoint(Speaker::Clients, Rc::clone(&now_ms));
        let kept = Rc::clone(&kept);
        let take = move |answer: Answer<'_>| match answer.body {
            b"nonsense" => Err("nonsense".to_owned()),
            body => {
                kept.borrow_mut().push((answer.client, answer.number, body.to_owned()));
                Ok(())
            }
        };
        async move {
            let (outbound, task) = Outbound::dial(endpoint, NodeId(1), stream(), Some(Box::new(take)));
            tokio::task::spawn_local(task);
            for number in 1.. {
                outbound.send_request(ClientId(7), number, None, |body| body.extend_from_slice(b"get"))?;
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            Ok(())
        }
    });
    answers
}

fn answer(rig: &Rig, number: u64, body: &[u8]) -> Result<(), Refused> {
    let inbound = rig.node(1).inbound.borrow();
    let inbound = inbound.as_ref().expect("n1 listens");
    inbound.send_response(ClientId(7), number, None, |into| into.extend_from_slice(body))
}

#[test]
fn answers_come_back_over_the_connection_that_the_clients_have_dialled() {
    let mut rig = Rig::new(31, 1);
    assert_eq!(answer(&rig, 1, b"value"), Err(Refused::NotConnected));
    let station = Rc::new(Station::new());
    let answers = add_clients(&mut rig, &station);
    rig.run_ms(100);
    for number in 1..=20 {
        answer(&rig, number, b"value").unwrap();
        rig.run_ms(3);
    }
    rig.run_ms(100);
    let expected: Vec<_> = (1..=20).map(|number| (ClientId(7), number, b"value".to_vec())).collect();
    assert_eq!(*answers.borrow(), expected);
    assert!(rig.node(1).arrived.borrow().len() > 20);
    let written = rig.node(1).events.take();
    assert_eq!(written.iter().filter(|(_, event)| matches!(event, Event::Written { .. })).count(), 20);
}

#[test]
fn an_answer_that_cannot_be_read_closes_the_connection_and_the_next_one_serves() {
    let mut rig = Rig::new(32, 1);
    let station = Rc::new(Station::new());
    let answers = add_clients(&mut rig, &station);
    rig.run_ms(100);
    answer(&rig, 1, b"nonsense").unwrap();
    rig.run_ms(100);
    answer(&rig, 2, b"value").unwrap();
    rig.run_ms(100);
    let events = station.events.take();
    let refused = Broken::Frame(FrameError::Body("nonsense".to_owned()));
    let is_refusal = |event: &Event| matches!(event, Event::Broke { why, .. } if *why == refused);
    assert_eq!(events.iter().filter(|(_, event)| is_refusal(event)).count(), 1);
    assert_eq!(*answers.borrow(), [(ClientId(7), 2, b"value".to_vec())]);
}

#[test]
fn answers_of_a_connection_that_broke_are_dropped_and_counted() {
    let mut rig = Rig::new(33, 1);
    let station = Rc::new(Station::new());
    add_clients(&mut rig, &station);
    rig.run_ms(100);
    rig.sim.crash("clients");
    rig.node(1).gate.close();
    rig.run_ms(1);
    answer(&rig, 1, b"value").unwrap();
    rig.run_ms(100);
    rig.node(1).gate.open();
    rig.run_ms(1);
    assert_eq!(rig.dropped(1), [1]);
    assert_eq!(answer(&rig, 2, b"value"), Err(Refused::NotConnected));
}

#[test]
fn answers_go_over_the_newest_connection() {
    let mut rig = Rig::new(34, 1);
    let station = Rc::new(Station::new());
    let answers = add_clients(&mut rig, &station);
    rig.run_ms(100);
    // The clients notice, and connect anew; n1 is not told that they closed the first connection.
    rig.sim.partition_oneway("n1", "clients");
    rig.run_ms(200);
    rig.sim.partition_oneway("clients", "n1");
    rig.run_ms(100);
    rig.sim.repair("n1", "clients");
    rig.run_ms(500);
    assert_eq!(rig.broken(1).iter().map(|(_, why)| why).collect::<Vec<_>>(), [&Broken::Replaced]);
    answer(&rig, 1, b"value").unwrap();
    rig.run_ms(100);
    assert_eq!(*answers.borrow(), [(ClientId(7), 1, b"value".to_vec())]);
}
