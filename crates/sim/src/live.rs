//! A run that is driven from outside, step by step, instead of by its plan: the ground of a story.
//!
//! The driver lets time go on, injects faults and ends them, lets clients begin operations, and looks at the cluster as
//! its nodes describe it. The plan says the rest: cluster, links, disks, clients, seed. All checks of any run are made
//! of this one, and it ends with the same calm phase.
//!
//! Always true:
//! - equal plan, system, engine, version and driver give an equal outcome, digest included;
//! - the driver's acts fall on whole milliseconds, before anything else that happens in them, so that they can be
//!   written down as a plan ([`Live::told`]) and run again without the driver;
//! - once something was wrong, time stands still: every further step answers with [`RunEnded`].

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Duration;

use env::{ClientId, Instant, NodeId, NodeSet, Random, RequestId};

use crate::net::{Demand, Moment, Reach, Standing, Tally};
use crate::outcome::{Outcome, Stats, Verdict};
use crate::panics::panic_text;
use crate::plan::{Fault, Plan, TimedFault, TimedOperation, Value};
use crate::rng::{Consumer, Stream, split};
use crate::run::{Run, Step, Stop, World, millis};
use crate::trace::{Ended, Recorder};

/// Tells the picks of a driver's faults from other uses of the seed.
const PICK: u64 = 0x6c69_7665;

/// A run in progress.
pub struct Live<'a> {
    run: Run<'a>,
    world: Box<dyn World + 'a>,
    plan: Plan,
    stop: Option<Stop>,
    script: Vec<TimedOperation>,
    random: Stream,
    is_broken: bool,
}

/// Something was wrong, or the driver has gone on for too long; [`Live::finish`] gives the reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the run has ended")]
pub struct RunEnded;

/// A fault that was injected, by its number in the schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Injected(usize);

