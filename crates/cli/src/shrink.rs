//! `stormglass shrink`: a run that fails, as small as it gets, and what it takes.

use std::error::Error;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Duration;

use explore::{Evidence, Runner, Shrunk, panics};
use sim::{Engine, Plan, System, TimedFault};

use crate::args::ShrinkArgs;
use crate::asked::{self, Asked};
use crate::display::Display;
use crate::document::ShrinkDocument;
use crate::output::Output;
use crate::screen::counted;
use crate::system::{self, Work};
use crate::timeline::{Timeline, described};
use crate::{exit, stop};

pub(crate) fn shrink(args: &ShrinkArgs) -> Result<u8, Box<dyn Error>> {
    let asked = Asked::read(&args.what, &args.run)?;
    system::with(asked.bug, Shrinker { args, asked: &asked })
}

struct Shrinker<'a> {
    args: &'a ShrinkArgs,
    asked: &'a Asked,
}

impl Work for Shrinker<'_> {
    type Done = Result<u8, Box<dyn Error>>;

    fn on<S: System + Send>(self, system: &S) -> Result<u8, Box<dyn Error>> {
        let Shrinker { args, asked: asked @ Asked { origin, plan, .. } } = self;
        panics::silence();
        let stop = stop::on_ctrl_c()?;
        let display = Display::open();
        // Of a run that takes more than it may nothing is said but that.
        let mut title = Some(origin.line(&plan.seed.to_string()));
        let own = system.clone();
        let found = panics::on_run_thread(|| {
            let (system, sentry) = (own, asked.sentry());
            let runner = Runner::new(origin.engine, &system).within(asked.budget).watched(&sentry);
            let searching = sentry.clone().stopped_by(&stop, Duration::ZERO);
            let shrunk = explore::shrink(&runner.watched(&searching), plan, args.time, &mut |shrinking| {
                title.take().into_iter().for_each(|title| display.say(&title));
                display.shrinking(shrinking);
                if stop.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            })?;
            let outcome = runner.run(plan)?;
            let failure = explore::Failure::of(plan.seed, &outcome);
            let (Some(shrunk), Some(failure)) = (shrunk, failure) else { return Ok(None) };
            let comparison = asked.repro.as_ref().and_then(|repro| repro.compare(&outcome, Some(&failure)));
            let evidence = Evidence::gather(&runner, origin, plan, &failure)?.with_shrunk(&shrunk);
            Ok(Some((shrunk, evidence, comparison)))
        });
        let found = found.map_err(|error| {
            display.finish();
            asked::unfinished(&error)
        })?;
        if let Some((_, _, Some(comparison))) = &found {
            // It may be another failure that was made smaller than the one that somebody recorded.
            display.say(&comparison.to_string());
        }
        display.finish();
        let Some((shrunk, evidence, _)) = found else {
            return Err("the run passes: there is nothing to shrink".into());
        };
        let saved = evidence.save(Path::new(""));
        let mut output = Output::new();
        if args.run.json {
            output.line(serde_json::to_string(&ShrinkDocument::new(&shrunk, origin, &saved))?)?;
        } else {
            output.line(story(&shrunk))?;
            output = told(output, system, origin.engine, &shrunk.plan)?;
        }
        output.flush()?;
        // Nobody is left to tell when stderr is gone.
        let screen = evidence.screen(Some(&saved), &asked.replay_command(&args.what, &args.run, &saved));
        let _ = writeln!(io::stderr(), "{screen}");
        Ok(exit::code(Some(shrunk.failure.kind)))
    }
}

/// What is left, and what each fault of it is needed for.
fn story(shrunk: &Shrunk) -> String {
    let mut lines = vec![
        format!("before  {}", shrunk.before),
        format!("after   {}", shrunk.after),
        format!(
            "        {} in {:.1} CPU s; {}",
            counted(shrunk.runs, "run"),
            shrunk.cpu.as_secs_f64(),
            if shrunk.is_complete { "nothing more can be left out" } else { "the time was over before all was tried" },
        ),
        described(&shrunk.plan),
    ];
    for blame in &shrunk.blame {
        lines.push(format!("fault {}  {}", blame.number + 1, fault(&shrunk.plan.schedule[blame.number])));
        lines.push(format!("         {}", blame.without));
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

/// The timeline of a plan's run.
fn told<S: System + Send>(output: Output, system: &S, engine: Engine, plan: &Plan) -> io::Result<Output> {
    let mut timeline = Timeline { output, is_on: true, all: false, written: Ok(()) };
    let own = system.clone();
    panics::on_run_thread(|| {
        let system = own;
        engine.run_recorded(&system, plan, &mut timeline)
    });
    timeline.written?;
    Ok(timeline.output)
}
