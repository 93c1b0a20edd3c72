//! The events of an undisturbed node, and their order.

use env::{Networked, Ratio, Wire};
use sim::world::{Disturbance, operator_id};

use super::*;
use crate::machines::connections::endpoint;
use crate::machines::transport::{Outbound, Speaker};

#[test]
fn a_request_is_served_and_the_reports_come_in_the_order_of_things() {
    let mut world = World::new(Quirk::None, plan(0));
    world.run_ms(200);
    world.reports.clear();
    world.probe();
    world.run_until(is_completed);
    let order = [
        world.first(|report| matches!(report, Report::Invoked { .. })),
        world.first(|report| matches!(report, Report::Request { to: N1, .. })),
        world.first(|report| matches!(report, Report::Wrote { node: N1, .. })),
        world.first(|report| matches!(report, Report::SyncBegan { node: N1, .. })),
        world.first(|r| matches!(noted(r), Some((N1, Note::Appended { .. })))),
        world.first(|report| matches!(report, Report::SyncRequested { node: N1, .. })),
        world.first(|report| matches!(report, Report::SyncEnded { node: N1, .. })),
        world.first(|r| matches!(noted(r), Some((N2 | N3, Note::Appended { .. })))),
        world.first(|report| matches!(report, Report::SyncEnded { node: N2 | N3, .. })),
        world.first(|r| matches!(noted(r), Some((N1, Note::Committed { .. })))),
        world.first(|report| matches!(report, Report::Response { from: N1, .. })),
        world.first(is_completed),
    ];
    assert!(order.is_sorted(), "{order:?}");
}

#[test]
fn a_sync_ends_when_it_was_said_to_and_in_a_later_tick() {
    let mut world = World::new(Quirk::None, plan(2));
    world.run_ms(1_000);
    let mut ends_at = [const { None }; 4];
    let mut ended = 0;
    for (at, report) in &world.reports {
        match report {
            Report::SyncBegan { node, ends, .. } => ends_at[node.index()] = Some((*at, *ends)),
            Report::SyncEnded { node, .. } => {
                let (began, ends) = ends_at[node.index()].take().expect("a sync that ends was asked for");
                assert!(*at > began && *at >= ends && *at < ends + TICK, "from {began} to {at}, said to end at {ends}");
                ended += 1;
            }
            _ => {}
        }
    }
    assert!(ended > 50, "{ended} syncs");
}

#[test]
fn clients_go_on_until_the_storm_is_over() {
    let mut world = World::new(Quirk::None, plan(3));
    world.run_ms(1_000);
    for client in (1..=3).map(ClientId) {
        let done = world.count(|r| is_completed(r) && matches!(r, Report::Completed { client: c, .. } if *c == client));
        assert!(done > 5, "{client} completed {done}");
    }
    world.commands.give(Command::StormOver);
    world.run_ms(500);
    world.reports.clear();
    world.run_ms(500);
    assert_eq!(world.count(|report| matches!(report, Report::Invoked { .. })), 0);
    let probe = world.probe();
    world.run_until(is_completed);
    assert_eq!(world.count(|report| matches!(report, Report::Completed { client, .. } if *client == probe)), 1);
}

#[test]
fn what_the_operator_sends_arrives_and_its_answer_is_reported() {
    let mut world = World::new(Quirk::None, plan(0));
    world.run_ms(200);
    let from = operator_id(&world.state.plan);
    let request = Request::from_wire(&[from.0 as u8, 1]).expect("it is one");
    world.commands.give(Command::Send { from, to: N1, request, drawn: 7 });
    world.run_until(|report| matches!(report, Report::Response { from: N1, to, .. } if *to == from));
    assert_eq!(world.count(|report| matches!(report, Report::Completed { .. })), 0);
}