impl<'a> Live<'a> {
    /// A run in this world, which waits to be driven.
    pub fn of(plan: &'a Plan, world: impl World + 'a, recorder: Option<&'a mut dyn Recorder>) -> Live<'a> {
        let (mut run, mut world) = (Run::driven(plan, recorder), Box::new(world));
        run.set_up(&mut *world);
        let random = Stream::new(plan.seed, Consumer::Driver);
        Live { run, world, plan: plan.clone(), stop: None, script: Vec::new(), random, is_broken: false }
    }

    /// True time, since the run began.
    pub fn now(&self) -> Instant {
        self.run.now
    }

    /// Goes on by one event, or by as much as the engine does at once, if that comes before `until`; otherwise it is
    /// `until` now. Returns whether there was anything.
    ///
    /// # Errors
    /// The run has ended.
    pub fn step(&mut self, until: Instant) -> Result<bool, RunEnded> {
        if self.stop.is_some() {
            return Err(RunEnded);
        }
        if until > millis(self.plan.storm_ms) {
            let limit = Duration::from_millis(self.plan.storm_ms);
            let late = Stop::Stalled(format!("the story is not over after {} s", limit.as_secs()));
            self.stop = Some(self.run.graver(&mut *self.world, late));
            return Err(RunEnded);
        }
        if self.world.next_at(&self.run).is_none_or(|next| next >= until) {
            self.run.pass_time(until);
            return Ok(false);
        }
        self.act(|run, world| world.advance(run)).map(|()| true)
    }

    /// Goes on to the next whole millisecond, if it is not one now: nothing is done in between.
    ///
    /// # Errors
    /// The run has ended.
    pub fn settle(&mut self) -> Result<(), RunEnded> {
        let until = millis(self.now().0.div_ceil(1_000_000));
        while self.step(until)? {}
        Ok(())
    }

    /// Injects a fault, which is over after `lasts`, or when it is [ended](Live::end).
    ///
    /// # Errors
    /// The run has ended.
    pub fn inject(&mut self, fault: Fault, lasts: Option<Duration>) -> Result<Injected, RunEnded> {
        self.settle()?;
        let number = self.run.schedule.len();
        let timed = TimedFault {
            at_ms: self.now_ms(),
            lasts_ms: lasts.map(|lasts| lasts.as_millis() as u64),
            pick: split(self.plan.seed.0, PICK ^ number as u64),
            fault,
        };
        self.act(|run, world| {
            let number = run.plan_fault(timed);
            run.event(world, |run, world| run.fault_begins(world, number))
        })?;
        Ok(Injected(number))
    }

    /// Ends a fault, if it is not over.
    ///
    /// # Errors
    /// The run has ended.
    pub fn end(&mut self, fault: Injected) -> Result<(), RunEnded> {
        self.settle()?;
        let at_ms = self.run.schedule[fault.0].at_ms;
        let lasts_ms = self.now_ms() - at_ms;
        self.act(|run, world| {
            run.event(world, |run, world| {
                if run.is_on(fault.0) {
                    run.schedule[fault.0].lasts_ms = Some(lasts_ms);
                }
                run.fault_is_over(world, fault.0)
            })
        })
    }

    /// Lets a client begin an operation, which is given as the system writes its own. The client must have none
    /// outstanding.
    ///
    /// # Errors
    /// The run has ended.
    ///
    /// # Panics
    /// If the system cannot read the operation.
    pub fn invoke(&mut self, client: ClientId, operation: &Value) -> Result<RequestId, RunEnded> {
        self.world
            .check_operation(operation)
            .unwrap_or_else(|error| panic!("no operation of this system: {operation}: {error}"));
        self.settle()?;
        let request = self.run.next_request(client);
        self.script.push(TimedOperation { at_ns: self.now().0, client, operation: operation.clone() });
        self.act(|run, world| run.event(world, |run, world| world.invoke(run, client, operation)))?;
        Ok(request)
    }

    /// The operations that have ended since this was last asked.
    pub fn take_ended(&mut self) -> Vec<Ended> {
        self.run.trace.take_ended()
    }

    /// The roles of the nodes, as the net knows them.
    pub fn standing(&self) -> Standing {
        self.world.net().standing()
    }

    /// The part of the net of this type, if the net has one.
    pub fn part<P: Any>(&self) -> Option<&P> {
        self.world.net().parts().into_iter().find_map(|part| part.downcast_ref())
    }

    /// True if the net finds the demand met, by the nodes that run and the links that work now.
    pub fn is_met(&self, demand: Demand) -> bool {
        self.world.net().is_met(demand, &self.reach())
    }

    /// The nodes whose processes run, paused or not.
    pub fn running(&self) -> NodeSet {
        self.run.booted_nodes()
    }

    /// The running nodes that are not paused, with a running clock and a disk that is neither full nor stalled.
    pub fn able(&self) -> NodeSet {
        self.run.able().intersection(self.run.booted_nodes())
    }

    /// The nodes that have never lost their disk and can come back.
    pub fn usable(&self) -> NodeSet {
        self.run.usable_nodes()
    }

    /// The able nodes that messages of `node` get through to.
    pub fn reached_from(&self, node: NodeId) -> NodeSet {
        self.able().difference(self.run.cuts.cut_from(node))
    }

    /// The nodes that run, and which of them can talk with which: a node that is not able reaches no other.
    pub fn reach(&self) -> Reach {
        Reach::new(self.running(), |node| self.reached_from(node))
    }

    /// The counts of the net so far.
    pub fn tally(&self) -> Tally {
        self.world.net().tally()
    }

    /// The counts of the run so far.
    pub fn stats(&self) -> &Stats {
        &self.run.stats
    }

    /// The number of bytes of all messages that nodes were handed by nodes.
    pub fn message_bytes(&self) -> u64 {
        self.run.trace.message_bytes()
    }

    /// How many bytes a node's disk holds durably.
    pub fn disk_bytes(&self, node: NodeId) -> u64 {
        self.disk_bytes_of(node, "")
    }

    /// How many bytes a node's files with names that begin with `files` hold durably.
    pub fn disk_bytes_of(&self, node: NodeId, files: &str) -> u64 {
        self.world.disk(node).durable_bytes(files)
    }

    /// The driver's acts so far, as a plan that can be run without the driver: the same faults at the same times, and
    /// the same operations of the same clients.
    pub fn told(&self) -> Plan {
        let mut plan = self.plan.clone();
        plan.schedule = self.run.schedule.clone();
        plan.storm_ms = self.now().0.div_ceil(1_000_000) + 1;
        for timed in &mut plan.schedule {
            // The calm phase heals every fault that a driver leaves behind.
            timed.lasts_ms = timed.lasts_ms.or(Some(plan.storm_ms - timed.at_ms));
        }
        plan.workload.homes.retain(|client, _| self.script.iter().any(|timed| timed.client == *client));
        plan.workload.script = Some(self.script.clone());
        plan
    }

    /// True if the simulator itself has panicked: the panic that unwinds then is not the driver's.
    pub fn is_broken(&self) -> bool {
        self.is_broken
    }

    /// Lets everything be healed, makes the demands of the calm phase, and says how the run has ended.
    pub fn finish(mut self) -> Outcome {
        if self.stop.is_none() {
            let now_ms = self.run.now.0.div_ceil(1_000_000);
            for timed in &mut self.run.schedule {
                timed.lasts_ms.get_or_insert(now_ms - timed.at_ms);
            }
            let _ = self.act(|run, world| run.event(world, Run::storm_is_over));
        }
        while self.stop.is_none() {
            let _ = self.act(|run, world| world.advance(run));
        }
        let stop = self.stop.expect("the run has gone to its end");
        self.run.ends_with(&*self.world, stop)
    }

    /// Ends the run where it is, with this verdict, unless something was wrong before, or the clients' history is.
    pub fn abandon(mut self, verdict: impl FnOnce(Moment) -> Verdict) -> Outcome {
        let stop = self.stop.take().unwrap_or_else(|| self.run.graver(&mut *self.world, Stop::Stalled(String::new())));
        match stop {
            Stop::Stalled(said) if said.is_empty() => {
                let at = self.run.moment();
                self.run.outcome(&*self.world, verdict(at))
            }
            stop => self.run.ends_with(&*self.world, stop),
        }
    }

    fn now_ms(&self) -> u64 {
        self.now().0 / 1_000_000
    }

    /// Runs `act` on the run, and keeps the reason if the run ends.
    fn act(&mut self, act: impl FnOnce(&mut Run<'a>, &mut dyn World) -> Step) -> Result<(), RunEnded> {
        if self.stop.is_some() {
            return Err(RunEnded);
        }
        let Live { run, world, .. } = self;
        let stop = match catch_unwind(AssertUnwindSafe(|| act(run, &mut **world))) {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(stop)) => stop,
            Err(panic) => match self.run.running.take() {
                Some(who) => {
                    self.run.tell_logs(who);
                    Stop::Panic(who, panic_text(&*panic))
                }
                // Not a panic of the code under test: the bug is ours.
                None => {
                    self.is_broken = true;
                    resume_unwind(panic)
                }
            },
        };
        self.stop = Some(self.run.graver(&mut *self.world, stop));
        Err(RunEnded)
    }
}

/// 64 bits from the driver's own stream.
impl Random for Live<'_> {
    fn next_u64(&mut self) -> u64 {
        self.random.next_u64()
    }
}
