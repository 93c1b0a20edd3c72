//! `stormglass scenario`: lists the named scenarios, and runs one.

use std::error::Error;
use std::io::{self, Write};
use std::path::Path;

use explore::panics;
use scenarios::{Knobs, Scenario, Setting, Source};
use sim::Seed;
use stormglass::story::Told;

use crate::args::{ScenarioArgs, ScenarioCommand, ScenarioRunArgs};
use crate::document::{ScenarioDocument, ScenarioListed};
use crate::exit;
use crate::output::Output;
use crate::screen::{counted, grouped, wrapped};
use crate::timeline::Timeline;

pub(crate) fn scenario(args: &ScenarioArgs) -> Result<u8, Box<dyn Error>> {
    match &args.command {
        ScenarioCommand::List { json } => list(*json),
        ScenarioCommand::Run(args) => run(args),
    }
}

fn list(json: bool) -> Result<u8, Box<dyn Error>> {
    let mut output = Output::new();
    if json {
        let listed: Vec<_> = scenarios::all().map(ScenarioListed::new).collect();
        output.line(serde_json::to_string(&listed)?)?;
    } else {
        listing().into_iter().try_for_each(|line| output.line(line))?;
    }
    output.flush()?;
    Ok(exit::PASS)
}

/// Every scenario with what it shows, source by source.
fn listing() -> Vec<String> {
    let of = |source: Source| scenarios::all().filter(move |scenario| scenario.source == source);
    let mut lines = Vec::new();
    for source in Source::ALL.iter().filter(|source| of(**source).next().is_some()) {
        lines.push(format!("{} ({})", source.name(), counted(of(*source).count() as u64, "scenario")));
        for scenario in of(*source) {
            lines.push(format!("  {}", scenario.name));
            lines.push(wrapped(scenario.about, 6));
        }
    }
    lines
}

fn run(args: &ScenarioRunArgs) -> Result<u8, Box<dyn Error>> {
    let scenario = scenarios::find(&args.name)?;
    let mut setting =
        Setting { engine: args.engine, seed: args.seed, knobs: Knobs::usual(scenario), breach: args.breach };
    for (knob, value) in args.knobs() {
        setting.knobs.set(scenario, knob, value)?;
    }
    setting.check(scenario)?;
    if args.seed.0.checked_add(args.seeds() - 1).is_none() {
        return Err(
            format!("there are no {} seeds from {} on: give fewer, or a lower one", args.seeds(), args.seed).into()
        );
    }
    let last_panic = panics::silence();
    let mut told = panics::on_run_thread(|| scenario.run(&setting));
    let mut seeds = 1;
    while seeds < args.seeds() && told.outcome.verdict.is_pass() {
        setting.seed = Seed(args.seed.0.wrapping_add(seeds));
        told = panics::on_run_thread(|| scenario.run(&setting));
        seeds += 1;
    }
    let mut output = Output::new();
    if args.timeline && !args.json {
        let mut timeline = Timeline { output, is_on: true, all: false, written: Ok(()) };
        panics::on_run_thread(|| scenario.run_recorded(&setting, &mut timeline));
        timeline.written?;
        output = timeline.output;
    }
    let evidence = panics::on_run_thread(|| scenario.evidence(&setting, &told));
    if args.json {
        output.line(serde_json::to_string(&ScenarioDocument::new(scenario, &setting, seeds, &told))?)?;
    } else {
        report(scenario, &setting, seeds, &told).into_iter().try_for_each(|line| output.line(line))?;
    }
    output.flush()?;
    let Some((failure, evidence)) = evidence else { return Ok(exit::PASS) };
    let panicked = last_panic.location().map_or(String::new(), |location| format!("panicked at {location}\n"));
    let saved = evidence.save(Path::new(""));
    let again = format!("cargo run --release -- {}", scenario.command(&setting));
    // Nobody is left to tell when stderr is gone.
    let _ = writeln!(io::stderr(), "{panicked}{}", evidence.screen(Some(&saved), &again));
    Ok(exit::code(Some(failure.kind)))
}

/// What came of it.
fn report(scenario: &Scenario, setting: &Setting, seeds: u64, told: &Told) -> Vec<String> {
    let (outcome, stats) = (&told.outcome, &told.outcome.stats);
    let mut lines = vec![format!("{}   seed {}   engine {}", scenario.name, setting.seed, setting.engine)];
    lines.push(wrapped(scenario.about, 2));
    lines.extend(told.measures.iter().map(|(name, measure)| format!("  {name:<32} {measure:>14}")));
    let verdict = match &outcome.verdict {
        verdict if !verdict.is_pass() => format!("FAIL  {verdict}"),
        _ if seeds > 1 => format!("PASS  {}, the last of which came to", counted(seeds, "seed")),
        _ => "PASS".into(),
    };
    lines.push(verdict);
    lines.push(format!(
        "{:.3} simulated s, {} events, {} messages; digest {:016x}",
        stats.sim_ns as f64 / 1e9,
        grouped(stats.events),
        grouped(stats.messages),
        outcome.digest
    ));
    lines
}
