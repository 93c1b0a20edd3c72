//! `stormglass fuzz`: a campaign, with its progress and its summary.

use std::collections::BTreeMap;
use std::error::Error;
use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use explore::{BlindSpot, Campaign, Failure, Progress, Report};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use sim::{FaultCount, Seed, expand};
use stormglass::RaftKv;

use crate::args::FuzzArgs;
use crate::artefacts::{self, Saved};
use crate::document::FuzzDocument;
use crate::output::Output;
use crate::screen::{self, counted, grouped, list};
use crate::{exit, panics};

/// So many failures are told one by one; of more, only how many.
const FAILURES_TOLD: usize = 10;

pub(crate) fn fuzz(args: &FuzzArgs) -> Result<u8, Box<dyn Error>> {
    let campaign = Campaign {
        engine: args.run.engine,
        first_seed: args.first_seed,
        seeds: args.seeds(),
        time: args.time,
        profile: args.run.profile,
        overrides: args.run.overrides(),
        jobs: args.jobs(),
        verify: args.verify,
    };
    panics::silence();
    let stop = stop_on_ctrl_c()?;
    let display = Display::new(args, &campaign);
    let mut saved: BTreeMap<Seed, Saved> = BTreeMap::new();
    let report = campaign.run(&<RaftKv>::default(), &stop, &mut |progress| {
        display.update(progress);
        if let Some(failure) = progress.failure
            && saved.len() < FAILURES_TOLD
        {
            let saved = saved.entry(failure.seed).or_insert_with(|| save(failure, args));
            display.say(&format!("{}\n", screen::failure(failure, &args.run, Some(saved))));
        }
        ControlFlow::Continue(())
    })?;
    display.finish();

    let mut output = Output::new();
    if args.run.json {
        output.line(serde_json::to_string(&FuzzDocument::new(&report, &args.run, &saved))?)?;
    } else {
        output.line(summary(&report, args))?;
    }
    output.flush()?;
    // The last lines of stderr are the first failure's, however they came in.
    if let Some(failure) = report.failures.first() {
        let saved = saved.entry(failure.seed).or_insert_with(|| save(failure, args));
        display.say(&screen::failure(failure, &args.run, Some(saved)));
    }
    Ok(exit::code(report.gravest()))
}

/// Runs a seed that failed once more, to record what its clients saw.
fn save(failure: &Failure, args: &FuzzArgs) -> Saved {
    let plan = expand(failure.seed, args.run.profile, &args.run.overrides()).map_err(|error| error.to_string())?;
    let history = panics::on_run_thread(|| explore::history(args.run.engine, &<RaftKv>::default(), &plan));
    artefacts::save(failure, &args.run, &history)
}

/// Ctrl-C ends the campaign after the runs under way. A third one ends the process: `timeout` and the like send two.
fn stop_on_ctrl_c() -> Result<Arc<AtomicBool>, ctrlc::Error> {
    let stop = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&stop);
    let mut times = 0;
    ctrlc::set_handler(move || {
        told.store(true, Ordering::Relaxed);
        times += 1;
        if times == 3 {
            std::process::exit(130);
        }
    })?;
    Ok(stop)
}

/// Standard error: a progress bar if it is a terminal, and what comes in.
struct Display {
    bar: ProgressBar,
}

impl Display {
    fn new(args: &FuzzArgs, campaign: &Campaign) -> Display {
        let known = campaign.seeds < u64::MAX;
        let bar = ProgressBar::with_draw_target(known.then_some(campaign.seeds), ProgressDrawTarget::stderr());
        let style = if known { "{bar:30} {pos}/{len} seeds  {msg}" } else { "{spinner} {elapsed} {pos} seeds  {msg}" };
        bar.set_style(ProgressStyle::with_template(style).expect("the template is a constant"));
        let display = Display { bar };
        // Said before anything runs, so that a hang names its campaign.
        let seeds = if known { counted(campaign.seeds, "seed") } else { "seeds".into() };
        let time = campaign.time.map_or(String::new(), |time| format!(" for {time:?}"));
        let from = format!("{} and up, {seeds}{time}, jobs {}", campaign.first_seed, campaign.jobs);
        display.say(&screen::origin(&from, &args.run));
        display
    }

    fn update(&self, progress: &Progress<'_>) {
        let report = progress.report;
        let wall_s = report.wall.as_secs_f64().max(0.001);
        self.bar.set_position(report.seeds);
        self.bar.set_message(format!(
            "{:.0} seeds/s  {:.0} simulated s/s  {}",
            report.seeds as f64 / wall_s,
            report.sim_s() / wall_s,
            counted(report.failures.len() as u64, "failure"),
        ));
    }

    /// Says something above the bar, or by itself where there is none.
    fn say(&self, text: &str) {
        self.bar.suspend(|| {
            // Nobody is left to tell when stderr is gone.
            let _ = io::Write::write_all(&mut io::stderr(), format!("{text}\n").as_bytes());
        });
    }

    fn finish(&self) {
        self.bar.finish_and_clear();
    }
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
