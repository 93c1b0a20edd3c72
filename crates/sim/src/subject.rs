//! A system under test as everything above the simulator knows it.
//!
//! A [`System`](crate::System) is generic: its nodes, clients and messages are types. A [`Subject`] can be named, kept
//! in a list and handed around, and all code that runs many plans (campaigns, shrinking, stories, the command) is
//! written against it, once. Two adapters make subjects: [`Machines`] of a [`System`](crate::System) of state machines,
//! on the [`Engines`] that the system names, and the `AsyncSystem` of the turmoil engine, of async functions that run on
//! turmoil.

use std::sync::Arc;

use crate::bounds::{Bounds, Cut};
use crate::engine::Engine;
use crate::expand::Overrides;
use crate::generator::OperationRead;
use crate::live::Live;
use crate::nemesis::Aim;
use crate::outcome::Outcome;
use crate::plan::{FaultKind, Plan, Seed, Value};
use crate::profile::Profile;
use crate::settings::SettingsRead;
use crate::trace::Recorder;
use crate::validate::{PlanError, VALUE_BYTES_MAX, validate};

mod id;
mod machines;

pub use id::{SubjectId, SubjectIdError};
use machines::uncut;
pub use machines::{Engines, Machines, OnTurmoil};

/// A system under test, without its types.
///
/// A plan that is run must pass [`check`](Subject::check) first.
pub trait Subject: Send + Sync {
    /// The name under which reports, repros and folders know it, with the settings and the planted bug that tell it
    /// from its variants.
    fn id(&self) -> SubjectId;

    /// The version of the code under test; `None` if it has no version of its own.
    fn version(&self) -> Option<&str>;

    /// The engines that can run it.
    fn engines(&self) -> &'static [Engine];

    /// Why a fault of this kind cannot be done to it on this engine; `None` if it can.
    fn refuses(&self, engine: Engine, fault: FaultKind) -> Option<&'static str>;

    /// The moments that its storms aim at, besides those of any system.
    fn aims(&self) -> Vec<Aim>;

    /// The plan that a seed expands to. It holds no fault that one of the subject's engines refuses.
    ///
    /// # Errors
    /// If the overrides make no plan of this subject, or it refuses every fault of the profile.
    fn plan(&self, seed: Seed, profile: Profile, overrides: &Overrides) -> Result<Plan, PlanError>;

    /// Reads the settings of a plan; null stands for the defaults.
    ///
    /// # Errors
    /// Why the value is none of this system's settings, in one line.
    fn read_settings(&self, settings: &Value) -> Result<SettingsRead, String>;

    /// Reads an operation of a plan's script.
    ///
    /// # Errors
    /// Why the value is no operation of this system, in one line.
    fn read_operation(&self, operation: &Value) -> Result<OperationRead, String>;

    /// Runs a plan to its end, to the first thing that is wrong, or as far as its bounds allow. A recorder does not
    /// change the outcome.
    ///
    /// # Errors
    /// The bound that the run does not keep to, foreseen or found on the way.
    ///
    /// # Panics
    /// If the engine or a checker has a bug. A panic of the system under test is a verdict.
    fn run(
        &self,
        engine: Engine,
        plan: &Plan,
        bounds: Bounds<'_>,
        recorder: Option<&mut dyn Recorder>,
    ) -> Result<Outcome, Cut>;

    /// Checks a plan and runs it, with no bounds but its own `events_max`.
    ///
    /// # Errors
    /// Why the plan cannot be run.
    ///
    /// # Panics
    /// As [`run`](Subject::run).
    fn run_checked(&self, engine: Engine, plan: &Plan) -> Result<Outcome, PlanError> {
        self.check(engine, plan)?;
        Ok(uncut(self.run(engine, plan, Bounds::NONE, None)))
    }

    /// A run of this plan that waits to be driven. The plan has an empty schedule and an empty script; its storm lasts
    /// as long as the driver may take.
    fn live<'a>(&'a self, engine: Engine, plan: &'a Plan, recorder: Option<&'a mut dyn Recorder>) -> Live<'a>;

    /// Checks that a plan can be run on this engine.
    ///
    /// # Errors
    /// The subject does not run on this engine, the plan is not valid, or the subject refuses a fault of it.
    fn check(&self, engine: Engine, plan: &Plan) -> Result<(), PlanError> {
        if !self.engines().contains(&engine) {
            let (subject, engines) = (self.id().to_string(), engine_names(self.engines()));
            return Err(PlanError::EngineOfSubject { subject, engine: engine.name(), engines });
        }
        validate(plan)?;
        self.read_settings(&plan.settings).map_err(|why| PlanError::Settings { why })?;
        for (index, timed) in plan.workload.script.iter().flatten().enumerate() {
            let number = index + 1;
            let read = self.read_operation(&timed.operation);
            let bytes = read.map_err(|why| PlanError::Operation { number, why })?.heap_bytes;
            if bytes > VALUE_BYTES_MAX.into() {
                return Err(PlanError::OperationTooLong { number, bytes });
            }
        }
        for (index, timed) in plan.schedule.iter().enumerate() {
            let kind = timed.fault.kind();
            if let Some(why) = self.refuses(engine, kind) {
                let (subject, engine) = (self.id().to_string(), engine.name());
                return Err(PlanError::FaultRefused { number: index + 1, kind: kind.name(), subject, engine, why });
            }
        }
        Ok(())
    }
}

fn engine_names(engines: &[Engine]) -> String {
    engines.iter().map(|engine| engine.name()).collect::<Vec<_>>().join(" or ")
}

/// A value that a [`Subject`] can be made of: a [`System`](crate::System), an `AsyncSystem`, or a subject.
pub trait IntoSubject {
    /// Makes it.
    fn into_subject(self) -> Arc<dyn Subject>;
}

impl IntoSubject for Arc<dyn Subject> {
    fn into_subject(self) -> Arc<dyn Subject> {
        self
    }
}

/// Takes the faults out of a plan that one of the subject's engines refuses.
///
/// # Errors
/// If the profile has faults, and all of them are refused.
pub fn without_refused(subject: &dyn Subject, mut plan: Plan, profile: Profile) -> Result<Plan, PlanError> {
    let refused = |kind| subject.engines().iter().find_map(|engine| subject.refuses(*engine, kind));
    let kinds = profile.fault_kinds();
    if !kinds.is_empty() && kinds.iter().all(|kind| refused(*kind).is_some()) {
        let subject = subject.id().to_string();
        return Err(PlanError::ProfileRefused { profile: profile.name(), subject });
    }
    plan.schedule.retain(|timed| refused(timed.fault.kind()).is_none());
    Ok(plan)
}
