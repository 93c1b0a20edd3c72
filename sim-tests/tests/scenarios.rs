//! Every named scenario, on both engines, and the bugs that they guard against: `event::NAME`,
//! `turmoil::NAME`, `guards::NAME::BUG`.
//!
//! A sample of seeds is run; `STORMGLASS_SEEDS=200` runs at least so many of each scenario, `STORMGLASS_SEED=0x1f3a`
//! that one.

use std::process::ExitCode;

use explore::artefacts::Root;
use explore::{Asked, Layout, asked};
use libtest_mimic::{Arguments, Failed, Trial};
use sim::{Engine, Seed};
use stormglass::scenario::{Knobs, Scenario, Setting};

/// How many seeds of each scenario are run.
const EVENT_SEEDS: u64 = 25;
const TURMOIL_SEEDS: u64 = 2;
/// A planted bug shows within so many seeds.
const BUG_SEEDS: u64 = 200;

fn main() -> ExitCode {
    let mut trials = Vec::new();
    for scenario in scenarios::all() {
        for (engine, seeds) in [(Engine::Event, EVENT_SEEDS), (Engine::Turmoil, TURMOIL_SEEDS)] {
            let name = format!("{engine}::{}", scenario.name);
            trials.push(Trial::test(name, move || holds(scenario, engine, seeds)));
        }
        if !scenario.knobs.is_empty() {
            let name = format!("knobs::{}", scenario.name);
            trials.push(Trial::test(name, move || holds_however_it_is_set(scenario)));
        }
        for bug in scenario.guards {
            let name = format!("guards::{}::{bug}", scenario.name);
            trials.push(Trial::test(name, move || guards(scenario, bug)));
        }
    }
    trials.push(Trial::test("the_docs_have_the_table_of_all_scenarios", || {
        let table = scenarios::table();
        let is_there = include_str!("../../docs/scenarios.md").contains(&table);
        if is_there { Ok(()) } else { Err(format!("docs/scenarios.md has another table than this:\n\n{table}").into()) }
    }));
    trials.push(Trial::test("every_scenario_says_what_it_shows", every_scenario_says_what_it_shows));
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn every_scenario_says_what_it_shows() -> Result<(), Failed> {
    let mut names = std::collections::BTreeSet::new();
    for scenario in scenarios::all() {
        if scenario.about.is_empty() || scenario.rows.is_empty() {
            return Err(format!("{} has no description, or names no row of its source", scenario.name).into());
        }
        if !names.insert(scenario.name) {
            return Err(format!("two scenarios are called {}", scenario.name).into());
        }
    }
    Ok(())
}

fn setting(scenario: &Scenario, engine: Engine, seed: u64, bug: Option<&str>) -> Setting {
    Setting { engine, seed: Seed(seed), knobs: Knobs::usual(scenario), bug: bug.map(String::from) }
}

/// The scenario holds of all seeds that are asked for.
fn holds(scenario: &Scenario, engine: Engine, seeds: u64) -> Result<(), Failed> {
    let seeds = match asked()? {
        Asked::All { seeds_min } => 0..seeds.max(seeds_min),
        Asked::Seed(seed) => seed.0..seed.0 + 1,
        Asked::Repro { .. } => {
            return Err("STORMGLASS_REPRO: a scenario tells its own story: give STORMGLASS_SEED".into());
        }
    };
    for seed in seeds {
        passes(scenario, &setting(scenario, engine, seed, None))?;
    }
    Ok(())
}

fn passes(scenario: &Scenario, setting: &Setting) -> Result<(), Failed> {
    let systems = scenarios::systems();
    let told = scenario.run(setting, &systems)?;
    if let Some((_, evidence)) = scenario.evidence(setting, &systems, &told)? {
        let saved = evidence.save(&Root::of_test());
        let again = format!("cargo run --release -- {}", scenario.command(setting));
        return Err(evidence.screen(Some(&saved), &again, Layout::of_test()).into());
    }
    if told.outcome.stats.demands_waived > 0 {
        return Err(format!("{} ends with a cluster of which nothing can be demanded", scenario.name).into());
    }
    Ok(())
}

/// The scenario holds with its knobs at the least, and at the most.
fn holds_however_it_is_set(scenario: &Scenario) -> Result<(), Failed> {
    for knobs in Knobs::extremes(scenario) {
        let setting = Setting { knobs, ..setting(scenario, Engine::Event, 0, None) };
        passes(scenario, &setting)?;
    }
    Ok(())
}

/// With this bug planted the scenario fails, of one of the first seeds.
fn guards(scenario: &Scenario, bug: &str) -> Result<(), Failed> {
    let systems = scenarios::systems();
    for seed in 0..BUG_SEEDS {
        let setting = setting(scenario, Engine::Event, seed, Some(bug));
        if !scenario.run(&setting, &systems)?.outcome.verdict.is_pass() {
            return Ok(());
        }
    }
    Err(format!("{} passes with {bug}, from {BUG_SEEDS} seeds", scenario.name).into())
}
