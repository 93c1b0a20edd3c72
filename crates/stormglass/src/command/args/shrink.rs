//! The options of `shrink`.

use std::time::Duration;

use clap::{Args, ValueHint};
use explore::Options;
use explore::values::time_from_1;

use super::{KeepArgs, RunArgs};
use crate::command::what::What;

#[derive(Clone, Debug, Args)]
pub(crate) struct ShrinkArgs {
    /// A seed, in hex or decimal; a repro or plan file; a token; or - for a file or a token on standard input
    #[arg(
        value_name = "WHAT",
        value_hint = ValueHint::FilePath,
        value_parser = What::read,
        allow_negative_numbers = true
    )]
    pub(crate) what: What,
    /// End the search after this much CPU time, with the smallest run found by then
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = time_from_1)]
    pub(crate) time: Duration,
    #[command(flatten)]
    pub(crate) keep: KeepArgs,
    #[command(flatten)]
    pub(crate) run: RunArgs,
}

impl ShrinkArgs {
    /// Takes the folder of the files from the configuration, if no option gives it, and nothing that a run depends on.
    pub(super) fn configure(&mut self, options: &Options) {
        self.keep.configure(options);
    }
}
