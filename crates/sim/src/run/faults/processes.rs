//! Faults of processes and machines: crashes, kills, pauses, and how nodes come back.

use std::time::Duration;

use env::NodeId;

use super::super::power::Stopping;
use super::super::{Due, Run, Step, World};
use super::Grip;
use super::links::shuffled;
use crate::plan::Target;
use crate::rng::{Pick, split};
use crate::trace::{Actor, What};

/// A power loss that should strike in the middle of a write waits so long for one, then strikes anyhow.
const WAIT_FOR_WRITE: Duration = Duration::from_millis(100);
/// A power loss that tears a write does nothing else, and waits longer.
const WAIT_FOR_WRITE_TO_TEAR: Duration = Duration::from_millis(400);
/// The downtime of a node in a rolling restart or a crash loop, if the plan gives none.
const DOWNTIME_MS: u64 = 100;
/// A node in a crash loop runs at most so long before it crashes again.
const UPTIME_MAX_MS: u64 = 50;

/// Tell the uses of a fault's pick apart.
const IN_WRITE: u64 = 0x6d69_6477;
const UPTIME: u64 = 0x7570_7469;

impl Run<'_> {
    /// Half of all crashes strike at their time, which finds a node idle as a rule; the other half wait for a write.
    pub(super) fn crash(&mut self, world: &mut dyn World, fault: usize, target: Target, random: &mut Pick) {
        let pick = self.schedule[fault].pick;
        let Some(node) = self.resolve(world, target, random) else { return };
        self.aim(world, fault, node, Stopping::PowerLost { pick, tears: false }, split(pick, IN_WRITE) & 1 == 0);
    }

    pub(super) fn torn_write(&mut self, world: &mut dyn World, fault: usize, target: Target, random: &mut Pick) {
        let pick = self.schedule[fault].pick;
        let Some(node) = self.resolve(world, target, random) else { return };
        self.aim(world, fault, node, Stopping::PowerLost { pick, tears: true }, true);
    }

    pub(super) fn kill(&mut self, world: &mut dyn World, fault: usize, target: Target, random: &mut Pick) {
        let Some(node) = self.resolve(world, target, random) else { return };
        self.aim(world, fault, node, Stopping::Killed, false);
    }

    /// Stops a node, at once or in the middle of its next write.
    fn aim(&mut self, world: &mut dyn World, fault: usize, node: NodeId, stopping: Stopping, in_write: bool) {
        let machine = &self.machines[node.index()];
        if !in_write || !machine.is_up || world.disk(node).has_unsynced() {
            return self.strike(world, fault, node, stopping);
        }
        tell!(self, Actor::Nemesis, What::Fault, "waits for {node} to write");
        let machine = &mut self.machines[node.index()];
        if machine.trap.is_none() {
            machine.trap = Some(fault);
        }
        let tears = matches!(stopping, Stopping::PowerLost { tears: true, .. });
        let wait = if tears { WAIT_FOR_WRITE_TO_TEAR } else { WAIT_FOR_WRITE };
        world.push(self.now + wait, Due::FaultGoesOn(fault));
        self.grip(fault, Grip::Down { node, stopping, has_struck: false });
    }

    /// Stops a node and keeps it down as long as the fault lasts.
    pub(super) fn strike(&mut self, world: &mut dyn World, fault: usize, node: NodeId, stopping: Stopping) {
        self.disarm(fault, node);
        tell!(self, Actor::Nemesis, What::Fault, "{} {node}", stopping.verb());
        let touched = self.stop_node(world, node, stopping);
        let took_effect = match stopping {
            Stopping::PowerLost { tears: true, .. } => touched.torn,
            _ => touched.ran || touched.lost,
        };
        if took_effect {
            self.faults.touch(fault);
        }
        self.machines[node.index()].holds += 1;
        self.grip(fault, Grip::Down { node, stopping, has_struck: true });
    }

    pub(super) fn disarm(&mut self, fault: usize, node: NodeId) {
        self.machines[node.index()].trap.take_if(|trap| *trap == fault);
    }

    pub(super) fn pause(&mut self, world: &mut dyn World, fault: usize, target: Target, random: &mut Pick) {
        let Some(node) = self.resolve(world, target, random) else { return };
        if !self.machines[node.index()].is_up {
            tell!(self, Actor::Nemesis, What::Fault, "cannot pause {node}, which is down");
            return;
        }
        tell!(self, Actor::Nemesis, What::Fault, "pauses {node}");
        let machine = &mut self.machines[node.index()];
        machine.pauses += 1;
        let life = machine.life;
        self.grip(fault, Grip::Paused { node, life });
        world.pause_changes(self, node);
    }

    /// A process goes on: it gets the events that have arrived meanwhile, in order, and its wake-up if that is due.
    pub(super) fn resume(&mut self, world: &mut dyn World, node: NodeId, life: u32) {
        let machine = &mut self.machines[node.index()];
        if machine.life == life {
            machine.pauses = machine.pauses.checked_sub(1).expect("a fault resumes a node that it has paused");
            world.pause_changes(self, node);
        }
    }

    pub(super) fn crash_loop(
        &mut self,
        world: &mut dyn World,
        fault: usize,
        target: Target,
        times: u32,
        random: &mut Pick,
    ) -> Step {
        let Some(node) = self.resolve(world, target, random) else { return Ok(()) };
        self.grip(fault, Grip::CrashLoop { node, times, crashes: 0, is_down: false });
        self.crash_loop_goes_on(world, fault)
    }

    pub(super) fn crash_loop_goes_on(&mut self, world: &mut dyn World, fault: usize) -> Step {
        let Grip::CrashLoop { node, times, crashes, is_down } = self.faults.states[fault].grip else { return Ok(()) };
        let pick = self.schedule[fault].pick;
        if !is_down {
            let crashes = crashes + 1;
            tell!(self, Actor::Nemesis, What::Fault, "crashes {node}, for the {crashes}. time of {times}");
            let touched =
                self.stop_node(world, node, Stopping::PowerLost { pick: split(pick, crashes.into()), tears: false });
            // One crash makes no loop, unless the plan asks for one only.
            if touched.ran && (crashes > 1 || times == 1) {
                self.faults.touch(fault);
            }
            self.machines[node.index()].holds += 1;
            self.grip(fault, Grip::CrashLoop { node, times, crashes, is_down: true });
            self.goes_on_after(world, fault, self.downtime(fault));
            return Ok(());
        }
        if crashes == times {
            return self.let_go(world, fault);
        }
        self.grip(fault, Grip::CrashLoop { node, times, crashes, is_down: false });
        let uptime_ms = split(pick, UPTIME ^ u64::from(crashes)) % (UPTIME_MAX_MS + 1);
        self.goes_on_after(world, fault, Duration::from_millis(uptime_ms));
        self.release(world, node)
    }

    pub(super) fn rolling_restart(&mut self, world: &mut dyn World, fault: usize, random: &mut Pick) -> Step {
        let nodes_left = shuffled(self.running(), random);
        self.grip(fault, Grip::RollingRestart { nodes_left, down: None, restarted: 0 });
        self.rolling_restart_goes_on(world, fault)
    }

    /// Between two restarts there is as much time as each takes.
    pub(super) fn rolling_restart_goes_on(&mut self, world: &mut dyn World, fault: usize) -> Step {
        let downtime = self.downtime(fault);
        let Grip::RollingRestart { nodes_left, down, restarted } = &mut self.faults.states[fault].grip else {
            return Ok(());
        };
        if let Some(node) = down.take() {
            let rolled = *restarted >= 2 || (*restarted == 1 && self.plan.cluster.nodes == 1);
            if rolled {
                self.faults.touch(fault);
            }
            self.goes_on_after(world, fault, downtime);
            return self.release(world, node);
        }
        let Some(node) = nodes_left.pop() else { return self.let_go(world, fault) };
        *down = Some(node);
        tell!(self, Actor::Nemesis, What::Fault, "restarts {node}");
        let touched = self.stop_node(world, node, Stopping::Killed);
        if let Grip::RollingRestart { restarted, .. } = &mut self.faults.states[fault].grip {
            *restarted += u32::from(touched.ran);
        }
        self.machines[node.index()].holds += 1;
        self.goes_on_after(world, fault, downtime);
        Ok(())
    }

    fn downtime(&self, fault: usize) -> Duration {
        Duration::from_millis(self.schedule[fault].lasts_ms.unwrap_or(DOWNTIME_MS))
    }

    fn goes_on_after(&mut self, world: &mut dyn World, fault: usize, duration: Duration) {
        world.push(self.now + duration, Due::FaultGoesOn(fault));
    }
}

impl Stopping {
    fn verb(self) -> &'static str {
        match self {
            Stopping::Killed => "kills",
            Stopping::PowerLost { tears: false, .. } => "cuts the power of",
            Stopping::PowerLost { tears: true, .. } => "cuts the power, in the middle of a write, of",
            Stopping::Destroyed => "destroys",
        }
    }
}
