//! `stormglass scenario`: lists the named scenarios, and runs one.

use std::error::Error;
use std::ops::ControlFlow;

use explore::layout::wrapped;
use explore::plain::escaped;
use explore::{Ended, Series, panics};
use sim::{Engine, LogLevel, Seed};

use crate::command::args::{ScenarioArgs, ScenarioCommand, ScenarioRunArgs};
use crate::command::display::Display;
use crate::command::document::{FailedDocument, ScenarioDocument, ScenarioListed};
use crate::command::kept::Kept;
use crate::command::output::Output;
use crate::command::program::Program;
use crate::command::screen::{counted, grouped, indented, measured, stopped};
use crate::command::timeline::Timeline;
use crate::command::{called, exit, stop};
use crate::property::usual_engine;
use crate::scenario::{Knobs, Scenario, Setting, Source};
use crate::story::Told;

pub(crate) fn scenario(args: &ScenarioArgs, program: &Program) -> Result<u8, Box<dyn Error>> {
    match &args.command {
        ScenarioCommand::List { json } => list(program, *json),
        ScenarioCommand::Run(args) => run(args, program),
    }
}

fn list(program: &Program, json: bool) -> Result<u8, Box<dyn Error>> {
    let mut output = Output::new();
    if json {
        output.document(&program.scenarios.iter().copied().map(ScenarioListed::new).collect::<Vec<_>>())?;
    } else {
        listing(program, output.width).into_iter().try_for_each(|line| output.line(line))?;
    }
    output.flush()?;
    Ok(exit::PASS)
}

/// Every scenario with its purpose, source by source.
fn listing(program: &Program, width: usize) -> Vec<String> {
    if program.scenarios.is_empty() {
        let none = "This program has no scenarios: Program::with_scenarios takes them.";
        return vec![wrapped(none, width, 2)];
    }
    let mut sources: Vec<&Source> = Vec::new();
    for scenario in &program.scenarios {
        if !sources.contains(&scenario.source) {
            sources.push(scenario.source);
        }
    }
    let mut lines = Vec::new();
    for source in sources {
        let of_source: Vec<_> = program.scenarios.iter().filter(|scenario| scenario.source == source).collect();
        lines.push(format!("{} ({})", source.name, counted(of_source.len() as u64, "scenario")));
        for scenario in of_source {
            lines.push(format!("  {}", scenario.name));
            lines.push(indented(scenario.about, width, 6));
        }
    }
    lines
}

fn run(args: &ScenarioRunArgs, program: &Program) -> Result<u8, Box<dyn Error>> {
    let (scenario, systems) = (program.scenario(&args.name)?, &program.systems);
    let knobs = Knobs::usual(scenario);
    let mut setting = Setting { engine: Engine::default(), seed: args.seed, knobs, bug: args.bug.clone() };
    for (knob, value) in args.knobs() {
        setting.knobs.set(scenario, knob, value)?;
    }
    let subject = systems.make(&scenario.subject(&setting))?;
    setting.engine = args.engine.unwrap_or_else(|| usual_engine(&*subject));
    let seeds = args.seeds()?;
    let root = args.keep.root()?;
    let last_panic = panics::noted();
    let ended = told(scenario, &setting, program, seeds, args)?;
    setting.seed = Seed(args.seed.0 + ended.number);

    let mut output = Output::new();
    if args.timeline && !args.json {
        let mut timeline = Timeline { output, is_on: true, all: false, log: LogLevel::default(), written: Ok(()) };
        panics::on_run_thread(|| scenario.run_recorded(&setting, systems, &mut timeline))?;
        timeline.written?;
        output = timeline.output;
    }
    let evidence = panics::on_run_thread(|| scenario.evidence(&setting, systems, &ended.value))?;
    let failed = evidence.map(|(failure, evidence)| (failure, Kept::save(evidence, &root)));
    if args.json {
        let failed = failed.as_ref().map(|(failure, kept)| FailedDocument::new(failure, Some(kept)));
        output.document(&ScenarioDocument::new(scenario, &setting, &ended, failed.unwrap_or_default()))?;
    } else {
        report(scenario, &setting, &ended.value, output.width).into_iter().try_for_each(|line| output.line(line))?;
        match &failed {
            None if ended.is_stopped => output.line(stopped(ended.number + 1, seeds, "seed"))?,
            None if ended.number > 0 => {
                let seeds = counted(ended.number + 1, "seed");
                output.wrapped(&format!("PASS  {seeds}; the report above is of the last"), 6)?;
            }
            None => output.line("PASS")?,
            Some((_, kept)) => {
                if let Some(place) = last_panic.location() {
                    output.wrapped(&format!("panicked at {}", escaped(&place)), 2)?;
                }
                let again = called::command(&scenario.command(&setting));
                output.line(kept.screen(&again, args.keep.layout(output.width)))?;
            }
        }
    }
    output.flush()?;
    Ok(exit::code_of_work(failed.map(|(failure, _)| failure.kind), ended.is_stopped))
}

/// Tells it for one seed after another, up to the first that fails.
fn told(
    scenario: &'static Scenario,
    setting: &Setting,
    program: &Program,
    seeds: Option<u64>,
    args: &ScenarioRunArgs,
) -> Result<Ended<Told>, Box<dyn Error>> {
    let stop = stop::on_signal()?;
    let display = Display::of_seeds(seeds, args.time);
    let count = seeds.unwrap_or((u64::MAX - setting.seed.0).max(1));
    let series = Series { count, jobs: args.jobs(), time: args.time };
    let tell = |number| {
        let setting = Setting { seed: Seed(setting.seed.0 + number), ..setting.clone() };
        let told = scenario.run(&setting, &program.systems).expect("its system was made before");
        if told.outcome.verdict.is_pass() { ControlFlow::Continue(told) } else { ControlFlow::Break(told) }
    };
    if seeds != Some(1) {
        // Said before the first run, so that a hang names the scenario.
        display.say(&format!("{} from seed {} on", scenario.name, setting.seed));
    }
    let ended = series.run(&tell, &stop, &mut |done| display.seeds(done, scenario.name))?;
    display.finish();
    Ok(ended)
}

/// The report, but for the verdict.
fn report(scenario: &Scenario, setting: &Setting, told: &Told, width: usize) -> Vec<String> {
    let (outcome, stats) = (&told.outcome, &told.outcome.stats);
    let header = format!("{}   seed {}   engine {}", scenario.name, setting.seed, setting.engine);
    let mut lines = vec![wrapped(&header, width, 2), indented(scenario.about, width, 2)];
    lines.extend(told.measures.iter().map(|(name, measure)| measured(name, &measure.to_string(), width)));
    let happened = format!(
        "{:.3} simulated s, {} events, {} messages; digest {:016x}",
        stats.sim_ns as f64 / 1e9,
        grouped(stats.events),
        grouped(stats.messages),
        outcome.digest
    );
    lines.push(wrapped(&happened, width, 2));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_without_scenarios_says_so() {
        let lines = listing(&Program::default(), 40);
        assert_eq!(lines, ["This program has no scenarios:\n  Program::with_scenarios takes them."]);
    }
}
