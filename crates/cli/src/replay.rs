//! `stormglass replay`: one run again, with its timeline.

use std::error::Error;
use std::io::{self, Write};
use std::path::Path;

use explore::{Comparison, Evidence, Replay, Runner, artefacts, panics};
use sim::{Line, Recorder, System};

use crate::args::ReplayArgs;
use crate::asked::{self, Asked};
use crate::document::ReplayDocument;
use crate::exit;
use crate::output::Output;
use crate::screen::grouped;
use crate::system::{self, Work};
use crate::timeline::{Timeline, described};

pub(crate) fn replay(args: &ReplayArgs) -> Result<u8, Box<dyn Error>> {
    let asked = Asked::read(&args.what, &args.run)?;
    system::with(asked.bug, Rerun { args, asked: &asked })
}

struct Rerun<'a> {
    args: &'a ReplayArgs,
    asked: &'a Asked,
}

impl Work for Rerun<'_> {
    type Done = Result<u8, Box<dyn Error>>;

    fn on<S: System + Send>(self, system: &S) -> Result<u8, Box<dyn Error>> {
        let Rerun { args, asked: asked @ Asked { origin, plan, .. } } = self;
        let last_panic = panics::silence();
        let timeline = Timeline { output: Output::new(), is_on: !args.run.json, all: args.all, written: Ok(()) };
        let title = vec![origin.line(&plan.seed.to_string()), described(plan)];
        let mut titled = Titled { title, timeline };
        let own = system.clone();
        let replayed = panics::on_run_thread(|| {
            let (system, sentry) = (own, asked.sentry());
            let runner = Runner::new(origin.engine, &system).within(asked.budget).watched(&sentry);
            let replay = explore::replay(&runner, plan, &mut titled)?;
            let failure = replay.failure.as_ref();
            let evidence = failure.map(|failure| Evidence::of(origin, plan, &replay, failure));
            Ok((replay, evidence))
        });
        let (replay, evidence) = replayed.map_err(|error| asked::unfinished(&error))?;

        let Timeline { mut output, written, .. } = titled.timeline;
        written?;
        let found = evidence.as_ref().and_then(|evidence| evidence.repro.outcome.as_ref()?.found());
        let written = args.history.as_ref().map_or(Ok(()), |path| {
            artefacts::write_history(path, &replay.history, found.as_deref())
                .map_err(|error| format!("{}: {error}", path.display()))
        });
        let saved = evidence.as_ref().map(|evidence| evidence.save(Path::new("")));
        let comparison = asked.comparison(&replay);
        if args.run.json {
            let reproduced = comparison.as_ref().map(Comparison::is_reproduced);
            let document = ReplayDocument::new(plan, &replay, origin, reproduced, saved.as_ref());
            output.line(serde_json::to_string(&document)?)?;
        } else {
            output.line(summary(&replay))?;
            if let Some(comparison) = comparison {
                output.line(comparison)?;
            }
        }
        output.flush()?;
        match &written {
            Err(error) if replay.failure.is_some() => drop(writeln!(io::stderr(), "error: {error}")),
            _ => written?,
        }
        if let (Some(evidence), Some(saved)) = (&evidence, &saved) {
            let panicked = last_panic.location().map_or(String::new(), |location| format!("panicked at {location}\n"));
            let screen = evidence.screen(Some(saved), &asked.replay_command(&args.what, &args.run, saved));
            // Nobody is left to tell when stderr is gone.
            let _ = writeln!(io::stderr(), "{panicked}{screen}");
        }
        Ok(exit::code(replay.failure.map(|failure| failure.kind)))
    }
}

/// A timeline with a title, which is not written before there is something to write below it: of a run that takes more
/// than it may nothing is recorded.
struct Titled {
    title: Vec<String>,
    timeline: Timeline,
}

impl Recorder for Titled {
    fn record(&mut self, line: &Line<'_>) {
        for title in self.title.drain(..) {
            self.timeline.line(format_args!("{title}"));
        }
        self.timeline.record(line);
    }
}

/// What came of it, below its timeline.
fn summary(replay: &Replay) -> String {
    let (stats, operations) = (&replay.outcome.stats, &replay.outcome.stats.operations);
    let verdict = match &replay.failure {
        None => "PASS".into(),
        Some(failure) => format!("FAIL  {}: {}", failure.headline(), failure.message),
    };
    format!(
        "{verdict}\n{:.3} simulated s, {} events, {} messages; operations {} ok, {} fail, {} info; digest {:016x}",
        stats.sim_ns as f64 / 1e9,
        grouped(stats.events),
        grouped(stats.messages),
        grouped(operations.ok),
        grouped(operations.fail),
        grouped(operations.info),
        replay.outcome.digest,
    )
}
