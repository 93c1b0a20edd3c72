//! The options of `zoo`.

use std::error::Error;
use std::time::Duration;

use clap::Args;
use explore::values::{count, time, time_from_1};
use explore::{Budget, Options, PlantedBug, Registry};
use sim::{Engine, Profile, Seed, Subject, SubjectId};

use super::values::{bug, engine, profile, seed, system, threads};
use super::{KeepArgs, LimitArgs, RunArgs};
use crate::property::usual_engine;

#[derive(Clone, Debug, Args)]
pub(crate) struct ZooArgs {
    /// The system whose bugs are hunted, as `fuzz --list` names it
    #[arg(long, value_name = "SYSTEM", value_parser = system)]
    system: Option<SubjectId>,
    /// Hunt this bug; may be given more than once [default: all]
    #[arg(long, value_name = "NAME", value_parser = bug)]
    bug: Vec<String>,
    /// List the bugs, and run nothing
    #[arg(long, conflicts_with = "bug")]
    pub(crate) list: bool,
    /// Give up the hunt for a bug after this many seeds
    #[arg(long, value_name = "N", default_value = "100000", value_parser = count)]
    pub(crate) seeds: u64,
    /// Give up the hunt for a bug after this long
    #[arg(long, value_name = "TIME", default_value = "300s", value_parser = time_from_1)]
    pub(crate) time: Duration,
    /// The first seed, in hex or decimal; the others follow one by one
    #[arg(long, visible_alias = "seed", value_name = "SEED", default_value = "0x0", value_parser = seed, allow_negative_numbers = true)]
    pub(crate) first_seed: Seed,
    /// How many threads to use [default: one for each processor]
    #[arg(long, value_name = "J", value_parser = count)]
    jobs: Option<u64>,
    /// The kinds of faults: calm, chaos, disk, clock, membership or swarm [default: swarm]
    #[arg(long, value_parser = profile)]
    profile: Option<Profile>,
    /// The engine: event (fast) or turmoil (async code, TCP, files) [default: the first that the system runs on]
    #[arg(long, value_parser = engine)]
    pub(crate) engine: Option<Engine>,
    /// Shrink a caught bug's run for at most this much CPU time; 0 for not at all
    #[arg(long, value_name = "TIME", default_value = "20s", value_parser = time)]
    shrink: Duration,
    #[command(flatten)]
    pub(crate) keep: KeepArgs,
    /// Print one JSON document instead of text
    #[arg(long)]
    pub(crate) json: bool,
    /// The limits, which the configuration alone gives.
    #[arg(skip)]
    limits: LimitArgs,
    /// The usual engine of the system.
    #[arg(skip)]
    usual_engine: Engine,
}

impl ZooArgs {
    /// Takes the values that no option gives from the configuration. The seeds, the time and the shrinking of a hunt
    /// are its own.
    pub(super) fn configure(&mut self, options: &Options) {
        self.jobs = self.jobs.or(options.jobs);
        self.profile = self.profile.or(options.profile);
        self.limits = self.limits.or_given(options.limits);
        self.keep.configure(options);
    }

    pub(crate) fn profile(&self) -> Profile {
        self.profile.unwrap_or_default()
    }

    /// The most that each run may take.
    pub(crate) fn budget(&self) -> Budget {
        Budget::of_own_plans(self.limits.given())
    }

    /// The system whose bugs are hunted.
    pub(crate) fn system(&self, systems: &Registry) -> SubjectId {
        self.system.clone().unwrap_or_else(|| systems.usual())
    }

    /// The same with the usual engine of this system, where no option gives one.
    pub(crate) fn on_usual_engine_of(&self, subject: &dyn Subject) -> ZooArgs {
        ZooArgs { usual_engine: usual_engine(subject), ..self.clone() }
    }

    pub(crate) fn engine(&self) -> Engine {
        self.engine.unwrap_or(self.usual_engine)
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
        Some(self.shrink).filter(|time| !time.is_zero())
    }

    /// How a run of this hunt is run by itself.
    pub(crate) fn run(&self, bug: &PlantedBug) -> RunArgs {
        let (engine, system, bug) = (self.engine, self.system.clone(), Some(bug.name.clone()));
        RunArgs { profile: self.profile, nodes: None, engine, system, bug, limits: self.limits, json: false }
    }
}
