//! `stormglass replay`: one seed again, with its timeline.

use std::error::Error;
use std::io::{self, Write};

use sim::{Line, Plan, Recorder, What, expand};
use stormglass::RaftKv;

use crate::args::ReplayArgs;
use crate::document::ReplayDocument;
use crate::output::Output;
use crate::screen::{self, counted, grouped};
use crate::{artefacts, exit, panics};

pub(crate) fn replay(args: &ReplayArgs) -> Result<u8, Box<dyn Error>> {
    let plan = expand(args.seed, args.run.profile, &args.run.overrides())?;
    let last_panic = panics::silence();
    let mut timeline = Timeline { output: Output::new(), is_on: !args.run.json, all: args.all, written: Ok(()) };
    timeline.line(format_args!("{}", screen::origin(&args.seed.to_string(), &args.run)));
    timeline.line(format_args!("{}", described(&plan)));
    let replay = panics::on_run_thread(|| explore::replay(args.run.engine, &<RaftKv>::default(), &plan, &mut timeline));

    let Timeline { mut output, written, .. } = timeline;
    written?;
    let written = args.history.as_ref().map_or(Ok(()), |path| {
        artefacts::write_history(path, &replay.history).map_err(|error| format!("{}: {error}", path.display()))
    });
    let saved = replay.failure.as_ref().map(|failure| artefacts::save(failure, &args.run, &replay.history));
    if args.run.json {
        output.line(serde_json::to_string(&ReplayDocument::new(&plan, &replay, &args.run, saved.as_ref()))?)?;
    } else {
        let (stats, operations) = (&replay.outcome.stats, &replay.outcome.stats.operations);
        let verdict = match &replay.failure {
            None => "PASS".into(),
            Some(failure) => format!("FAIL  {}: {}", failure.headline(), failure.message),
        };
        output.line(verdict)?;
        output.line(format_args!(
            "{:.3} simulated s, {} events, {} messages; operations {} ok, {} fail, {} info; digest {:016x}",
            stats.sim_ns as f64 / 1e9,
            grouped(stats.events),
            grouped(stats.messages),
            grouped(operations.ok),
            grouped(operations.fail),
            grouped(operations.info),
            replay.outcome.digest,
        ))?;
    }
    output.flush()?;
    match &written {
        Err(error) if replay.failure.is_some() => drop(writeln!(io::stderr(), "error: {error}")),
        _ => written?,
    }
    if let Some(failure) = &replay.failure {
        let panicked = last_panic.location().map_or(String::new(), |location| format!("panicked at {location}\n"));
        // Nobody is left to tell when stderr is gone.
        let _ = writeln!(io::stderr(), "{panicked}{}", screen::failure(failure, &args.run, saved.as_ref()));
    }
    Ok(exit::code(replay.failure.map(|failure| failure.kind)))
}

/// The plan in a line or two: what the timeline does not say.
fn described(plan: &Plan) -> String {
    let (cluster, workload) = (&plan.cluster, &plan.workload);
    format!(
        "plan  {}, {}   election timeout {}-{} ms   heartbeat {} ms   reads {}   snapshot every {}\n      \
         {} on {}   {} in a storm of {:.1} s",
        counted(cluster.nodes.into(), "node"),
        counted(cluster.spares.into(), "spare"),
        cluster.election_timeout_min_ms,
        cluster.election_timeout_max_ms,
        cluster.heartbeat_ms,
        match cluster.reads {
            sim::Reads::ReadIndex => "by read index",
            sim::Reads::Lease => "by lease",
        },
        cluster.snapshot_every,
        counted(workload.clients.into(), "client"),
        counted(workload.keys.into(), "key"),
        counted(plan.schedule.len() as u64, "fault"),
        plan.storm_ms as f64 / 1e3,
    )
}

/// The timeline, printed as it comes.
struct Timeline {
    output: Output,
    is_on: bool,
    /// Every event, or only what somebody did.
    all: bool,
    /// The first error, after which nothing more is written.
    written: io::Result<()>,
}

impl Timeline {
    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        if self.is_on && self.written.is_ok() {
            self.written = self.output.line(line);
        }
    }
}

impl Recorder for Timeline {
    fn record(&mut self, line: &Line<'_>) {
        let somebody_did = match line.what {
            What::Observation | What::Lifecycle | What::Invocation | What::Completion | What::Fault | What::Phase => {
                true
            }
            What::Message | What::Request | What::Response | What::Dropped | What::Wake | What::Sync | What::Disk => {
                false
            }
        };
        if self.all || somebody_did {
            self.line(format_args!("{line}"));
        }
    }
}
