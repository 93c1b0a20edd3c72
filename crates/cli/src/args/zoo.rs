//! The options of `zoo`.

use std::time::Duration;

use ::zoo::Bug;
use clap::Args;
use sim::{Engine, Profile, Seed};

use super::values::{Limit, duration, engine, limit, positive, profile, seed, threads, zoo_bug};
use super::{KeepArgs, LimitArgs, RunArgs};

#[derive(Clone, Debug, Args)]
pub(crate) struct ZooArgs {
    /// Hunt this bug; may be given more than once [default: all]
    #[arg(long, value_name = "NAME", value_parser = zoo_bug)]
    bug: Vec<Bug>,
    /// List the bugs, and run nothing
    #[arg(long, conflicts_with = "bug")]
    pub(crate) list: bool,
    /// Give up the hunt for a bug after this many seeds
    #[arg(long, value_name = "N", default_value = "100000", value_parser = positive)]
    pub(crate) seeds: u64,
    /// Give up the hunt for a bug after this long
    #[arg(long, value_name = "TIME", default_value = "300s", value_parser = duration)]
    pub(crate) time: Duration,
    /// The first seed, in hex or decimal; the others follow one by one
    #[arg(long, visible_alias = "seed", value_name = "SEED", default_value = "0x0", value_parser = seed, allow_negative_numbers = true)]
    pub(crate) first_seed: Seed,
    /// How many threads to use [default: one for each processor]
    #[arg(long, value_name = "J", value_parser = positive)]
    jobs: Option<u64>,
    /// The kinds of faults: calm, chaos, disk, clock, membership or swarm
    #[arg(long, default_value = "swarm", value_parser = profile)]
    pub(crate) profile: Profile,
    /// The engine: event (fast) or turmoil (async code, TCP, files)
    #[arg(long, default_value = "event", value_parser = engine)]
    pub(crate) engine: Engine,
    /// Shrink a caught bug's run for at most this much CPU time; 0 for not at all
    #[arg(long, value_name = "TIME", default_value = "20s", value_parser = limit)]
    shrink: Limit,
    #[command(flatten)]
    pub(crate) keep: KeepArgs,
    /// Print one JSON document instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

impl ZooArgs {
    /// Each once, category by category.
    pub(crate) fn bugs(&self) -> Vec<Bug> {
        let is_asked_for = |bug: &Bug| self.bug.is_empty() || self.bug.contains(bug);
        Bug::ALL.iter().copied().filter(is_asked_for).collect()
    }

    pub(crate) fn jobs(&self) -> usize {
        threads(self.jobs)
    }

    /// The CPU time for shrinking a caught bug's run; `None` for not at all.
    pub(crate) fn shrink(&self) -> Option<Duration> {
        self.shrink.0
    }

    /// How a run of this hunt is run by itself.
    pub(crate) fn run(&self, bug: Bug) -> RunArgs {
        let (profile, engine) = (Some(self.profile), Some(self.engine));
        let bug = Some(bug.to_string());
        RunArgs { profile, nodes: None, engine, system: None, bug, limits: LimitArgs::default(), json: false }
    }
}
