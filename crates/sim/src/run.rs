//! One run in progress: its faults, its events and its verdict.
//!
//! A [`Run`] applies the plan's schedule, makes the demands of the calm phase, and keeps the digest, the ledger, the
//! milestones and the counts. An engine, its [`World`], carries messages, runs processes, and holds the net that judges
//! the events. The run stops at the event that broke a rule.
//!
//! The files: `world.rs` is the engine's half, `happened.rs` and `typed_events.rs` take in the events that the world
//! reports, `view.rs` is the state that a world reads; `power.rs` starts and stops nodes, `faults.rs` applies the
//! schedule (with `target.rs`: the nodes to hit; `guard.rs`: the faults to refuse), `operator.rs` asks for work,
//! `calm.rs` makes the demands at the end, and `uptime.rs` the demand that each node stays up, `meter.rs` counts the
//! resources of the run, `end.rs` makes its outcome, and `aftermath.rs` goes on for the history of a stale read;
//! `machine.rs` and `clients.rs` keep the state of each machine and client; `invariants.rs` asserts that all of it agrees.
//!
//! Always true:
//! - equal system, plan, engine and version give an equal sequence of events, independent of the rest of the process;
//! - a node is called with its own clock and its own stream of randomness, one event at a time;
//! - a wake-up is never early by the node's clock, and a replaced wake-up never comes;
//! - the held messages, syncs and wake-ups of a stopped node reach no later life of it;
//! - true time never goes back, and a client has at most one operation outstanding.
//!
//! A panic in the code under test is caught and is the run's verdict. The output of the panic hook is the business of
//! the program: the hook is global, and this module touches nothing global.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use env::{ClientId, Instant, NodeId, NodeSet};

use crate::bounds::{Bounds, Cut};
use crate::cuts::Cuts;
use crate::digest::Digest;
use crate::disturbance::Disturbances;
use crate::net::Violation;
use crate::outcome::{Outcome, Stats};
use crate::panics::panic_text;
use crate::plan::{Plan, TimedFault};
use crate::trace::{Actor, Recorder, Trace};

/// Records a line, if the run is traced and its outcome is open. A macro, so that the text may borrow from the run.
macro_rules! tell {
    ($run:expr, $actor:expr, $what:expr, $($text:tt)*) => {
        if $run.trace.is_on() && !$run.is_settled() {
            let at = crate::net::Moment { time: $run.now, event: $run.stats.events };
            // One statement: before Rust 1.89 the arguments of `format_args!` live no longer.
            $run.trace.record(&crate::trace::Line { at, actor: $actor, what: $what, text: format_args!($($text)*) });
        }
    };
}
pub(crate) use tell;

mod aftermath;
mod calm;
mod clients;
mod end;
mod faults;
mod guard;
mod happened;
mod invariants;
mod machine;
mod meter;
mod operator;
mod power;
mod reached;
mod target;
mod typed_events;
mod uptime;
mod view;
mod world;

use aftermath::Aftermath;
use calm::Calm;
pub use calm::Stage;
use clients::Clients;
pub use end::{Step, Stop};
use faults::Faults;
pub use machine::{DiskCondition, Machine};
pub use meter::CutBy;
use meter::Meter;
use operator::Operator;
pub use power::{RESTART_AFTER, Stopping};
use reached::Reached;
use uptime::Halts;
pub use world::{NoteOf, OpOf, OutputOf, TypedWorld, World};

/// So many events at one instant are a livelock.
const EVENTS_AT_ONCE_MAX: u64 = 200_000;

/// An entry of a world's queue that the run has put there.
#[derive(Clone, Copy, Debug)]
pub enum Due {
    /// The supervisor of a node starts it, if it is still in the life of this number.
    Start {
        /// The node.
        node: NodeId,
        /// How often a process had stopped there.
        life: u32,
    },
    /// The fault of this number in the schedule begins.
    FaultBegins(usize),
    /// The fault goes on to its next step.
    FaultGoesOn(usize),
    /// The fault's time is over.
    FaultIsOver(usize),
    /// The operator looks after the task of this number.
    Operator(usize),
    /// The storm is over.
    StormOver,
    /// A demand of the calm phase was to be met by now.
    Deadline(Stage),
    /// A node may have stayed up for long enough.
    Steady,
}

