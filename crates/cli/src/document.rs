//! The documents that `--json` prints. Others rely on the fields' names and meanings.

use std::collections::BTreeMap;
use std::time::Duration;

use ::zoo::Bug;
use check::History;
use check::linearizability::Verdict as HistoryVerdict;
use explore::artefacts::Saved;
use explore::{Failure, Figure, Hunted, Origin, Replay, Report, Shrunk, Size};
use scenarios::{Scenario, Setting};
use serde::Serialize;
use sim::{Engine, Operations, Plan, Profile, Seed, Verdict};
use stormglass::story::{Measure, Told};

use crate::args::{ModelArg, RunArgs, ZooArgs};

/// What `fuzz` prints.
#[derive(Serialize)]
pub(crate) struct FuzzDocument {
    engine: &'static str,
    profile: &'static str,
    first_seed: String,
    seeds: u64,
    passed: u64,
    /// Whether someone stopped it before it was through.
    stopped: bool,
    failures: Vec<FailureDocument>,
    wall_s: f64,
    cpu_s: f64,
    sim_s: f64,
    speed: f64,
    messages: u64,
    operations: Operations,
    faults: BTreeMap<&'static str, FaultDocument>,
    milestones: BTreeMap<&'static str, u64>,
    demands_waived: u64,
    histories_undecided: u64,
    digest: String,
}

#[derive(Serialize)]
struct FailureDocument {
    seed: String,
    verdict: &'static str,
    /// The broken invariant's id, `election-safety`; null where it is nothing so definite.
    invariant: Option<&'static str>,
    message: String,
    /// A table for a person, where one line does not make it plain.
    explanation: Option<String>,
    /// The file that holds what clients saw; null if it was not saved.
    history: Option<String>,
    /// The file that runs it again; null if it was not saved.
    file: Option<String>,
    /// The command that shows it again.
    repro: String,
}

#[derive(Serialize)]
struct FaultDocument {
    injected: u64,
    effective: u64,
}

/// What `replay` prints.
#[derive(Serialize)]
pub(crate) struct ReplayDocument {
    seed: String,
    engine: &'static str,
    /// Null if the plan was not expanded from one.
    profile: Option<&'static str>,
    system: String,
    verdict: &'static str,
    invariant: Option<&'static str>,
    message: Option<String>,
    explanation: Option<String>,
    /// Whether it came to what a repro says; null for a seed, of which nothing is said.
    reproduced: Option<bool>,
    history: Option<String>,
    file: Option<String>,
    digest: String,
    sim_s: f64,
    events: u64,
    messages: u64,
    operations: Operations,
}

/// One line of what `scenario list` prints.
#[derive(Serialize)]
pub(crate) struct ScenarioListed {
    name: &'static str,
    source: &'static str,
    about: &'static str,
    /// What the source calls it.
    rows: &'static [&'static str],
    engines: Vec<&'static str>,
    /// What may be set, and the usual.
    knobs: BTreeMap<&'static str, u64>,
    /// The rules that it guards.
    guards: Vec<String>,
}

/// What `scenario run` prints.
#[derive(Serialize)]
pub(crate) struct ScenarioDocument {
    name: &'static str,
    engine: &'static str,
    seed: String,
    /// How many seeds were run; this is the last of them.
    seeds: u64,
    verdict: &'static str,
    invariant: Option<&'static str>,
    message: Option<String>,
    digest: String,
    sim_s: f64,
    /// What it measured: counts, times in milliseconds, rates a second, words.
    report: serde_json::Map<String, serde_json::Value>,
}

/// What `shrink` prints.
#[derive(Serialize)]
pub(crate) struct ShrinkDocument {
    seed: String,
    engine: &'static str,
    system: String,
    verdict: &'static str,
    invariant: Option<&'static str>,
    message: String,
    before: SizeDocument,
    after: SizeDocument,
    runs: u64,
    cpu_s: f64,
    /// Whether all was tried; false if the time was over before.
    complete: bool,
    faults: Vec<BlameDocument>,
    /// The file that runs the smallest again; null if it was not saved.
    file: Option<String>,
}

#[derive(Serialize)]
struct SizeDocument {
    nodes: u8,
    faults: usize,
    operations: u64,
    events: u64,
    sim_s: f64,
}

#[derive(Serialize)]
struct BlameDocument {
    fault: String,
    /// Whether the run needs it to fail in this way; null if there was no time to see.
    needed: Option<bool>,
}

/// One of those that `zoo` prints.
#[derive(Serialize)]
pub(crate) struct ZooDocument {
    bug: &'static str,
    category: &'static str,
    caught: bool,
    /// The broken invariant's id; null if it is nothing so definite, or nothing was caught.
    invariant: Option<&'static str>,
    /// How many seeds it took, or were tried.
    seeds: u64,
    /// What that cost, without shrinking.
    cpu_s: f64,
    /// Null where nothing was caught or shrunk, as all that follows.
    shrunk_events: Option<u64>,
    shrunk_faults: Option<usize>,
    shrunk_operations: Option<u64>,
    shrink_cpu_s: Option<f64>,
    /// The command that shows it again.
    repro: Option<String>,
    /// The file that runs it again.
    file: Option<String>,
}

