//! The options of `fuzz`.

use std::time::Duration;

use clap::Args;
use explore::Budget;
use sim::Seed;

use super::values::{Limit, duration, limit, positive, seed, threads};
use super::{KeepArgs, RunArgs};

/// The number of seeds if no option gives a number or a time.
const SEEDS_DEFAULT: u64 = 200;

#[derive(Clone, Debug, Args)]
pub(crate) struct FuzzArgs {
    /// How many seeds to run [default: 200, or as many as --time allows]
    #[arg(long, value_name = "N", value_parser = positive)]
    seeds: Option<u64>,
    /// The first seed, in hex or decimal; the others follow one by one
    #[arg(long, visible_alias = "seed", value_name = "SEED", default_value = "0x0", value_parser = seed, allow_negative_numbers = true)]
    pub(crate) first_seed: Seed,
    /// Begin no new run after this long, such as 60s, 5m or 500ms
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) time: Option<Duration>,
    /// How many threads to use [default: one for each processor]
    #[arg(long, value_name = "J", value_parser = positive)]
    jobs: Option<u64>,
    /// Run every seed twice, and fail if the two runs differ
    #[arg(long)]
    pub(crate) verify: bool,
    /// Shrink the first failure for at most this much CPU time; 0 for not at all
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = limit)]
    shrink: Limit,
    /// List the systems and the bugs that can be planted in each, and run nothing
    #[arg(long)]
    pub(crate) list: bool,
    #[command(flatten)]
    pub(crate) keep: KeepArgs,
    #[command(flatten)]
    pub(crate) run: RunArgs,
}

impl FuzzArgs {
    pub(crate) fn seeds(&self) -> u64 {
        self.seeds.unwrap_or(if self.time.is_some() { u64::MAX } else { SEEDS_DEFAULT })
    }

    /// How many seeds at the most, if time is not the only end to them.
    pub(crate) fn seeds_known(&self) -> Option<u64> {
        Some(self.seeds()).filter(|seeds| *seeds < u64::MAX)
    }

    pub(crate) fn jobs(&self) -> usize {
        threads(self.jobs)
    }

    /// The most that each run may take.
    pub(crate) fn budget(&self) -> Budget {
        Budget::of_own_plans(self.run.limits())
    }

    /// How long the first failure may be shrunk; `None` if it is not to be.
    pub(crate) fn shrink(&self) -> Option<Duration> {
        self.shrink.0
    }
}
