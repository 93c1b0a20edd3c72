//! One run in progress: its faults, its events and its verdict.
//!
//! A [`Run`] applies the plan's schedule, shows every event to the checkers, makes the demands of the calm phase, and
//! keeps the digest, the ledger, the milestones and the counts. An engine, its [`World`], carries messages and runs
//! processes. The run stops at the event that broke a rule.
//!
//! The files: `happened.rs` takes in the events that the world reports, `power.rs` starts and stops nodes, `faults.rs`
//! applies the schedule (with `target.rs`: the nodes to hit; `guard.rs`: the faults to refuse), `operator.rs` asks for
//! administrative work, `calm.rs` makes the demands at the end, `meter.rs` counts the resources of the run,
//! `aftermath.rs` goes on for the history of a stale read; `view.rs` is the state that a world reads; `machine.rs` and `clients.rs` keep the state of each machine
//! and client; `invariants.rs` asserts that all of it agrees.
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
use crate::digest::{Digest, Tag};
use crate::net::{InvariantKind, Moment, Net, Seen, Violation};
use crate::outcome::{Outcome, Stats, Verdict};
use crate::panics::panic_text;
use crate::plan::{Plan, TimedFault};
use crate::queue::Queue;
use crate::trace::{Actor, Trace, What};

/// Records a line, if the run is traced and its outcome is open. A macro, so that the text may borrow from the run.
macro_rules! tell {
    ($run:expr, $actor:expr, $what:expr, $($text:tt)*) => {
        if $run.trace.is_on() && !$run.is_settled() {
            let at = crate::net::Moment { time: $run.now, event: $run.stats.events };
            let line = crate::trace::Line { at, actor: $actor, what: $what, text: format_args!($($text)*) };
            $run.trace.record(&line);
        }
    };
}
pub(crate) use tell;

mod aftermath;
mod calm;
mod clients;
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
mod view;
mod world;

use aftermath::Aftermath;
use calm::{Calm, Stage};
use clients::Clients;
use faults::Faults;
pub use machine::{Condition, DiskCondition, Machine};
pub use meter::CutBy;
use meter::Meter;
use operator::Operator;
pub use power::{RESTART_AFTER, Stopping};
use reached::Reached;
pub use world::{NoteOf, OpOf, OutputOf, World};

/// So many events at one instant are a livelock.
const EVENTS_AT_ONCE_MAX: u64 = 200_000;

/// Why a run ends.
pub enum Stop {
    /// The run is complete.
    Over,
    /// An invariant was broken or a demand not met.
    Violation(Box<Violation>),
    /// The code under test panicked, and its world caught that.
    Panic(Actor, String),
    /// The run took too many events.
    Stalled(String),
    /// The bounds of the run do not let it go on.
    Cut(CutBy),
}

impl From<Box<Violation>> for Stop {
    fn from(violation: Box<Violation>) -> Stop {
        Stop::Violation(violation)
    }
}

/// The result of one event: the run goes on, or it ends.
pub type Step = Result<(), Stop>;

/// An entry of the queue.
#[derive(Clone, Debug)]
pub(crate) enum Happening<H> {
    /// An entry of the world's own.
    World(H),
    /// A node's supervisor starts it.
    Start { node: NodeId, life: u32 },
    /// The fault of this number in the schedule begins.
    FaultBegins(usize),
    /// The fault goes on to its next step.
    FaultGoesOn(usize),
    /// The fault's time is over.
    FaultIsOver(usize),
    /// The operator looks after this task.
    Operator(usize),
    /// The storm is over.
    StormOver,
    /// A demand of the calm phase was to be met by now.
    Deadline(Stage),
}

/// One run in progress.
#[derive(Clone)]
pub struct Run<'a, T: Trace, W: World> {
    pub(crate) plan: &'a Plan,
    /// The engine's half.
    pub world: W,
    /// The listeners of the run.
    pub trace: T,
    /// True time.
    pub(crate) now: Instant,
    /// The number of events at this instant.
    events_now: u64,
    pub(crate) queue: Queue<Happening<W::Happening>>,
    /// By [`NodeId::index`]; the first is unused.
    pub(crate) machines: Vec<Machine>,
    clients: Clients,
    pub(crate) cuts: Cuts,
    /// The faults that were planned, and then those of a story, in the order in which they begin.
    pub(crate) schedule: Vec<TimedFault>,
    faults: Faults,
    operator: Operator,
    calm: Calm,
    /// The net that watches the run, in the system's own words.
    pub(crate) net: W::Net,
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

