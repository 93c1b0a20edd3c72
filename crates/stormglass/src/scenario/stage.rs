//! Runs a scenario: with its system, as it is or with a planted bug.

use explore::{Evidence, Failure, Registry, RegistryError};
use sim::{Engine, Recorder, Seed, SubjectId};

use super::{Knobs, Scenario};
use crate::story::{Story, Told};

/// How a scenario is run.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The engine that runs it.
    pub engine: Engine,
    /// The seed of the run.
    pub seed: Seed,
    /// The values of the knobs.
    pub knobs: Knobs,
    /// The name of the bug that is planted in its system, if one is.
    pub bug: Option<String>,
}

impl Scenario {
    /// Runs the scenario, with its system, one of these.
    ///
    /// # Errors
    /// If there is no such system, or it has no such bug.
    pub fn run(&self, setting: &Setting, systems: &Registry) -> Result<Told, RegistryError> {
        Ok(self.story(setting, systems)?.run(|c| (self.tell)(c, &setting.knobs)))
    }

    /// Runs the scenario, and records the run.
    ///
    /// # Errors
    /// As [`run`](Scenario::run).
    pub fn run_recorded(
        &self,
        setting: &Setting,
        systems: &Registry,
        recorder: &mut dyn Recorder,
    ) -> Result<Told, RegistryError> {
        Ok(self.story(setting, systems)?.run_recorded(Some(recorder), |c| (self.tell)(c, &setting.knobs)))
    }

    /// The failure of a run, with the evidence of it; `None` if the run passed.
    ///
    /// # Errors
    /// As [`run`](Scenario::run).
    pub fn evidence(
        &self,
        setting: &Setting,
        systems: &Registry,
        told: &Told,
    ) -> Result<Option<(Failure, Evidence)>, RegistryError> {
        let story = self.story(setting, systems)?;
        Ok(story.failure(told).map(|failure| {
            let evidence = story.evidence(told, &failure);
            (failure, evidence)
        }))
    }

    /// The arguments of the command that runs it: `scenario run leader_failure_data_consistency --seed 0x7`.
    pub fn command(&self, setting: &Setting) -> String {
        let mut command = format!("scenario run {} --seed {}", self.name, setting.seed);
        if setting.engine != Engine::default() {
            command += &format!(" --engine {}", setting.engine);
        }
        for (knob, value) in setting.knobs.iter().filter(|set| !self.knobs.contains(set)) {
            command += &format!(" --{} {value}", knob.name());
        }
        if let Some(bug) = &setting.bug {
            command += &format!(" --bug {bug}");
        }
        command
    }

    /// The name of its system.
    pub fn system(&self) -> &'static str {
        self.source.system
    }

    /// The identity of the system that is run, with the planted bug.
    pub fn subject(&self, setting: &Setting) -> SubjectId {
        let id = SubjectId::new(self.system());
        match &setting.bug {
            Some(bug) => id.with_bug(bug),
            None => id,
        }
    }

    fn story(&self, setting: &Setting, systems: &Registry) -> Result<Story, RegistryError> {
        let nodes = setting.knobs.nodes().unwrap_or(self.nodes);
        let subject = systems.make(&self.subject(setting))?;
        Ok(Story::of(subject, setting.seed).nodes(nodes).engine(setting.engine).given(self.given))
    }
}
