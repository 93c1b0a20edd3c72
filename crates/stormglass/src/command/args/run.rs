//! The options that make a run of a seed.

use std::error::Error;
use std::sync::Arc;

use clap::Args;
use explore::{GivenLimits, Options, Origin, Registry, Repro, shell};
use sim::{Engine, Overrides, Profile, Seed, Subject, SubjectId};

use super::LimitArgs;
use super::values::{bug, engine, nodes, profile, system};
use crate::command::called;
use crate::property::usual_engine;

/// Everything about a run but its seed.
#[derive(Clone, Debug, Args)]
pub(crate) struct RunArgs {
    /// The kinds of faults: calm, chaos, disk, clock, membership or swarm [default: swarm]
    #[arg(long, value_parser = profile)]
    pub(super) profile: Option<Profile>,
    /// How many nodes the cluster begins with, 1 to 63 [default: drawn from the seed]
    #[arg(long, value_name = "N", value_parser = nodes)]
    pub(super) nodes: Option<u8>,
    /// The engine: event (fast) or turmoil (async code, TCP, files) [default: the first that the system runs on]
    #[arg(long, value_parser = engine)]
    pub(super) engine: Option<Engine>,
    /// The system under test, as `fuzz --list` names it
    #[arg(long, value_name = "SYSTEM", value_parser = system)]
    pub(super) system: Option<SubjectId>,
    /// Plant this bug in the system
    #[arg(long, value_name = "NAME", value_parser = bug)]
    pub(super) bug: Option<String>,
    #[command(flatten)]
    pub(super) limits: LimitArgs,
    /// Print one JSON document instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

impl RunArgs {
    /// Takes the values that no option gives from the configuration. `replay` and `shrink` take none: a line that was
    /// printed says everything about its run.
    pub(super) fn configure(&mut self, options: &Options) {
        self.profile = self.profile.or(options.profile);
        self.limits = self.limits.or_given(options.limits);
    }

    pub(crate) fn profile(&self) -> Profile {
        self.profile.unwrap_or_default()
    }

    /// The engine that was asked for, or the usual one of this subject.
    pub(crate) fn engine(&self, subject: &dyn Subject) -> Engine {
        self.engine.unwrap_or_else(|| usual_engine(subject))
    }

    pub(crate) fn limits(&self) -> GivenLimits {
        self.limits.given()
    }

    pub(crate) fn overrides(&self) -> Overrides {
        Overrides::nodes(self.nodes)
    }

    /// The identity of the system under test.
    fn id(&self, systems: &Registry) -> SubjectId {
        let id = self.system.clone().unwrap_or_else(|| systems.usual());
        match &self.bug {
            Some(bug) => id.with_bug(bug),
            None => id,
        }
    }

    /// The system under test.
    ///
    /// # Errors
    /// If there is none of this name, or it has no such setting or bug.
    pub(crate) fn subject(&self, systems: &Registry) -> Result<Arc<dyn Subject>, Box<dyn Error>> {
        self.check_bug()?;
        Ok(systems.make(&self.id(systems))?)
    }

    /// Checks that one bug is planted at the most.
    fn check_bug(&self) -> Result<(), String> {
        match (self.system.as_ref().and_then(SubjectId::bug), &self.bug) {
            (Some(planted), Some(bug)) => {
                Err(format!("--system plants {planted} and --bug plants {bug}: give one of them"))
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn origin(&self, subject: &dyn Subject) -> Origin {
        Origin { profile: Some(self.profile()), nodes: self.nodes, ..Origin::of(subject, self.engine(subject)) }
    }

    /// The first option, as it was given, that a plan leaves nothing to say to.
    pub(crate) fn said_by_a_plan(&self) -> Option<&'static str> {
        first_given([("--profile", self.profile.is_some()), ("--nodes", self.nodes.is_some())])
    }

    /// The first of the others that a repro says too: the system and the engine that ran the plan.
    pub(crate) fn said_by_a_repro(&self) -> Option<&'static str> {
        let (system, bug) = (self.system.is_some(), self.bug.is_some());
        first_given([("--engine", self.engine.is_some()), ("--system", system), ("--bug", bug)])
    }

    /// Sets the engine and the system of a plan that stands alone. The engine is still to be
    /// [chosen](RunArgs::engine_of_plan) where neither the plan nor an option means one.
    ///
    /// # Errors
    /// If two bugs are to be planted.
    pub(crate) fn complete(&self, plan: &mut Repro, systems: &Registry) -> Result<(), String> {
        self.check_bug()?;
        if let Some(engine) = self.engine {
            plan.engine = engine;
        }
        if self.system.is_some() || self.bug.is_some() {
            plan.system = Some(self.id(systems));
        }
        Ok(())
    }

    /// The engine of a plan that stands alone and names `named`: a plan that names none means the event engine, or
    /// where its system does not run on that, the system's usual one.
    pub(crate) fn engine_of_plan(&self, named: Engine, subject: &dyn Subject) -> Engine {
        let is_meant = self.engine.is_some() || named != Engine::default() || subject.engines().contains(&named);
        if is_meant { named } else { usual_engine(subject) }
    }

    /// The arguments that run this seed again. They name every value that is not the built-in one, whichever place gave
    /// it: `replay` and `shrink` take no such value from the configuration, so the line means the same everywhere.
    pub(crate) fn replay(&self, seed: Seed) -> String {
        let mut args = format!("replay {seed}");
        if self.profile() != Profile::default() {
            args += &format!(" --profile {}", self.profile());
        }
        args += &self.engine_given();
        if let Some(nodes) = self.nodes {
            args += &format!(" --nodes {nodes}");
        }
        args + &self.system_given() + &self.limits_given()
    }

    /// The options for a plan that stands alone: engine, system and bug, each with a space before it.
    pub(crate) fn ran_by(&self) -> String {
        self.engine_given() + &self.system_given()
    }

    /// The options that bound the run, likewise.
    pub(crate) fn limits_given(&self) -> String {
        self.limits.written()
    }

    fn engine_given(&self) -> String {
        self.engine.map_or(String::new(), |engine| format!(" --engine {engine}"))
    }

    fn system_given(&self) -> String {
        let system = self.system.as_ref().map(|system| format!(" --system {}", shell::word(&system.to_string())));
        let bug = self.bug.as_ref().map(|bug| format!(" --bug {bug}"));
        [system, bug].into_iter().flatten().collect()
    }

    /// The command that runs this seed again, to be pasted as it stands.
    pub(crate) fn replay_command(&self, seed: Seed) -> String {
        called::command(&self.replay(seed))
    }
}

fn first_given<const N: usize>(options: [(&'static str, bool); N]) -> Option<&'static str> {
    options.into_iter().find(|(_, is_given)| *is_given).map(|(name, _)| name)
}
