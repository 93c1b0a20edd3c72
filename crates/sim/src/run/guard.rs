//! What the nemesis refuses: faults that no correct system could survive, judged by the state the run is in.
//!
//! A disk may be destroyed only as long as a majority of every configuration that may be in force keeps its disk, and a
//! membership change is asked for only if the configuration it leads to has a majority of nodes that run on intact
//! disks. Which configurations may be in force is judged prudently: that of the leader, those that any node uses, and
//! those that a change asked for a while ago may yet bring. A fault that is refused is injected, and not effective.

use env::{Membership, NodeId, NodeSet};

use super::machine::Condition;
use super::{Run, World};
use crate::disk::Medium;
use crate::trace::Trace;

impl<T: Trace, W: World> Run<'_, T, W> {
    /// Whether `node` may lose its disk.
    pub(super) fn may_destroy(&self, node: NodeId) -> bool {
        if self.machines[node.index()].condition != Condition::Used {
            // There is nothing to destroy, or nothing left.
            return false;
        }
        if !self.terms.log_founders.contains(node) && node.0 <= self.plan.cluster.nodes {
            // It holds what no quorum does.
            return false;
        }
        let mut intact = self.intact();
        intact.remove(node);
        self.configurations_possible()
            .into_iter()
            .all(|membership| !membership.is_voter(node) || membership.has_quorum(intact))
    }

    /// Whether a membership change that leads to this configuration may be asked for.
    pub(super) fn may_configure(&self, membership: &Membership) -> bool {
        membership.has_quorum(self.intact().intersection(self.running()))
    }

    /// The machines that hold all that was ever synced to them.
    fn intact(&self) -> NodeSet {
        let holds_all = |node: &NodeId| {
            self.machines[node.index()].condition != Condition::Lost && !self.world.disk(*node).is_damaged()
        };
        self.all_nodes().iter().filter(holds_all).collect()
    }

    fn configurations_possible(&self) -> Vec<Membership> {
        let view = self.checker.view();
        let used = self.all_nodes().iter().map(|node| view.node(node).membership);
        let asked_for = self.operator.asked_for(self.now);
        let mut all: Vec<Membership> = Vec::new();
        for membership in [view.membership()].into_iter().chain(used).chain(asked_for) {
            if !membership.voters.is_empty() && !all.contains(&membership) {
                all.push(membership);
            }
        }
        all
    }
}
