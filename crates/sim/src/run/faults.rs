//! Applying the schedule: each fault begins, goes on and is over.
//!
//! Each group of faults has a file: `links.rs`, `processes.rs`, `disks.rs`, `clocks.rs`; administrative work is in
//! `../operator.rs`. A lasting fault keeps its hold on the system in a [`Grip`], and undoes it when the fault is over.
//!
//! Faults overlap, and the end of one must not undo another. So a state that several faults bear on is never switched,
//! but follows from the faults that are on: cuts and disks are computed anew from them, holds and pauses are counted,
//! clocks add up.
//!
//! A fault is effective when it has touched the system, which docs/fault-model.md defines kind by kind; each is counted
//! once at most.

use std::mem;

use env::{DiskError, NodeId};

use super::power::Stopping;
use super::{Due, Run, Step, World, millis};
use crate::cuts::Cuts;
use crate::digest::Tag;
use crate::ledger::Ledger;
use crate::plan::{Fault, FaultKind, TimedFault};
use crate::rng::Pick;
use crate::trace::{Actor, What};

mod clocks;
mod disks;
mod links;
mod processes;

/// All faults of the schedule, by their numbers in it.
#[derive(Clone, Debug)]
pub(super) struct Faults {
    states: Vec<State>,
    /// The faults that are on, in the order in which they began.
    active: Vec<usize>,
    pub(super) ledger: Ledger,
}

#[derive(Clone, Debug)]
struct State {
    kind: FaultKind,
    is_effective: bool,
    grip: Grip,
}

/// The hold on the system of a fault that is on; it is undone when the fault is over.
#[derive(Clone, Debug)]
pub(super) enum Grip {
    Nothing,
    Cut(Cuts),
    /// One of the faults that [`crate::disturbance::Disturbances`] asks about each message.
    Messages,
    /// Strikes, if it has not yet, and keeps the node down.
    Down {
        node: NodeId,
        stopping: Stopping,
        has_struck: bool,
    },
    CrashLoop {
        node: NodeId,
        times: u32,
        crashes: u32,
        is_down: bool,
    },
    RollingRestart {
        nodes_left: Vec<NodeId>,
        down: Option<NodeId>,
        restarted: u32,
    },
    Paused {
        node: NodeId,
        life: u32,
    },
    NextSync {
        node: NodeId,
    },
    FullDisk {
        node: NodeId,
    },
    StalledDisk {
        node: NodeId,
    },
    SlowDisk {
        node: NodeId,
        factor: u32,
    },
    ClockShift {
        node: NodeId,
        by_ns: i128,
    },
    ClockDrift {
        node: NodeId,
        by_ppm: i32,
    },
    ClockFreeze {
        node: NodeId,
    },
    /// The operator's task of this number.
    Task(usize),
}

impl State {
    fn of(timed: &TimedFault) -> State {
        State { kind: timed.fault.kind(), is_effective: false, grip: Grip::Nothing }
    }
}

impl Faults {
    pub(super) fn new(schedule: &[TimedFault]) -> Faults {
        Faults { states: schedule.iter().map(State::of).collect(), active: Vec::new(), ledger: Ledger::default() }
    }

    /// The fault is effective.
    pub(super) fn touch(&mut self, fault: usize) {
        let state = &mut self.states[fault];
        if !state.is_effective {
            state.is_effective = true;
            self.ledger.effective(state.kind);
        }
    }

    pub(super) fn touch_all(&mut self, faults: Vec<usize>) {
        for fault in faults {
            self.touch(fault);
        }
    }

    pub(super) fn touch_cuts(&mut self, from: NodeId, to: NodeId) {
        self.touch_where(|grip| matches!(grip, Grip::Cut(cuts) if cuts.hold(from, to)));
    }

    pub(super) fn touch_pause(&mut self, of: NodeId) {
        self.touch_where(|grip| matches!(grip, Grip::Paused { node, .. } if *node == of));
    }

    pub(super) fn touch_disk_stall(&mut self, of: NodeId) {
        self.touch_where(|grip| matches!(grip, Grip::StalledDisk { node } if *node == of));
    }

    pub(super) fn touch_slow_disk(&mut self, of: NodeId) {
        self.touch_where(|grip| matches!(grip, Grip::SlowDisk { node, .. } if *node == of));
    }

    pub(super) fn touch_disk_full(&mut self, of: NodeId, error: DiskError) {
        if error == DiskError::Full {
            self.touch_where(|grip| matches!(grip, Grip::FullDisk { node } if *node == of));
        }
    }

