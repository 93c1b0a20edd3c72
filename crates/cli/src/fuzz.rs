//! `stormglass fuzz`: a campaign, with its progress and its summary.

use std::collections::BTreeMap;
use std::error::Error;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use explore::artefacts::Saved;
use explore::{BlindSpot, Campaign, Evidence, Failure, Report, Runner, Sentry, Shrunk, panics};
use sim::{FaultCount, Plan, Seed, System, expand};

use crate::args::FuzzArgs;
use crate::asked;
use crate::display::Display;
use crate::document::FuzzDocument;
use crate::output::Output;
use crate::screen::{counted, grouped, list};
use crate::system::{self, Work};
use crate::{exit, stop};

/// So many failures are told one by one; of more, only how many.
const FAILURES_TOLD: usize = 10;

pub(crate) fn fuzz(args: &FuzzArgs) -> Result<u8, Box<dyn Error>> {
    system::with(args.run.bug, Fuzz { args })
}

struct Fuzz<'a> {
    args: &'a FuzzArgs,
}

impl Work for Fuzz<'_> {
    type Done = Result<u8, Box<dyn Error>>;

    fn on<S: System + Send>(self, system: &S) -> Result<u8, Box<dyn Error>> {
        let args = self.args;
        let campaign = Campaign {
            engine: args.run.engine(),
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
        panics::silence();
        let stop = stop::on_ctrl_c()?;
        let display = Display::of_campaign(&campaign);
        // Said before anything runs, so that a hang names its campaign.
        display.say(&args.run.origin().line(&seeds(&campaign)));
        let mut told: BTreeMap<Seed, Told> = BTreeMap::new();
        let report = campaign.run(system, &stop, &mut |progress| {
            display.campaign(progress);
            if let Some(failure) = progress.failure
                && told.len() < FAILURES_TOLD
            {
                let told = told.entry(failure.seed).or_insert_with(|| tell(system, failure, args, None));
                display.say(&format!("{}\n", told.screen));
            }
            ControlFlow::Continue(())
        });
        let report = report.map_err(|error| asked::no_report(&error))?;
        if report.threads < campaign.threads() {
            display.say(&format!("note: the machine gave {} of {} threads", report.threads, campaign.threads()));
        }
        // The last lines of stderr are the first failure's, however they came in.
        let last = report.failures.first().map(|first| {
            let shrunk = args.shrink().and_then(|limit| shrunk(system, first, args, limit, &display, &stop));
            let last = tell(system, first, args, shrunk.as_ref());
            let screen = last.screen.clone();
            told.insert(first.seed, last);
            screen
        });
        display.finish();
        let mut output = Output::new();
        if args.run.json {
            let saved = told.into_iter().map(|(seed, told)| (seed, told.saved)).collect();
            output.line(serde_json::to_string(&FuzzDocument::new(&report, &args.run, &saved))?)?;
        } else {
            output.line(summary(&report, args))?;
        }
        output.flush()?;
        if let Some(screen) = last {
            display.say(&screen);
        }
        Ok(exit::code(report.gravest()))
    }
}

/// A failure that was told: its artefacts and its screen.
struct Told {
    saved: Saved,
    screen: String,
}

/// Runs a seed that failed once more, for what is to be kept of it.
fn tell<S: System + Send>(system: &S, failure: &Failure, args: &FuzzArgs, shrunk: Option<&Shrunk>) -> Told {
    let (system, origin, plan) = (system.clone(), args.run.origin(), plan_of(failure, args));
    let budget = args.budget();
    let evidence = panics::on_run_thread(move || {
        Evidence::gather(&Runner::new(origin.engine, &system).within(budget), &origin, &plan, failure)
    });
    let mut evidence = evidence.expect("nobody stops it, and whatever it takes it has a verdict");
    if let Some(shrunk) = shrunk {
        evidence = evidence.with_shrunk(shrunk);
    }
    let saved = evidence.save(Path::new(""));
    let screen = evidence.screen(Some(&saved), &args.run.replay_command(failure.seed));
    Told { saved, screen }
}

