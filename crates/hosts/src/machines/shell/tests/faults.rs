//! The effects of faults on clocks, disks and messages, and the reports of them.

use env::{DiskError, Ratio};
use sim::world::{Disturbance, SyncEnd};

use super::*;

const MS: u64 = 1_000_000;

/// Two nodes wake every 20 ms of their own clock.
fn wakes(world: &World, node: NodeId) -> usize {
    world.count(|report| matches!(report, Report::Woke { node: woken } if *woken == node))
}

#[test]
fn a_node_wakes_when_its_own_clock_says_so() {
    let mut world = World::new(Quirk::None, plan(0));
    world.run_ms(200);
    let now = world.state.now.get();
    let drift = |ppm| {
        move |machine: &Machine| {
            machine.clock.borrow_mut().set_drift(now, ppm);
            machine.is_clock_unread.set(true);
        }
    };
    world.change(N1, drift(Some(1_000_000)));
    world.change(N2, drift(Some(-500_000)));
    world.change(N3, drift(None));
    world.reports.clear();
    world.run_ms(1_000);
    let [n1, n2, n3] = [N1, N2, N3].map(|node| wakes(&world, node));
    assert!((99..=101).contains(&n1), "twice as fast: {n1}");
    assert!((24..=26).contains(&n2), "half as fast: {n2}");
    assert_eq!(n3, 0, "its clock stands still");
    for node in [N1, N2, N3] {
        let read = |report: &Report| matches!(report, Report::ClockRead { node: reader } if *reader == node);
        assert_eq!(world.count(read), 1, "{node} reads its changed clock, and that is said once");
    }
    let panicked = |report: &Report| matches!(report, Report::Panicked { .. });
    assert_eq!(world.count(panicked), 0, "a toy that is woken early panics");
}

#[test]
fn a_clock_that_jumps_makes_a_deadline_due() {
    let mut world = World::new(Quirk::None, plan(0));
    world.run_ms(200);
    world.run_until(|report| matches!(report, Report::Woke { node: N2 }));
    world.change(N2, |machine| machine.clock.borrow_mut().shift(1_000 * i128::from(MS)));
    world.reports.clear();
    world.run_ms(2);
    assert_eq!(wakes(&world, N2), 1);
    world.change(N2, |machine| machine.clock.borrow_mut().shift(-100 * i128::from(MS)));
    world.reports.clear();
    world.run_ms(100);
    assert_eq!(wakes(&world, N2), 0, "set back by more than it waits");
    world.run_ms(30);
    assert!(wakes(&world, N2) > 0);
}

#[test]
fn a_sync_that_a_fault_lets_fail_reaches_the_process_which_halts() {
    let mut world = World::new(Quirk::None, plan(0));
    world.run_ms(200);
    world.change(N2, |machine| machine.syncs_to_fail.set(1));
    world.probe();
    world.run_until(|report| matches!(report, Report::Halted { node: N2, .. }));
    let failed = SyncEnd::Failed(DiskError::Io);
    let injected = |r: &Report| matches!(r, Report::SyncEnded { node: N2, end, injected: true, .. } if *end == failed);
    assert_eq!(world.count(injected), 1);
    assert_eq!(world.machine(N2).syncs_to_fail.get(), 0);
    world.reports.clear();
    world.run_ms(100);
    assert_eq!(world.count(is_message_to(N2)), 0, "it is gone");
    world.kill(N2);
    world.start_again(N2);
    world.run_until(is_message_to(N2));
}

#[test]
fn a_full_disk_fails_a_sync_of_its_own_accord() {
    let mut world = World::new(Quirk::None, plan(0));
    world.run_ms(200);
    world.change(N2, |machine| machine.is_disk_full.set(true));
    world.probe();
    world.run_until(|report| matches!(report, Report::Halted { node: N2, .. }));
    let failed = SyncEnd::Failed(DiskError::Full);
    let full = |r: &Report| matches!(r, Report::SyncEnded { node: N2, end, injected: false, .. } if *end == failed);
    assert_eq!(world.count(full), 1);
}

#[test]
fn a_stalled_disk_keeps_syncs_back_until_it_goes_on() {
    let mut world = World::new(Quirk::None, plan(0));
    world.run_ms(200);
    world.change(N1, |machine| machine.is_disk_stalled.set(true));
    world.probe();
    world.reports.clear();
    world.run_ms(200);
    assert_eq!(world.count(|report| matches!(report, Report::SyncStalled { node: N1, .. })), 1);
    assert_eq!(world.count(|report| matches!(report, Report::SyncEnded { node: N1, .. })), 0);
    let resumed = world.state.now.get();
    world.change(N1, |machine| machine.is_disk_stalled.set(false));
    assert_eq!(world.run_until(|report| matches!(report, Report::SyncEnded { node: N1, .. })), resumed);
    world.run_until(is_completed);
}

