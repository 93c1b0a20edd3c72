//! The two engines that can run a plan, and how one is run.

use std::fmt;
use std::str::FromStr;

use crate::bounds::{Bounds, Cut};
use crate::event::EventWorld;
use crate::foresight::foresee;
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
        uncut(self.run_traced(system, plan, Off, Bounds::NONE))
    }

    /// Runs a plan as [`run`](Engine::run) does, with the same outcome, and records what happens.
    ///
    /// # Panics
    /// As [`run`](Engine::run).
    pub fn run_recorded<S: System>(self, system: &S, plan: &Plan, recorder: &mut dyn Recorder) -> Outcome {
        uncut(self.run_traced(system, plan, On(recorder), Bounds::NONE))
    }

    /// Runs a plan as [`run`](Engine::run) does, with the same outcome, or as far as its bounds allow; records what
    /// happens if there is a recorder.
    ///
    /// # Errors
    /// Which bound the run does not keep to, be it foreseen or found on the way.
    ///
    /// # Panics
    /// As [`run`](Engine::run).
    pub fn run_within<S: System>(
        self,
        system: &S,
        plan: &Plan,
        bounds: Bounds<'_>,
        recorder: Option<&mut dyn Recorder>,
    ) -> Result<Outcome, Cut> {
        foresee(plan, system.log_founders(&plan.cluster).len(), self, &bounds.limits).map_err(Cut::Foreseen)?;
        match recorder {
            None => self.run_traced(system, plan, Off, bounds),
            Some(recorder) => self.run_traced(system, plan, On(recorder), bounds),
        }
    }

    fn run_traced<S: System, T: Trace>(
        self,
        system: &S,
        plan: &Plan,
        trace: T,
        bounds: Bounds<'_>,
    ) -> Result<Outcome, Cut> {
        match self {
            Engine::Event => Run::new(system, plan, EventWorld::new(system, plan), trace, bounds).go(),
            Engine::Turmoil => {
                let world = TurmoilWorld::new(system, plan, T::IS_ON);
                Run::new(system, plan, world, trace, bounds).go()
            }
        }
    }
}

/// The outcome of a run that has no bounds.
pub(crate) fn uncut(run: Result<Outcome, Cut>) -> Outcome {
    run.unwrap_or_else(|cut| unreachable!("a run without bounds was cut: {cut}"))
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