/// One run in progress: all of it that does not depend on the types of the system.
pub struct Run<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) trace: Trace<'a>,
    /// True time.
    pub(crate) now: Instant,
    /// The number of events at this instant.
    events_now: u64,
    /// By [`NodeId::index`]; the first is unused.
    pub(crate) machines: Vec<Machine>,
    clients: Clients,
    pub(crate) cuts: Cuts,
    pub(crate) disturbances: Disturbances,
    /// The faults that were planned, and then those of a story, in the order in which they begin.
    pub(crate) schedule: Vec<TimedFault>,
    faults: Faults,
    operator: Operator,
    calm: Calm,
    halts: Halts,
    /// The rule that was broken in the middle of the event that goes on.
    objection: Option<Box<Violation>>,
    reached: Reached,
    meter: Meter<'a>,
    /// Set once the outcome is settled, if the history goes on.
    aftermath: Option<Box<Aftermath>>,
    pub(crate) digest: Digest,
    pub(crate) stats: Stats,
    /// The actor whose code is running, to attribute a panic to it; `None` for the simulator's own code.
    pub(crate) running: Option<Actor>,
}

/// The highest id of any node that the plan may bring in.
pub fn last_node(plan: &Plan) -> NodeId {
    NodeId(plan.cluster.nodes + plan.cluster.spares)
}

/// The id of the probe of the calm phase: behind the clients of the workload.
pub fn probe_id(plan: &Plan) -> ClientId {
    ClientId(plan.workload.clients + 1)
}

/// The id of the operator: behind the clients of the workload and the probe.
pub fn operator_id(plan: &Plan) -> ClientId {
    ClientId(plan.workload.clients + 2)
}

impl<'a> Run<'a> {
    /// A run of this plan, in which nothing has happened. A recorder takes its trace and its history.
    pub fn new(plan: &'a Plan, bounds: Bounds<'a>, recorder: Option<&'a mut dyn Recorder>) -> Run<'a> {
        Run::heard_by(plan, bounds, Trace::to(recorder))
    }

    /// The same for a run that is driven.
    pub(crate) fn driven(plan: &'a Plan, recorder: Option<&'a mut dyn Recorder>) -> Run<'a> {
        Run::heard_by(plan, Bounds::NONE, Trace::to_driver(recorder))
    }

    fn heard_by(plan: &'a Plan, bounds: Bounds<'a>, trace: Trace<'a>) -> Run<'a> {
        Run {
            plan,
            trace,
            now: Instant::ZERO,
            events_now: 0,
            machines: (0..=last_node(plan).0).map(|id| Machine::new(NodeId(id))).collect(),
            clients: Clients::new(plan.workload.clients),
            cuts: Cuts::none(),
            disturbances: Disturbances::none(),
            schedule: plan.schedule.clone(),
            faults: Faults::new(&plan.schedule),
            operator: Operator::new(operator_id(plan)),
            calm: Calm::default(),
            halts: Halts::default(),
            objection: None,
            reached: Reached::default(),
            meter: Meter::new(bounds),
            aftermath: None,
            digest: Digest::empty(),
            stats: Stats::default(),
            running: None,
        }
    }

    /// A copy of the run, with the same future in a copy of its world. Nobody listens to the copy.
    pub fn fork(&self) -> Run<'a> {
        Run {
            machines: self.machines.clone(),
            clients: self.clients.clone(),
            cuts: self.cuts.clone(),
            disturbances: self.disturbances.clone(),
            schedule: self.schedule.clone(),
            faults: self.faults.clone(),
            operator: self.operator.clone(),
            calm: self.calm.clone(),
            halts: self.halts.clone(),
            objection: self.objection.clone(),
            meter: self.meter.clone(),
            aftermath: self.aftermath.clone(),
            trace: Trace::to(None),
            ..*self
        }
    }

    /// Goes to the end, to the first thing that is wrong, or to where the bounds cut it short.
    pub fn go(mut self, world: &mut dyn World) -> Result<Outcome, Cut> {
        // After a panic the run is only read, to report its state.
        let ended = catch_unwind(AssertUnwindSafe(|| self.go_to_the_end(world)));
        let stop = match ended {
            Ok(stop) => stop,
            Err(panic) => match self.running {
                Some(who) => {
                    self.tell_logs(who);
                    match self.objection.take() {
                        // It came first.
                        Some(violation) => violation.into(),
                        None => Stop::Panic(who, panic_text(&*panic)),
                    }
                }
                // Not a panic of the code under test: the bug is ours.
                None => resume_unwind(panic),
            },
        };
        self.ended(world, stop)
    }

