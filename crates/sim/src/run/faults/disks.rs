//! Faults of disks.

use super::super::machine::DiskCondition;
use super::super::power::Stopping;
use super::super::{Run, World};
use super::Grip;
use crate::net::Seen;
use crate::plan::Target;
use crate::rng::Pick;
use crate::trace::{Actor, What};

use env::NodeId;

impl Run<'_> {
    pub(super) fn fsync_error(&mut self, world: &mut dyn World, fault: usize, target: Target, random: &mut Pick) {
        let Some(node) = self.resolve(world, target, random) else { return };
        tell!(self, Actor::Nemesis, What::Fault, "lets the next sync of {node} fail");
        self.machines[node.index()].sync_faults.push_back(fault);
        self.grip(fault, Grip::NextSync { node });
        world.disk_changes(self, node);
    }

    pub(super) fn disk_full(&mut self, world: &mut dyn World, fault: usize, target: Target, random: &mut Pick) {
        let Some(node) = self.resolve(world, target, random) else { return };
        tell!(self, Actor::Nemesis, What::Fault, "fills the disk of {node}");
        self.grip(fault, Grip::FullDisk { node });
        self.disk_changes(world, node);
    }

    pub(super) fn slow_disk(
        &mut self,
        world: &mut dyn World,
        fault: usize,
        target: Target,
        factor: u32,
        random: &mut Pick,
    ) {
        let Some(node) = self.resolve(world, target, random) else { return };
        tell!(self, Actor::Nemesis, What::Fault, "makes the disk of {node} {factor} times as slow");
        self.grip(fault, Grip::SlowDisk { node, factor });
        self.disk_changes(world, node);
    }

    pub(super) fn stalled_disk(&mut self, world: &mut dyn World, fault: usize, target: Target, random: &mut Pick) {
        let Some(node) = self.resolve(world, target, random) else { return };
        tell!(self, Actor::Nemesis, What::Fault, "stalls the disk of {node}");
        self.grip(fault, Grip::StalledDisk { node });
        self.disk_changes(world, node);
    }

    /// Sets a disk to the condition that results from all faults that are on.
    pub(super) fn disk_changes(&mut self, world: &mut dyn World, of: NodeId) {
        let mut disk = DiskCondition::GOOD;
        for grip in self.faults.grips() {
            match *grip {
                Grip::FullDisk { node } if node == of => disk.is_full = true,
                Grip::StalledDisk { node } if node == of => disk.is_stalled = true,
                Grip::SlowDisk { node, factor } if node == of => disk.slowness = disk.slowness.max(factor.into()),
                _ => {}
            }
        }
        self.machines[of.index()].disk = disk;
        world.disk_changes(self, of);
    }

    /// The flip is noticed at the next boot, if the bit is still there then.
    pub(super) fn bit_flip(&mut self, world: &mut dyn World, fault: usize, target: Target, random: &mut Pick) {
        let Some(node) = self.resolve(world, target, random) else { return };
        if !self.may_destroy(world, node) {
            tell!(self, Actor::Nemesis, What::Fault, "spares the disk of {node}: a majority must stay intact");
            return;
        }
        if !world.disk_mut(node).flip_bit(random) {
            tell!(self, Actor::Nemesis, What::Fault, "finds nothing on the disk of {node}");
            return;
        }
        tell!(self, Actor::Nemesis, What::Fault, "flips a bit on the disk of {node}");
        self.machines[node.index()].bit_flips.push(fault);
        self.show_only(world, Seen::DiskLost(node));
    }

    pub(super) fn wiped_disk(&mut self, world: &mut dyn World, fault: usize, target: Target, random: &mut Pick) {
        let Some(node) = self.resolve(world, target, random) else { return };
        if !self.may_destroy(world, node) {
            tell!(self, Actor::Nemesis, What::Fault, "spares the disk of {node}: a majority must stay intact");
            return;
        }
        tell!(self, Actor::Nemesis, What::Fault, "destroys {node} with its disk");
        let touched = self.stop_node(world, node, Stopping::Destroyed);
        if touched.ran || touched.lost {
            self.faults.touch(fault);
        }
    }
}
