//! The log events of nodes and clients, as lines of a recorded run on either engine.

use env::{ClientId, NodeId};
use kv_types::Operation;
use sim::{Actor, Engine, Line, Live, LogLevel, Machines, Moment, Recorder, Seed, Subject, Verdict, What};

use super::toy::{Quirk, Toy};
use super::{millis, plan};

on_both_engines!(
    a_log_event_is_a_line_of_its_actor_at_the_event_in_which_it_was_made,
    a_recorder_gets_the_log_events_of_its_level_and_changes_no_digest,
    the_log_events_before_a_panic_are_lines_and_then_nobody_is_subscribed,
    a_driven_run_logs_what_its_nodes_say_and_not_what_its_driver_says,
);

/// The lines of a run, with the log events of this level.
struct Logged {
    level: LogLevel,
    lines: Vec<(Moment, Actor, What, String)>,
}

impl Logged {
    fn at(level: LogLevel) -> Logged {
        Logged { level, lines: Vec::new() }
    }

    /// The log events, by actor.
    fn logs(&self) -> Vec<(Actor, &str)> {
        let logs = self.lines.iter().filter(|(_, _, what, _)| *what == What::Log);
        logs.map(|(_, actor, _, text)| (*actor, text.as_str())).collect()
    }

    /// The moments and the actors of the lines of this kind whose text begins so.
    fn of(&self, kind: What, text: &str) -> Vec<(Moment, Actor)> {
        let lines = self.lines.iter().filter(|(.., what, said)| *what == kind && said.starts_with(text));
        lines.map(|(at, actor, ..)| (*at, *actor)).collect()
    }
}

impl Recorder for Logged {
    fn record(&mut self, line: &Line<'_>) {
        self.lines.push((line.at, line.actor, line.what, line.text.to_string()));
    }

    fn log_level(&self) -> LogLevel {
        self.level
    }
}

fn a_log_event_is_a_line_of_its_actor_at_the_event_in_which_it_was_made(engine: Engine) {
    let mut run = Logged::at(LogLevel::Info);
    engine.run_recorded(&Toy::default(), &plan(&[]), &mut run);
    for id in 1..=3 {
        let node = Actor::Node(NodeId(id));
        let of_node = |lines: Vec<(Moment, Actor)>| lines.into_iter().filter(|(_, actor)| *actor == node).collect();
        let starts: Vec<_> = of_node(run.of(What::Lifecycle, "starts"));
        assert_eq!(of_node(run.of(What::Log, &format!("INFO  toy: opens its log node={id}"))), starts);
        let syncs: Vec<_> = of_node(run.of(What::Sync, "sync "));
        assert!(syncs.len() > 2, "{id}: {syncs:?}");
        assert_eq!(run.of(What::Log, &format!("INFO  handle{{node={id}}}: toy: is durable sync=")), syncs);
    }
    let asked = run.of(What::Log, "INFO  toy::client: asks for ");
    assert_eq!(asked, run.of(What::Invocation, ""));
    assert!(asked.iter().any(|(_, actor)| *actor == Actor::Client(ClientId(1))), "{asked:?}");
}

fn a_recorder_gets_the_log_events_of_its_level_and_changes_no_digest(engine: Engine) {
    let plan = plan(&[]);
    let of = |level| {
        let mut run = Logged::at(level);
        let outcome = engine.run_recorded(&Toy::default(), &plan, &mut run);
        let (logs, debug) = (run.logs().len(), run.of(What::Log, "DEBUG handle{node=1}: toy: heard of n2").len());
        ((outcome.digest, outcome.stats), logs, debug)
    };
    let unrecorded = engine.run(&Toy::default(), &plan);
    let unrecorded = (unrecorded.digest, unrecorded.stats);
    let [off, warn, info, debug] = [LogLevel::Off, LogLevel::Warn, LogLevel::Info, LogLevel::Debug].map(of);
    assert_eq!([&off, &warn, &info, &debug].map(|of| of.0), [unrecorded; 4]);
    assert_eq!((off.1, warn.1, info.2), (0, 0, 0));
    assert!(info.1 > 10 && debug.1 > info.1 && debug.2 > 0, "{} of info, {} of debug", info.1, debug.1);
}

fn the_log_events_before_a_panic_are_lines_and_then_nobody_is_subscribed(engine: Engine) {
    let mut run = Logged::at(LogLevel::Info);
    let outcome = engine.run_recorded(&Toy(Quirk::Panics), &plan(&[]), &mut run);
    assert!(matches!(outcome.verdict, Verdict::Panic { node: Some(NodeId(2)), .. }), "{}", outcome.verdict);
    assert!(!tracing::enabled!(tracing::Level::ERROR));
    let n2 = Actor::Node(NodeId(2));
    assert_eq!(run.logs().last(), Some(&(n2, "ERROR handle{node=2}: toy: is full entries=3")));
    assert!(run.lines.last().is_some_and(|(_, actor, ..)| *actor == Actor::Run), "the verdict comes last");
}

fn a_driven_run_logs_what_its_nodes_say_and_not_what_its_driver_says(engine: Engine) {
    let (plan, toy) = (sim::blank(Seed(5), 3, 1), Machines(Toy::default()));
    let mut run = Logged::at(LogLevel::Info);
    let mut live = toy.live(engine, &plan, Some(&mut run));
    let until = |live: &mut Live<'_>, ms| while live.step(millis(ms)).expect("nothing is wrong") {};
    until(&mut live, 50);
    tracing::error!("of the driver");
    until(&mut live, 100);
    live.finish();
    assert!(run.logs().contains(&(Actor::Node(NodeId(1)), "INFO  toy: opens its log node=1")), "{:?}", run.logs());
    assert!(run.logs().iter().all(|(_, text)| !text.contains("driver")));

    let (toy, mut run) = (Machines(Toy(Quirk::Panics)), Logged::at(LogLevel::Info));
    let mut live = toy.live(engine, &plan, Some(&mut run));
    let put = Operation::Put { key: "k".into(), value: "v".into() };
    let put = serde_json::to_value(put).expect("plain values");
    let mut ms = 0;
    while live.invoke(ClientId(1), &put).is_ok() {
        ms += 500;
        while live.step(millis(ms)) == Ok(true) {}
    }
    assert!(!tracing::enabled!(tracing::Level::ERROR));
    live.finish();
    assert_eq!(run.logs().last(), Some(&(Actor::Node(NodeId(2)), "ERROR handle{node=2}: toy: is full entries=3")));
}
