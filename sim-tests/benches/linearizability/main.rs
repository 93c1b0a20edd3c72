//! The cost of judging histories, as figures: `cargo bench -p sim-tests --bench linearizability`.
//!
//! CPU time of one thread, the least of several rounds, since other work on the machine can only add to it. Porcupine's
//! figures are those of Go 1.19 with one thread on histories of the same kind, which another generator made; they were
//! measured on a machine of the same kind, once.

mod figures;
#[path = "../../../crates/history/tests/support/generated.rs"]
mod generated;
mod hard;

use std::fs;
use std::hint::black_box;
use std::io;
use std::path::{Path, PathBuf};

use env::{ClientId, Completion, Instant, RequestId};
use figures::{Row, figure, measured};
use generated::{REGISTER, Recipe, STORE, Writes};
use history::format::{self, Kind, Limits};
use history::linearizability::{Budget, KeyValue, Model, Register, WholeStore, is_linearizable};
use history::{Call, History, HistoryChecker};
use sim::{Engine, HistoryRecorder, Standard};

fn main() -> io::Result<()> {
    let head =
        Row { what: "what", cpu_s: "CPU s", wanted: "wanted", peak_mib: "peak MiB", porcupine: "Porcupine, CPU s" };
    head.print()?;
    histories()?;
    generated(
        "100,000 operations, 20 clients, 100 keys",
        "1 s, 512 MiB",
        &KeyValue,
        &Recipe {
            operations: 100_000,
            clients: 20,
            keys: 100,
            info_percent: 0,
            writes: Writes::Distinct,
            mix: STORE,
            seed: 1,
        },
    )?;
    generated(
        "10,000 operations, 20 clients, a register",
        "2 s",
        &Register,
        &Recipe {
            operations: 10_000,
            clients: 20,
            keys: 1,
            info_percent: 2,
            writes: Writes::Distinct,
            mix: REGISTER,
            seed: 1,
        },
    )?;
    hard::all()?;
    chaos5()
}

/// The recorded histories: all of them where they are, or else those kept here.
fn histories() -> io::Result<()> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let all = here.join("../../shared/data/histories");
    let (folder, name) =
        if all.is_dir() { (all, "all recorded histories") } else { (here.join("histories"), "6 recorded histories") };
    let expected = fs::read_to_string(folder.join("expected.txt"))?;
    let expected: Vec<(PathBuf, bool)> = expected
        .lines()
        .filter_map(|line| line.rsplit_once(' '))
        .map(|(file, verdict)| (folder.join(file), verdict == "linearizable"))
        .collect();
    let judged = measured(|| {
        for (file, expected) in &expected {
            let parsed =
                format::read(&fs::read(file).expect("it is there")[..], &Limits::default()).expect("it is well-formed");
            let verdict = match parsed.kind {
                Kind::Register | Kind::Mutex => is_linearizable(&Register, &parsed.history, Budget::default()),
                Kind::KeyValue => is_linearizable(&KeyValue, &parsed.history, Budget::default()),
            };
            assert_eq!(verdict, Some(*expected), "{}", file.display());
        }
    });
    figure(&format!("{name}, reading included"), "0.06 s", "", judged)?;
    for (file, expected) in expected.iter().filter(|(file, _)| file.to_string_lossy().contains("c10")) {
        let history = format::read(&fs::read(file)?[..], &Limits::default()).expect("it is well-formed").history;
        let judged = measured(|| {
            assert_eq!(is_linearizable(&WholeStore, &history, Budget::default()), Some(*expected));
        });
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        figure(&format!("{name}, all keys at once"), "0.4 s", "", judged)?;
    }
    Ok(())
}

fn generated<M>(name: &str, wanted: &str, model: &M, recipe: &Recipe) -> io::Result<()>
where
    M: Model<Input = kv_types::Operation, Output = kv_types::Output>,
{
    let history = generated::history(recipe);
    let judged = measured(|| assert_eq!(is_linearizable(model, &history, Budget::default()), Some(true)));
    figure(name, wanted, "", judged)
}

/// The share of a run of `chaos5` that is spent on judging its clients' history.
fn chaos5() -> io::Result<()> {
    let (raft_kv, plan) = (sim_tests::raft_kv(), Standard::Chaos5.plan(&sim_tests::raft_kv().aims()));
    let mut recorder = HistoryRecorder::default();
    sim_tests::recorded(Engine::Event, &*raft_kv, &plan, &mut recorder);
    let history = recorder.into_history().of_store().expect("clients of a store");
    let (judged, _) = measured(|| judge(&history));
    let (run, _) = measured(|| assert!(sim_tests::outcome(Engine::Event, &*raft_kv, &plan).verdict.is_pass()));
    let share = format!("{:.1} %", 100.0 * judged.as_secs_f64() / run.as_secs_f64());
    let what = "judging in a run of chaos5, of the run's time";
    Row { what, cpu_s: &share, wanted: "10 %", peak_mib: "", porcupine: "" }.print()
}

/// Shows a history to the checker that runs have, event by event.
fn judge(history: &History) {
    let mut checker = HistoryChecker::default();
    let mut events: Vec<(u64, &Call, u64, bool)> = Vec::new();
    for (seq, call) in (1..).zip(history.calls()) {
        events.push((call.invoked.order, call, seq, true));
        events.extend(call.completed.iter().map(|(at, _)| (at.order, call, seq, false)));
    }
    events.sort_unstable_by_key(|(order, ..)| *order);
    for (order, call, seq, is_invocation) in events {
        let at = Instant(order);
        let request = RequestId { client: ClientId(call.process as u32), seq };
        let completion = call.completed.as_ref().map_or(&Completion::Info, |(_, completion)| completion);
        if is_invocation {
            checker.invoked(at, request, &call.input);
        } else {
            checker.completed(at, request, completion).expect("a run that passed");
        }
    }
    checker.finished().expect("a run that passed");
    assert_eq!(black_box(checker).undecided(), 0);
}
