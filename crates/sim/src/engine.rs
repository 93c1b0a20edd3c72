//! The event engine: a discrete-event loop over the nodes and clients of one system, and everything around them.
//!
//! The engine takes the next event from the queue, hands it to the node or client that it is for, and carries out what
//! comes back: files, syncs, observations, messages, answers, wake-ups. There is no tick and no wall time; between two
//! events nothing happens, so a quiet second costs what its heartbeats cost. The checkers see every observation as it is
//! made, and the run stops at the event that broke a rule.
//!
//! Where what is: `host.rs` and `nodes.rs` run the nodes, `power.rs` starts and stops them, `clients.rs` runs the
//! clients, `faults.rs` applies the schedule (with `target.rs`: whom; `guard.rs`: what is refused), `operator.rs` asks
//! for administrative work, `calm.rs` makes the demands at the end.
//!
//! Always true:
//! - equal system, plan and version give an equal sequence of events, whatever else the process does;
//! - a node is called with its own clock and its own stream of randomness, one event at a time;
//! - a wake-up is never early by the node's clock, and never for one that it has replaced;
//! - a stopped node's messages, syncs and wake-ups of before reach no later life of it.
//!
//! A panic in the code under test is caught and is the run's verdict. What the panic hook prints is the business of the
//! program: the hook is global, and nothing here touches what is global.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use check::{Checker, Moment, Violation};
use env::{ClientEffects, ClientId, Effects, Instant, Membership, NodeId, NodeSet, Process, SyncId};

use crate::digest::{Digest, Tag};
use crate::generator::Generator;
use crate::milestones::Watch;
use crate::network::{Marks, Network};
use crate::outcome::{Outcome, Stats, Verdict};
use crate::plan::Plan;
use crate::queue::Queue;
use crate::system::System;
use crate::trace::{Actor, Off, On, Recorder, Trace, What};

/// Records a line, if anyone listens. A macro, so that the text may borrow from the engine.
macro_rules! tell {
    ($engine:expr, $actor:expr, $what:expr, $($text:tt)*) => {
        if T::IS_ON {
            let at = check::Moment { time: $engine.now, event: $engine.stats.events };
            let line = crate::trace::Line { at, actor: $actor, what: $what, text: format_args!($($text)*) };
            $engine.trace.record(&line);
        }
    };
}

mod calm;
mod clients;
mod faults;
mod guard;
mod host;
mod nodes;
mod operator;
mod power;
mod target;
#[cfg(test)]
mod tests;

use calm::Calm;
use clients::ClientHost;
use faults::Faults;
use host::{Delivery, Host};
use operator::Operator;

/// So many events at one instant are a livelock.
const EVENTS_AT_ONCE_MAX: u64 = 200_000;

/// Runs a plan, which must be valid (see [`validate`](crate::validate)), to its end or to the first thing that is wrong.
///
/// # Panics
/// If the engine or a checker has a bug. A panic of the system under test is a verdict.
pub fn run<S: System>(system: &S, plan: &Plan) -> Outcome {
    Engine::new(system, plan, Off).run()
}

/// Runs a plan as [`run`] does, with the same outcome, and records what happens.
///
/// # Panics
/// As [`run`].
pub fn run_recorded<S: System>(system: &S, plan: &Plan, recorder: &mut dyn Recorder) -> Outcome {
    Engine::new(system, plan, On(recorder)).run()
}

/// Why a run ends.
enum Stop {
    /// All was done that was to be done.
    Over,
    /// An invariant was broken or a demand not met.
    Violation(Violation),
    /// It took too many events.
    Stalled(String),
}

impl From<Violation> for Stop {
    fn from(violation: Violation) -> Stop {
        Stop::Violation(violation)
    }
}

/// What one event leads to: that the run goes on, or that it ends.
type Step = Result<(), Stop>;

