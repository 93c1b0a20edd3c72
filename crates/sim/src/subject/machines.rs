//! Systems of state machines as subjects, and how a plan of theirs is run.

use std::sync::Arc;

use env::{Client, Process};

use super::{IntoSubject, Subject, SubjectId, without_refused};
use crate::bounds::{Bounds, Cut};
use crate::engine::Engine;
use crate::event::EventWorld;
use crate::expand::Overrides;
use crate::foresight::foresee;
use crate::generator::{OperationRead, read_operation};
use crate::live::Live;
use crate::nemesis::Aim;
use crate::net::Net;
use crate::outcome::Outcome;
use crate::plan::{FaultKind, Plan, Seed, Value};
use crate::profile::Profile;
use crate::run::Run;
use crate::settings::SettingsRead;
use crate::system::System;
use crate::trace::Recorder;
use crate::validate::PlanError;

/// A [`System`] as a subject.
#[derive(Clone, Debug)]
pub struct Machines<S>(pub S);

/// The engines that run a [`System`]. The event engine runs any; it hands messages over as values. An engine of another
/// crate says how.
pub struct Engines<S: System> {
    turmoil: Option<OnTurmoil<S>>,
}

/// How a system whose messages have an encoding is run by the turmoil engine; the crate of that engine makes one.
pub struct OnTurmoil<S: System> {
    /// Runs a plan, as [`Subject::run`] does.
    pub run: RunOf<S>,
    /// Begins a driven run, as [`Subject::live`] does.
    pub live: LiveOf<S>,
    /// The number of bytes that a message has on a wire.
    pub bytes: fn(&<S::Process as Process>::Message) -> u64,
}

type RunOf<S> = fn(&S, &Plan, Bounds<'_>, Option<&mut dyn Recorder>) -> Result<Outcome, Cut>;
type LiveOf<S> = for<'a> fn(&'a S, &'a Plan, Option<&'a mut dyn Recorder>) -> Live<'a>;

impl<S: System> Engines<S> {
    /// The event engine alone: messages need no encoding.
    pub fn event() -> Engines<S> {
        Engines { turmoil: None }
    }

    /// Both engines.
    pub fn event_and(turmoil: OnTurmoil<S>) -> Engines<S> {
        Engines { turmoil: Some(turmoil) }
    }
}

impl<S: System> std::fmt::Debug for Engines<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.turmoil.is_some() { "event and turmoil" } else { "event" })
    }
}

impl<S: System> Machines<S> {
    /// How it is run on turmoil; the plans of a subject that cannot be are refused before.
    fn on_turmoil(&self) -> OnTurmoil<S> {
        let turmoil = self.0.engines().turmoil;
        turmoil.unwrap_or_else(|| panic!("{} does not run on {}: check the plan", self.0.id(), Engine::Turmoil))
    }
}

impl<S: System> Subject for Machines<S> {
    fn id(&self) -> SubjectId {
        self.0.id()
    }

    fn version(&self) -> Option<&str> {
        self.0.version()
    }

    fn engines(&self) -> &'static [Engine] {
        if self.0.engines().turmoil.is_some() { Engine::ALL } else { &[Engine::Event] }
    }

    fn refuses(&self, engine: Engine, fault: FaultKind) -> Option<&'static str> {
        self.0.refuses(engine, fault)
    }

    fn aims(&self) -> Vec<Aim> {
        S::Net::aims()
    }

    fn plan(&self, seed: Seed, profile: Profile, overrides: &Overrides) -> Result<Plan, PlanError> {
        without_refused(self, self.0.plan(seed, profile, overrides)?, profile)
    }

    fn read_settings(&self, settings: &Value) -> Result<SettingsRead, String> {
        SettingsRead::of::<S::Settings>(settings)
    }

    fn read_operation(&self, operation: &Value) -> Result<OperationRead, String> {
        read_operation::<<S::Client as Client>::Op>(operation)
    }

    fn run(
        &self,
        engine: Engine,
        plan: &Plan,
        bounds: Bounds<'_>,
        recorder: Option<&mut dyn Recorder>,
    ) -> Result<Outcome, Cut> {
        match engine {
            Engine::Event => {
                let net = self.0.net(plan);
                foresee(plan, net.standing().members.len(), engine, &bounds.limits).map_err(Cut::Foreseen)?;
                // Shortens the recorder's lifetime to the run's: behind an `Option` the compiler does not do so by itself.
                let recorder = recorder.map(|recorder| recorder as &mut dyn Recorder);
                Run::new(plan, bounds, recorder).go(&mut EventWorld::new(&self.0, plan, net))
            }
            Engine::Turmoil => (self.on_turmoil().run)(&self.0, plan, bounds, recorder),
        }
    }

    /// The bytes of messages without an encoding are not counted.
    fn live<'a>(&'a self, engine: Engine, plan: &'a Plan, recorder: Option<&'a mut dyn Recorder>) -> Live<'a> {
        match engine {
            Engine::Event => {
                let world = EventWorld::new(&self.0, plan, self.0.net(plan))
                    .weighing(self.0.engines().turmoil.map(|turmoil| turmoil.bytes));
                Live::of(plan, world, recorder)
            }
            Engine::Turmoil => (self.on_turmoil().live)(&self.0, plan, recorder),
        }
    }
}

impl<S: System> IntoSubject for S {
    fn into_subject(self) -> Arc<dyn Subject> {
        Arc::new(Machines(self))
    }
}

impl Engine {
    /// Runs a plan, which must pass [`check`](Subject::check), to its end or to the first thing that is wrong.
    ///
    /// # Panics
    /// If the plan does not pass `check`, or the engine or a checker has a bug. A panic of the system under test is a
    /// verdict.
    pub fn run<S: System>(self, system: &S, plan: &Plan) -> Outcome {
        uncut(Machines(system.clone()).run(self, plan, Bounds::NONE, None))
    }

    /// Runs a plan as [`run`](Engine::run) does, with the same outcome, and records the run.
    ///
    /// # Panics
    /// As [`run`](Engine::run).
    pub fn run_recorded<S: System>(self, system: &S, plan: &Plan, recorder: &mut dyn Recorder) -> Outcome {
        uncut(Machines(system.clone()).run(self, plan, Bounds::NONE, Some(recorder)))
    }
}

/// The outcome of a run that has no bounds.
pub(super) fn uncut(run: Result<Outcome, Cut>) -> Outcome {
    run.unwrap_or_else(|cut| unreachable!("a run without bounds was cut: {cut}"))
}
