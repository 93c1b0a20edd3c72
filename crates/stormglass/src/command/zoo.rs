//! `stormglass zoo`: hunts the bugs of the zoo, one after the other.

use std::error::Error;
use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use explore::artefacts::Root;
use explore::{Campaign, Caught, Evidence, Hunted, Hunting, PlantedBug, Registry, Runner, Shrunk, hunt, panics};
use sim::{Overrides, Subject};

use crate::command::args::ZooArgs;
use crate::command::asked;
use crate::command::display::Display;
use crate::command::document::{BugListed, ZooDocument};
use crate::command::kept::Kept;
use crate::command::output::Output;
use crate::command::screen::{counted, indented, stopped};
use crate::command::{exit, stop};

/// The result of the hunt for one bug.
pub(crate) struct Hunt {
    pub(crate) bug: PlantedBug,
    /// The system with the bug in it.
    pub(crate) subject: Arc<dyn Subject>,
    pub(crate) hunted: Hunted,
    /// `None` if nothing was caught.
    pub(crate) kept: Option<Kept>,
    /// True if a signal ended it before anything was caught: nothing is known of the bug then.
    pub(crate) is_stopped: bool,
}

pub(crate) fn zoo(args: &ZooArgs, systems: &Registry) -> Result<u8, Box<dyn Error>> {
    let mut output = Output::new();
    let bugs = args.bugs(systems)?;
    if bugs.is_empty() {
        return Err(format!("{} has no bugs to hunt", args.system(systems)).into());
    }
    if args.list {
        list(args, systems, &bugs, &mut output)?;
        return Ok(exit::PASS);
    }
    let args = &args.on_usual_engine_of(&*systems.make(&args.system(systems))?);
    campaign(args).check_seeds()?;
    let root = args.keep.root()?;
    let stop = stop::on_signal()?;
    let display = Display::open();
    if args.json {
        display.say(&origin(args, &bugs));
    } else {
        output.wrapped(&origin(args, &bugs), 6)?;
        output.line(heading(output.width))?;
        output.flush()?;
    }
    let mut hunts = Vec::new();
    for bug in bugs {
        let subject = systems.make(&args.system(systems).with_bug(&bug.name))?;
        let hunt = one_hunt(args, bug, subject, &stop, &display, &root)?;
        if !args.json && !hunt.is_stopped {
            display.pause(|| row(&hunt, output.width).into_iter().try_for_each(|line| output.line(line)))?;
            // One may take long: show each when it is done.
            output.flush()?;
        }
        hunts.push(hunt);
    }
    display.finish();
    if args.json {
        output.document(&hunts.iter().map(|hunt| ZooDocument::new(args, hunt)).collect::<Vec<_>>())?;
    } else {
        tell(&mut output, args, &hunts)?;
    }
    output.flush()?;
    let is_missed = |hunt: &Hunt| hunt.hunted.caught.is_none() && !hunt.is_stopped;
    Ok(match () {
        () if hunts.iter().any(is_missed) => exit::SAFETY,
        () if hunts.iter().any(|hunt| hunt.is_stopped) => exit::STOPPED,
        () => exit::PASS,
    })
}

fn list(args: &ZooArgs, systems: &Registry, bugs: &[PlantedBug], output: &mut Output) -> io::Result<()> {
    if args.json {
        let system = args.system(systems);
        output.document(&bugs.iter().map(|bug| BugListed::new(&system, bug)).collect::<Vec<_>>())?;
    } else {
        listing(bugs, output.width).into_iter().try_for_each(|line| output.line(line))?;
    }
    output.flush()
}

fn origin(args: &ZooArgs, bugs: &[PlantedBug]) -> String {
    format!(
        "zoo   {}   from seed {}   jobs {}   engine {}   profile {}   version {}",
        counted(bugs.len() as u64, "bug"),
        args.first_seed,
        campaign(args).threads(),
        args.engine(),
        args.profile(),
        explore::VERSION
    )
}

/// Every bug with its change, below the name of its category if it has one.
fn listing(bugs: &[PlantedBug], width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut category = "";
    for bug in bugs {
        if category != bug.category {
            category = &bug.category;
            lines.push(category.into());
        }
        lines.push(format!("  {}", bug.name));
        lines.push(indented(&bug.change, width, 6));
    }
    lines
}

/// Hunts one bug, and keeps the failure if it was caught. If `stop` is set by then, nothing is run.
fn one_hunt(
    args: &ZooArgs,
    bug: PlantedBug,
    subject: Arc<dyn Subject>,
    stop: &AtomicBool,
    display: &Display,
    root: &Root,
) -> Result<Hunt, Box<dyn Error>> {
    let hunted = if stop.load(Ordering::Relaxed) {
        Hunted { seeds: 0, cpu: Duration::ZERO, caught: None }
    } else {
        hunted(args, &bug, &*subject, stop, display)?
    };
    let kept = hunted.caught.as_ref().map(|caught| Kept::save(evidence(args, &bug, &*subject, caught), root));
    let is_stopped = hunted.caught.is_none() && stop.load(Ordering::Relaxed);
    Ok(Hunt { bug, subject, hunted, kept, is_stopped })
}

/// The hunt for one bug.
fn campaign(args: &ZooArgs) -> Campaign {
    Campaign {
        engine: args.engine(),
        first_seed: args.first_seed,
        seeds: args.seeds,
        time: Some(args.time),
        profile: args.profile(),
        overrides: Overrides::default(),
        jobs: args.jobs(),
        verify: false,
        budget: args.budget(),
    }
}