/// What the queue holds.
#[derive(Clone, Debug)]
enum Happening<P: Process> {
    /// A message arrives at a node.
    Message { from: NodeId, to: NodeId, marks: Marks, message: P::Message },
    /// A request arrives at a node.
    Request { from: ClientId, to: NodeId, marks: Marks, request: P::Request },
    /// An answer arrives at a client.
    Response { from: NodeId, to: ClientId, marks: Marks, response: P::Response },
    /// What had arrived while a node was paused is handed over.
    Deliver { node: NodeId, life: u32, what: Delivery<P> },
    /// A node's wake-up may be due.
    NodeWake { node: NodeId, ticket: u32 },
    /// A client's wake-up may be due.
    ClientWake { client: ClientId, ticket: u32 },
    /// A client's pause is over.
    Invoke { client: ClientId },
    /// A node's oldest sync ends.
    SyncEnds { node: NodeId, life: u32, sync: SyncId },
    /// A node's supervisor starts it.
    Start { node: NodeId, life: u32 },
    /// The fault of this number in the schedule begins.
    FaultBegins(usize),
    /// It goes on to its next step.
    FaultGoesOn(usize),
    /// Its time is over.
    FaultIsOver(usize),
    /// The operator looks after this task.
    Operator(usize),
    /// The storm is over.
    StormOver,
    /// A demand of the calm phase was to be met by now.
    Deadline(calm::Demand),
}

/// One run in progress.
#[derive(Clone)]
struct Engine<'a, S: System, T: Trace> {
    system: &'a S,
    plan: &'a Plan,
    trace: T,
    /// True time.
    now: Instant,
    /// How many events there were at this instant.
    events_now: u64,
    queue: Queue<Happening<S::Process>>,
    /// By [`NodeId::index`]; the first is nobody's.
    hosts: Vec<Host<S::Process>>,
    /// By the client's number, less one.
    clients: Vec<ClientHost<S::Client>>,
    generator: Generator,
    network: Network,
    faults: Faults,
    operator: Operator,
    calm: Calm,
    checker: Checker,
    watch: Watch,
    digest: Digest,
    stats: Stats,
    /// Whose code is running, so that a panic can be laid at the right door.
    running: Option<Actor>,
    scratch: Scratch<Effects<S::Process>>,
    client_scratch: Scratch<ClientEffects<<S::Process as Process>::Request>>,
}

/// Effects that are filled again and again, to keep their allocations. A copy of the world needs none of them.
struct Scratch<E>(Option<Box<E>>);

impl<E: Default> Scratch<E> {
    fn take(&mut self) -> Box<E> {
        self.0.take().unwrap_or_default()
    }

    fn put(&mut self, effects: Box<E>) {
        self.0 = Some(effects);
    }
}

impl<E> Clone for Scratch<E> {
    fn clone(&self) -> Self {
        Scratch(None)
    }
}

