//! Starting and stopping nodes.

use std::time::Duration;

use env::NodeId;

use super::machine::{Condition, Machine};
use super::reached;
use super::{Due, Run, Step, World};
use crate::digest::Tag;
use crate::net::{Seen, Stopped};
use crate::rng::Pick;
use crate::system::Start;
use crate::trace::{Actor, What};

/// A supervisor starts a node that halted after so long.
pub const RESTART_AFTER: Duration = Duration::from_millis(200);

/// How a node stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopping {
    /// Its process is killed, or ended by itself; the page cache survives.
    Killed,
    /// The machine loses power. The `pick` of the fault decides which unsynced writes survive; if `tears`, one write
    /// survives in part.
    PowerLost {
        /// The randomness of the fault.
        pick: u64,
        /// One unsynced write survives in part.
        tears: bool,
    },
    /// The machine is gone, with its disk.
    Destroyed,
}

impl Run<'_> {
    /// Stops a node, if it runs, and applies the stop to its disk. Returns the effects.
    pub(super) fn stop_node(&mut self, world: &mut dyn World, node: NodeId, how: Stopping) -> Touched {
        let machine = &self.machines[node.index()];
        let (was_up, ran) = (machine.is_up, machine.has_booted);
        if ran {
            let stopped = if how == Stopping::Killed { Stopped::Killed } else { Stopped::PowerLost };
            self.show_only(world, Seen::Stopped(node, stopped));
        }
        if was_up {
            self.machines[node.index()].process_gone();
            self.calm.something_changed();
        }
        let disk = world.disk_mut(node);
        let mut torn = false;
        let mut lost = false;
        match how {
            Stopping::Killed => disk.process_gone(),
            Stopping::PowerLost { pick, tears } => {
                let loss = disk.lose_power(tears, &mut Pick::new(pick));
                self.digest.fold(loss.bytes_lost ^ loss.changes_lost << 40);
                (torn, lost) = (loss.torn, loss.lost_anything());
                if lost {
                    self.reached.reach(reached::UNSYNCED_WRITES_LOST);
                    tell!(
                        self,
                        Actor::Node(node),
                        What::Disk,
                        "loses {} unsynced bytes and {} unsynced changes of names{}",
                        loss.bytes_lost,
                        loss.changes_lost,
                        if torn { "; a write is torn" } else { "" }
                    );
                }
                if torn {
                    self.reached.reach(reached::TORN_WRITE);
                }
            }
            Stopping::Destroyed => {
                lost = !disk.is_blank();
                disk.wipe();
                self.is_lost(world, node);
            }
        }
        world.stopped(self, node, how);
        self.digest.event(Tag::Stop, self.now, node.0.into(), u64::from(ran));
        Touched { ran, lost, torn }
    }

    /// The machine never comes back.
    fn is_lost(&mut self, world: &mut dyn World, node: NodeId) {
        self.machines[node.index()].condition = Condition::Lost;
        self.show_only(world, Seen::DiskLost(node));
    }

    /// A fault lets go of a node that it kept down.
    pub(super) fn release(&mut self, world: &mut dyn World, node: NodeId) -> Step {
        let machine = &mut self.machines[node.index()];
        machine.holds = machine.holds.checked_sub(1).expect("a fault lets go of a node that it keeps down");
        self.start_if_free(world, node)
    }

    pub(super) fn supervisor_starts(&mut self, world: &mut dyn World, node: NodeId, life: u32) -> Step {
        if self.machines[node.index()].life == life { self.start_if_free(world, node) } else { Ok(()) }
    }

    /// Starts a node that is down, unless a fault keeps it down, or its machine is lost or not installed.
    pub(super) fn start_if_free(&mut self, world: &mut dyn World, node: NodeId) -> Step {
        let machine = &self.machines[node.index()];
        if machine.is_up || !self.is_in_use(machine) {
            return Ok(());
        }
        let start = self.prepare_start(world, node);
        if world.disk(node).is_damaged() {
            // It boots from the flipped bits.
            self.show_only(world, Seen::DiskLost(node));
            let flips = std::mem::take(&mut self.machines[node.index()].bit_flips);
            self.faults.touch_all(flips);
        }
        self.calm.something_changed();
        world.start(self, node, start)
    }

    /// True if a node is to run on the machine: it is installed and not lost, and no fault keeps it down.
    pub(super) fn is_in_use(&self, machine: &Machine) -> bool {
        let is_founder = (1..=self.plan.cluster.nodes).contains(&machine.id.0);
        let is_installed = is_founder || self.operator.installed.contains(machine.id);
        is_installed && machine.holds == 0 && machine.condition != Condition::Lost
    }

    /// A machine on which nothing was ever durable has promised nothing to any other: its set-up begins anew.
    fn prepare_start(&mut self, world: &mut dyn World, node: NodeId) -> Start {
        if self.machines[node.index()].condition == Condition::Used {
            return Start::Again;
        }
        world.disk_mut(node).wipe();
        if node.0 <= self.plan.cluster.nodes { Start::New } else { Start::Join }
    }

    /// A node has started.
    pub fn booted(&mut self, world: &mut dyn World, node: NodeId, start: Start) {
        self.assert_may_boot(node);
        let machine = &mut self.machines[node.index()];
        (machine.is_up, machine.has_booted, machine.up_since) = (true, true, Some(self.now));
        self.stats.boots += 1;
        self.digest.event(Tag::Boot, self.now, node.0.into(), machine.life.into());
        tell!(self, Actor::Node(node), What::Lifecycle, "starts ({})", start_text(start));
        self.show_only(world, Seen::Booted(node));
        self.await_stay(world);
    }

    /// A node refuses to start on the files of its disk.
    pub fn boot_refused(&mut self, world: &mut dyn World, node: NodeId, reason: &str) -> Step {
        self.machines[node.index()].is_up = false;
        self.digest.event(Tag::Refusal, self.now, node.0.into(), 0);
        self.digest.bytes(reason.as_bytes());
        tell!(self, Actor::Node(node), What::Lifecycle, "refuses to start: {reason}");
        self.show(world, Seen::BootRefused(node, reason))?;
        if world.disk(node).is_damaged() {
            self.reached.reach(reached::CORRUPTION_REFUSED);
        }
        self.is_lost(world, node);
        Ok(())
    }

    /// A node has stopped of its own accord; its supervisor will start it again.
    pub fn node_halts(&mut self, world: &mut dyn World, node: NodeId, reason: &str) -> Step {
        self.digest.event(Tag::Halt, self.now, node.0.into(), 0);
        self.digest.bytes(reason.as_bytes());
        tell!(self, Actor::Node(node), What::Lifecycle, "halts: {reason}");
        self.count_halt(node, reason);
        if self.machines[node.index()].is_tainted {
            self.reached.reach(reached::HALTED_ON_DISK_ERROR);
        }
        self.stop_node(world, node, Stopping::Killed);
        let life = self.machines[node.index()].life;
        world.push(self.now + RESTART_AFTER, Due::Start { node, life });
        Ok(())
    }
}

/// The effects of a stop.
#[derive(Clone, Copy, Debug)]
pub(super) struct Touched {
    /// The node was running.
    pub(super) ran: bool,
    /// Something on its disk is gone.
    pub(super) lost: bool,
    /// A write is torn.
    pub(super) torn: bool,
}

fn start_text(start: Start) -> &'static str {
    match start {
        Start::New => "a founding member, for the first time",
        Start::Join => "a blank machine",
        Start::Again => "again",
    }
}
