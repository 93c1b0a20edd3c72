//! The options of `replay`.

use std::path::PathBuf;

use clap::Args;

use super::{KeepArgs, RunArgs};
use crate::command::what::What;

#[derive(Clone, Debug, Args)]
pub(crate) struct ReplayArgs {
    /// A seed, in hex or decimal; a repro or plan file; a token; or - for a file or a token on standard input
    #[arg(value_name = "WHAT", value_parser = What::read, allow_negative_numbers = true)]
    pub(crate) what: What,
    /// Print every event, not only those of nodes, clients and faults
    #[arg(long)]
    pub(crate) all: bool,
    /// Write the history of the clients to this file, as JSON lines
    #[arg(long, value_name = "FILE")]
    pub(crate) history: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) keep: KeepArgs,
    #[command(flatten)]
    pub(crate) run: RunArgs,
}
