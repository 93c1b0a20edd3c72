//! The state of a run that its world reads, and the little of it that a world sets.

use env::{Instant, NodeId};

use super::Run;
use super::machine::{Condition, Machine};
use crate::cuts::Cuts;
use crate::disturbance::Disturbances;
use crate::logs::{KeptLogs, LogLevel};
use crate::net::Moment;
use crate::plan::Plan;
use crate::trace::{Actor, What};

impl<'a> Run<'a> {
    /// The plan.
    pub fn plan(&self) -> &'a Plan {
        self.plan
    }

    /// True time.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// True time, and the number of the event.
    pub fn moment(&self) -> Moment {
        Moment { time: self.now, event: self.stats.events }
    }

    /// True if faults are injected and clients work.
    pub fn is_storm(&self) -> bool {
        self.calm.is_storm()
    }

    /// The links between nodes that are cut.
    pub fn cuts(&self) -> &Cuts {
        &self.cuts
    }

    /// The faults that disturb messages.
    pub fn disturbances(&self) -> &Disturbances {
        &self.disturbances
    }

    /// The machine of a node.
    pub fn machine(&self, node: NodeId) -> &Machine {
        &self.machines[node.index()]
    }

    /// A process is about to run on this machine, and will report its boot later: no other caller may start it.
    pub fn process_starts(&mut self, node: NodeId) {
        self.machines[node.index()].is_up = true;
    }

    /// Something may be durable on this machine: its next start is not its first.
    pub fn disk_is_used(&mut self, node: NodeId) {
        self.machines[node.index()].condition = Condition::Used;
    }

    /// The fault that lets the next sync of this node fail, taken off the list of such faults; `None` if there is none.
    pub fn take_sync_fault(&mut self, node: NodeId) -> Option<usize> {
        self.machines[node.index()].sync_faults.pop_front()
    }

    /// The least important log events of the code under test that become lines of the trace.
    pub fn log_level(&self) -> LogLevel {
        self.trace.log_level()
    }

    /// The log events of the code under test that this thread makes, if any become lines of the trace.
    pub fn logs(&self) -> Option<&KeptLogs> {
        self.trace.logs()
    }

    /// Calls `act`, which is code under test of `who` and nothing else: a panic in it is that actor's, and so are its
    /// log events.
    #[inline]
    pub(crate) fn code_under_test<R>(&mut self, who: Actor, act: impl FnOnce() -> R) -> R {
        self.running = Some(who);
        let listening = self.trace.listen();
        let result = act();
        self.running = None;
        if let Some(listening) = listening {
            drop(listening);
            self.tell_logs(who);
        }
        result
    }

    /// Records the log events that have no line yet, as those of `who`.
    #[cold]
    pub(crate) fn tell_logs(&mut self, who: Actor) {
        for line in self.trace.take_logs() {
            self.logged(who, &line);
        }
    }

    /// Code under test of `who` has made a log event. This is no event of the run, and no part of its digest.
    pub fn logged(&mut self, who: Actor, line: &str) {
        tell!(self, who, What::Log, "{line}");
    }

    /// Calls `act`, which runs code under test of `who`: a panic in it is that actor's.
    pub fn in_the_code_of<R>(&mut self, who: Actor, act: impl FnOnce(&mut Self) -> R) -> R {
        self.running = Some(who);
        let result = act(self);
        self.running = None;
        result
    }
}
