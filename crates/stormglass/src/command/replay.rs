//! `stormglass replay`: one run again, with its timeline.

use std::error::Error;
use std::io::{self, Write};
use std::path::Path;

use explore::plain::escaped;
use explore::{Comparison, Evidence, Registry, Replay, artefacts, panics};
use sim::{Line, LogLevel, Recorder};

use crate::command::args::ReplayArgs;
use crate::command::asked::{self, Asked};
use crate::command::document::ReplayDocument;
use crate::command::exit;
use crate::command::kept::Kept;
use crate::command::output::Output;
use crate::command::screen::grouped;
use crate::command::timeline::{Timeline, described};
use crate::command::what::What;

pub(crate) fn replay(args: &ReplayArgs, systems: &Registry) -> Result<u8, Box<dyn Error>> {
    let asked = Asked::read(&args.what, &args.run, systems)?;
    let Asked { origin, plan, .. } = &asked;
    let root = args.keep.root()?;
    let last_panic = panics::noted();
    let (output, is_on) = (Output::new(), !args.run.json);
    let log = if is_on { args.log_level() } else { LogLevel::Off };
    let timeline = Timeline { output, is_on, all: args.all, log, written: Ok(()) };
    let title = vec![origin.line(&plan.seed.to_string()), described(plan)];
    let mut titled = Titled { title, timeline };
    let replayed = panics::on_run_thread(|| {
        let sentry = asked.sentry();
        let replay = explore::replay(&asked.runner(&sentry), plan, &mut titled)?;
        let failure = replay.failure.as_ref();
        let evidence = failure.map(|failure| Evidence::of(origin, plan, &replay, failure));
        Ok((replay, evidence))
    });
    let (replay, evidence) = replayed.map_err(|error| asked::unfinished(&error))?;

    let Timeline { mut output, written, .. } = titled.timeline;
    written?;
    let found = evidence.as_ref().and_then(|evidence| evidence.repro.outcome.as_ref()?.found());
    let history = write_history(args, &replay, found.as_deref())?;
    // A run that is in a file already is kept once more only with `--out`.
    let is_kept = matches!(args.what, What::File(_)) && args.keep.out.is_none();
    let kept =
        evidence.map(|evidence| if is_kept { Kept { evidence, saved: None } } else { Kept::save(evidence, &root) });
    let comparison = asked.comparison(&replay);
    if args.run.json {
        let reproduced = comparison.as_ref().map(Comparison::is_reproduced);
        output.document(&ReplayDocument::new(plan, &replay, origin, reproduced, history, kept.as_ref()))?;
    } else {
        output.wrapped(&summary(&replay), 2)?;
        if let Some(comparison) = comparison {
            output.wrapped(&comparison.to_string(), 2)?;
        }
        match &kept {
            None => output.line("PASS")?,
            Some(kept) => {
                if let Some(place) = last_panic.location() {
                    output.wrapped(&format!("panicked at {}", escaped(&place)), 2)?;
                }
                let reproduce = asked.replay_command(&args.what, &args.run, kept);
                output.line(kept.screen(&reproduce, args.keep.layout(output.width)))?;
            }
        }
    }
    output.flush()?;
    Ok(exit::code(replay.failure.map(|failure| failure.kind)))
}

/// Writes the history of the clients to the file that was asked for, and returns its path. Where the run failed, a file
/// that cannot be written is no error.
fn write_history<'a>(args: &'a ReplayArgs, replay: &Replay, found: Option<&str>) -> Result<Option<&'a Path>, String> {
    let Some(path) = args.history.as_deref() else { return Ok(None) };
    match artefacts::write_history(path, &replay.history, found) {
        Ok(()) => Ok(Some(path)),
        Err(error) => {
            let said = format!("{}: {error}", path.display());
            if replay.failure.is_none() {
                return Err(said);
            }
            // An error has no reader when stderr is gone.
            let _ = writeln!(io::stderr(), "error: {}", escaped(&said));
            Ok(None)
        }
    }
}

/// A timeline with a title, which is written when there is something to write below it: of a run that takes more than
/// it may nothing is recorded.
struct Titled {
    title: Vec<String>,
    timeline: Timeline,
}

impl Recorder for Titled {
    fn record(&mut self, line: &Line<'_>) {
        for title in self.title.drain(..) {
            self.timeline.heading(&title);
        }
        self.timeline.record(line);
    }

    fn log_level(&self) -> LogLevel {
        self.timeline.log_level()
    }
}

/// The figures of the run, below its timeline.
fn summary(replay: &Replay) -> String {
    let (stats, operations) = (&replay.outcome.stats, &replay.outcome.stats.operations);
    format!(
        "{:.3} simulated s, {} events, {} messages; operations {} ok, {} fail, {} info; digest {:016x}",
        stats.sim_ns as f64 / 1e9,
        grouped(stats.events),
        grouped(stats.messages),
        grouped(operations.ok),
        grouped(operations.fail),
        grouped(operations.info),
        replay.outcome.digest,
    )
}