fn hunted(
    args: &ZooArgs,
    bug: &PlantedBug,
    subject: &dyn Subject,
    stop: &AtomicBool,
    display: &Display,
) -> Result<Hunted, Box<dyn Error>> {
    let campaign = campaign(args);
    let watch = &mut |hunting: &Hunting<'_>| {
        match hunting {
            Hunting::Searching(progress) => {
                display.message(format!("{}: {}", bug.name, counted(progress.report.seeds, "seed")));
            }
            Hunting::Shrinking(shrinking) => display.shrinking(shrinking),
        }
        if stop.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    Ok(hunt(&campaign, subject, stop, args.shrink(), watch).map_err(|error| asked::no_report(&error))?)
}

fn evidence(args: &ZooArgs, bug: &PlantedBug, subject: &dyn Subject, caught: &Caught) -> Evidence {
    let (origin, plan) = (args.run(bug).origin(subject), &caught.plan);
    let gathered = panics::on_run_thread(|| {
        Evidence::gather(&Runner::new(origin.engine, subject).within(args.budget()), &origin, plan, &caught.failure)
    });
    let gathered = gathered.expect("no signal stops it, and its first run had a verdict");
    match &caught.shrunk {
        Some(shrunk) => gathered.with_shrunk(shrunk),
        None => gathered,
    }
}

/// The least width of the table; on a narrower terminal each row takes two lines.
const TABLE_WIDTH: usize = 80;

fn heading(width: usize) -> String {
    if width < TABLE_WIDTH {
        return "bug, and the checker that caught it".into();
    }
    format!("{:<37} {:>6} {:>6}  caught by", "bug", "seeds", "CPU s")
}

/// The result of one hunt, on a line, and below it the smallest run that shows the bug.
fn row(hunt: &Hunt, width: usize) -> Vec<String> {
    let Hunt { bug: PlantedBug { name, .. }, hunted, .. } = hunt;
    let by = hunted.caught.as_ref().map_or("not caught".into(), |caught| caught.failure.headline());
    let (seeds, cpu_s) = (hunted.seeds, hunted.cpu.as_secs_f64());
    let mut lines = if width < TABLE_WIDTH {
        let told = format!("{by} after {} in {cpu_s:.2} CPU s", counted(seeds, "seed"));
        vec![name.clone(), indented(&told, width, 4)]
    } else {
        vec![format!("{name:<37} {seeds:>6} {cpu_s:>6.2}  {by}")]
    };
    if let Some(shrunk) = hunted.caught.as_ref().and_then(|caught| caught.shrunk.as_ref()) {
        lines.push(indented(&shrunk.line(), width, 4));
    }
    lines
}

/// The result of all hunts together: figures, and then the verdict. Of a single bug the verdict is the failure that
/// gave it away, with the line that shows it.
fn tell(output: &mut Output, args: &ZooArgs, hunts: &[Hunt]) -> io::Result<()> {
    let ended: Vec<&Hunt> = hunts.iter().filter(|hunt| !hunt.is_stopped).collect();
    let caught = ended.iter().filter(|hunt| hunt.hunted.caught.is_some()).count();
    for line in spreads(&ended) {
        output.wrapped(&line, 8)?;
    }
    if ended.len() < hunts.len() {
        if !ended.is_empty() {
            output.line(format_args!("caught  {caught} of {}", ended.len()))?;
        }
        return output.line(stopped(ended.len() as u64, Some(hunts.len() as u64), "bug"));
    }
    if let [Hunt { bug, kept: Some(kept), .. }] = hunts {
        let reproduce = args.run(bug).replay_command(kept.evidence.failure.seed);
        let layout = args.keep.layout(output.width);
        return output.line(kept.evidence.caught_screen(kept.saved.as_ref(), &reproduce, layout));
    }
    let verdict = if caught == hunts.len() { "PASS" } else { "FAIL" };
    output.line(format_args!("{verdict}  caught {caught} of {}", hunts.len()))
}

/// The cost of the hunts and the sizes they came to, each figure with its median and its most.
fn spreads(hunts: &[&Hunt]) -> Vec<String> {
    let hunted = hunts.iter().map(|hunt| &hunt.hunted);
    let caught = hunted.clone().filter_map(|hunted| hunted.caught.as_ref());
    let shrunk: Vec<&Shrunk> = caught.filter_map(|caught| caught.shrunk.as_ref()).collect();
    let seconds = |cpu: &Duration| format!("{:.2}", cpu.as_secs_f64());
    let of_shrunk = |value: fn(&Shrunk) -> u64| spread(shrunk.iter().map(|of| value(of)).collect(), u64::to_string);
    let spreads = [
        ("hunt", spread(hunted.map(|hunted| hunted.cpu).collect(), seconds), "CPU s"),
        ("shrunk", of_shrunk(|shrunk| shrunk.after.faults as u64), "faults"),
        ("", of_shrunk(|shrunk| shrunk.after.operations), "operations"),
        ("", of_shrunk(|shrunk| shrunk.after.events), "events"),
        ("", spread(shrunk.iter().map(|shrunk| shrunk.cpu).collect(), seconds), "CPU s for it"),
    ];
    let told = spreads.into_iter().map(|(name, spread, unit)| spread.map(|of| format!("{name:<7} {of} {unit}")));
    told.flatten().collect()
}

/// `median 3, at most 17`; `None` of nothing.
fn spread<T: Ord>(mut values: Vec<T>, written: impl Fn(&T) -> String) -> Option<String> {
    values.sort_unstable();
    let (median, most) = (values.get(values.len() / 2)?, values.last()?);
    Some(format!("median {}, at most {}", written(median), written(most)))
}
