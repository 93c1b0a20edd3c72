//! Faults of clocks.

use env::NodeId;

use super::super::{Run, World};
use super::Grip;
use crate::plan::Target;
use crate::rng::Pick;
use crate::trace::{Actor, What};

const NS_PER_MS: i128 = 1_000_000;

impl Run<'_> {
    pub(super) fn clock_skew(
        &mut self,
        world: &mut dyn World,
        fault: usize,
        target: Target,
        by_ms: i64,
        random: &mut Pick,
    ) {
        let Some(node) = self.resolve(world, target, random) else { return };
        tell!(self, Actor::Nemesis, What::Fault, "sets the clock of {node} off by {by_ms:+} ms");
        let by_ns = i128::from(by_ms) * NS_PER_MS;
        self.grip(fault, Grip::ClockShift { node, by_ns });
        self.shift_clock(world, node, by_ns);
        self.machines[node.index()].clock_faults_unread.push(fault);
    }

    pub(super) fn clock_jump(
        &mut self,
        world: &mut dyn World,
        fault: usize,
        target: Target,
        by_ms: i64,
        random: &mut Pick,
    ) {
        let Some(node) = self.resolve(world, target, random) else { return };
        tell!(self, Actor::Nemesis, What::Fault, "lets the clock of {node} jump by {by_ms:+} ms");
        self.shift_clock(world, node, i128::from(by_ms) * NS_PER_MS);
        self.machines[node.index()].clock_faults_unread.push(fault);
    }

    pub(super) fn clock_drift(
        &mut self,
        world: &mut dyn World,
        fault: usize,
        target: Target,
        by_ppm: i32,
        random: &mut Pick,
    ) {
        let Some(node) = self.resolve(world, target, random) else { return };
        tell!(self, Actor::Nemesis, What::Fault, "lets the clock of {node} drift by {by_ppm:+} ppm");
        self.grip(fault, Grip::ClockDrift { node, by_ppm });
        self.clock_rate_changes(world, node);
        self.machines[node.index()].clock_faults_unread.push(fault);
    }

    pub(super) fn clock_freeze(&mut self, world: &mut dyn World, fault: usize, target: Target, random: &mut Pick) {
        let Some(node) = self.resolve(world, target, random) else { return };
        tell!(self, Actor::Nemesis, What::Fault, "freezes the clock of {node}");
        self.grip(fault, Grip::ClockFreeze { node });
        self.clock_rate_changes(world, node);
        self.machines[node.index()].clock_faults_unread.push(fault);
    }

    pub(super) fn shift_clock(&mut self, world: &mut dyn World, node: NodeId, by_ns: i128) {
        self.machines[node.index()].clock.shift(by_ns);
        world.clock_changes(self, node);
    }

    /// Sets a clock to the rate that results from all faults that are on.
    pub(super) fn clock_rate_changes(&mut self, world: &mut dyn World, of: NodeId) {
        let mut drift_ppm = Some(0);
        for grip in self.faults.grips() {
            match *grip {
                Grip::ClockDrift { node, by_ppm } if node == of => {
                    drift_ppm = drift_ppm.map(|sum| sum + i64::from(by_ppm));
                }
                Grip::ClockFreeze { node } if node == of => drift_ppm = None,
                _ => {}
            }
        }
        self.machines[of.index()].clock.set_drift(self.now, drift_ppm);
        world.clock_changes(self, of);
    }
}
