//! The invariants of a run, as assertions.
//!
//! A simulator that is wrong must stop and must not blame the system under test, so the assertions stay on in release
//! builds. A panic outside the code under test is no verdict: the run passes it on to its caller.
//!
//! The checks on the way of a message cost some comparisons. The check of all machines comes after each change of a
//! fault only, which is rare.
//!
//! Left out: the cuts and the conditions of disks, which are computed anew from the faults that are on, and the disks'
//! own books, which `../disk.rs` asserts.

use env::NodeId;

use super::Run;
use super::faults::Grip;
use super::machine::{Condition, Machine};

impl Run<'_> {
    /// A message, a request or the end of a sync reaches a node that is up, paused or not.
    #[inline]
    pub(super) fn assert_is_up(&self, node: NodeId) {
        let machine = &self.machines[node.index()];
        assert!(machine.is_up && machine.has_booted, "something reaches {node} while it is down");
    }

    /// A process is handed an event while nothing pauses it.
    #[inline]
    pub(crate) fn assert_runs(&self, node: NodeId) {
        let pauses = self.machines[node.index()].pauses;
        assert!(pauses == 0, "{node} is handed an event while {pauses} faults pause it");
    }

    /// A node boots on a machine that nothing keeps down.
    pub(super) fn assert_may_boot(&self, node: NodeId) {
        let machine = &self.machines[node.index()];
        assert!(!machine.has_booted, "{node} boots while it runs");
        assert!(machine.holds == 0, "{node} boots while {} faults keep it down", machine.holds);
        assert!(machine.condition != Condition::Lost, "{node} boots though its disk is lost");
    }

    /// Each hold and each pause of a machine belongs to one fault that is on.
    pub(super) fn assert_grips(&self) {
        for machine in &self.machines {
            let holds = self.faults.grips().filter(|grip| grip.keeps_down(machine.id)).count();
            let pauses = self.faults.grips().filter(|grip| grip.pauses(machine)).count();
            let (id, counted) = (machine.id, (machine.holds as usize, machine.pauses as usize));
            assert!(counted == (holds, pauses), "{id} counts {counted:?} holds and pauses of {holds} and {pauses}");
            assert!(machine.is_up || !machine.has_booted, "{id} has booted and is down");
            assert!(machine.is_up || machine.pauses == 0, "{id} is paused and is down");
            assert!(!machine.is_up || machine.holds == 0, "{id} is up while {holds} faults keep it down");
        }
    }
}

impl Grip {
    fn keeps_down(&self, id: NodeId) -> bool {
        match self {
            Grip::Down { node, has_struck: true, .. } | Grip::CrashLoop { node, is_down: true, .. } => *node == id,
            Grip::RollingRestart { down, .. } => *down == Some(id),
            _ => false,
        }
    }

    fn pauses(&self, machine: &Machine) -> bool {
        matches!(self, Grip::Paused { node, life } if *node == machine.id && *life == machine.life)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_keeps_down_the_node_that_it_has_struck() {
        let stopping = super::super::Stopping::Killed;
        let waits = Grip::Down { node: NodeId(2), stopping, has_struck: false };
        let struck = Grip::Down { node: NodeId(2), stopping, has_struck: true };
        assert!(!waits.keeps_down(NodeId(2)) && struck.keeps_down(NodeId(2)) && !struck.keeps_down(NodeId(1)));
    }

    #[test]
    fn a_pause_ends_with_the_life_that_it_began_in() {
        let mut machine = Machine::new(NodeId(1));
        let pause = Grip::Paused { node: NodeId(1), life: 0 };
        assert!(pause.pauses(&machine));
        machine.process_gone();
        assert!(!pause.pauses(&machine));
    }
}
