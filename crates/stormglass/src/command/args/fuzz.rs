//! The options of `fuzz`.

use std::time::Duration;

use clap::Args;
use explore::values::{count, time, time_from_1};
use explore::{Budget, Options};
use sim::Seed;

use super::values::{seed, threads};
use super::{KeepArgs, RunArgs};

/// The number of seeds if no option gives a number or a time.
const SEEDS_DEFAULT: u64 = 200;
/// The CPU time for shrinking if no option gives one.
const SHRINK_DEFAULT: Duration = Duration::from_secs(10);

#[derive(Clone, Debug, Args)]
pub(crate) struct FuzzArgs {
    /// How many seeds to run [default: 200, or as many as --time allows]
    #[arg(long, value_name = "N", value_parser = count)]
    seeds: Option<u64>,
    /// The first seed, in hex or decimal; the others follow one by one
    #[arg(long, visible_alias = "seed", value_name = "SEED", default_value = "0x0", value_parser = seed, allow_negative_numbers = true)]
    pub(crate) first_seed: Seed,
    /// Begin no new run after this long, such as 60s, 5m or 500ms
    #[arg(long, value_name = "TIME", value_parser = time_from_1)]
    pub(crate) time: Option<Duration>,
    /// How many threads to use [default: one for each processor]
    #[arg(long, value_name = "J", value_parser = count)]
    jobs: Option<u64>,
    /// Run every seed twice, and fail if the two runs differ
    #[arg(long)]
    pub(crate) verify: bool,
    /// Shrink the first failure for at most this much CPU time; 0 for not at all [default: 10s]
    #[arg(long, value_name = "TIME", value_parser = time)]
    shrink: Option<Duration>,
    /// List the systems and the bugs that can be planted in each, and run nothing
    #[arg(long)]
    pub(crate) list: bool,
    #[command(flatten)]
    pub(crate) keep: KeepArgs,
    #[command(flatten)]
    pub(crate) run: RunArgs,
}

impl FuzzArgs {
    /// Takes the values that no option gives from the configuration.
    pub(super) fn configure(&mut self, options: &Options) {
        let FuzzArgs { seeds, time, jobs, shrink, .. } = *self;
        let given = Options { seeds, time, jobs, shrink, ..Options::default() }.or(options.clone());
        (self.seeds, self.time, self.jobs, self.shrink) = (given.seeds, given.time, given.jobs, given.shrink);
        self.keep.configure(options);
        self.run.configure(options);
    }

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
        Some(self.shrink.unwrap_or(SHRINK_DEFAULT)).filter(|time| !time.is_zero())
    }
}