#[test]
fn what_is_sent_to_a_node_that_does_not_exist_is_dropped() {
    let mut world = World::new(Quirk::None, plan(0));
    let request = Request::from_wire(&[1, 1]).expect("it is one");
    world.commands.give(Command::Send { from: operator_id(&world.state.plan), to: NodeId(9), request, drawn: 7 });
    world.run_ms(100);
    assert_eq!(world.count(|report| matches!(report, Report::Dropped { frames: 1, .. })), 1);
}

#[test]
fn a_resent_request_arrives_twice_and_the_probe_resends_nothing() {
    let mut plan = plan(1);
    plan.workload.resend = Ratio::ALWAYS;
    let mut world = World::new(Quirk::None, plan);
    world.run_ms(500);
    let requests = |world: &World| world.count(|report| matches!(report, Report::Request { .. }));
    let invoked = world.count(|report| matches!(report, Report::Invoked { .. }));
    assert!(requests(&world) >= 2 * invoked - 2, "{} requests of {invoked} operations", requests(&world));
    world.commands.give(Command::StormOver);
    world.run_ms(100);
    world.reports.clear();
    world.probe();
    world.run_until(is_completed);
    world.run_ms(50);
    assert_eq!(requests(&world), 1);
}

#[test]
fn one_that_always_wants_to_be_woken_at_once_is_woken_once_a_tick() {
    let mut world = World::new(Quirk::Spins, plan(0));
    world.run_ms(100);
    world.reports.clear();
    world.run_ms(100);
    assert_eq!(world.count(|report| matches!(report, Report::Woke { node: N2 })), 100);
    assert_eq!(world.count(|report| matches!(report, Report::Woke { node: N1 })), 5);
}

#[test]
fn garbage_ends_its_connection_and_the_node_serves_on() {
    let mut world = World::new(Quirk::None, plan(0));
    world.run_ms(200);
    let state = world.state.clone();
    // n3 sends under its own name a message that no node sends.
    world.sim.client("garbage", async move {
        let endpoint = endpoint(&state, Speaker::Node(N3), crate::tests::toy::Node::WIRE_VERSION);
        let (outbound, task) = Outbound::dial(endpoint, N1, sim::world::Pick::new(1), None);
        let dialling = tokio::task::spawn_local(task);
        outbound.send_message(1 << 40, None, |body| body.extend_from_slice(&[99; 30])).expect("there is room");
        tokio::time::sleep(Duration::from_millis(50)).await;
        dialling.abort();
        Ok(())
    });
    world.run_until(|report| matches!(report, Report::FrameRefused { by: sim::Actor::Node(N1), .. }));
    world.run_ms(300);
    world.probe();
    world.run_until(is_completed);
    world.reports.clear();
    world.run_ms(100);
    assert!(world.count(|report| matches!(report, Report::Message { from: N3, to: N1, .. })) > 0, "n3 is heard again");
}

#[test]
fn the_same_seed_gives_the_same_reports_twice() {
    let disturbances = [
        Disturbance::Loss(Ratio::percent(10)),
        Disturbance::Duplication(Ratio::percent(20)),
        Disturbance::Reordering { ratio: Ratio::percent(20), delay_max_ns: 30_000_000 },
        Disturbance::SlowLink { node: N1, extra_ns: 3_000_000 },
    ];
    let run = || {
        let mut world = World::new(Quirk::None, plan(3));
        world.run_ms(400);
        for (fault, disturbance) in disturbances.into_iter().enumerate() {
            world.state.disturbances.borrow_mut().begin(fault, 77 + fault as u64, disturbance);
        }
        world.change(N2, |machine| machine.is_paused.set(true));
        world.run_ms(200);
        world.kill(N3);
        world.change(N2, |machine| machine.is_paused.set(false));
        world.run_ms(200);
        world.start_again(N3);
        world.run_ms(400);
        world.reports.iter().map(|(at, report)| format!("{at} {report:?}")).collect::<Vec<_>>()
    };
    let (once, twice) = (run(), run());
    assert!(once.len() > 500, "{} reports", once.len());
    assert_eq!(once, twice);
}
