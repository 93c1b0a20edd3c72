//! The faults that the nemesis refuses: no correct system could survive them in the present state of the run.
//!
//! The net says whether a disk may be destroyed, given the machines whose disks hold all data that was ever synced to
//! them. A fault that is refused is injected, and not effective.

use env::{NodeId, NodeSet};

use super::machine::Condition;
use super::{Run, World};

impl Run<'_> {
    /// True if `node` may lose its disk.
    pub(super) fn may_destroy(&self, world: &dyn World, node: NodeId) -> bool {
        if self.machines[node.index()].condition != Condition::Used {
            // There is nothing to destroy, or nothing left.
            return false;
        }
        let mut intact = self.intact(world);
        intact.remove(node);
        world.net().may_lose(self.moment(), node, intact).unwrap_or(false)
    }

    /// The machines that hold all data that was ever synced to them.
    pub(super) fn intact(&self, world: &dyn World) -> NodeSet {
        let holds_all =
            |node: &NodeId| self.machines[node.index()].condition != Condition::Lost && !world.disk(*node).is_damaged();
        self.all_nodes().iter().filter(holds_all).collect()
    }
}
