//! Starting, stopping, pausing.

use sim::Actor;

use super::*;

#[test]
fn a_killed_node_starts_again_with_what_it_wrote() {
    let mut world = World::new(Quirk::None, plan(0));
    world.run_ms(200);
    world.probe();
    world.run_until(is_completed);
    world.run_ms(50);
    world.kill(N1);
    world.reports.clear();
    world.run_ms(200);
    assert_eq!(
        world.count(|r| matches!(r, Report::Message { to: N1, .. } | Report::Woke { node: N1 })),
        0,
        "it is down"
    );
    world.start_again(N1);
    world.run_until(|report| matches!(report, Report::Booted { node: N1, start: Start::Again }));
    let recovered = world.all(|r| matches!(noted(r), Some((N1, Note::Recovered { .. }))));
    let [(_, recovered)] = &recovered[..] else { panic!("{recovered:?}") };
    // The entry that begins the first term, and the one that was written.
    assert!(matches!(noted(recovered), Some((N1, Note::Recovered { len: 2, .. }))), "{recovered:?}");
    world.probe();
    world.run_until(is_completed);
}

#[test]
fn a_paused_follower_is_handed_nothing_and_says_nothing_and_then_catches_up() {
    let mut world = World::new(Quirk::None, plan(0));
    world.run_ms(200);
    world.change(N2, |machine| machine.is_paused.set(true));
    let held = world.run_until(|report| matches!(report, Report::HeldByPause { node: N2 }));
    assert!(held <= Instant(220_000_000), "at {held}: it wants to be woken every 20 ms");
    // The messages that it sent before have arrived.
    world.reports.clear();
    world.probe();
    world.run_ms(150);
    let of_n2 = |report: &Report| {
        matches!(report, Report::Message { to: N2, .. } | Report::Message { from: N2, .. } | Report::Woke { node: N2 })
    };
    assert_eq!(world.count(of_n2), 0);
    assert_eq!(world.count(|report| matches!(report, Report::HeldByPause { .. })), 0, "that was said once");
    assert_eq!(world.count(is_completed), 1, "the others are a majority");
    world.reports.clear();
    world.change(N2, |machine| machine.is_paused.set(false));
    world.run_ms(100);
    assert!(world.count(is_message_to(N2)) > 5, "what had arrived, and more");
    let appended = |r: &Report| matches!(noted(r), Some((N2, Note::Appended { .. })));
    assert_eq!(world.count(appended), 1);
}

#[test]
fn a_paused_leader_answers_nothing_and_then_everything() {
    let mut world = World::new(Quirk::None, plan(0));
    world.run_ms(200);
    world.change(N1, |machine| machine.is_paused.set(true));
    world.probe();
    world.run_ms(200);
    assert_eq!(world.count(is_completed), 0);
    let resumed = world.state.now.get();
    world.change(N1, |machine| machine.is_paused.set(false));
    let completed = world.run_until(is_completed);
    assert!(completed < resumed + Duration::from_millis(100), "resumed at {resumed}, completed at {completed}");
}

#[test]
fn the_disk_of_a_paused_process_works_on() {
    let mut world = World::new(Quirk::None, plan(0));
    world.run_ms(200);
    world.probe();
    world.run_until(|report| matches!(report, Report::SyncBegan { node: N1, .. }));
    world.change(N1, |machine| machine.is_paused.set(true));
    world.run_until(|report| matches!(report, Report::SyncEnded { node: N1, .. }));
    world.reports.clear();
    world.run_ms(50);
    assert_eq!(world.count(|report| matches!(report, Report::Noted { node: N1, .. })), 0);
    world.change(N1, |machine| machine.is_paused.set(false));
    world.run_until(is_completed);
}

#[test]
fn a_node_that_panics_is_reported_and_the_others_go_on() {
    let mut world = World::new(Quirk::Panics, plan(2));
    world.run_until(|report| matches!(report, Report::Panicked { who: Actor::Node(N2), .. }));
    let panicked = world.all(|report| matches!(report, Report::Panicked { .. }));
    assert!(matches!(&panicked[0].1, Report::Panicked { message, .. } if message == "3 entries are too many"));
    world.reports.clear();
    world.run_ms(500);
    assert_eq!(world.count(is_message_to(N2)), 0);
    assert!(world.count(is_completed) > 5);
}

#[test]
fn a_node_that_refuses_to_start_is_reported_and_stays_down() {
    let mut world = World::new(Quirk::RefusesToStart, plan(0));
    world.run_ms(200);
    world.kill(N2);
    world.run_ms(10);
    world.start_again(N2);
    world.reports.clear();
    world.run_ms(200);
    let refused =
        |r: &Report| matches!(r, Report::BootRefused { node: N2, reason } if reason == "it does not feel like it");
    assert_eq!(world.count(refused), 1);
    assert_eq!(world.count(is_message_to(N2)), 0);
}
