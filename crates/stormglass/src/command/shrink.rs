//! `stormglass shrink`: a run that fails, made as small as it gets, and the reason why each of its faults is needed.

use std::error::Error;
use std::io;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use explore::layout::wrapped;
use explore::{Evidence, Registry, Shrunk, Unfinished, panics};
use sim::{LogLevel, Plan, TimedFault};

use crate::command::args::ShrinkArgs;
use crate::command::asked::{self, Asked};
use crate::command::display::Display;
use crate::command::document::{ErrorDocument, ShrinkDocument};
use crate::command::kept::Kept;
use crate::command::output::Output;
use crate::command::screen::counted;
use crate::command::timeline::{Timeline, described};
use crate::command::{exit, stop};

pub(crate) fn shrink(args: &ShrinkArgs, systems: &Registry) -> Result<u8, Box<dyn Error>> {
    let asked = Asked::read(&args.what, &args.run, systems)?;
    let Asked { origin, plan, .. } = &asked;
    let root = args.keep.root()?;
    let stop = stop::on_signal()?;
    let mut output = Output::new();
    let display = Display::open();
    if args.run.json {
        display.say(&origin.line(&plan.seed.to_string()));
    }
    let found = panics::on_run_thread(|| {
        let sentry = asked.sentry();
        let runner = asked.runner(&sentry);
        let searching = sentry.clone().stopped_by(&stop, Duration::ZERO);
        let shrunk = explore::shrink(&runner.watched(&searching), plan, args.time, &mut |shrinking| {
            display.shrinking(shrinking);
            if stop.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        let Some(shrunk) = shrunk else { return Ok(None) };
        let outcome = runner.run(plan)?;
        let Some(failure) = explore::Failure::of(plan.seed, &outcome) else { return Ok(None) };
        let comparison = asked.repro.as_ref().and_then(|repro| repro.compare(&outcome, Some(&failure)));
        let evidence = Evidence::gather(&runner, origin, plan, &failure)?.with_shrunk(&shrunk);
        Ok(Some((shrunk, evidence, comparison)))
    });
    display.finish();
    let found = match found {
        Ok(found) => found,
        Err(Unfinished::Stopped) => return stopped(&mut output, args.run.json),
        Err(error) => return Err(asked::unfinished(&error).into()),
    };
    let Some((shrunk, evidence, comparison)) = found else {
        return Err("the run passes: there is nothing to shrink".into());
    };
    let kept = Kept::save(evidence, &root);
    if args.run.json {
        output.document(&ShrinkDocument::new(&shrunk, origin, stop.load(Ordering::Relaxed), &kept))?;
    } else {
        output.wrapped(&origin.line(&plan.seed.to_string()), 6)?;
        if let Some(comparison) = comparison {
            // The failure that was made smaller may be another one than the recorded one.
            output.wrapped(&comparison.to_string(), 2)?;
        }
        output.line(story(&shrunk, output.width))?;
        if stop.load(Ordering::Relaxed) && !shrunk.is_complete {
            output.line("STOPPED before every smaller plan was tried")?;
        }
        output = told(output, &asked, &shrunk.plan, &stop)?;
        let reproduce = asked.replay_command(&args.what, &args.run, &kept);
        output.line(kept.screen(&reproduce, args.keep.layout(output.width)))?;
    }
    output.flush()?;
    Ok(exit::code(Some(shrunk.failure.kind)))
}

/// The answer where a signal came before it was known whether the run fails.
fn stopped(output: &mut Output, is_json: bool) -> Result<u8, Box<dyn Error>> {
    const SAID: &str = "STOPPED before the run was made smaller";
    if is_json {
        output.document(&ErrorDocument::new(SAID.into(), exit::STOPPED))?;
    } else {
        output.line(SAID)?;
    }
    output.flush()?;
    Ok(exit::STOPPED)
}

/// The run that is left, and the need for each of its faults.
fn story(shrunk: &Shrunk, width: usize) -> String {
    let how_far = if shrunk.is_complete {
        "nothing more can be left out"
    } else {
        "the search ended before every smaller plan was tried"
    };
    let (runs, cpu_s) = (counted(shrunk.runs, "run"), shrunk.cpu.as_secs_f64());
    let line = |text: String| wrapped(&text, width, 9);
    let mut lines = vec![
        line(format!("before  {}", shrunk.before)),
        line(format!("after   {}", shrunk.after)),
        line(format!("        {runs} in {cpu_s:.1} CPU s; {how_far}")),
    ];
    lines.push(wrapped(&described(&shrunk.plan), width, 6));
    for blame in &shrunk.blame {
        let blamed = fault(&shrunk.plan.schedule[blame.number]);
        lines.push(line(format!("fault {}  {blamed}", blame.number + 1)));
        lines.push(line(format!("         {}", blame.without)));
    }
    lines.join("\n")
}

/// A fault with its times: `isolate n1, from 0.120 s for 300 ms`.
fn fault(timed: &TimedFault) -> String {
    let from_s = timed.at_ms as f64 / 1e3;
    match timed.lasts_ms {
        Some(lasts_ms) => format!("{}, from {from_s:.3} s for {lasts_ms} ms", timed.fault),
        None => format!("{}, from {from_s:.3} s to the end", timed.fault),
    }
}

/// The timeline of a plan's run, as far as the run comes within its bounds.
fn told(output: Output, asked: &Asked, plan: &Plan, stop: &AtomicBool) -> io::Result<Output> {
    let mut timeline = Timeline { output, is_on: true, all: false, log: LogLevel::default(), written: Ok(()) };
    panics::on_run_thread(|| {
        let sentry = asked.sentry().stopped_by(stop, Duration::ZERO);
        // A run that is given up has recorded its events up to there.
        let _ = asked.runner(&sentry).run_recorded(plan, &mut timeline);
    });
    timeline.written?;
    Ok(timeline.output)
}
