//! The options of `check`.

use std::path::PathBuf;
use std::time::Duration;

use ::env::Bytes;
use clap::Args;
use explore::values::{count, time_from_1};
use history::linearizability::Start;

use super::values::{initial, model};

#[derive(Clone, Debug, Args)]
pub(crate) struct CheckArgs {
    /// The history: a Jepsen or Maelstrom log, history.txt, EDN or JSON, told apart by content, gzip and zstd too; -
    /// for standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// The object of the operations: register, kv or mutex [default: told by content]
    #[arg(long, value_name = "MODEL", value_parser = model)]
    pub(crate) model: Option<ModelArg>,
    /// The value that the register, or each key, begins with: nil for none, any if it is not known [default: nil]
    #[arg(long, value_name = "VALUE", value_parser = initial, allow_negative_numbers = true)]
    pub(crate) initial: Option<Start<Option<Bytes>>>,
    /// Give up after this many steps of the search
    #[arg(long, value_name = "N", default_value = "10000000", value_parser = count)]
    pub(crate) steps: u64,
    /// Give up when the history or the search takes this much memory, in MiB
    #[arg(long, value_name = "MIB", default_value = "1024", value_parser = count)]
    pub(crate) memory: u64,
    /// Give up after this long, reading included, such as 60s, 5m or 500ms [default: no limit]
    #[arg(long, value_name = "TIME", value_parser = time_from_1)]
    pub(crate) time: Option<Duration>,
    /// Print one JSON document instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

/// The object of a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ModelArg {
    /// One register with compare-and-swap
    Register,
    /// A key-value store
    Kv,
    /// A mutex, or one for each key
    Mutex,
}

impl ModelArg {
    pub(crate) const ALL: [ModelArg; 3] = [ModelArg::Register, ModelArg::Kv, ModelArg::Mutex];

    pub(crate) fn name(self) -> &'static str {
        match self {
            ModelArg::Register => "register",
            ModelArg::Kv => "kv",
            ModelArg::Mutex => "mutex",
        }
    }
}

impl CheckArgs {
    /// The memory that may be taken, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        usize::try_from(self.memory.saturating_mul(1 << 20)).unwrap_or(usize::MAX)
    }
}
