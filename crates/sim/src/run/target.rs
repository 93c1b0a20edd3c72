//! The targets of a fault: nodes of the cluster as it is when the fault fires.

use env::{NodeId, NodeSet, Random};

use super::machine::Condition;
use super::{Run, World};
use crate::plan::Target;
use crate::rng::Pick;
use crate::trace::{Actor, What};

impl Run<'_> {
    /// Every machine there is, installed or not.
    pub(super) fn all_nodes(&self) -> NodeSet {
        NodeSet::first(self.plan.cluster.nodes + self.plan.cluster.spares)
    }

    /// The members that vote: all members if the net names no voters, all machines if it names no members.
    pub(super) fn voters(&self, world: &dyn World) -> NodeSet {
        let standing = world.net().standing();
        let named = if standing.voters.is_empty() { standing.members } else { standing.voters };
        let voters = named.intersection(self.all_nodes());
        if voters.is_empty() { self.all_nodes() } else { voters }
    }

    /// The nodes that run, paused or not.
    pub(super) fn running(&self) -> NodeSet {
        self.machines.iter().filter(|machine| machine.is_up).map(|machine| machine.id).collect()
    }

    /// The nodes that have booted and run, paused or not.
    pub(crate) fn booted_nodes(&self) -> NodeSet {
        self.machines.iter().filter(|machine| machine.has_booted).map(|machine| machine.id).collect()
    }

    /// The nodes whose machines are not lost.
    pub(crate) fn usable_nodes(&self) -> NodeSet {
        let is_lost = |node: &NodeId| self.machines[node.index()].condition == Condition::Lost;
        self.all_nodes().iter().filter(|node| !is_lost(node)).collect()
    }

    /// The node that `target` means now. Every kind of target costs one draw.
    pub(super) fn resolve(&mut self, world: &dyn World, target: Target, random: &mut Pick) -> Option<NodeId> {
        self.resolve_but(world, target, NodeSet::EMPTY, random)
    }

    /// The nodes that these targets mean now: as many as there are targets, as far as there are nodes.
    pub(super) fn resolve_side(&mut self, world: &dyn World, side: &[Target], random: &mut Pick) -> NodeSet {
        let mut nodes = NodeSet::EMPTY;
        for target in side {
            if let Some(node) = self.resolve_but(world, *target, nodes, random) {
                nodes.insert(node);
            }
        }
        nodes
    }

    fn resolve_but(&mut self, world: &dyn World, target: Target, taken: NodeSet, random: &mut Pick) -> Option<NodeId> {
        let drawn = random.next_u64();
        let (standing, running) = (world.net().standing(), self.running());
        let members = running.intersection(standing.members);
        let candidates = if members.is_empty() { running } else { members }.difference(taken);
        let chosen = match target {
            Target::Node(node) => Some(node),
            Target::Leader => standing.leader.or_else(|| choose(candidates, drawn)),
            Target::Follower => choose(candidates.difference(standing.leaders), drawn),
            Target::Any => choose(candidates, drawn),
        };
        if chosen.is_none() {
            tell!(self, Actor::Nemesis, What::Fault, "finds no node that is meant by '{target}'");
        }
        chosen
    }
}

/// One of these nodes, by 64 random bits.
pub(super) fn choose(nodes: NodeSet, drawn: u64) -> Option<NodeId> {
    let place = ((u128::from(drawn) * nodes.len() as u128) >> 64) as usize;
    nodes.iter().nth(place)
}
