//! How a system of state machines is run on turmoil.

use env::{Networked, Process, Wire};
use sim::world::{OnTurmoil, Run, foresee};
use sim::{Bounds, Cut, Engine, Engines, Live, Net, Outcome, Plan, Recorder, System};

use crate::machines::MachinesWorld;

/// Both engines, for a system whose messages have an encoding: the event engine, which hands them over as values, and
/// turmoil, which writes them on a wire.
pub fn event_and_turmoil<S: System<Process: Networked>>() -> Engines<S> {
    Engines::event_and(OnTurmoil { run, live, bytes: encoded_bytes::<S> })
}

fn run<S: System<Process: Networked>>(
    system: &S,
    plan: &Plan,
    bounds: Bounds<'_>,
    recorder: Option<&mut dyn Recorder>,
) -> Result<Outcome, Cut> {
    let net = system.net(plan);
    foresee(plan, net.standing().members.len(), Engine::Turmoil, &bounds.limits).map_err(Cut::Foreseen)?;
    let mut world = MachinesWorld::new(system, plan, net, recorder.is_some());
    // Shortens the recorder's lifetime to the run's: behind an `Option` the compiler does not do so by itself.
    let recorder = recorder.map(|recorder| recorder as &mut dyn Recorder);
    Run::new(plan, bounds, recorder).go(&mut world)
}

fn live<'a, S: System<Process: Networked>>(
    system: &'a S,
    plan: &'a Plan,
    recorder: Option<&'a mut dyn Recorder>,
) -> Live<'a> {
    let world = MachinesWorld::new(system, plan, system.net(plan), recorder.is_some());
    Live::of(plan, world, recorder)
}

fn encoded_bytes<S: System<Process: Networked>>(message: &<S::Process as Process>::Message) -> u64 {
    let mut bytes = Vec::new();
    message.to_wire(&mut bytes);
    bytes.len() as u64
}