/// Three nodes for 200 ms, then for as long under `disturbance`, with the reports of that time.
fn disturbed(disturbance: Disturbance) -> World {
    let mut world = World::new(Quirk::None, plan(0));
    world.run_ms(200);
    world.reports.clear();
    // Slot 1, so that a mark is not taken for something else.
    world.state.disturbances.borrow_mut().begin(6, 1, Disturbance::Loss(Ratio::NEVER));
    world.state.disturbances.borrow_mut().begin(7, 99, disturbance);
    world.run_ms(200);
    world
}

const MARK: u32 = 1 << 1;

#[test]
fn lost_messages_are_reported_with_their_marks_and_do_not_arrive() {
    let mut world = disturbed(Disturbance::Loss(Ratio::ALWAYS));
    let lost = world.count(|report| matches!(report, Report::Lost { marks: MARK, .. }));
    assert!(lost >= 20, "two a beat: {lost}");
    world.reports.clear();
    world.run_ms(100);
    assert_eq!(world.count(|report| matches!(report, Report::Message { .. })), 0);
}

#[test]
fn doubled_messages_arrive_twice_and_the_second_copy_is_marked() {
    let world = disturbed(Disturbance::Duplication(Ratio::ALWAYS));
    let marked = world.count(|report| matches!(report, Report::Message { marks: MARK, .. }));
    let plain = world.count(|report| matches!(report, Report::Message { marks: 0, .. }));
    assert!(marked >= 40 && marked.abs_diff(plain) < 10, "{plain} and {marked}");
}

#[test]
fn delayed_messages_are_late_and_marked_and_in_order() {
    let mut world = disturbed(Disturbance::Delay { ratio: Ratio::ALWAYS, min_ns: 100 * MS, max_ns: 150 * MS });
    let first = world.all(|report| matches!(report, Report::Message { marks: MARK, .. }));
    assert!(first[0].0 >= Instant(300 * MS), "{}", first[0].0);
    world.reports.clear();
    world.state.disturbances.borrow_mut().end(7);
    world.run_ms(200);
    let marks: Vec<_> = world.all(is_message_to(N2)).into_iter().map(|(_, report)| report).collect();
    let is_marked = |report: &Report| matches!(report, Report::Message { marks: MARK, .. });
    let marked = marks.iter().filter(|report| is_marked(report)).count();
    assert!((3..marks.len()).contains(&marked), "{marked} of {}", marks.len());
    assert!(marks[..marked].iter().all(is_marked), "what was sent later waits behind them");
}

#[test]
fn frames_that_overtake_one_taken_out_of_the_order_are_marked() {
    let world = disturbed(Disturbance::Reordering { ratio: Ratio::percent(30), delay_max_ns: 100 * MS });
    let marked = world.count(|report| matches!(report, Report::Message { marks: MARK, .. }));
    let plain = world.count(|report| matches!(report, Report::Message { marks: 0, .. }));
    assert!(marked >= 5 && plain >= 5, "{marked} overtook, {plain} did not");
}

#[test]
fn what_is_sent_into_a_cut_is_reported_and_the_cut_side_is_heard_again_afterwards() {
    let mut world = World::new(Quirk::None, plan(0));
    world.run_ms(200);
    let [one, other] = [&[N1][..], &[N2]].map(|nodes| nodes.iter().copied().collect());
    *world.state.cuts.borrow_mut() = sim::world::Cuts::one_way(one, other);
    world.sim.partition_oneway("n1", "n2");
    world.reports.clear();
    world.run_ms(600);
    assert!(world.count(|report| matches!(report, Report::LostToCut { from: N1, to: N2 })) > 3);
    assert_eq!(world.count(|report| matches!(report, Report::LostToCut { from: N2, .. })), 0);
    assert!(world.count(|report| matches!(report, Report::Dropped { .. })) > 0, "the connection was given up");
    *world.state.cuts.borrow_mut() = sim::world::Cuts::none();
    world.sim.repair_oneway("n1", "n2");
    world.reports.clear();
    world.run_ms(500);
    assert!(world.count(is_message_to(N2)) > 10);
}
