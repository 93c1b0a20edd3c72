//! The options that bound a run.

use clap::Args;
use explore::GivenLimits;
use explore::values::count;

/// The most that a run may take.
#[derive(Clone, Copy, Debug, Default, Args)]
pub(crate) struct LimitArgs {
    /// How many events a run may take [default: as many as a seed's plan allows; 50000000 for a plan from elsewhere]
    #[arg(long, value_name = "N", value_parser = count)]
    events: Option<u64>,
    /// How many operations clients may begin in a run [default: 2000000]
    #[arg(long, value_name = "N", value_parser = count)]
    operations: Option<u64>,
    /// How many MiB the files, the operations' values and the queue of a run may take together [default: 256]
    #[arg(long, value_name = "MIB", value_parser = count)]
    heap: Option<u64>,
}

impl LimitArgs {
    pub(crate) fn given(self) -> GivenLimits {
        GivenLimits { events: self.events, operations: self.operations, heap_mib: self.heap }
    }

    /// The same with these limits where no option gives one.
    pub(super) fn or_given(self, configured: GivenLimits) -> LimitArgs {
        let GivenLimits { events, operations, heap_mib } = self.given().or_given(configured);
        LimitArgs { events, operations, heap: heap_mib }
    }

    /// The options as they were given, each with a space before it.
    pub(super) fn written(self) -> String {
        let LimitArgs { events, operations, heap } = self;
        let limits = [("events", events), ("operations", operations), ("heap", heap)];
        limits.into_iter().filter_map(|(name, limit)| limit.map(|limit| format!(" --{name} {limit}"))).collect()
    }
}
