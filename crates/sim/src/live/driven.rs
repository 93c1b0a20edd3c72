//! The run beneath a driver, whatever its system and its engine.

use env::{ClientId, Instant, NodeId, NodeSet, Operation, RequestId};
use history::Moment;
use raft_rules::ClusterView;

use crate::disk::Medium;
use crate::judge::Judge;
use crate::outcome::{Outcome, Stats, Verdict};
use crate::plan::TimedFault;
use crate::run::{Run, Step, Stop, World};
use crate::trace::{Actor, Ended, Told};

/// A run, whatever its system and its engine.
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
    fn invoke(&mut self, client: ClientId, operation: Operation) -> Step;
    fn take_ended(&mut self) -> Vec<Ended>;
    fn heal_and_demand(&mut self) -> Step;
    fn cluster(&self) -> &ClusterView;
    fn running(&self) -> NodeSet;
    fn able(&self) -> NodeSet;
    fn usable(&self) -> NodeSet;
    fn reached_from(&self, node: NodeId) -> NodeSet;
    fn judge(&self) -> Option<&dyn Judge>;
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

    fn invoke(&mut self, client: ClientId, operation: Operation) -> Step {
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

    fn cluster(&self) -> &ClusterView {
        self.checker.view()
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

    fn judge(&self) -> Option<&dyn Judge> {
        self.judge()
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
