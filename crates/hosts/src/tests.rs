//! The engines, on a system so small that every failure is an engine's doing.

/// Makes two tests of a function that takes an engine.
macro_rules! on_both_engines {
    ($($test:ident),* $(,)?) => {
        mod event {
            $(#[test] fn $test() { super::$test(sim::Engine::Event); })*
        }
        mod turmoil {
            $(#[test] fn $test() { super::$test(sim::Engine::Turmoil); })*
        }
    };
}

mod bounds;
mod logs;
pub(crate) mod toy;
pub(crate) mod toy_net;

use env::{ClientId, Instant, NodeId, Ratio};
use sim::world::{EventWorld, Run, Stop, World};
use sim::{
    Bounds, Engine, Fault, FaultKind, InvariantKind, Line, Machines, Outcome, Overrides, Plan, Profile, Recorder, Seed,
    Subject, System, Target, TimedFault, TimedOperation, Verdict, expand,
};

use toy::{Quirk, Toy};
use toy_net::{BOOT_ONCE, MAJORITY_DOWN, ONCE, QUORUM, READABLE, RETRY_NOT_EXECUTED};

on_both_engines!(
    a_slow_disk_takes_as_many_times_as_long,
    a_killed_node_reads_again_what_it_had_not_synced,
    a_run_repeats_itself_byte_for_byte,
    another_seed_is_another_run,
    taking_a_fault_out_changes_nothing_that_it_does_not_cause,
    a_calm_run_passes_as_soon_as_its_demands_are_met,
    each_fault_takes_effect,
    on_a_ring_of_five_the_leader_reaches_two,
    a_fault_that_touches_nothing_is_not_effective,
    a_node_that_two_faults_keep_down_starts_when_both_are_over,
    heal_all_ends_everything_and_what_ends_later_ends_nothing,
    a_fault_that_has_struck_is_over,
    a_paused_node_does_nothing_and_then_takes_what_has_arrived_in_order,
    a_frozen_clock_wakes_nobody,
    a_fast_clock_wakes_more_often,
    the_nemesis_leaves_a_majority_of_disks_intact,
    a_damaged_disk_is_refused_at_the_next_start_and_excused,
    a_node_that_refuses_its_own_undamaged_disk_is_wrong,
    a_rule_that_a_boot_breaks_ends_the_run_there,
    a_node_halted_by_its_disk_is_started_again_and_halts_again_while_the_disk_is_full,
    a_node_that_halts_whenever_it_starts_is_not_up,
    a_node_may_halt_while_a_fault_stays,
    a_panic_in_a_node_is_a_verdict_that_names_it,
    too_many_events_are_a_stall,
    the_checkers_watch_while_it_runs,
    demands_are_made_of_the_majority_that_a_staying_fault_leaves,
    demands_are_waived_when_no_majority_is_left_and_that_is_counted,
    power_loss_in_the_middle_of_a_write_loses_it_in_some_runs_and_tears_it_in_others,
);

fn millis(ms: u64) -> Instant {
    Instant(ms * 1_000_000)
}

/// Keeps a run's trace.
#[derive(Default)]
struct Lines(Vec<String>);

impl Recorder for Lines {
    fn record(&mut self, line: &Line<'_>) {
        self.0.push(line.to_string());
    }
}

impl Lines {
    /// The times of the lines that hold `text`, in seconds.
    fn seconds_of(&self, text: &str) -> Vec<f64> {
        let lines = self.0.iter().filter(|line| line.contains(text));
        lines.map(|line| line.split('s').next().and_then(|time| time.trim().parse().ok()).expect("a time")).collect()
    }
}

/// Three nodes, two clients, three seconds of storm, and these faults, each with its start and its length in ms.
fn plan(faults: &[(u64, Option<u64>, Fault)]) -> Plan {
    plan_of(3, faults)
}

fn plan_of(nodes: u8, faults: &[(u64, Option<u64>, Fault)]) -> Plan {
    let mut plan = expand(Seed(3), Profile::Calm, &Overrides::nodes(nodes), &[]).expect("seeds make valid plans");
    plan.workload.clients = 2;
    plan.workload.pause_min_us = 1_000;
    plan.workload.pause_max_us = 20_000;
    plan.workload.retry_ms = 100;
    plan.storm_ms = 3_000;
    plan.calm.progress_ms = 3_000;
    plan.calm.convergence_ms = 3_000;
    plan.schedule = faults
        .iter()
        .enumerate()
        .map(|(n, (at_ms, lasts_ms, fault))| {
            TimedFault::new(*at_ms, fault.clone()).lasting(*lasts_ms).with_pick(1_000 + n as u64)
        })
        .collect();
    sim::validate(&plan).expect("the plan is valid");
    plan
}

fn node(id: u8) -> Target {
    Target::Node(NodeId(id))
}

fn run_toy(engine: Engine, plan: &Plan) -> Outcome {
    engine.run(&Toy::default(), plan)
}

fn traced(engine: Engine, plan: &Plan) -> (Outcome, Lines) {
    let mut lines = Lines::default();
    let outcome = engine.run_recorded(&Toy::default(), plan, &mut lines);
    (outcome, lines)
}

#[track_caller]
fn assert_passes(outcome: &Outcome) {
    assert!(outcome.verdict.is_pass(), "{}", outcome.verdict);
}

/// The first test: if it fails, no other result means anything.
fn a_run_repeats_itself_byte_for_byte(engine: Engine) {
    let seeds = if engine == Engine::Turmoil { 6 } else { 60 };
    for seed in 0..seeds {
        let overrides = Overrides::nodes(Some(3 + seed as u8 % 3));
        let mut plan = expand(Seed(seed), Profile::Swarm, &overrides, &[]).expect("seeds make valid plans");
        plan.storm_ms = plan.storm_ms.min(6_000);
        plan.schedule.retain(|timed| timed.at_ms < plan.storm_ms);
        let ((one, one_lines), (two, two_lines)) = (traced(engine, &plan), traced(engine, &plan));
        assert!(one_lines.0 == two_lines.0, "seed {seed} has two traces");
        assert_eq!((one.digest, one.stats), (two.digest, two.stats));
        let unrecorded = run_toy(engine, &plan);
        assert_eq!((one.digest, one.stats), (unrecorded.digest, unrecorded.stats), "recording changes seed {seed}");
        assert_eq!((one.faults, one.milestones), (unrecorded.faults, unrecorded.milestones));
    }
}

fn another_seed_is_another_run(engine: Engine) {
    let mut plan = plan(&[]);
    let one = run_toy(engine, &plan);
    plan.seed = Seed(4);
    assert_ne!(one.digest, run_toy(engine, &plan).digest);
}

/// Shrinking relies on this.
fn taking_a_fault_out_changes_nothing_that_it_does_not_cause(engine: Engine) {
    let ratio = Ratio::percent(20);
    let (loss, jump) = (Fault::Loss { ratio }, Fault::ClockJump { target: node(3), by_ms: 1 });
    let with =
        plan(&[(500, Some(2_400), loss), (700, Some(300), Fault::Kill { target: node(3) }), (2_500, None, jump)]);
    let mut without = with.clone();
    without.schedule.pop();
    let before = |plan: &Plan| -> Vec<String> {
        let (_, lines) = traced(engine, plan);
        lines.0.into_iter().take_while(|line| !line.trim_start().starts_with("2.5")).collect()
    };
    assert!(before(&with).len() > 1_000);
    assert!(before(&with) == before(&without));
}

#[test]
fn a_copy_of_the_world_has_the_same_future() {
    let plan = plan(&[
        (500, Some(400), Fault::Crash { target: node(2) }),
        (1_000, Some(500), Fault::Isolate { target: node(3) }),
    ]);
    let toy = Toy(Quirk::None);
    let (mut run, mut world) = (Run::new(&plan, Bounds::NONE, None), EventWorld::new(&toy, &plan, toy.net(&plan)));
    run.set_up(&mut world);
    for _ in 0..600 {
        assert!(world.advance(&mut run).is_ok());
    }
    let finish = |mut run: Run<'_>, mut world: EventWorld<'_, Toy>| {
        while world.advance(&mut run).is_ok() {}
        run.ends_with(&world, Stop::Over)
    };
    let (one, two) = (finish(run.fork(), world.clone()), finish(run, world));
    assert_eq!((one.digest, one.stats), (two.digest, two.stats));
    assert_eq!(one.digest, run_toy(Engine::Event, &plan).digest);
}

fn a_calm_run_passes_as_soon_as_its_demands_are_met(engine: Engine) {
    let mut plan = plan(&[]);
    for quiet_tail in [false, true] {
        plan.calm.quiet_tail = quiet_tail;
        let outcome = run_toy(engine, &plan);
        assert_passes(&outcome);
        assert!(outcome.stats.operations.ok > 30 && outcome.stats.operations.info <= 2, "{:?}", outcome.stats);
        assert_eq!(outcome.stats.demands_waived, 0);
        assert!(outcome.stats.sim_ns > 3_000_000_000 && outcome.stats.sim_ns < 4_000_000_000);
    }
}

/// Every kind of fault that can touch the toy is effective, and the run passes all the same.
fn each_fault_takes_effect(engine: Engine) {
    let ratio = Ratio::percent(30);
    let target = node(2);
    let faults = [
        Fault::Partition { side: vec![target] },
        Fault::PartitionOneWay { side: vec![target], cut: sim::Direction::Inbound },
        Fault::Isolate { target },
        Fault::Bridge { middle: node(1) },
        Fault::Loss { ratio },
        Fault::Duplication { ratio },
        Fault::Reordering { ratio, delay_max_ms: 100 },
        Fault::Delay { ratio, min_ms: 10, max_ms: 50 },
        Fault::SlowLink { target, extra_ms: 20 },
        Fault::Crash { target },
        Fault::TornWrite { target },
        Fault::Kill { target },
        Fault::Pause { target },
        Fault::RollingRestart,
        Fault::CrashLoop { target, times: 3 },
        Fault::BitFlip { target },
        Fault::FsyncError { target },
        Fault::DiskFull { target },
        Fault::SlowDisk { target, factor: 10 },
        Fault::StalledDisk { target },
        Fault::WipedDisk { target },
        Fault::ClockSkew { target, by_ms: -5_000 },
        Fault::ClockDrift { target, by_ppm: 300_000 },
        Fault::ClockJump { target, by_ms: 5_000 },
        Fault::ClockFreeze { target },
    ];
    for fault in faults {
        let kind = fault.kind();
        // A bridge around n1 cuts n2 from n3, and these never talk, so it is not effective. A bit flip needs a boot.
        let restart = (1_500, Some(100), Fault::Kill { target });
        let outcome = run_toy(engine, &plan(&[(700, Some(500), fault), restart]));
        assert_passes(&outcome);
        let count = outcome.faults.of(kind);
        let expected = if kind == FaultKind::Bridge { 0 } else { count.injected };
        assert_eq!(count.effective, expected, "{kind}");
    }
}

fn on_a_ring_of_five_the_leader_reaches_two(engine: Engine) {
    let (outcome, lines) = traced(engine, &plan_of(5, &[(1_000, Some(1_000), Fault::MajoritiesRing)]));
    assert_passes(&outcome);
    assert_eq!(outcome.faults.of(FaultKind::MajoritiesRing).effective, 1);
    let reached = (2..=5).filter(|node| {
        let heard = lines.seconds_of(&format!("n{node}        <- n1 "));
        heard.iter().any(|at| (1.1..2.0).contains(at))
    });
    assert_eq!(reached.count(), 2);
}

fn a_fault_that_touches_nothing_is_not_effective(engine: Engine) {
    let quiet = [
        (700, Some(0), Fault::Loss { ratio: Ratio::NEVER }),
        (1_000, Some(500), Fault::Kill { target: node(2) }),
        (1_100, Some(100), Fault::Kill { target: node(2) }),
        (1_200, Some(100), Fault::Pause { target: node(2) }),
        (1_300, Some(0), Fault::AddMember),
        (1_400, Some(0), Fault::TransferLeadership { to: node(3) }),
    ];
    let outcome = run_toy(engine, &plan(&quiet));
    assert_passes(&outcome);
    for (kind, effective) in [
        (FaultKind::Loss, 0),
        (FaultKind::Kill, 1),
        (FaultKind::Pause, 0),
        (FaultKind::AddMember, 0),
        (FaultKind::TransferLeadership, 0),
    ] {
        assert_eq!(outcome.faults.of(kind).effective, effective, "{kind}");
    }
    assert_eq!(outcome.faults.of(FaultKind::Kill).injected, 2);
}

fn a_node_that_two_faults_keep_down_starts_when_both_are_over(engine: Engine) {
    let (_, lines) = traced(
        engine,
        &plan(&[(700, Some(300), Fault::Kill { target: node(2) }), (800, Some(900), Fault::Kill { target: node(2) })]),
    );
    assert_eq!(lines.seconds_of("n2        starts (again)"), [1.7]);
}

fn heal_all_ends_everything_and_what_ends_later_ends_nothing(engine: Engine) {
    let (outcome, lines) = traced(
        engine,
        &plan(&[
            (700, None, Fault::Kill { target: node(2) }),
            (700, Some(2_000), Fault::Isolate { target: node(3) }),
            (900, None, Fault::HealAll),
            (1_500, Some(1_000), Fault::Isolate { target: node(3) }),
        ]),
    );
    assert_passes(&outcome);
    assert_eq!(lines.seconds_of("n2        starts (again)"), [0.9]);
    assert_eq!(lines.seconds_of("isolate is over"), [0.9, 2.5]);
    assert_eq!(outcome.faults.of(FaultKind::HealAll).effective, 1);
}

fn a_fault_that_has_struck_is_over(engine: Engine) {
    let (outcome, lines) =
        traced(engine, &plan(&[(700, None, Fault::FsyncError { target: node(2) }), (1_500, None, Fault::HealAll)]));
    assert_passes(&outcome);
    assert!(lines.seconds_of("fsync-error is over").iter().all(|at| *at < 1.5));
    assert_eq!(outcome.faults.of(FaultKind::FsyncError).effective, 1);
    assert_eq!(outcome.faults.of(FaultKind::HealAll).effective, 0);
}

fn a_paused_node_does_nothing_and_then_takes_what_has_arrived_in_order(engine: Engine) {
    let (outcome, lines) = traced(engine, &plan(&[(1_000, Some(500), Fault::Pause { target: node(2) })]));
    assert_passes(&outcome);
    let wakes = lines.seconds_of("n2        wakes");
    assert!(wakes.iter().all(|at| *at < 1.0 || *at >= 1.5), "woken while paused");
    // On turmoil the node first reads the messages that have arrived, and is woken in the next tick.
    assert_eq!(wakes.iter().filter(|at| (1.5..1.502).contains(*at)).count(), 1, "woken when it goes on");
    let while_paused = |at: &f64| (1.0..1.5).contains(at);
    let appended = lines.seconds_of("n2        appended");
    assert!(!appended.iter().any(while_paused), "it appends while paused");
    let taken = match engine {
        // The trace shows a message when it arrives, which is not when a paused node takes it.
        Engine::Event => appended,
        // The trace shows a message when it is read; whether its entry is new to the node is a matter of luck.
        Engine::Turmoil => lines.seconds_of("n2        <- n1 Append"),
    };
    assert!(!taken.iter().any(while_paused) && taken.contains(&1.5), "what has arrived is taken at {taken:?}");
}

fn a_frozen_clock_wakes_nobody(engine: Engine) {
    let (outcome, lines) = traced(engine, &plan(&[(1_010, Some(490), Fault::ClockFreeze { target: node(2) })]));
    assert_passes(&outcome);
    let wakes = lines.seconds_of("n2        wakes");
    assert!(wakes.iter().all(|at| *at < 1.01 || *at >= 1.5) && wakes.iter().any(|at| *at > 1.5), "{wakes:?}");
}

fn a_fast_clock_wakes_more_often(engine: Engine) {
    let beats = |by_ppm| {
        let (_, lines) = traced(engine, &plan(&[(1_000, Some(1_000), Fault::ClockDrift { target: node(2), by_ppm })]));
        lines.seconds_of("n2        wakes").iter().filter(|at| (1.0..2.0).contains(*at)).count()
    };
    let (slow, fast) = (beats(-500_000), beats(500_000));
    // Turmoil wakes a node in whole ticks, each time up to almost one tick late.
    let fewest = if engine == Engine::Turmoil { 70 } else { 74 };
    assert!((24..=26).contains(&slow) && (fewest..=76).contains(&fast), "{slow} and {fast} beats in a second");
}

fn the_nemesis_leaves_a_majority_of_disks_intact(engine: Engine) {
    let wipe = |at, id| (at, Some(0), Fault::WipedDisk { target: node(id) });
    let flip = |at, id| (at, Some(0), Fault::BitFlip { target: node(id) });
    for faults in [[wipe(700, 2), wipe(900, 3)], [flip(700, 2), wipe(900, 3)], [wipe(700, 2), flip(900, 3)]] {
        let (outcome, lines) = traced(engine, &plan(&faults));
        assert_passes(&outcome);
        assert_eq!(lines.seconds_of("spares the disk of n3"), [0.9]);
    }
}

fn a_damaged_disk_is_refused_at_the_next_start_and_excused(engine: Engine) {
    let faults =
        [(700, Some(0), Fault::BitFlip { target: node(2) }), (900, Some(100), Fault::Kill { target: node(2) })];
    let (outcome, lines) = traced(engine, &plan(&faults));
    assert_passes(&outcome);
    assert_eq!(lines.seconds_of("n2        refuses to start: damaged"), [1.0]);
    assert_eq!(outcome.milestones.of("corruption refused at boot"), 1);
}

fn a_node_that_refuses_its_own_undamaged_disk_is_wrong(engine: Engine) {
    let plan = plan(&[(900, Some(100), Fault::Kill { target: node(2) })]);
    let Verdict::Violation(violation) = engine.run(&Toy(Quirk::RefusesToStart), &plan).verdict else {
        panic!("no violation")
    };
    assert_eq!(violation.invariant, READABLE);
    assert_eq!(violation.at.time, millis(1_000));
}

/// The rule is broken in the middle of the event that boots the node.
fn a_rule_that_a_boot_breaks_ends_the_run_there(engine: Engine) {
    let plan = plan(&[(1_000, Some(200), Fault::Kill { target: node(2) })]);
    let outcome = engine.run(&Toy(Quirk::BootsOnce), &plan);
    let Verdict::Violation(violation) = outcome.verdict else { panic!("no violation") };
    assert_eq!(violation.invariant, BOOT_ONCE);
    assert_eq!(violation.at.time, millis(1_200));
    assert_eq!(violation.at.event, outcome.stats.events, "no event comes after it");
}

#[test]
fn a_rule_that_is_broken_when_demands_are_waived_is_broken() {
    let stays = Fault::Loss { ratio: Ratio::percent(1) };
    let plan = plan(&[(1_000, Some(9_000), Fault::Kill { target: node(2) }), (2_000, None, stays)]);
    let waived = Engine::Event.run(&Toy::default(), &plan);
    assert_passes(&waived);
    assert!(waived.stats.demands_waived > 0);
    let Verdict::Violation(violation) = Engine::Event.run(&Toy(Quirk::BootsOnce), &plan).verdict else {
        panic!("no violation")
    };
    assert_eq!((violation.invariant, violation.at.time), (BOOT_ONCE, millis(3_000)));
}

fn a_node_halted_by_its_disk_is_started_again_and_halts_again_while_the_disk_is_full(engine: Engine) {
    let (outcome, lines) = traced(engine, &plan(&[(1_000, Some(1_000), Fault::DiskFull { target: node(2) })]));
    assert_passes(&outcome);
    assert!(lines.seconds_of("n2        halts: sync failed: no space").len() >= 2);
    assert!(lines.seconds_of("n2        starts (again)").iter().any(|at| *at > 2.0));
    assert!(outcome.milestones.of("node halted on a disk error") >= 2);
}

/// The others can serve clients or cannot, and it first starts again in the storm or in the calm.
fn a_node_that_halts_whenever_it_starts_is_not_up(engine: Engine) {
    for nodes in [&[2][..], &[1, 2], &[1, 2, 3]] {
        let toy = Toy(Quirk::GiveUp(nodes.iter().copied().map(NodeId).collect()));
        for (at_ms, lasts_ms) in [(1_000, 200), (2_900, 9_000)] {
            let stops = nodes.iter().map(|id| (at_ms, Some(lasts_ms), Fault::Kill { target: node(*id) }));
            let Verdict::Violation(violation) = engine.run(&toy, &plan(&stops.collect::<Vec<_>>())).verdict else {
                panic!("{nodes:?} stopped at {at_ms} ms: no violation")
            };
            assert_eq!(violation.invariant.kind(), InvariantKind::Liveness, "{}", violation.message);
            let said = "does not stay up: it has halted ";
            assert!(violation.message.contains(said), "{nodes:?} stopped at {at_ms} ms: {}", violation.message);
            assert!(violation.message.contains("at last for: it sees no point"), "{}", violation.message);
        }
    }
}

/// A node that is alone, or alone with a peer that never comes back, may be right to give up.
fn a_node_may_halt_while_a_fault_stays(engine: Engine) {
    let toy = Toy(Quirk::GiveUp([NodeId(2)].into_iter().collect()));
    let stop = (1_000, Some(200), Fault::Kill { target: node(2) });
    for stays in [Fault::Isolate { target: node(2) }, Fault::Kill { target: node(3) }] {
        let outcome = engine.run(&toy, &plan(&[stop.clone(), (2_500, None, stays.clone())]));
        assert!(outcome.verdict.is_pass() || !outcome.verdict.to_string().contains("does not stay up"), "{stays:?}");
    }
}

#[test]
fn an_operation_that_the_system_cannot_read_is_refused_and_so_is_one_that_is_too_long() {
    let check = |operation| {
        let mut plan = plan(&[]);
        plan.workload.script = Some(vec![TimedOperation::of_value(5, ClientId(1), operation)]);
        Machines(Toy::default()).check(Engine::Event, &plan).expect_err("no operation of the toy's").to_string()
    };
    let unread = check(serde_json::json!({ "push": 5 }));
    assert!(unread.starts_with("operation 1 of the script is none of this system: unknown variant `push`"), "{unread}");
    let long = check(serde_json::json!({ "put": { "key": "k0", "value": "x".repeat(2 << 20) } }));
    assert!(long.contains("has 2097154 bytes"), "{long}");
}

fn a_panic_in_a_node_is_a_verdict_that_names_it(engine: Engine) {
    let Verdict::Panic { node, message, at } = engine.run(&Toy(Quirk::Panics), &plan(&[])).verdict else {
        panic!("no panic was reported");
    };
    assert_eq!((node, message.as_str()), (Some(NodeId(2)), "3 entries are too many"));
    assert!(at.event > 0 && at.time > Instant::ZERO);
}

/// On turmoil a process that spins is woken once a tick: time goes on.
#[test]
fn time_that_stands_still_is_a_stall() {
    let outcome = Engine::Event.run(&Toy(Quirk::Spins), &plan(&[]));
    let Verdict::Stalled { message, .. } = outcome.verdict else { panic!("{}", outcome.verdict) };
    assert!(message.contains("time stands still"), "{message}");
}

fn too_many_events_are_a_stall(engine: Engine) {
    let mut plan = plan(&[]);
    plan.events_max = 500;
    let Verdict::Stalled { message, at } = run_toy(engine, &plan).verdict else { panic!("no stall") };
    assert!(message.contains("more than 500 events"), "{message}");
    assert_eq!(at.event, 501);
}

fn the_checkers_watch_while_it_runs(engine: Engine) {
    let early = plan(&[
        (1_000, Some(100), Fault::StalledDisk { target: node(2) }),
        (1_000, Some(100), Fault::StalledDisk { target: node(3) }),
    ]);
    let Verdict::Violation(violation) = engine.run(&Toy(Quirk::AcknowledgesEarly), &early).verdict else {
        panic!("no violation")
    };
    assert_eq!(violation.invariant, QUORUM);
    let twice = plan(&[(1_000, Some(500), Fault::Duplication { ratio: Ratio::percent(50) })]);
    let Verdict::Violation(violation) = engine.run(&Toy(Quirk::ExecutesTwice), &twice).verdict else {
        panic!("no violation")
    };
    assert_eq!(violation.invariant, ONCE);
}

/// n2 and n3 are a majority that can talk: a correct system would elect one of them. The toy cannot.
fn demands_are_made_of_the_majority_that_a_staying_fault_leaves(engine: Engine) {
    let outcome = run_toy(engine, &plan(&[(1_000, None, Fault::Isolate { target: node(1) })]));
    let Verdict::Violation(violation) = outcome.verdict else { panic!("{}", outcome.verdict) };
    assert_eq!(violation.invariant, sim::Invariant::PROGRESS);
    let outcome = run_toy(engine, &plan(&[(1_000, None, Fault::Kill { target: node(3) })]));
    assert_passes(&outcome);
    assert_eq!(outcome.stats.demands_waived, 0);
}

fn demands_are_waived_when_no_majority_is_left_and_that_is_counted(engine: Engine) {
    let kill = |id| (1_000, None, Fault::Kill { target: node(id) });
    let outcome = run_toy(engine, &plan(&[kill(2), kill(3)]));
    assert_passes(&outcome);
    assert!(outcome.stats.demands_waived > 0);
    assert_eq!(outcome.milestones.of(MAJORITY_DOWN), 1);
}

#[test]
fn a_retry_that_is_answered_from_memory_is_noted() {
    let mut noted = 0;
    for pick in 0..10 {
        let mut plan = plan(&[(1_000, Some(1_000), Fault::Duplication { ratio: Ratio::percent(50) })]);
        plan.schedule[0].pick = pick;
        let outcome = run_toy(Engine::Event, &plan);
        assert_passes(&outcome);
        noted += outcome.milestones.of(RETRY_NOT_EXECUTED);
    }
    assert!(noted > 10, "{noted} noted");
}

fn power_loss_in_the_middle_of_a_write_loses_it_in_some_runs_and_tears_it_in_others(engine: Engine) {
    let (mut lost, mut torn) = (0, 0);
    for pick in 0..40 {
        let mut plan = plan(&[
            (1_000, Some(200), Fault::Crash { target: node(2) }),
            (2_000, Some(200), Fault::TornWrite { target: node(3) }),
        ]);
        for timed in &mut plan.schedule {
            timed.pick += pick * 100;
        }
        let outcome = run_toy(engine, &plan);
        assert_passes(&outcome);
        lost += outcome.milestones.of("unsynced writes lost");
        torn += outcome.faults.of(FaultKind::TornWrite).effective;
    }
    assert!(lost > 40 && torn == 40, "{lost} lost, {torn} torn");
}

/// The writes of a killed process are in the page cache, and its next life reads all of them, synced or not.
fn a_killed_node_reads_again_what_it_had_not_synced(engine: Engine) {
    let stalled = (1_000, Some(1_500), Fault::StalledDisk { target: node(2) });
    let (outcome, lines) = traced(engine, &plan(&[stalled, (1_500, Some(200), Fault::Kill { target: node(2) })]));
    assert_passes(&outcome);
    assert_eq!(outcome.faults.of(FaultKind::StalledDisk).effective, 1, "something was not synced");
    let start = lines.0.iter().position(|line| line.contains("n2        starts (again)")).expect("it starts again");
    let index = |line: &String, before: &str| -> u64 {
        let entry = line.split(before).nth(1).and_then(|rest| rest.split('@').next()).expect(before);
        entry.parse().expect("an index")
    };
    let appended = lines.0[..start].iter().rfind(|line| line.contains("n2        appended ")).expect("it wrote");
    let recovered = lines.0[start..].iter().find(|line| line.contains("n2        recovered ")).expect("it read");
    assert_eq!(index(recovered, "log to "), index(appended, "appended "));
}

/// A node writes some bytes at a time, and each sync takes its time, times the factor.
fn a_slow_disk_takes_as_many_times_as_long(engine: Engine) {
    let longest_ms = |factor| {
        let (_, lines) = traced(engine, &plan(&[(1_000, Some(1_500), Fault::SlowDisk { target: node(2), factor })]));
        let asked = lines.seconds_of("n2        asks for sync ");
        let done = lines.seconds_of("n2        sync ");
        let took = asked.iter().zip(&done).filter(|(asked, _)| (1.0..2.0).contains(*asked));
        took.map(|(asked, done)| ((done - asked) * 1_000.0) as u64).max().expect("it syncs")
    };
    let (slow, slower) = (longest_ms(2), longest_ms(40));
    assert!(slower >= 5 * slow, "{slow} ms, and {slower} ms on a disk twenty times as slow");
}
