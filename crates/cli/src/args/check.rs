//! The options of `check`.

use std::path::PathBuf;

use check::linearizability::Budget;
use clap::Args;

use super::values::{model, positive};

#[derive(Clone, Debug, Args)]
pub(crate) struct CheckArgs {
    /// The history: a Jepsen log, EDN maps or JSON lines, told apart by content; - for standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// The object of the operations: register or kv [default: told by content]
    #[arg(long, value_name = "MODEL", value_parser = model)]
    pub(crate) model: Option<ModelArg>,
    /// Give up after this many steps of the search
    #[arg(long, value_name = "N", default_value = "10000000", value_parser = positive)]
    pub(crate) steps: u64,
    /// Give up when the search takes this much memory, in MiB
    #[arg(long, value_name = "MIB", default_value = "1024", value_parser = positive)]
    pub(crate) memory: u64,
    /// Print one JSON document instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

/// The object of a history's operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ModelArg {
    /// One register with compare-and-swap
    Register,
    /// A key-value store
    Kv,
}

impl CheckArgs {
    pub(crate) fn budget(&self) -> Budget {
        let bytes = self.memory.saturating_mul(1 << 20);
        Budget { steps: self.steps, bytes: usize::try_from(bytes).unwrap_or(usize::MAX) }
    }
}
