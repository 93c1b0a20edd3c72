//! A run as text: its plan in a line or two, then its events as they happen.

use std::io;

use explore::plain::escaped;
use sim::{Line, LogLevel, Plan, Recorder, Value, What};

use crate::command::output::Output;
use crate::command::screen::counted;

/// The plan in a line, to be wrapped: the settings, which the timeline does not show.
pub(crate) fn described(plan: &Plan) -> String {
    let (cluster, workload) = (&plan.cluster, &plan.workload);
    format!(
        "plan  {}, {}   heartbeat {} ms   suspicion after {}-{} ms   {}{}   {} on {}   {} in a storm of {:.1} s",
        counted(cluster.nodes.into(), "node"),
        counted(cluster.spares.into(), "spare"),
        cluster.heartbeat_ms,
        cluster.suspicion_min_ms,
        cluster.suspicion_max_ms,
        if cluster.leases { "leases" } else { "no leases" },
        settings(&plan.settings),
        counted(workload.clients.into(), "client"),
        counted(workload.keys.into(), "key"),
        counted(plan.schedule.len() as u64, "fault"),
        plan.storm_ms as f64 / 1e3,
    )
}

/// The system's own settings that the plan holds: `   log_tail 4   snapshot_every 20`.
fn settings(settings: &Value) -> String {
    let fields = settings.as_object().into_iter().flatten();
    fields.map(|(name, value)| format!("   {name} {value}")).collect()
}

/// The timeline, printed as it comes.
pub(crate) struct Timeline {
    pub(crate) output: Output,
    pub(crate) is_on: bool,
    /// Every event, or only those of nodes, clients and faults.
    pub(crate) all: bool,
    /// The least important log events of the system that it shows.
    pub(crate) log: LogLevel,
    /// The first error, after which nothing more is written.
    pub(crate) written: io::Result<()>,
}

impl Timeline {
    /// Prints the text above the timeline, in lines that fit. The lines of the timeline itself are not wrapped: one is
    /// one event, for `grep` and `diff`.
    pub(crate) fn heading(&mut self, text: &str) {
        if self.is_on && self.written.is_ok() {
            self.written = self.output.wrapped(text, 6);
        }
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        if self.is_on && self.written.is_ok() {
            self.written = self.output.line(line);
        }
    }
}

impl Recorder for Timeline {
    fn record(&mut self, line: &Line<'_>) {
        if line.what == What::Log {
            // A log event may quote any text that a plan from strangers holds.
            let text = line.text.to_string();
            return self.line(format_args!("{}", Line { text: format_args!("{}", escaped(&text)), ..*line }));
        }
        if self.all || line.what.is_step() {
            self.line(format_args!("{line}"));
        }
    }

    fn log_level(&self) -> LogLevel {
        self.log
    }
}
