//! The log events of a system in the timeline of the command.
//!
//! The test runs itself as the command: given the argument `replay`, it is the example `memory`.

#[path = "../examples/memory.rs"]
mod memory;

use std::process::{Command, ExitCode};
use std::time::Duration;

use libtest_mimic::{Arguments, Trial};
use stormglass::explore::{self, Runner};
use stormglass::prelude::*;
use stormglass::sim::{Line, LogLevel, Recorder};
use stormglass::turmoil;

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    if args.next().as_deref() == Some("replay") {
        return memory::main();
    }
    let test = |name, run: fn()| {
        Trial::test(name, move || {
            run();
            Ok(())
        })
    };
    let tests = vec![
        test("a_replay_shows_the_log_events_of_its_system", a_replay_shows_the_log_events_of_its_system),
        test("a_level_shows_itself_and_the_more_important_ones", a_level_shows_itself_and_the_more_important_ones),
        test("the_timeline_is_the_same_each_time", the_timeline_is_the_same_each_time),
        test("another_level_is_refused", another_level_is_refused),
        test("a_field_with_an_effect_parts_no_replay", a_field_with_an_effect_parts_no_replay),
    ];
    libtest_mimic::run(&Arguments::from_args(), tests).exit_code()
}

/// The lines that `replay 0x1` prints with these options, and those on stderr.
fn replayed(options: &[&str]) -> (Vec<String>, String) {
    let mut command = Command::new(std::env::current_exe().expect("a program knows its own file"));
    command.args(["replay", "0x1", "--profile", "calm", "--nodes", "3"]).args(options);
    let output = command.output().expect("the command starts");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    (text(output.stdout).lines().map(String::from).collect(), text(output.stderr))
}

fn holding(lines: &[String], text: &str) -> usize {
    lines.iter().filter(|line| line.contains(text)).count()
}

fn a_replay_shows_the_log_events_of_its_system() {
    let (lines, said) = replayed(&[]);
    assert_eq!(lines.last().map(String::as_str), Some("PASS"), "{said}");
    for node in ["n1", "n2", "n3"] {
        let starts = lines.iter().position(|line| line.contains(&format!("{node}        starts (")));
        let starts = starts.unwrap_or_else(|| panic!("{node} does not start: {lines:#?}"));
        assert!(lines[starts].starts_with("   0.000000s "), "{}", lines[starts]);
        assert_eq!(holding(&lines, &format!("{node}        INFO  logs::memory: starts with nothing")), 1, "{node}");
    }
    let writes = holding(&lines, "  n1        INFO  logs::memory: writes key=\"");
    assert!(writes > 10 && holding(&lines, " put k") >= writes, "{writes} writes: {lines:#?}");
    assert_eq!(holding(&lines, "DEBUG") + holding(&lines, "turmoil: "), 0);
}

fn a_level_shows_itself_and_the_more_important_ones() {
    let lines = |level| replayed(&["--log", level]).0;
    let [off, warn, info, debug] = ["off", "warn", "info", "debug"].map(lines);
    assert_eq!(holding(&off, "logs::memory") + holding(&warn, "INFO"), 0);
    assert_eq!(info, replayed(&[]).0);
    assert!(holding(&debug, "DEBUG logs::memory: reads key=\"") > 0 && debug.len() > info.len());
    let digest = |lines: &[String]| lines.iter().find_map(|line| Some(line.split_once("digest ")?.1.to_owned()));
    assert!(digest(&off).is_some() && digest(&off) == digest(&debug), "{off:#?}");
}

fn the_timeline_is_the_same_each_time() {
    let all = ["--all", "--log", "trace"];
    assert!(replayed(&all) == replayed(&all));
}

fn another_level_is_refused() {
    let (lines, said) = replayed(&["--log", "loud"]);
    assert!(lines.is_empty(), "{lines:?}");
    assert!(said.contains("'loud' is no log level: give off, error, warn, info, debug or trace"), "{said}");
}

#[derive(Clone, Debug)]
enum Note {}

impl Traced for Note {}

async fn idles(_: Host<Note>) -> turmoil::Result {
    std::future::pending().await
}

/// Takes longer for an operation if it has been heard.
async fn counts_in_a_field(mut user: User<Note>) -> turmoil::Result {
    let mut heard = 0;
    let mut hears = || {
        heard += 1;
        heard
    };
    while user.next().await.is_some() {
        tracing::info!(heard = hears(), "asked");
        tokio::time::sleep(Duration::from_millis(hears())).await;
        user.complete(Completion::Info);
    }
    Ok(())
}

struct Hears(LogLevel);

impl Recorder for Hears {
    fn record(&mut self, _: &Line<'_>) {}

    fn log_level(&self) -> LogLevel {
        self.0
    }
}

fn a_field_with_an_effect_parts_no_replay() {
    let system = AsyncSystem::new("counting", idles, counts_in_a_field).into_subject();
    let plan = system.plan(Seed(1), Profile::Calm, &Overrides::nodes(3)).expect("a plan");
    let runner = Runner::new(Engine::Turmoil, &*system);
    let digest = |level| {
        let replay = explore::replay(&runner, &plan, &mut Hears(level)).expect("it is run");
        assert!(replay.failure.is_none(), "{:?}", replay.failure);
        replay.outcome.digest
    };
    assert_ne!(digest(LogLevel::Off), digest(LogLevel::Info), "the field has an effect");
}