    /// The faults that are on with a grip of this kind are effective.
    fn touch_where(&mut self, held: impl Fn(&Grip) -> bool) {
        for place in 0..self.active.len() {
            let fault = self.active[place];
            if held(&self.states[fault].grip) {
                self.touch(fault);
            }
        }
    }

    /// The faults that are on, as their numbers in the schedule.
    pub(super) fn on(&self) -> impl Iterator<Item = usize> {
        self.active.iter().copied()
    }

    pub(super) fn grips(&self) -> impl Iterator<Item = &Grip> {
        self.active.iter().map(|fault| &self.states[*fault].grip)
    }
}

impl Run<'_> {
    /// Takes one more fault into the schedule, to begin on the caller's word. Returns its number.
    pub(crate) fn plan_fault(&mut self, timed: TimedFault) -> usize {
        self.faults.states.push(State::of(&timed));
        self.schedule.push(timed);
        self.schedule.len() - 1
    }

    /// True if a fault is on.
    pub(crate) fn is_on(&self, fault: usize) -> bool {
        self.faults.active.contains(&fault)
    }

    pub(crate) fn fault_begins(&mut self, world: &mut dyn World, fault: usize) -> Step {
        assert!(!self.is_on(fault), "fault {fault} begins while it is on");
        let timed = self.schedule[fault].clone();
        self.faults.ledger.injected(timed.fault.kind());
        self.digest.event(Tag::Fault, self.now, 0, fault as u64);
        self.faults.active.push(fault);
        self.apply(world, fault, &timed, &mut Pick::new(timed.pick))?;
        match &self.faults.states[fault].grip {
            Grip::Nothing => self.faults.active.retain(|active| *active != fault),
            grip if grip.has_own_end() => {}
            _ => self.ends_after(world, fault),
        }
        self.assert_grips();
        Ok(())
    }

    /// One arm a kind: the file of its group does the work.
    fn apply(&mut self, world: &mut dyn World, fault: usize, timed: &TimedFault, random: &mut Pick) -> Step {
        match timed.fault {
            Fault::Partition { ref side } => self.partition(world, fault, side, random),
            Fault::PartitionOneWay { ref side, cut } => self.partition_one_way(world, fault, side, cut, random),
            Fault::Isolate { target } => self.partition(world, fault, &[target], random),
            Fault::Bridge { middle } => self.bridge(world, fault, middle, random),
            Fault::MajoritiesRing => self.majorities_ring(world, fault, random),
            Fault::Loss { .. }
            | Fault::Duplication { .. }
            | Fault::Reordering { .. }
            | Fault::Delay { .. }
            | Fault::SlowLink { .. } => self.disturb_messages(world, fault, &timed.fault, random),
            Fault::Crash { target } => self.crash(world, fault, target, random),
            Fault::TornWrite { target } => self.torn_write(world, fault, target, random),
            Fault::Kill { target } => self.kill(world, fault, target, random),
            Fault::Pause { target } => self.pause(world, fault, target, random),
            Fault::RollingRestart => return self.rolling_restart(world, fault, random),
            Fault::CrashLoop { target, times } => return self.crash_loop(world, fault, target, times, random),
            Fault::BitFlip { target } => self.bit_flip(world, fault, target, random),
            Fault::FsyncError { target } => self.fsync_error(world, fault, target, random),
            Fault::DiskFull { target } => self.disk_full(world, fault, target, random),
            Fault::SlowDisk { target, factor } => self.slow_disk(world, fault, target, factor, random),
            Fault::StalledDisk { target } => self.stalled_disk(world, fault, target, random),
            Fault::WipedDisk { target } => self.wiped_disk(world, fault, target, random),
            Fault::ClockSkew { target, by_ms } => self.clock_skew(world, fault, target, by_ms, random),
            Fault::ClockDrift { target, by_ppm } => self.clock_drift(world, fault, target, by_ppm, random),
            Fault::ClockJump { target, by_ms } => self.clock_jump(world, fault, target, by_ms, random),
            Fault::ClockFreeze { target } => self.clock_freeze(world, fault, target, random),
            Fault::TransferLeadership { to } => return self.transfer_leadership(world, fault, to, random),
            Fault::AddMember => return self.add_member(world, fault),
            Fault::RemoveMember { target } => return self.remove_member(world, fault, target, random),
            Fault::ReplaceMember { target } => return self.replace_member(world, fault, target, random),
            Fault::TakeSnapshot { target } => return self.take_snapshot(world, fault, target, random),
            Fault::HealAll => return self.heal_all(world, fault),
        }
        Ok(())
    }

    /// The next step of a fault that has several, or the moment that one waited for.
    pub(super) fn fault_goes_on(&mut self, world: &mut dyn World, fault: usize) -> Step {
        match self.faults.states[fault].grip {
            Grip::Down { node, stopping, has_struck: false } => {
                self.strike(world, fault, node, stopping);
                self.ends_after(world, fault);
            }
            Grip::CrashLoop { .. } => self.crash_loop_goes_on(world, fault)?,
            Grip::RollingRestart { .. } => self.rolling_restart_goes_on(world, fault)?,
            // The fault was ended meanwhile, or has struck.
            _ => {}
        }
        self.assert_grips();
        Ok(())
    }

    pub(crate) fn fault_is_over(&mut self, world: &mut dyn World, fault: usize) -> Step {
        if self.is_on(fault) {
            self.let_go(world, fault)?;
            self.assert_grips();
        }
        Ok(())
    }

    fn heal_all(&mut self, world: &mut dyn World, fault: usize) -> Step {
        tell!(self, Actor::Nemesis, What::Fault, "heals everything");
        let others: Vec<usize> = self.faults.active.iter().copied().filter(|active| *active != fault).collect();
        if !others.is_empty() {
            self.faults.touch(fault);
        }
        others.into_iter().try_for_each(|other| self.let_go(world, other))
    }

    /// Ends every fault, except the faults that stay to the end.
    pub(super) fn heal_for_calm(&mut self, world: &mut dyn World) -> Step {
        let stays = |fault: &usize| {
            let grip = &self.faults.states[*fault].grip;
            // A power loss that waits for its moment still comes.
            let may_stay = matches!(grip, Grip::Down { .. }) || !grip.has_own_end();
            self.schedule[*fault].lasts_ms.is_none() && may_stay
        };
        let healed: Vec<usize> = self.faults.active.iter().copied().filter(|fault| !stays(fault)).collect();
        healed.into_iter().try_for_each(|fault| self.let_go(world, fault))?;
        self.assert_grips();
        Ok(())
    }

    /// Undoes the grip of a fault that is on.
    fn let_go(&mut self, world: &mut dyn World, fault: usize) -> Step {
        self.faults.active.retain(|active| *active != fault);
        self.digest.event(Tag::FaultOver, self.now, 0, fault as u64);
        tell!(self, Actor::Nemesis, What::Fault, "{} is over", self.schedule[fault].fault.kind());
        match mem::replace(&mut self.faults.states[fault].grip, Grip::Nothing) {
            Grip::Nothing => {}
            Grip::Cut(_) => self.cuts_change(world),
            Grip::Messages => {
                self.disturbances.end(fault);
                world.disturbances_change(self);
            }
            Grip::Down { node, has_struck: true, .. } => return self.release(world, node),
            Grip::Down { node, .. } => self.disarm(fault, node),
            Grip::CrashLoop { node, is_down, .. } => {
                if is_down {
                    return self.release(world, node);
                }
            }
            Grip::RollingRestart { down, .. } => {
                if let Some(node) = down {
                    return self.release(world, node);
                }
            }
            Grip::Paused { node, life } => self.resume(world, node, life),
            Grip::NextSync { node } => {
                self.machines[node.index()].sync_faults.retain(|armed| *armed != fault);
                world.disk_changes(self, node);
            }
            Grip::FullDisk { node } | Grip::StalledDisk { node } | Grip::SlowDisk { node, .. } => {
                self.disk_changes(world, node);
            }
            Grip::ClockShift { node, by_ns } => self.shift_clock(world, node, -by_ns),
            Grip::ClockDrift { node, .. } | Grip::ClockFreeze { node } => self.clock_rate_changes(world, node),
            Grip::Task(task) => self.operator.give_up(task),
        }
        Ok(())
    }

    /// The fault is over when it has lasted as long as the plan says, from now on.
    fn ends_after(&mut self, world: &mut dyn World, fault: usize) {
        if let Some(lasts_ms) = self.schedule[fault].lasts_ms {
            world.push(env::Instant(self.now.0 + millis(lasts_ms).0), Due::FaultIsOver(fault));
        }
    }

    /// Gives a fault its grip.
    pub(super) fn grip(&mut self, fault: usize, grip: Grip) {
        self.faults.states[fault].grip = grip;
    }
}

impl Grip {
    /// True if the fault ends by itself, independent of its `lasts_ms` in the plan.
    fn has_own_end(&self) -> bool {
        match self {
            Grip::Down { has_struck, .. } => !has_struck,
            Grip::CrashLoop { .. } | Grip::RollingRestart { .. } | Grip::NextSync { .. } | Grip::Task(_) => true,
            _ => false,
        }
    }
}
