//! The options that bound a run.

use clap::Args;
use explore::GivenLimits;

use super::values::positive;

/// The most that a run may take.
#[derive(Clone, Copy, Debug, Default, Args)]
pub(crate) struct LimitArgs {
    /// How many events a run may take [default: as many as a seed's plan allows; 50000000 for a plan from elsewhere]
    #[arg(long, value_name = "N", value_parser = positive)]
    events: Option<u64>,
    /// How many operations clients may begin in a run [default: 2000000]
    #[arg(long, value_name = "N", value_parser = positive)]
    operations: Option<u64>,
    /// How many MiB the files, the operations' values and the queue of a run may take together [default: 256]
    #[arg(long, value_name = "MIB", value_parser = positive)]
    heap: Option<u64>,
}

impl LimitArgs {
    pub(crate) fn given(self) -> GivenLimits {
        GivenLimits { events: self.events, operations: self.operations, heap_mib: self.heap }
    }

    /// The options as they were given, each with a space before it.
    pub(super) fn written(self) -> String {
        let LimitArgs { events, operations, heap } = self;
        let limits = [("events", events), ("operations", operations), ("heap", heap)];
        limits.into_iter().filter_map(|(name, limit)| limit.map(|limit| format!(" --{name} {limit}"))).collect()
    }
}
