//! A run within bounds: the same run, or one that is cut where it exceeds them.

use std::cell::Cell;

use env::Instant;
use history::Deadline;
use sim::{Bounds, Cut, Engine, Exceeded, Foreseen, Limits, Machines, Outcome, Plan, Subject, Trail, Verdict};

use super::toy::{Quirk, Toy};
use super::{plan, run_toy};

on_both_engines!(
    within_its_limits_a_run_is_the_same_whoever_watches,
    a_run_is_cut_where_it_exceeds_its_events,
    a_run_is_cut_where_clients_exceed_their_operations,
    a_run_is_cut_before_it_holds_much_more_than_it_may,
    a_deadline_is_asked_within_a_run,
    a_run_is_not_begun_whose_plan_says_that_it_exceeds_them,
    a_cut_run_that_is_blamed_has_stalled,
);

const DEFAULT: Limits = Limits { events: u64::MAX, operations: 2_000_000, heap: 256 << 20 };

fn limited(engine: Engine, plan: &Plan, limits: Limits) -> Result<Outcome, Cut> {
    Machines(Toy(Quirk::None)).run(engine, plan, Bounds { limits, ..Bounds::NONE }, None)
}

fn exceeded(engine: Engine, plan: &Plan, limits: Limits) -> Exceeded {
    match limited(engine, plan, limits) {
        Err(Cut::Exceeded { exceeded, .. }) => exceeded,
        Err(cut) => panic!("{cut}"),
        Ok(outcome) => panic!("it went to its end: {}", outcome.verdict),
    }
}

/// Two clients that write values of 1 MiB as fast as they can.
fn bulky() -> Plan {
    let mut plan = plan(&[]);
    (plan.workload.pause_min_us, plan.workload.pause_max_us) = (0, 1);
    plan.workload.value_bytes_max = 1 << 20;
    plan.workload.value_bytes_min = (1 << 20) - 1;
    plan.workload.mix.put = 10_000;
    plan
}

fn within_its_limits_a_run_is_the_same_whoever_watches(engine: Engine) {
    let (plan, asked, trail) = (plan(&[]), Cell::new(0), Trail::new());
    let is_over = || {
        asked.set(asked.get() + 1);
        false
    };
    let bounds = Bounds { limits: Limits::default(), deadline: Deadline::new(&is_over), trail: Some(&trail) };
    let watched = Machines(Toy(Quirk::None)).run(engine, &plan, bounds, None).expect("nothing is exceeded");
    let alone = run_toy(engine, &plan);
    assert_eq!((watched.digest, watched.stats), (alone.digest, alone.stats));
    assert!(asked.get() > 0);
}

fn a_run_is_cut_where_it_exceeds_its_events(engine: Engine) {
    // On turmoil the storm has 3,000 ticks.
    let limit = if engine == Engine::Turmoil { 30_000 } else { 1_000 };
    let exceeded = exceeded(engine, &plan(&[]), Limits { events: limit, ..DEFAULT });
    let Exceeded::Events { limit: said, at } = exceeded else { panic!("{exceeded}") };
    assert_eq!(said, limit);
    match engine {
        Engine::Event => assert_eq!(at.event, 1_001),
        Engine::Turmoil => assert!(at.event > 500 && at.time < Instant(3_000_000_000), "{at}"),
    }
}

fn a_run_is_cut_where_clients_exceed_their_operations(engine: Engine) {
    let Exceeded::Operations { limit: 20, at } = exceeded(engine, &plan(&[]), Limits { operations: 20, ..DEFAULT })
    else {
        panic!("by another limit")
    };
    let all = run_toy(engine, &plan(&[])).stats;
    assert!(all.operations.total() > 40 && at.event < all.events / 2, "{at} of {} events", all.events);
}

fn a_run_is_cut_before_it_holds_much_more_than_it_may(engine: Engine) {
    let Exceeded::Heap { held, .. } = exceeded(engine, &bulky(), Limits { heap: 40 << 20, ..DEFAULT }) else {
        panic!("by another limit")
    };
    assert!((40 << 20..50 << 20).contains(&held.total()), "{held}");
    assert!(held.operations > 30 << 20, "{held}");
}

fn a_deadline_is_asked_within_a_run(engine: Engine) {
    let is_over = || true;
    let bounds = Bounds { deadline: Deadline::new(&is_over), ..Bounds::NONE };
    let cut = Machines(Toy(Quirk::None)).run(engine, &plan(&[]), bounds, None).expect_err("it is over");
    let Cut::Stopped { at, .. } = cut else { panic!("{cut}") };
    assert!(at.event < 10, "{at}");
}

fn a_run_is_not_begun_whose_plan_says_that_it_exceeds_them(engine: Engine) {
    let mut plan = plan(&[]);
    (plan.cluster.heartbeat_ms, plan.storm_ms, plan.events_max) = (10, 1_000_000_000, u64::MAX);
    let cut = limited(engine, &plan, Limits::default()).expect_err("days of heartbeats");
    assert!(matches!(cut, Cut::Foreseen(Foreseen::Heartbeats { storm_ms: 1_000_000_000, .. })), "{cut}");
    assert_eq!(cut.limit(), Some("events"));
}

fn a_cut_run_that_is_blamed_has_stalled(engine: Engine) {
    let limits = Limits { operations: 20, ..DEFAULT };
    let blamed = || limited(engine, &plan(&[]), limits).or_else(Cut::blamed).expect("nothing but a limit cut it");
    let (one, two) = (blamed(), blamed());
    assert_eq!((one.digest, one.stats), (two.digest, two.stats));
    let Verdict::Stalled { message, .. } = one.verdict else { panic!("{}", one.verdict) };
    assert!(message.starts_with("clients begin more than 20 operations in "), "{message}");
}

/// Exceeding the plan's own bound is a verdict, for any limits.
#[test]
fn the_plans_own_bound_comes_first() {
    let mut plan = plan(&[]);
    plan.events_max = 500;
    let outcome = limited(Engine::Event, &plan, Limits { events: 500, ..DEFAULT }).expect("a verdict");
    let Verdict::Stalled { at, .. } = outcome.verdict else { panic!("{}", outcome.verdict) };
    assert_eq!(at.event, 501);
}
