//! Once it is calm, each node must stay up.
//!
//! A supervisor starts a node again that has halted, so a node that halts at every start runs now and then. The demand is
//! that each node has been up since before it was calm, or for a second.
//!
//! It is no demand of a run in which a fault stays, a machine is lost, or a clock is wrong for good: a node may be right to
//! halt then. Nor is it one of a node whose disk a fault has damaged, or that the net does not name among the members.

use std::collections::BTreeMap;
use std::time::Duration;

use env::{Instant, NodeId};

use super::machine::{Condition, Machine};
use super::{Due, Run, World};
use crate::net::{Invariant, Lack};

/// A node that has been up for so long stays up.
pub(super) const STEADY_AFTER: Duration = Duration::from_secs(1);

/// By node, its halts since it is calm.
#[derive(Clone, Debug, Default)]
pub(super) struct Halts(BTreeMap<NodeId, Series>);

/// The halts of one node.
#[derive(Clone, Debug)]
struct Series {
    first: Instant,
    count: u64,
    /// The reason of the last one, as the node gave it.
    reason: String,
}

impl Run<'_> {
    /// A node halts of its own accord.
    pub(super) fn count_halt(&mut self, node: NodeId, reason: &str) {
        if self.is_storm() {
            return;
        }
        let first = self.now;
        let series = self.halts.0.entry(node).or_insert(Series { first, count: 0, reason: String::new() });
        series.count += 1;
        series.reason = reason.into();
    }

    /// A node has started: in a second its stay may meet the demand.
    pub(super) fn await_stay(&self, world: &mut dyn World) {
        if !self.is_storm() {
            world.push(self.now + STEADY_AFTER, Due::Steady);
        }
    }

    /// True if every node that must stay up does.
    pub(super) fn stays_up(&self, world: &dyn World) -> bool {
        self.unsteady(world).next().is_none()
    }

    /// The node that halts whenever it starts, if there is one.
    pub(super) fn does_not_stay(&self, world: &dyn World) -> Option<Lack> {
        self.unsteady(world).find_map(|machine| {
            let Series { first, count, reason } = self.halts.0.get(&machine.id)?;
            (*count > 1).then(|| Lack {
                invariant: Invariant::PROGRESS,
                message: format!(
                    "{} does not stay up: it has halted {count} times since {first}, at last for: {reason}",
                    machine.id
                ),
                nodes: [machine.id].into_iter().collect(),
            })
        })
    }

    /// The machines whose node must stay up, and was not up for long enough yet.
    fn unsteady<'a>(&'a self, world: &'a dyn World) -> impl Iterator<Item = &'a Machine> {
        let members = world.net().standing().members;
        let is_asked = !self.is_harmed_for_good();
        let machines = self.machines.iter().filter(move |machine| is_asked && self.is_in_use(machine));
        machines.filter(move |machine| {
            let must_stay = members.is_empty() || members.contains(machine.id);
            must_stay && !self.is_steady(machine) && !world.disk(machine.id).is_damaged()
        })
    }

    fn is_steady(&self, machine: &Machine) -> bool {
        machine.up_since.is_some_and(|since| !self.is_since_calm(since) || since + STEADY_AFTER <= self.now)
    }

    fn is_harmed_for_good(&self) -> bool {
        let is_harmed = |machine: &Machine| machine.condition == Condition::Lost || !machine.clock.is_right();
        self.faults.on().next().is_some() || self.machines.iter().any(is_harmed)
    }
}
