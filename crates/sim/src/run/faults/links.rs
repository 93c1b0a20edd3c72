//! Faults of the network: cuts between nodes, and disturbed messages.

use env::{NodeId, NodeSet, Random};

use super::super::{Run, World};
use super::Grip;
use crate::cuts::Cuts;
use crate::disturbance::Disturbance;
use crate::net::Seen;
use crate::plan::{Direction, Fault, Target};
use crate::rng::Pick;
use crate::trace::{Actor, What};

const NS_PER_MS: u64 = 1_000_000;

impl Run<'_> {
    pub(super) fn partition(&mut self, world: &mut dyn World, fault: usize, side: &[Target], random: &mut Pick) {
        let side = self.resolve_side(world, side, random);
        let rest = self.all_nodes().difference(side);
        tell!(self, Actor::Nemesis, What::Fault, "partitions {side} | {rest}");
        self.cut(world, fault, Cuts::both_ways(side, rest));
    }

    pub(super) fn partition_one_way(
        &mut self,
        world: &mut dyn World,
        fault: usize,
        side: &[Target],
        cut: Direction,
        random: &mut Pick,
    ) {
        let side = self.resolve_side(world, side, random);
        let rest = self.all_nodes().difference(side);
        let (from, to) = if cut == Direction::Inbound { (rest, side) } else { (side, rest) };
        tell!(self, Actor::Nemesis, What::Fault, "cuts {from} -/-> {to}");
        self.cut(world, fault, Cuts::one_way(from, to));
    }

    /// Voters are dealt to the two halves in turn, then all other machines, so that both halves have as many of each.
    pub(super) fn bridge(&mut self, world: &mut dyn World, fault: usize, middle: Target, random: &mut Pick) {
        let Some(middle) = self.resolve(world, middle, random) else { return };
        let voters = self.voters(world);
        let mut order = shuffled(voters, random);
        order.extend(shuffled(self.all_nodes().difference(voters), random));
        order.retain(|node| *node != middle);
        let half = |which: usize| order.iter().copied().skip(which).step_by(2).collect::<NodeSet>();
        let (one, other) = (half(0), half(1));
        tell!(self, Actor::Nemesis, What::Fault, "leaves only {middle} between {one} and {other}");
        self.cut(world, fault, Cuts::both_ways(one, other));
    }

    /// Of four voters or more, each talks to as many neighbours on a ring as make a majority with it, or one more.
    /// Three on a line are as near as three can come to it.
    pub(super) fn majorities_ring(&mut self, world: &mut dyn World, fault: usize, random: &mut Pick) {
        let voters = self.voters(world);
        let ring = shuffled(voters, random);
        let cuts = match ring[..] {
            [_, _] | [_] | [] => return,
            [one, _, other] => Cuts::both_ways([one].into_iter().collect(), [other].into_iter().collect()),
            _ => Cuts::ring(&ring, voters.majority() / 2),
        };
        tell!(self, Actor::Nemesis, What::Fault, "lets members talk to their neighbours only, in the order {ring:?}");
        self.cut(world, fault, cuts);
    }

    pub(super) fn disturb_messages(&mut self, world: &mut dyn World, fault: usize, what: &Fault, random: &mut Pick) {
        let disturbance = match *what {
            Fault::Loss { ratio } => Disturbance::Loss(ratio),
            Fault::Duplication { ratio } => Disturbance::Duplication(ratio),
            Fault::Reordering { ratio, delay_max_ms } => {
                Disturbance::Reordering { ratio, delay_max_ns: delay_max_ms * NS_PER_MS }
            }
            Fault::Delay { ratio, min_ms, max_ms } => {
                Disturbance::Delay { ratio, min_ns: min_ms * NS_PER_MS, max_ns: max_ms * NS_PER_MS }
            }
            Fault::SlowLink { target, extra_ms } => {
                let Some(node) = self.resolve(world, target, random) else { return };
                Disturbance::SlowLink { node, extra_ns: extra_ms * NS_PER_MS }
            }
            _ => unreachable!("{} does nothing to messages", what.kind()),
        };
        tell!(self, Actor::Nemesis, What::Fault, "begins: {disturbance}");
        let pick = self.schedule[fault].pick;
        self.disturbances.begin(fault, pick, disturbance);
        world.disturbances_change(self);
        self.grip(fault, Grip::Messages);
    }

    /// Sets the cuts to those of all faults that are on.
    pub(super) fn cuts_change(&mut self, world: &mut dyn World) {
        let cuts = self.faults.grips().filter_map(|grip| if let Grip::Cut(cuts) = grip { Some(cuts) } else { None });
        self.cuts = Cuts::union(cuts);
        self.show_only(world, Seen::LinksCut(self.cuts.are_any()));
        world.cuts_change(self);
    }

    fn cut(&mut self, world: &mut dyn World, fault: usize, cuts: Cuts) {
        self.grip(fault, Grip::Cut(cuts));
        self.cuts_change(world);
    }
}

/// These nodes in a random order (Fisher and Yates).
pub(super) fn shuffled(nodes: NodeSet, random: &mut Pick) -> Vec<NodeId> {
    let mut order: Vec<NodeId> = nodes.iter().collect();
    for last in (1..order.len()).rev() {
        order.swap(last, random.below(last as u64 + 1) as usize);
    }
    order
}