impl<'a, S: System, T: Trace> Engine<'a, S, T> {
    fn new(system: &'a S, plan: &'a Plan, trace: T) -> Engine<'a, S, T> {
        let founders = NodeSet::first(plan.cluster.nodes);
        let last_node = NodeId(plan.cluster.nodes + plan.cluster.spares);
        let hosts = (0..=last_node.0).map(|id| Host::new(plan, NodeId(id))).collect();
        let clients = (1..=plan.workload.clients).map(ClientId);
        let clients: Vec<_> = clients.map(|id| ClientHost::new(plan, id, system.client(plan, id))).collect();
        let operator = Operator::new(ClientId(plan.workload.clients + 2));
        Engine {
            system,
            plan,
            trace,
            now: Instant::ZERO,
            events_now: 0,
            queue: Queue::new(),
            hosts,
            clients,
            generator: Generator::new(&plan.workload),
            network: Network::new(&plan.link, last_node, operator.id),
            faults: Faults::new(&plan.schedule),
            operator,
            calm: Calm::default(),
            checker: Checker::new(Membership::of(founders)),
            watch: Watch::new(&plan.cluster),
            digest: Digest::new(),
            stats: Stats::default(),
            running: None,
            scratch: Scratch(None),
            client_scratch: Scratch(None),
        }
    }

    fn run(mut self) -> Outcome {
        // The engine is only read after a panic, to tell what was going on.
        let ended = catch_unwind(AssertUnwindSafe(|| self.run_to_the_end()));
        let verdict = match ended {
            Ok(Stop::Over) => Verdict::Pass,
            Ok(Stop::Violation(violation)) => Verdict::Violation(violation),
            Ok(Stop::Stalled(message)) => Verdict::Stalled { message, at: self.moment() },
            Err(panic) => self.panicked(panic),
        };
        self.outcome(verdict)
    }

    fn run_to_the_end(&mut self) -> Stop {
        self.set_up();
        loop {
            if let Err(stop) = self.step() {
                return stop;
            }
        }
    }

    /// Puts into the queue what the plan says.
    fn set_up(&mut self) {
        for node in NodeSet::first(self.plan.cluster.nodes).iter() {
            self.queue.push(Instant::ZERO, Happening::Start { node, life: 0 });
        }
        for client in 0..self.clients.len() {
            self.pause_client(client);
        }
        for (fault, timed) in self.plan.schedule.iter().enumerate() {
            self.queue.push(millis(timed.at_ms), Happening::FaultBegins(fault));
        }
        self.queue.push(millis(self.plan.storm_ms), Happening::StormOver);
    }

    /// Takes the next event.
    fn step(&mut self) -> Step {
        let Some((at, happening)) = self.queue.pop() else { return Err(Stop::Over) };
        if at > self.now {
            self.now = at;
            self.events_now = 0;
        }
        // A wake-up that was replaced, or that was put off meanwhile, is no event.
        let happening = match happening {
            Happening::NodeWake { node, ticket } if !self.node_wake_is_due(node, ticket) => return Ok(()),
            Happening::ClientWake { client, ticket } if !self.client_wake_is_due(client, ticket) => return Ok(()),
            happening => happening,
        };
        self.count_event()?;
        self.happen(happening)?;
        if self.calm.is_to_be_judged() { self.judge_calm() } else { Ok(()) }
    }

    fn count_event(&mut self) -> Step {
        self.stats.events += 1;
        self.events_now += 1;
        if self.stats.events > self.plan.events_max {
            return Err(Stop::Stalled(format!("more than {} events in {}", self.plan.events_max, self.now)));
        }
        if self.events_now > EVENTS_AT_ONCE_MAX {
            return Err(Stop::Stalled(format!("time stands still at {} after {EVENTS_AT_ONCE_MAX} events", self.now)));
        }
        Ok(())
    }

    fn happen(&mut self, happening: Happening<S::Process>) -> Step {
        match happening {
            Happening::Message { from, to, marks, message } => self.message_arrives(from, to, marks, message),
            Happening::Request { from, to, marks, request } => self.request_arrives(from, to, marks, request),
            Happening::Response { from, to, marks, response } => self.response_arrives(from, to, marks, response),
            Happening::Deliver { node, life, what } => self.deliver_held(node, life, what),
            Happening::NodeWake { node, .. } => self.wake_node(node),
            Happening::ClientWake { client, .. } => self.wake_client(client),
            Happening::Invoke { client } => self.invoke(client),
            Happening::SyncEnds { node, life, sync } => self.sync_ends(node, life, sync),
            Happening::Start { node, life } => self.supervisor_starts(node, life),
            Happening::FaultBegins(fault) => self.fault_begins(fault),
            Happening::FaultGoesOn(fault) => self.fault_goes_on(fault),
            Happening::FaultIsOver(fault) => self.fault_is_over(fault),
            Happening::Operator(task) => self.operator_looks(task),
            Happening::StormOver => self.storm_is_over(),
            Happening::Deadline(demand) => self.deadline(demand),
        }
    }

    fn moment(&self) -> Moment {
        Moment { time: self.now, event: self.stats.events }
    }

    fn panicked(&self, panic: Box<dyn Any + Send>) -> Verdict {
        let node = match self.running {
            Some(Actor::Node(node)) => Some(node),
            Some(_) => None,
            // Not the code under test: the bug is ours.
            None => resume_unwind(panic),
        };
        let message = match (panic.downcast_ref::<String>(), panic.downcast_ref::<&str>()) {
            (Some(text), _) => text.clone(),
            (_, Some(text)) => (*text).into(),
            _ => "a panic without a message".into(),
        };
        Verdict::Panic { node, message, at: self.moment() }
    }

    fn outcome(mut self, verdict: Verdict) -> Outcome {
        self.stats.sim_ns = self.now.0;
        self.stats.pending_peak = self.queue.len_max() as u64;
        self.stats.operations.info += self.operations_outstanding();
        tell!(self, Actor::Run, What::Phase, "{verdict}");
        self.digest.event(Tag::Phase, self.now, 0, self.stats.events);
        Outcome {
            verdict,
            digest: self.digest.value(),
            stats: self.stats,
            faults: self.faults.ledger,
            milestones: self.watch.milestones,
        }
    }
}

fn millis(ms: u64) -> Instant {
    Instant(ms * 1_000_000)
}