/// What `check` prints.
#[derive(Serialize)]
pub(crate) struct CheckDocument {
    verdict: &'static str,
    model: &'static str,
    operations: usize,
    /// What judging took, the explanation included and reading the file not.
    wall_s: f64,
    explanation: Option<String>,
}

/// One of those that `bench` prints.
#[derive(Serialize)]
pub(crate) struct FigureDocument {
    name: &'static str,
    engine: &'static str,
    nodes: u8,
    /// How many times it was run; the other figures are of one run.
    runs: u32,
    sim_s: f64,
    cpu_s: f64,
    speed: f64,
    messages: u64,
    messages_per_cpu_s: f64,
    operations: u64,
    operations_per_cpu_s: f64,
    /// Null if the machine does not say.
    peak_mib: Option<f64>,
}

impl ScenarioListed {
    pub(crate) fn new(scenario: &Scenario) -> ScenarioListed {
        ScenarioListed {
            name: scenario.name,
            source: scenario.source.name(),
            about: scenario.about,
            rows: scenario.rows,
            engines: Engine::ALL.iter().map(|engine| engine.name()).collect(),
            knobs: scenario.knobs.iter().map(|(knob, usual)| (knob.name(), *usual)).collect(),
            guards: scenario.guards.iter().map(ToString::to_string).collect(),
        }
    }
}

impl ScenarioDocument {
    pub(crate) fn new(scenario: &Scenario, setting: &Setting, seeds: u64, told: &Told) -> ScenarioDocument {
        let (outcome, verdict) = (&told.outcome, &told.outcome.verdict);
        let invariant = if let Verdict::Violation(violation) = verdict { Some(violation.invariant.id()) } else { None };
        let measured = |(name, measure): (&str, &Measure)| {
            let value = match measure {
                Measure::Count(count) => (*count).into(),
                Measure::Time(time) => (time.as_secs_f64() * 1e3).into(),
                Measure::Rate(rate) => (*rate).into(),
                Measure::Text(text) => text.as_str().into(),
            };
            (name.to_string(), value)
        };
        ScenarioDocument {
            name: scenario.name,
            engine: setting.engine.name(),
            seed: setting.seed.to_string(),
            seeds,
            verdict: verdict.name(),
            invariant,
            message: (!verdict.is_pass()).then(|| verdict.to_string()),
            digest: format!("{:016x}", outcome.digest),
            sim_s: outcome.stats.sim_ns as f64 / 1e9,
            report: told.measures.iter().map(measured).collect(),
        }
    }
}

impl FuzzDocument {
    pub(crate) fn new(report: &Report, run: &RunArgs, saved: &BTreeMap<Seed, Saved>) -> FuzzDocument {
        let document = |failure: &Failure| FailureDocument::new(failure, run, saved.get(&failure.seed));
        let faults = report
            .profile_faults()
            .map(|(kind, count)| (kind.name(), FaultDocument { injected: count.injected, effective: count.effective }));
        FuzzDocument {
            engine: run.engine().name(),
            profile: report.profile.name(),
            first_seed: report.first_seed.to_string(),
            seeds: report.seeds,
            passed: report.passed(),
            stopped: report.stopped,
            failures: report.failures.iter().map(document).collect(),
            wall_s: report.wall.as_secs_f64(),
            cpu_s: report.cpu.as_secs_f64(),
            sim_s: report.sim_s(),
            speed: report.speed(),
            messages: report.stats.messages,
            operations: report.stats.operations,
            faults: faults.collect(),
            milestones: report.milestones.iter().map(|(milestone, count)| (milestone.name(), count)).collect(),
            demands_waived: report.stats.demands_waived,
            histories_undecided: report.stats.histories_undecided,
            digest: format!("{:016x}", report.digest),
        }
    }
}

impl FailureDocument {
    fn new(failure: &Failure, run: &RunArgs, saved: Option<&Saved>) -> FailureDocument {
        FailureDocument {
            seed: failure.seed.to_string(),
            verdict: failure.kind.verdict(),
            invariant: failure.invariant.map(check::Invariant::id),
            message: failure.message.clone(),
            explanation: failure.explanation.clone(),
            history: history(saved),
            file: file(saved),
            repro: run.replay_command(failure.seed),
        }
    }
}

impl ReplayDocument {
    pub(crate) fn new(
        plan: &Plan,
        replay: &Replay,
        origin: &Origin,
        reproduced: Option<bool>,
        saved: Option<&Saved>,
    ) -> ReplayDocument {
        let (failure, stats) = (replay.failure.as_ref(), &replay.outcome.stats);
        ReplayDocument {
            seed: plan.seed.to_string(),
            engine: origin.engine.name(),
            profile: origin.profile.map(Profile::name),
            system: origin.system.clone(),
            verdict: failure.map_or("pass", |failure| failure.kind.verdict()),
            invariant: failure.and_then(|failure| failure.invariant).map(check::Invariant::id),
            message: failure.map(|failure| failure.message.clone()),
            explanation: failure.and_then(|failure| failure.explanation.clone()),
            reproduced,
            history: history(saved),
            file: file(saved),
            digest: format!("{:016x}", replay.outcome.digest),
            sim_s: stats.sim_ns as f64 / 1e9,
            events: stats.events,
            messages: stats.messages,
            operations: stats.operations,
        }
    }
}