/// The id of the operator: behind the clients of the workload and the probe.
pub fn operator_id(plan: &Plan) -> ClientId {
    ClientId(plan.workload.clients + 2)
}

impl<'a, T: Trace, W: World> Run<'a, T, W> {
    pub fn new(net: W::Net, plan: &'a Plan, world: W, trace: T, bounds: Bounds<'a>) -> Run<'a, T, W> {
        Run {
            plan,
            world,
            trace,
            now: Instant::ZERO,
            events_now: 0,
            queue: Queue::new(),
            machines: (0..=last_node(plan).0).map(|id| Machine::new(NodeId(id))).collect(),
            clients: Clients::new(plan.workload.clients),
            cuts: Cuts::none(),
            schedule: plan.schedule.clone(),
            faults: Faults::new(&plan.schedule),
            operator: Operator::new(operator_id(plan)),
            calm: Calm::default(),
            net,
            objection: None,
            reached: Reached::default(),
            meter: Meter::new(bounds),
            aftermath: None,
            digest: Digest::new(),
            stats: Stats::default(),
            running: None,
        }
    }

    /// Goes to the end, to the first thing that is wrong, or to where the bounds cut it short.
    pub fn go(mut self) -> Result<Outcome, Cut> {
        // After a panic the run is only read, to report its state.
        let ended = catch_unwind(AssertUnwindSafe(|| self.go_to_the_end()));
        let stop = match ended {
            Ok(stop) => stop,
            Err(panic) => match self.running {
                Some(who) => match self.objection.take() {
                    // It came first.
                    Some(violation) => violation.into(),
                    None => Stop::Panic(who, panic_text(&*panic)),
                },
                // Not a panic of the code under test: the bug is ours.
                None => resume_unwind(panic),
            },
        };
        if let Some(aftermath) = self.aftermath {
            return Ok(aftermath.outcome);
        }
        match stop {
            Stop::Cut(CutBy::Deadline) => Err(Cut::Stopped { at: self.moment(), held: self.held() }),
            Stop::Cut(CutBy::Exceeded(exceeded)) => {
                let outcome = Box::new(self.ends_with(stop));
                Err(Cut::Exceeded { exceeded, outcome })
            }
            stop => Ok(self.ends_with(stop)),
        }
    }

    /// The outcome of a run that ends with `stop`.
    pub fn ends_with(self, stop: Stop) -> Outcome {
        let verdict = self.verdict(stop);
        self.outcome(verdict)
    }

    fn verdict(&self, stop: Stop) -> Verdict {
        match stop {
            Stop::Over => Verdict::Pass,
            Stop::Violation(violation) => Verdict::Violation(*violation),
            Stop::Panic(who, message) => self.panicked(who, message),
            Stop::Stalled(message) => self.stalled(message),
            Stop::Cut(CutBy::Exceeded(exceeded)) => self.stalled(exceeded.to_string()),
            Stop::Cut(CutBy::Deadline) => self.stalled("somebody stopped it".into()),
        }
    }

    fn go_to_the_end(&mut self) -> Stop {
        self.set_up();
        loop {
            if let Err(stop) = W::advance(self) {
                return self.graver(stop);
            }
            if self.is_settled() && self.is_aftermath_over() {
                return Stop::Over;
            }
        }
    }

    /// A run that is given up for being late may have given a wrong answer before: the wrong answer comes first.
    pub(crate) fn graver(&mut self, stop: Stop) -> Stop {
        let is_late = match &stop {
            Stop::Violation(violation) => violation.invariant.kind() == InvariantKind::Liveness,
            Stop::Stalled(_) => true,
            Stop::Over | Stop::Panic(..) | Stop::Cut(_) => false,
        };
        if !is_late || self.is_settled() {
            return stop;
        }
        self.net.see(self.moment(), Seen::GivenUp).map_or_else(Stop::from, |()| stop)
    }

    /// Puts the plan's events into the queue.
    pub fn set_up(&mut self) {
        for node in NodeSet::first(self.plan.cluster.nodes).iter() {
            self.queue.push(Instant::ZERO, Happening::Start { node, life: 0 });
        }
        W::set_up(self);
        for (fault, timed) in self.schedule.iter().enumerate() {
            self.queue.push(millis(timed.at_ms), Happening::FaultBegins(fault));
        }
        self.queue.push(millis(self.plan.storm_ms), Happening::StormOver);
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
    #[inline]
    pub fn event(&mut self, act: impl FnOnce(&mut Self) -> Step) -> Step {
        self.count_event()?;
        let step = act(self);
        self.after_objection(step)?;
        self.meet_demands()
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

    /// True if the net may be shown more: no rule is broken yet.
    #[inline]
    pub(crate) fn is_watched(&self) -> bool {
        !self.is_settled() && self.objection.is_none()
    }

    /// Judges the demand of the calm phase, if an event may have met it.
    pub fn meet_demands(&mut self) -> Step {
        if self.calm.is_to_be_judged() { self.judge_calm() } else { Ok(()) }
    }

    pub fn count_event(&mut self) -> Step {
        self.stats.events += 1;
        self.events_now += 1;
        if self.meter.is_due(self.stats.events) {
            self.look()?;
        }
        if self.events_now > EVENTS_AT_ONCE_MAX {
            return Err(Stop::Stalled(format!("time stands still at {} after {EVENTS_AT_ONCE_MAX} events", self.now)));
        }
        Ok(())
    }

    /// An entry of the queue is due.
    #[inline]
    pub(crate) fn happen(&mut self, happening: Happening<W::Happening>) -> Step {
        match happening {
            Happening::World(happening) => W::happen(self, happening),
            Happening::Start { node, life } => self.supervisor_starts(node, life),
            Happening::FaultBegins(fault) => self.fault_begins(fault),
            Happening::FaultGoesOn(fault) => self.fault_goes_on(fault),
            Happening::FaultIsOver(fault) => self.fault_is_over(fault),
            Happening::Operator(task) => self.operator_looks(task),
            Happening::StormOver => self.storm_is_over(),
            Happening::Deadline(stage) => self.deadline(stage),
        }
    }

    /// Shows `seen` to the net in the middle of an event; if that breaks a rule, the run ends when the event is over.
    pub fn show_only(&mut self, seen: Seen<'_, OpOf<W>, OutputOf<W>, NoteOf<W>>) {
        if self.is_watched()
            && let Err(violation) = self.net.see(self.moment(), seen)
        {
            self.objection.get_or_insert(violation);
        }
    }

    pub fn moment(&self) -> Moment {
        Moment { time: self.now, event: self.stats.events }
    }

    /// True if faults are injected and clients work.
    pub fn is_storm(&self) -> bool {
        self.calm.is_storm()
    }

    fn stalled(&self, message: String) -> Verdict {
        Verdict::Stalled { message, at: self.moment() }
    }

    fn panicked(&self, who: Actor, message: String) -> Verdict {
        let node = if let Actor::Node(node) = who { Some(node) } else { None };
        Verdict::Panic { node, message, at: self.moment() }
    }

    pub(crate) fn outcome(mut self, verdict: Verdict) -> Outcome {
        self.conclude(verdict)
    }

    /// The outcome if the run ends here.
    fn conclude(&mut self, verdict: Verdict) -> Outcome {
        let mut stats = self.stats;
        stats.sim_ns = self.now.0;
        stats.pending_peak = self.queue.len_max() as u64;
        stats.operations.info += self.operations_outstanding();
        let tally = self.net.tally();
        stats.histories_undecided = tally.undecided;
        let mut milestones = tally.milestones;
        milestones.add(&self.reached.milestones(W::SEES_FILES));
        tell!(self, Actor::Run, What::Phase, "{verdict}");
        self.digest.event(Tag::Phase, self.now, 0, stats.events);
        Outcome {
            verdict,
            idle: if W::CLIENTS_END || stats.demands_waived > 0 { None } else { tally.idle },
            digest: self.digest.value(),
            stats,
            faults: self.faults.ledger.clone(),
            milestones,
        }
    }
}

pub(crate) fn millis(ms: u64) -> Instant {
    Instant(ms * 1_000_000)
}