/// The failure with all left out that can be, if there is time for any.
fn shrunk<S: System + Send>(
    system: &S,
    failure: &Failure,
    args: &FuzzArgs,
    limit: Duration,
    display: &Display,
    stop: &AtomicBool,
) -> Option<Shrunk> {
    let (system, plan) = (system.clone(), plan_of(failure, args));
    panics::on_run_thread(move || {
        let sentry = Sentry::new().stopped_by(stop, Duration::ZERO);
        let runner = Runner::new(args.run.engine(), &system).within(args.budget()).watched(&sentry);
        let shrunk = explore::shrink(&runner, &plan, limit, &mut |shrinking| {
            display.shrinking(shrinking);
            if stop.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        // One that is stopped, or for which there is no time, is told as it was found.
        shrunk.ok().flatten()
    })
}

fn plan_of(failure: &Failure, args: &FuzzArgs) -> Plan {
    expand(failure.seed, args.run.profile(), &args.run.overrides()).expect("it was run")
}

/// Which seeds are run, and how.
fn seeds(campaign: &Campaign) -> String {
    let seeds = if campaign.seeds < u64::MAX { counted(campaign.seeds, "seed") } else { "seeds".into() };
    let time = campaign.time.map_or(String::new(), |time| format!(" for {time:?}"));
    format!("{} and up, {seeds}{time}, jobs {}", campaign.first_seed, campaign.threads())
}

/// What came of the campaign, on one screen.
fn summary(report: &Report, args: &FuzzArgs) -> String {
    let (stats, operations) = (&report.stats, &report.stats.operations);
    let mut lines = vec![verdict(report)];
    for failure in report.failures.iter().take(FAILURES_TOLD) {
        lines.push(format!("  {}  {}: {}", failure.seed, failure.headline(), failure.message));
        lines.push(format!("    reproduce: {}", args.run.replay_command(failure.seed)));
    }
    if let Some(more) = report.failures.len().checked_sub(FAILURES_TOLD).filter(|more| *more > 0) {
        lines.push(format!("  and {}; --json lists them all", counted(more as u64, "more failure")));
    }
    lines.push(format!(
        "{:<13}{:.1} simulated s in {:.2} CPU s: {:.0} a CPU s; {:.2} s by the clock",
        "time",
        report.sim_s(),
        report.cpu.as_secs_f64(),
        report.speed(),
        report.wall.as_secs_f64(),
    ));
    lines.push(format!(
        "{:<13}{} events, {} messages, {} elections won",
        "happened",
        grouped(stats.events),
        grouped(stats.messages),
        grouped(stats.elections_won)
    ));
    lines.push(format!(
        "{:<13}{} ok, {} fail, {} info",
        "operations",
        grouped(operations.ok),
        grouped(operations.fail),
        grouped(operations.info)
    ));
    let faults = report.profile_faults().map(|(kind, count)| format!("{kind} {}", of(count)));
    let faults: Vec<String> = faults.collect();
    if !faults.is_empty() {
        lines.push(list("faults", faults) + "\n             (took effect / struck)");
    }
    let reached = report.milestones.iter().filter(|(_, count)| *count > 0);
    lines.push(list("milestones", reached.map(|(milestone, count)| format!("{} {count}", milestone.name()))));
    if stats.demands_waived > 0 {
        let waived = counted(stats.demands_waived, "demand");
        lines.push(format!("{:<13}{waived} of the calm phase: staying faults left no majority", "waived"));
    }
    if stats.histories_undecided > 0 {
        let times = counted(stats.histories_undecided, "time");
        lines.push(format!("{:<13}{times} whether what clients saw of a key is linearizable", "undecided"));
    }
    let spots = report.blind_spots();
    if !spots.is_empty() {
        lines.push(list("blind spots", spots.into_iter().map(blind_spot)));
    }
    lines.push(format!("{:<13}{:016x}", "digest", report.digest));
    lines.join("\n")
}

fn verdict(report: &Report) -> String {
    let runs = counted(report.seeds, "run");
    let stopped = if report.stopped { ", stopped" } else { "" };
    match report.failures.len() as u64 {
        0 => format!("PASS  {runs}{stopped}"),
        failed => format!("FAIL  {} of {runs}{stopped}", grouped(failed)),
    }
}

fn of(count: FaultCount) -> String {
    format!("{}/{}", count.effective, count.injected)
}

fn blind_spot(spot: BlindSpot) -> String {
    match spot {
        BlindSpot::Fault(kind, FaultCount { injected: 0, .. }) => format!("fault {kind} never struck"),
        BlindSpot::Fault(kind, count) => format!("fault {kind} never took effect ({})", of(count)),
        BlindSpot::Milestone(milestone) => format!("never: {}", milestone.name()),
    }
}
