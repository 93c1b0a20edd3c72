//! The options of `replay`.

use std::path::PathBuf;

use clap::{Args, ValueHint};
use explore::Options;
use sim::LogLevel;

#[cfg(feature = "tracing")]
use super::values::log_level;
use super::{KeepArgs, RunArgs};
use crate::command::what::What;

#[derive(Clone, Debug, Args)]
pub(crate) struct ReplayArgs {
    /// A seed, in hex or decimal; a repro or plan file; a token; or - for a file or a token on standard input
    #[arg(
        value_name = "WHAT",
        value_hint = ValueHint::FilePath,
        value_parser = What::read,
        allow_negative_numbers = true
    )]
    pub(crate) what: What,
    /// Print every event, not only those of nodes, clients and faults
    #[arg(long)]
    pub(crate) all: bool,
    /// Show the log events of the system at this level and above: off, error, warn, info, debug or trace
    #[cfg(feature = "tracing")]
    #[arg(long, value_name = "LEVEL", default_value = "info", value_parser = log_level)]
    pub(crate) log: LogLevel,
    /// Write the history of the clients to this file, as JSON lines
    #[arg(long, value_name = "FILE")]
    pub(crate) history: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) keep: KeepArgs,
    #[command(flatten)]
    pub(crate) run: RunArgs,
}

impl ReplayArgs {
    /// Takes the folder of the files from the configuration, if no option gives it, and nothing that a run depends on.
    pub(super) fn configure(&mut self, options: &Options) {
        self.keep.configure(options);
    }

    /// The least important log events of the system that the timeline shows.
    pub(crate) fn log_level(&self) -> LogLevel {
        #[cfg(feature = "tracing")]
        return self.log;
        #[cfg(not(feature = "tracing"))]
        LogLevel::Off
    }
}
