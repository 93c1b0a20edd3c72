//! `stormglass zoo`: hunts the bugs of the zoo, one after the other.

use std::error::Error;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ::zoo::{Bug, Mutant};
use explore::artefacts::Saved;
use explore::{Budget, Campaign, Caught, Evidence, Hunted, Hunting, Runner, Shrunk, hunt, panics};
use sim::Overrides;
use stormglass::RaftKv;

use crate::args::ZooArgs;
use crate::asked;
use crate::display::Display;
use crate::document::ZooDocument;
use crate::output::Output;
use crate::screen::{counted, wrapped};
use crate::{exit, stop};

/// What is kept of a bug that was caught, and where.
type Kept = Option<(Evidence, Saved)>;

pub(crate) fn zoo(args: &ZooArgs) -> Result<u8, Box<dyn Error>> {
    let mut output = Output::new();
    if args.list {
        listing().into_iter().try_for_each(|line| output.line(line))?;
        output.flush()?;
        return Ok(exit::PASS);
    }
    campaign(args).check_seeds()?;
    panics::silence();
    let stop = stop::on_ctrl_c()?;
    let display = Display::open();
    display.say(&origin(args));
    if !args.json {
        output.line(format_args!("{:<37} {:>6} {:>6}  caught by", "bug", "seeds", "CPU s"))?;
    }
    let mut hunts: Vec<(Bug, Hunted, Kept)> = Vec::new();
    let bugs = args.bugs();
    for bug in &bugs {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let hunted = hunted(args, *bug, &stop, &display)?;
        if stop.load(Ordering::Relaxed) && hunted.caught.is_none() {
            // It was not hunted to the end, so nothing is known of it.
            break;
        }
        let evidence = hunted.caught.as_ref().map(|caught| evidence(args, *bug, caught));
        let kept = evidence.map(|evidence| {
            let saved = evidence.save(Path::new(""));
            (evidence, saved)
        });
        if !args.json {
            display.pause(|| row(*bug, &hunted).into_iter().try_for_each(|line| output.line(line)))?;
            // One may take long: show each when it is done.
            output.flush()?;
        }
        hunts.push((*bug, hunted, kept));
    }
    display.finish();
    if args.json {
        let documents: Vec<_> = hunts
            .iter()
            .map(|(bug, hunted, kept)| ZooDocument::new(*bug, hunted, kept.as_ref().map(|(_, saved)| saved), args))
            .collect();
        output.line(serde_json::to_string(&documents)?)?;
    } else {
        output.line(summary(&hunts))?;
    }
    output.flush()?;
    if hunts.len() < bugs.len() {
        display.say(&format!("stopped: {} not hunted", counted((bugs.len() - hunts.len()) as u64, "bug")));
    }
    if let [(bug, _, Some((evidence, saved)))] = &hunts[..] {
        let reproduce = args.run(*bug).replay_command(evidence.failure.seed);
        // Nobody is left to tell when stderr is gone.
        let _ = writeln!(io::stderr(), "{}", evidence.screen(Some(saved), &reproduce));
    }
    let missed = hunts.iter().any(|(_, hunted, _)| hunted.caught.is_none());
    Ok(if missed { exit::SAFETY } else { exit::PASS })
}

fn origin(args: &ZooArgs) -> String {
    format!(
        "zoo   {}   from seed {}   jobs {}   engine {}   profile {}   version {}",
        counted(args.bugs().len() as u64, "bug"),
        args.first_seed,
        campaign(args).threads(),
        args.engine,
        args.profile,
        explore::VERSION
    )
}

/// Every bug with what it changes, category by category.
fn listing() -> Vec<String> {
    let mut lines = Vec::new();
    let mut category = None;
    for bug in Bug::ALL {
        if category.replace(bug.category()) != Some(bug.category()) {
            lines.push(bug.category().name().into());
        }
        lines.push(format!("  {bug}"));
        lines.push(wrapped(bug.change(), 6));
    }
    lines
}

