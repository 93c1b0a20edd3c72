//! The run beneath a driver, the same for every system and engine.

use std::any::Any;

use env::{ClientId, Instant, NodeId, NodeSet, RequestId};

use crate::disk::Medium;
use crate::generator;
use crate::net::{Demand, Moment, Net, Reach, Standing, Tally};
use crate::outcome::{Outcome, Stats, Verdict};
use crate::plan::{TimedFault, Value};
use crate::run::{OpOf, Run, Step, Stop, World};
use crate::trace::{Actor, Ended, Told};

/// A run of any system on any engine.
pub(super) trait Driven {
    fn begin(&mut self);
    fn now(&self) -> Instant;
    fn moment(&self) -> Moment;
    fn next_at(&self) -> Option<Instant>;
    fn pass_time(&mut self, at: Instant);
    fn advance(&mut self) -> Step;
    fn inject(&mut self, timed: TimedFault) -> Step;
    fn end(&mut self, fault: usize, lasts_ms: u64) -> Step;
    fn schedule(&self) -> &[TimedFault];
    fn next_request(&mut self, client: ClientId) -> RequestId;
    fn read(&self, operation: &Value) -> Result<(), serde_json::Error>;
    fn invoke(&mut self, client: ClientId, operation: &Value) -> Step;
    fn take_ended(&mut self) -> Vec<Ended>;
    fn heal_and_demand(&mut self) -> Step;
    fn standing(&self) -> Standing;
    fn parts(&self) -> Vec<&dyn Any>;
    fn tally(&self) -> Tally;
    fn is_met(&self, demand: Demand, reach: &Reach) -> bool;
    fn running(&self) -> NodeSet;
    fn able(&self) -> NodeSet;
    fn usable(&self) -> NodeSet;
    fn reached_from(&self, node: NodeId) -> NodeSet;
    fn stats(&self) -> &Stats;
    fn message_bytes(&self) -> u64;
    fn disk_bytes(&self, node: NodeId) -> u64;
    fn disk_bytes_of(&self, node: NodeId, files: &str) -> u64;
    fn whose_code(&mut self) -> Option<Actor>;
    fn graver(&mut self, stop: Stop) -> Stop;
    fn end_with(self: Box<Self>, stop: Stop) -> Outcome;
    fn end_as(self: Box<Self>, verdict: Verdict) -> Outcome;
}

impl<W: World> Driven for Run<'_, Told<'_>, W> {
    fn begin(&mut self) {
        self.set_up();
    }

    fn now(&self) -> Instant {
        self.now
    }

    fn moment(&self) -> Moment {
        self.moment()
    }

    fn next_at(&self) -> Option<Instant> {
        W::next_at(self)
    }

    fn pass_time(&mut self, at: Instant) {
        self.pass_time(at);
    }

    fn advance(&mut self) -> Step {
        W::advance(self)
    }

    fn inject(&mut self, timed: TimedFault) -> Step {
        let number = self.plan_fault(timed);
        self.event(|run| run.fault_begins(number))
    }

    fn end(&mut self, fault: usize, lasts_ms: u64) -> Step {
        self.event(|run| {
            if run.is_on(fault) {
                run.schedule[fault].lasts_ms = Some(lasts_ms);
            }
            run.fault_is_over(fault)
        })
    }

    fn schedule(&self) -> &[TimedFault] {
        &self.schedule
    }

    fn next_request(&mut self, client: ClientId) -> RequestId {
        self.next_request(client)
    }

    fn read(&self, operation: &Value) -> Result<(), serde_json::Error> {
        generator::read::<OpOf<W>>(operation).map(|_| ())
    }

    fn invoke(&mut self, client: ClientId, operation: &Value) -> Step {
        let operation = generator::read(operation).expect("the operation was read before");
        self.event(|run| W::invoke(run, client, operation))
    }

    fn take_ended(&mut self) -> Vec<Ended> {
        self.trace.take_ended()
    }

    fn heal_and_demand(&mut self) -> Step {
        let now_ms = self.now.0.div_ceil(1_000_000);
        for timed in &mut self.schedule {
            timed.lasts_ms.get_or_insert(now_ms - timed.at_ms);
        }
        self.event(Run::storm_is_over)
    }

    fn standing(&self) -> Standing {
        self.net.standing()
    }

    fn parts(&self) -> Vec<&dyn Any> {
        self.net.parts()
    }

    fn tally(&self) -> Tally {
        self.net.tally()
    }

    fn is_met(&self, demand: Demand, reach: &Reach) -> bool {
        self.net.is_met(demand, reach)
    }

    fn running(&self) -> NodeSet {
        self.booted_nodes()
    }

    fn able(&self) -> NodeSet {
        self.able().intersection(self.booted_nodes())
    }

    fn usable(&self) -> NodeSet {
        self.usable_nodes()
    }

    fn reached_from(&self, node: NodeId) -> NodeSet {
        Driven::able(self).difference(self.cuts.cut_from(node))
    }

    fn stats(&self) -> &Stats {
        &self.stats
    }

    fn message_bytes(&self) -> u64 {
        self.trace.message_bytes()
    }

    fn disk_bytes(&self, node: NodeId) -> u64 {
        self.world.disk(node).durable_bytes("")
    }

    fn disk_bytes_of(&self, node: NodeId, files: &str) -> u64 {
        self.world.disk(node).durable_bytes(files)
    }

    fn whose_code(&mut self) -> Option<Actor> {
        self.running.take()
    }

    fn graver(&mut self, stop: Stop) -> Stop {
        self.graver(stop)
    }

    fn end_with(self: Box<Self>, stop: Stop) -> Outcome {
        self.ends_with(stop)
    }

    fn end_as(self: Box<Self>, verdict: Verdict) -> Outcome {
        self.outcome(verdict)
    }
}