    fn go_to_the_end(&mut self, world: &mut dyn World) -> Stop {
        self.set_up(world);
        loop {
            if let Err(stop) = world.advance(self) {
                return self.graver(world, stop);
            }
            if self.is_settled() && self.is_aftermath_over() {
                return Stop::Over;
            }
        }
    }

    /// Puts the plan's events into the queue.
    pub fn set_up(&mut self, world: &mut dyn World) {
        for node in NodeSet::first(self.plan.cluster.nodes).iter() {
            world.push(Instant::ZERO, Due::Start { node, life: 0 });
        }
        world.set_up(self);
        for (fault, timed) in self.schedule.iter().enumerate() {
            world.push(millis(timed.at_ms), Due::FaultBegins(fault));
        }
        world.push(millis(self.plan.storm_ms), Due::StormOver);
    }

    /// Moves true time on to `at`.
    ///
    /// # Panics
    /// If `at` is in the past.
    pub fn pass_time(&mut self, at: Instant) {
        assert!(at >= self.now, "time goes back from {} to {at}", self.now);
        if at > self.now {
            self.now = at;
            self.events_now = 0;
        }
    }

    /// One event: counts it, lets it happen, and judges the result.
    pub(crate) fn event(&mut self, world: &mut dyn World, act: impl FnOnce(&mut Self, &mut dyn World) -> Step) -> Step {
        self.count_event(world)?;
        let step = act(self, world);
        self.after_event(world, step)
    }

    /// Judges the result of an event that is over.
    ///
    /// # Errors
    /// The reason for which the run ends.
    #[inline]
    pub fn after_event(&mut self, world: &mut dyn World, step: Step) -> Step {
        self.after_objection(step)?;
        self.meet_demands(world)
    }

    /// The step of an event that is over, or the violation if a rule was broken in the middle of the event.
    #[inline]
    pub fn after_objection(&mut self, step: Step) -> Step {
        if self.objection.is_some() { self.objects() } else { step }
    }

    #[cold]
    fn objects(&mut self) -> Step {
        self.objection.take().map_or(Ok(()), |violation| Err(violation.into()))
    }

    /// Judges the demand of the calm phase, if an event may have met it.
    pub fn meet_demands(&mut self, world: &mut dyn World) -> Step {
        if self.calm.is_to_be_judged() { self.judge_calm(world) } else { Ok(()) }
    }

    /// Begins an event.
    ///
    /// # Errors
    /// The run has taken too much, or is to stop.
    #[inline]
    pub fn count_event(&mut self, world: &dyn World) -> Step {
        self.stats.events += 1;
        self.events_now += 1;
        if self.meter.is_due(self.stats.events) {
            self.look(world)?;
        }
        if self.events_now > EVENTS_AT_ONCE_MAX {
            return Err(Stop::Stalled(format!("time stands still at {} after {EVENTS_AT_ONCE_MAX} events", self.now)));
        }
        Ok(())
    }

    /// An entry of the queue is due that the run has put there: one event.
    ///
    /// # Errors
    /// The reason for which the run ends.
    pub fn take_due(&mut self, world: &mut dyn World, due: Due) -> Step {
        self.event(world, |run, world| run.carry_out(world, due))
    }

    /// The same, within an event that has begun.
    pub(crate) fn carry_out(&mut self, world: &mut dyn World, due: Due) -> Step {
        match due {
            Due::Start { node, life } => self.supervisor_starts(world, node, life),
            Due::FaultBegins(fault) => self.fault_begins(world, fault),
            Due::FaultGoesOn(fault) => self.fault_goes_on(world, fault),
            Due::FaultIsOver(fault) => self.fault_is_over(world, fault),
            Due::Operator(task) => self.operator_looks(world, task),
            Due::StormOver => self.storm_is_over(world),
            Due::Deadline(stage) => self.deadline(world, stage),
            Due::Steady => {
                self.calm.something_changed();
                Ok(())
            }
        }
    }
}

pub(crate) fn millis(ms: u64) -> Instant {
    Instant(ms * 1_000_000)
}