/// The hunt for one bug.
fn campaign(args: &ZooArgs) -> Campaign {
    Campaign {
        engine: args.engine,
        first_seed: args.first_seed,
        seeds: args.seeds,
        time: Some(args.time),
        profile: args.profile,
        overrides: Overrides::default(),
        jobs: args.jobs(),
        verify: false,
        budget: Budget::default(),
    }
}

fn hunted(args: &ZooArgs, bug: Bug, stop: &AtomicBool, display: &Display) -> Result<Hunted, Box<dyn Error>> {
    let campaign = campaign(args);
    let system = RaftKv::with_rules(Mutant(bug));
    let watch = &mut |hunting: &Hunting<'_>| {
        match hunting {
            Hunting::Searching(progress) => {
                display.message(format!("{bug}: {}", counted(progress.report.seeds, "seed")));
            }
            Hunting::Shrinking(shrinking) => display.shrinking(shrinking),
        }
        if stop.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    Ok(hunt(&campaign, &system, stop, args.shrink(), watch).map_err(|error| asked::no_report(&error))?)
}

fn evidence(args: &ZooArgs, bug: Bug, caught: &Caught) -> Evidence {
    let (origin, plan) = (args.run(bug).origin(), &caught.plan);
    let gathered = panics::on_run_thread(|| {
        let system = RaftKv::with_rules(Mutant(bug));
        Evidence::gather(&Runner::new(origin.engine, &system), &origin, plan, &caught.failure)
    });
    let gathered = gathered.expect("nobody stops it, and whatever it takes it has a verdict");
    match &caught.shrunk {
        Some(shrunk) => gathered.with_shrunk(shrunk),
        None => gathered,
    }
}

/// What came of one hunt, on a line, and below it what was caught in its smallest form.
fn row(bug: Bug, hunted: &Hunted) -> Vec<String> {
    let by = hunted.caught.as_ref().map_or("not caught", |caught| caught.failure.headline());
    let mut lines = vec![format!("{bug:<37} {:>6} {:>6.2}  {by}", hunted.seeds, hunted.cpu.as_secs_f64())];
    if let Some(shrunk) = hunted.caught.as_ref().and_then(|caught| caught.shrunk.as_ref()) {
        lines.push(wrapped(&shrunk.line(), 4));
    }
    lines
}

/// What came of all hunts together.
fn summary(hunts: &[(Bug, Hunted, Kept)]) -> String {
    let hunted = hunts.iter().map(|(_, hunted, _)| hunted);
    let caught: Vec<&Caught> = hunted.clone().filter_map(|hunted| hunted.caught.as_ref()).collect();
    let shrunk: Vec<&Shrunk> = caught.iter().filter_map(|caught| caught.shrunk.as_ref()).collect();
    let seconds = |cpu: &Duration| format!("{:.2}", cpu.as_secs_f64());
    let of_shrunk = |value: fn(&Shrunk) -> u64| spread(shrunk.iter().map(|of| value(of)).collect(), u64::to_string);
    let spreads = [
        ("hunt", spread(hunted.map(|hunted| hunted.cpu).collect(), seconds), "CPU s"),
        ("shrunk", of_shrunk(|shrunk| shrunk.after.faults as u64), "faults"),
        ("", of_shrunk(|shrunk| shrunk.after.operations), "operations"),
        ("", of_shrunk(|shrunk| shrunk.after.events), "events"),
        ("", spread(shrunk.iter().map(|shrunk| shrunk.cpu).collect(), seconds), "CPU s for it"),
    ];
    let mut lines = vec![format!("caught  {} of {}", caught.len(), hunts.len())];
    for (name, spread, unit) in spreads {
        lines.extend(spread.map(|of| format!("{name:<7} {of} {unit}")));
    }
    lines.join("\n")
}

/// `median 3, at most 17`; `None` of nothing.
fn spread<T: Ord>(mut values: Vec<T>, written: impl Fn(&T) -> String) -> Option<String> {
    values.sort_unstable();
    let (median, most) = (values.get(values.len() / 2)?, values.last()?);
    Some(format!("median {}, at most {}", written(median), written(most)))
}
