//! The state of a run that its world reads, and the little of it that a world sets.

use env::{Instant, NodeId};

use super::machine::{Condition, Machine};
use super::{Run, Step, World};
use crate::cuts::Cuts;
use crate::plan::Plan;
use crate::trace::{Actor, Trace};

impl<'a, T: Trace, W: World> Run<'a, T, W> {
    /// The plan.
    pub fn plan(&self) -> &'a Plan {
        self.plan
    }

    /// True time.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// The links between nodes that are cut.
    pub fn cuts(&self) -> &Cuts {
        &self.cuts
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

    /// Lets all entries of the queue happen that are due by now.
    ///
    /// # Errors
    /// The reason for which the run ends.
    pub fn happen_until_now(&mut self) -> Step {
        while let Some((_, happening)) = self.queue.pop_until(self.now) {
            self.event(|run| run.happen(happening))?;
        }
        Ok(())
    }

    /// Calls `act`, which runs code under test of `who`: a panic in it is that actor's.
    pub fn in_the_code_of<R>(&mut self, who: Actor, act: impl FnOnce(&mut Self) -> R) -> R {
        self.running = Some(who);
        let result = act(self);
        self.running = None;
        result
    }
}
