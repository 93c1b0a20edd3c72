//! `stormglass fuzz`: a campaign, with its progress and its summary.

use std::collections::BTreeMap;
use std::error::Error;
use std::io;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use explore::artefacts::Root;
use explore::{Campaign, Evidence, Failure, Registry, Report, Runner, Sentry, Shrunk, panics};
use sim::{Plan, Seed, Subject};

use crate::command::args::FuzzArgs;
use crate::command::asked;
use crate::command::display::Display;
use crate::command::document::FuzzDocument;
use crate::command::kept::Kept;
use crate::command::output::Output;
use crate::command::screen::{counted, stopped};
use crate::command::{exit, stop, system};

mod statistics;

use statistics::statistics;

/// So many failures are told one by one; of more, only how many.
const FAILURES_TOLD: usize = 10;

pub(crate) fn fuzz(args: &FuzzArgs, systems: &Registry) -> Result<u8, Box<dyn Error>> {
    if args.list {
        return system::list(systems, args.run.json);
    }
    let subject = args.run.subject(systems)?;
    let campaign = Campaign {
        engine: args.run.engine(&*subject),
        first_seed: args.first_seed,
        seeds: args.seeds(),
        time: args.time,
        profile: args.run.profile(),
        overrides: args.run.overrides(),
        jobs: args.jobs(),
        verify: args.verify,
        budget: args.budget(),
    };
    campaign.check_seeds()?;
    let root = args.keep.root()?;
    let stop = stop::on_signal()?;
    let mut output = Output::new();
    let display = Display::of_seeds(args.seeds_known(), args.time);
    // Said before anything runs, so that a hang names its campaign.
    let header = args.run.origin(&*subject).line(&seeds(args, &campaign));
    if args.run.json {
        display.say(&header);
    } else {
        output.wrapped(&header, 6)?;
        output.flush()?;
    }
    let mut kept: BTreeMap<Seed, Kept> = BTreeMap::new();
    let report = campaign.run(&*subject, &stop, &mut |progress| {
        display.campaign(progress);
        if let Some(failure) = progress.failure
            && kept.len() < FAILURES_TOLD
        {
            display.failure(failure);
            kept.entry(failure.seed).or_insert_with(|| keep(&*subject, failure, args, None, &root));
        }
        ControlFlow::Continue(())
    });
    let report = report.map_err(|error| asked::no_report(&error))?;
    if report.threads < campaign.threads() {
        display.say(&format!("note: the machine gave {} of {} threads", report.threads, campaign.threads()));
    }
    if let Some(first) = report.failures.first() {
        let shrunk = args.shrink().and_then(|limit| shrunk(&*subject, first, args, limit, &display, &stop));
        kept.insert(first.seed, keep(&*subject, first, args, shrunk.as_ref(), &root));
    }
    display.finish();
    if args.run.json {
        output.document(&FuzzDocument::new(&report, &args.run.origin(&*subject), args, &kept))?;
    } else {
        output.line(statistics(&report, output.width))?;
        tell(&mut output, &report, args, &kept)?;
    }
    output.flush()?;
    Ok(exit::code_of_work(report.gravest(), report.stopped))
}

/// Runs a seed that failed once more, for the files to be kept.
fn keep(subject: &dyn Subject, failure: &Failure, args: &FuzzArgs, shrunk: Option<&Shrunk>, root: &Root) -> Kept {
    let (origin, plan) = (args.run.origin(subject), plan_of(subject, failure, args));
    let budget = args.budget();
    let evidence = panics::on_run_thread(|| {
        Evidence::gather(&Runner::new(origin.engine, subject).within(budget), &origin, &plan, failure)
    });
    let mut evidence = evidence.expect("no signal stops it, and its first run had a verdict");
    if let Some(shrunk) = shrunk {
        evidence = evidence.with_shrunk(shrunk);
    }
    Kept::save(evidence, root)
}

/// The failure with all left out that can be, if there is time for any.
fn shrunk(
    subject: &dyn Subject,
    failure: &Failure,
    args: &FuzzArgs,
    limit: Duration,
    display: &Display,
    stop: &AtomicBool,
) -> Option<Shrunk> {
    let plan = plan_of(subject, failure, args);
    panics::on_run_thread(move || {
        let sentry = Sentry::new().stopped_by(stop, Duration::ZERO);
        let runner = Runner::new(args.run.engine(subject), subject).within(args.budget()).watched(&sentry);
        let shrunk = explore::shrink(&runner, &plan, limit, &mut |shrinking| {
            display.shrinking(shrinking);
            if stop.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        // One that is stopped, or for which there is no time, is told as it was found.
        shrunk.ok().flatten()
    })
}

fn plan_of(subject: &dyn Subject, failure: &Failure, args: &FuzzArgs) -> Plan {
    subject.plan(failure.seed, args.run.profile(), &args.run.overrides()).expect("it was run")
}

/// The seeds of a campaign, its time and its threads.
fn seeds(args: &FuzzArgs, campaign: &Campaign) -> String {
    let seeds = args.seeds_known().map_or("seeds".into(), |seeds| counted(seeds, "seed"));
    let time = args.time.map_or(String::new(), |time| format!(" for {time:?}"));
    format!("{} and up, {seeds}{time}, jobs {}", args.first_seed, campaign.threads())
}

/// The verdict: the failures in short but for the first, and that in full, with the line to paste as the last one.
fn tell(output: &mut Output, report: &Report, args: &FuzzArgs, kept: &BTreeMap<Seed, Kept>) -> io::Result<()> {
    if report.stopped {
        output.line(stopped(report.seeds, args.seeds_known(), "seed"))?;
    }
    let Some((first, others)) = report.failures.split_first() else {
        if !report.stopped {
            output.line(format_args!("PASS  {}", counted(report.seeds, "run")))?;
        }
        return Ok(());
    };
    for failure in others.iter().take(FAILURES_TOLD - 1) {
        let told = format!("  also {}  {}: {}", failure.seed, failure.headline(), failure.message);
        output.wrapped(&told, 8)?;
        output.line(format_args!("       reproduce: {}", args.run.replay_command(failure.seed)))?;
    }
    if let Some(more) = others.len().checked_sub(FAILURES_TOLD - 1).filter(|more| *more > 0) {
        output.wrapped(&format!("  and {}: --json lists them all", counted(more as u64, "more failure")), 8)?;
    }
    let layout = args.keep.layout(output.width);
    output.line(kept[&first.seed].screen(&args.run.replay_command(first.seed), layout))
}