/// The paths of what was saved.
fn history(saved: Option<&Saved>) -> Option<String> {
    saved.and_then(|saved| saved.as_ref().ok()).map(|folder| folder.history().display().to_string())
}

fn file(saved: Option<&Saved>) -> Option<String> {
    saved.and_then(|saved| saved.as_ref().ok()).map(|folder| folder.repro().display().to_string())
}

impl ShrinkDocument {
    pub(crate) fn new(shrunk: &Shrunk, origin: &Origin, saved: &Saved) -> ShrinkDocument {
        let failure = &shrunk.failure;
        let faults = shrunk.blame.iter().map(|blame| BlameDocument {
            fault: shrunk.plan.schedule[blame.number].fault.to_string(),
            needed: blame.without.is_needed(),
        });
        ShrinkDocument {
            seed: shrunk.plan.seed.to_string(),
            engine: origin.engine.name(),
            system: origin.system.clone(),
            verdict: failure.kind.verdict(),
            invariant: failure.invariant.map(check::Invariant::id),
            message: failure.message.clone(),
            before: SizeDocument::new(shrunk.before),
            after: SizeDocument::new(shrunk.after),
            runs: shrunk.runs,
            cpu_s: shrunk.cpu.as_secs_f64(),
            complete: shrunk.is_complete,
            faults: faults.collect(),
            file: shrunk_file(Some(saved)),
        }
    }
}

impl SizeDocument {
    fn new(size: Size) -> SizeDocument {
        let Size { nodes, faults, operations, events, sim_ms } = size;
        SizeDocument { nodes, faults, operations, events, sim_s: sim_ms as f64 / 1e3 }
    }
}

impl ZooDocument {
    pub(crate) fn new(bug: Bug, hunted: &Hunted, saved: Option<&Saved>, args: &ZooArgs) -> ZooDocument {
        let caught = hunted.caught.as_ref();
        let shrunk = caught.and_then(|caught| caught.shrunk.as_ref());
        ZooDocument {
            bug: bug.name(),
            category: bug.category().name(),
            caught: caught.is_some(),
            invariant: caught.and_then(|caught| caught.failure.invariant).map(check::Invariant::id),
            seeds: hunted.seeds,
            cpu_s: hunted.cpu.as_secs_f64(),
            shrunk_events: shrunk.map(|shrunk| shrunk.after.events),
            shrunk_faults: shrunk.map(|shrunk| shrunk.after.faults),
            shrunk_operations: shrunk.map(|shrunk| shrunk.after.operations),
            shrink_cpu_s: shrunk.map(|shrunk| shrunk.cpu.as_secs_f64()),
            repro: caught.map(|caught| args.run(bug).replay_command(caught.failure.seed)),
            file: shrunk_file(saved),
        }
    }
}

/// The path of the smallest repro that was saved.
fn shrunk_file(saved: Option<&Saved>) -> Option<String> {
    let folder = saved?.as_ref().ok()?;
    Some(folder.shrunk().unwrap_or_else(|| folder.repro()).display().to_string())
}

impl CheckDocument {
    pub(crate) fn new(verdict: &HistoryVerdict, model: ModelArg, history: &History, wall: Duration) -> CheckDocument {
        CheckDocument {
            verdict: match verdict {
                HistoryVerdict::Linearizable => "linearizable",
                HistoryVerdict::NotLinearizable(_) => "not-linearizable",
                HistoryVerdict::Unknown(_) => "unknown",
            },
            model: match model {
                ModelArg::Register => "register",
                ModelArg::Kv => "kv",
            },
            operations: history.calls().len(),
            wall_s: wall.as_secs_f64(),
            explanation: match verdict {
                HistoryVerdict::NotLinearizable(found) => Some(found.to_string()),
                HistoryVerdict::Linearizable | HistoryVerdict::Unknown(_) => None,
            },
        }
    }
}

impl FigureDocument {
    pub(crate) fn new(figure: &Figure, engine: Engine) -> FigureDocument {
        FigureDocument {
            name: figure.standard.name(),
            engine: engine.name(),
            nodes: figure.nodes,
            runs: figure.runs,
            sim_s: figure.sim_s(),
            cpu_s: figure.cpu.as_secs_f64(),
            speed: figure.speed(),
            messages: figure.stats.messages,
            messages_per_cpu_s: figure.messages_per_cpu_s(),
            operations: figure.stats.operations.total(),
            operations_per_cpu_s: figure.operations_per_cpu_s(),
            peak_mib: figure.peak_kib.map(|kib| kib as f64 / 1_024.0),
        }
    }
}
