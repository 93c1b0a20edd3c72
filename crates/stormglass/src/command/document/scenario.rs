//! The documents of `scenario`.

use std::collections::BTreeMap;

use explore::Ended;
use serde::Serialize;
use sim::{Engine, Verdict};

use super::{Envelope, FailedDocument};
use crate::command::called;
use crate::scenario::{Scenario, Setting};
use crate::story::{Measure, Told};

/// One line of the output of `scenario list`.
#[derive(Serialize)]
pub(crate) struct ScenarioListed {
    #[serde(flatten)]
    envelope: Envelope,
    system: &'static str,
    name: &'static str,
    source: &'static str,
    about: &'static str,
    /// Its names in the source.
    rows: &'static [&'static str],
    engines: Vec<&'static str>,
    /// The knobs that may be set, with their usual values.
    knobs: BTreeMap<&'static str, u64>,
    /// The bugs that it guards against.
    guards: &'static [&'static str],
}

/// One scenario, told for one seed or more.
#[derive(Serialize)]
pub(crate) struct ScenarioDocument {
    #[serde(flatten)]
    envelope: Envelope,
    system: String,
    nodes: u8,
    name: &'static str,
    engine: &'static str,
    seed: String,
    /// How many seeds were run; this is the last of them.
    seeds: u64,
    /// True if a signal ended it before all were run.
    stopped: bool,
    verdict: &'static str,
    invariant: Option<&'static str>,
    message: Option<String>,
    #[serde(flatten)]
    failed: FailedDocument,
    /// The command that runs the last of them again.
    repro: String,
    digest: String,
    sim_s: f64,
    /// Its measurements: counts, times in milliseconds, rates a second, words.
    report: serde_json::Map<String, serde_json::Value>,
}

impl ScenarioListed {
    pub(crate) fn new(scenario: &Scenario) -> ScenarioListed {
        ScenarioListed {
            envelope: Envelope::of("scenario-list"),
            system: scenario.system(),
            name: scenario.name,
            source: scenario.source.name,
            about: scenario.about,
            rows: scenario.rows,
            engines: Engine::ALL.iter().map(|engine| engine.name()).collect(),
            knobs: scenario.knobs.iter().map(|(knob, usual)| (knob.name(), *usual)).collect(),
            guards: scenario.guards,
        }
    }
}

impl ScenarioDocument {
    pub(crate) fn new(
        scenario: &Scenario,
        setting: &Setting,
        ended: &Ended<Told>,
        failed: FailedDocument,
    ) -> ScenarioDocument {
        let told = &ended.value;
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
            envelope: Envelope::of("scenario"),
            system: scenario.subject(setting).to_string(),
            nodes: told.plan.cluster.nodes,
            name: scenario.name,
            engine: setting.engine.name(),
            seed: setting.seed.to_string(),
            seeds: ended.number + 1,
            stopped: ended.is_stopped,
            verdict: verdict.name(),
            invariant,
            message: (!verdict.is_pass()).then(|| verdict.to_string()),
            failed,
            repro: called::command(&scenario.command(setting)),
            digest: format!("{:016x}", outcome.digest),
            sim_s: outcome.stats.sim_ns as f64 / 1e9,
            report: told.measures.iter().map(measured).collect(),
        }
    }
}
