//! Systems of state machines as subjects, and how a plan of theirs is run.

use std::sync::Arc;

use env::{Client, Networked, Process, Wire};

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
use crate::trace::{Off, Recorder, Told};
use crate::turmoil::TurmoilWorld;
use crate::validate::PlanError;

/// A [`System`] whose messages have an encoding, on either engine.
#[derive(Clone, Debug)]
pub struct Machines<S>(pub S);

/// A [`System`] on the event engine alone, which hands messages over as values: they need no encoding.
#[derive(Clone, Debug)]
pub struct EventOnly<S>(pub S);

impl<S: System<Process: Networked>> Subject for Machines<S> {
    fn id(&self) -> SubjectId {
        self.0.id()
    }

    fn engines(&self) -> &'static [Engine] {
        Engine::ALL
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
            Engine::Event => run_events(&self.0, plan, bounds, recorder),
            Engine::Turmoil => run_hosts(&self.0, plan, bounds, recorder),
        }
    }

    fn live<'a>(&'a self, engine: Engine, plan: &'a Plan, recorder: Option<&'a mut dyn Recorder>) -> Live<'a> {
        engine.live(&self.0, plan, recorder)
    }
}

impl<S: System> Subject for EventOnly<S> {
    fn id(&self) -> SubjectId {
        self.0.id()
    }

    fn engines(&self) -> &'static [Engine] {
        &[Engine::Event]
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
        _: Engine,
        plan: &Plan,
        bounds: Bounds<'_>,
        recorder: Option<&mut dyn Recorder>,
    ) -> Result<Outcome, Cut> {
        run_events(&self.0, plan, bounds, recorder)
    }

    /// The bytes of messages are not counted: the messages have no encoding.
    fn live<'a>(&'a self, _: Engine, plan: &'a Plan, recorder: Option<&'a mut dyn Recorder>) -> Live<'a> {
        Live::of(self.0.net(plan), plan, EventWorld::new(&self.0, plan), recorder)
    }
}

impl<S: System<Process: Networked>> IntoSubject for S {
    fn into_subject(self) -> Arc<dyn Subject> {
        Arc::new(Machines(self))
    }
}

impl<S: System> IntoSubject for EventOnly<S> {
    fn into_subject(self) -> Arc<dyn Subject> {
        Arc::new(self)
    }
}

impl Engine {
    /// Runs a plan, which must be valid (see [`validate`](crate::validate())), to its end or to the first thing that is
    /// wrong.
    ///
    /// # Panics
    /// If the engine or a checker has a bug. A panic of the system under test is a verdict.
    pub fn run<S: System<Process: Networked>>(self, system: &S, plan: &Plan) -> Outcome {
        self.run_unbounded(system, plan, None)
    }

    /// Runs a plan as [`run`](Engine::run) does, with the same outcome, and records the run.
    ///
    /// # Panics
    /// As [`run`](Engine::run).
    pub fn run_recorded<S: System<Process: Networked>>(
        self,
        system: &S,
        plan: &Plan,
        recorder: &mut dyn Recorder,
    ) -> Outcome {
        self.run_unbounded(system, plan, Some(recorder))
    }

    fn run_unbounded<S: System<Process: Networked>>(
        self,
        system: &S,
        plan: &Plan,
        recorder: Option<&mut dyn Recorder>,
    ) -> Outcome {
        uncut(match self {
            Engine::Event => run_events(system, plan, Bounds::NONE, recorder),
            Engine::Turmoil => run_hosts(system, plan, Bounds::NONE, recorder),
        })
    }

    /// A run of this plan that waits to be driven: see [`Subject::live`].
    pub fn live<'a, S: System<Process: Networked>>(
        self,
        system: &'a S,
        plan: &'a Plan,
        recorder: Option<&'a mut dyn Recorder>,
    ) -> Live<'a> {
        let net = system.net(plan);
        match self {
            Engine::Event => {
                let world = EventWorld::new(system, plan).weighing(encoded_bytes::<S>);
                Live::of(net, plan, world, recorder)
            }
            Engine::Turmoil => {
                let world = TurmoilWorld::new(system, plan, recorder.is_some());
                Live::of(net, plan, world, recorder)
            }
        }
    }
}

fn run_events<S: System>(
    system: &S,
    plan: &Plan,
    bounds: Bounds<'_>,
    recorder: Option<&mut dyn Recorder>,
) -> Result<Outcome, Cut> {
    let net = system.net(plan);
    foresee(plan, net.standing().members.len(), Engine::Event, &bounds.limits).map_err(Cut::Foreseen)?;
    let world = EventWorld::new(system, plan);
    match recorder {
        None => Run::new(net, plan, world, Off, bounds).go(),
        Some(recorder) => Run::new(net, plan, world, Told::to(Some(recorder)), bounds).go(),
    }
}

fn run_hosts<S: System<Process: Networked>>(
    system: &S,
    plan: &Plan,
    bounds: Bounds<'_>,
    recorder: Option<&mut dyn Recorder>,
) -> Result<Outcome, Cut> {
    let net = system.net(plan);
    foresee(plan, net.standing().members.len(), Engine::Turmoil, &bounds.limits).map_err(Cut::Foreseen)?;
    let world = TurmoilWorld::new(system, plan, recorder.is_some());
    // Shortens the recorder's lifetime to the run's: behind an `Option` the compiler does not do so by itself.
    let recorder = recorder.map(|recorder| recorder as &mut dyn Recorder);
    Run::new(net, plan, world, Told::to(recorder), bounds).go()
}

fn encoded_bytes<S: System<Process: Networked>>(message: &<S::Process as Process>::Message) -> u64 {
    let mut bytes = Vec::new();
    message.to_wire(&mut bytes);
    bytes.len() as u64
}

/// The outcome of a run that has no bounds.
pub(crate) fn uncut(run: Result<Outcome, Cut>) -> Outcome {
    run.unwrap_or_else(|cut| unreachable!("a run without bounds was cut: {cut}"))
}
