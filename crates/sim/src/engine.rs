//! The two engines that can run a plan, and how one is run.

use std::fmt;
use std::str::FromStr;

use crate::event::EventWorld;
use crate::outcome::Outcome;
use crate::plan::Plan;
use crate::run::Run;
use crate::system::System;
use crate::trace::{Off, On, Recorder, Trace};
use crate::turmoil::TurmoilWorld;

#[cfg(test)]
pub(crate) mod tests;

/// What decides what happens next. Plan, faults, checkers, milestones and reports are the same on each; interleavings
/// differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Engine {
    /// A discrete-event loop over the nodes as state machines: for volume.
    #[default]
    Event,
    /// Every node a turmoil host: a tokio shell around the same state machine, TCP connections, files: for fidelity.
    Turmoil,
}

/// A text that names no engine.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no engine: give event or turmoil")]
pub struct EngineError(String);

impl Engine {
    /// Both engines.
    pub const ALL: &[Engine] = &[Engine::Event, Engine::Turmoil];

    /// Its name on the command line and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Engine::Event => "event",
            Engine::Turmoil => "turmoil",
        }
    }

    /// Runs a plan, which must be valid (see [`validate`](crate::validate)), to its end or to the first thing that is
    /// wrong.
    ///
    /// # Panics
    /// If the engine or a checker has a bug. A panic of the system under test is a verdict.
    pub fn run<S: System>(self, system: &S, plan: &Plan) -> Outcome {
        self.run_traced(system, plan, Off)
    }

    /// Runs a plan as [`run`](Engine::run) does, with the same outcome, and records what happens.
    ///
    /// # Panics
    /// As [`run`](Engine::run).
    pub fn run_recorded<S: System>(self, system: &S, plan: &Plan, recorder: &mut dyn Recorder) -> Outcome {
        self.run_traced(system, plan, On(recorder))
    }

    fn run_traced<S: System, T: Trace>(self, system: &S, plan: &Plan, trace: T) -> Outcome {
        match self {
            Engine::Event => Run::new(system, plan, EventWorld::new(system, plan), trace).go(),
            Engine::Turmoil => {
                let world = TurmoilWorld::new(system, plan, T::IS_ON);
                Run::new(system, plan, world, trace).go()
            }
        }
    }
}

impl FromStr for Engine {
    type Err = EngineError;

    fn from_str(text: &str) -> Result<Engine, EngineError> {
        let named = Engine::ALL.iter().find(|engine| engine.name() == text);
        named.copied().ok_or_else(|| EngineError(text.into()))
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
