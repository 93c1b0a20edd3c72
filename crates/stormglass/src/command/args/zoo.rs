//! The options of `zoo`.

use std::error::Error;
use std::time::Duration;

use clap::Args;
use explore::{PlantedBug, Registry};
use sim::{Engine, Profile, Seed, SubjectId};

use super::values::{Limit, bug, duration, engine, limit, positive, profile, seed, system, threads};
use super::{KeepArgs, LimitArgs, RunArgs};

#[derive(Clone, Debug, Args)]
pub(crate) struct ZooArgs {
    /// The system whose bugs are hunted, as `fuzz --list` names it [default: raft-kv]
    #[arg(long, value_name = "SYSTEM", value_parser = system)]
    system: Option<SubjectId>,
    /// Hunt this bug; may be given more than once [default: all]
    #[arg(long, value_name = "NAME", value_parser = bug)]
    bug: Vec<String>,
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
    /// The system whose bugs are hunted.
    pub(crate) fn system(&self, systems: &Registry) -> SubjectId {
        self.system.clone().unwrap_or_else(|| systems.usual())
    }

    /// The bugs to hunt, each once, in the order of the system's list.
    ///
    /// # Errors
    /// There is no such system, it has none of the bugs that were asked for, or it has one already.
    pub(crate) fn bugs(&self, systems: &Registry) -> Result<Vec<PlantedBug>, Box<dyn Error>> {
        let system = self.system(systems);
        systems.make(&system)?;
        if let Some(bug) = system.bug() {
            return Err(format!("--system plants {bug}: leave it out, or give --bug {bug}").into());
        }
        for bug in &self.bug {
            systems.make(&system.clone().with_bug(bug))?;
        }
        let all = systems.named(system.name()).map_or(&[][..], |registered| registered.bugs());
        let is_asked_for = |bug: &&PlantedBug| self.bug.is_empty() || self.bug.contains(&bug.name);
        Ok(all.iter().filter(is_asked_for).cloned().collect())
    }

    pub(crate) fn jobs(&self) -> usize {
        threads(self.jobs)
    }

    /// The CPU time for shrinking a caught bug's run; `None` for not at all.
    pub(crate) fn shrink(&self) -> Option<Duration> {
        self.shrink.0
    }

    /// How a run of this hunt is run by itself.
    pub(crate) fn run(&self, bug: &PlantedBug) -> RunArgs {
        let (profile, engine, system) = (Some(self.profile), Some(self.engine), self.system.clone());
        let bug = Some(bug.name.clone());
        RunArgs { profile, nodes: None, engine, system, bug, limits: LimitArgs::default(), json: false }
    }
}
