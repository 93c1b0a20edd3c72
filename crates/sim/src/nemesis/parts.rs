//! The parts that bursts are made of.

use env::{NodeId, Random};

use super::Nemesis;
use crate::plan::{Direction, Fault, FaultKind, Target};

impl Nemesis<'_> {
    /// A node goes down, one way or another.
    ///
    /// # Panics
    /// If the profile has neither crashes, torn writes nor kills: an aim that stops nodes needs one of them.
    pub fn stop(&mut self, target: Target, lasts_ms: u64) {
        let kind = self.one_of(&[FaultKind::Crash, FaultKind::TornWrite, FaultKind::Kill]);
        let fault = self.fault(kind, target);
        self.inject(lasts_ms, fault);
    }

    /// A node stops and forgets its unsynced writes.
    ///
    /// # Panics
    /// If the profile has neither crashes nor torn writes.
    pub fn lose_power(&mut self, target: Target, lasts_ms: u64) {
        let kind = self.one_of(&[FaultKind::Crash, FaultKind::Crash, FaultKind::TornWrite]);
        let fault = self.fault(kind, target);
        self.inject(lasts_ms, fault);
    }

    /// A node hears nothing from the others or is not heard, one way or another.
    ///
    /// # Panics
    /// If the profile has neither isolation, pauses nor one-way partitions.
    pub fn cut_off(&mut self, target: Target, lasts_ms: u64) {
        use FaultKind::{Isolate, PartitionOneWay, Pause};
        let fault = match self.one_of(&[Isolate, Isolate, Isolate, Pause, PartitionOneWay]) {
            PartitionOneWay => {
                let cut = self.draw.pick(&[Direction::Inbound, Direction::Outbound]);
                Fault::PartitionOneWay { side: vec![target], cut }
            }
            kind => self.fault(kind, target),
        };
        self.inject(lasts_ms, fault);
    }

    /// The leader cannot go on, one way or another.
    ///
    /// # Panics
    /// As [`stop`](Nemesis::stop) and [`cut_off`](Nemesis::cut_off).
    pub fn depose(&mut self) {
        let lasts_ms = self.fail_over();
        match self.draw.below(3) {
            0 => self.cut_off(Target::Leader, lasts_ms),
            _ => {
                let lasts_ms = if self.draw.one_in(2) { self.blink() } else { lasts_ms };
                self.stop(Target::Leader, lasts_ms);
            }
        }
    }

    /// Leadership is handed to a node that nobody hears any more as it takes over: that node alone knows of the change,
    /// and the others write on without it.
    pub fn hand_over_in_vain(&mut self) {
        let (to, lasts_ms) = (self.node(), self.long());
        self.inject(0, Fault::TransferLeadership { to });
        // `to` has been asked to lead, and its first messages are on their way.
        self.wait(4, 28);
        self.inject(lasts_ms, Fault::Isolate { target: to });
        self.wait(lasts_ms / 4, lasts_ms);
    }

    /// Slow disks widen the moments between a write and its sync.
    pub fn slow_some_disks(&mut self, lasts_ms: u64) {
        if !self.may(FaultKind::SlowDisk) {
            return;
        }
        for number in 1..=self.cluster.nodes {
            if self.draw.one_in(2) {
                let factor = self.draw.magnitude(8, 128) as u32;
                self.inject(lasts_ms, Fault::SlowDisk { target: Target::Node(NodeId(number)), factor });
            }
        }
    }

    /// One side of a partition, most often the leader's.
    pub fn leaders_side(&mut self) -> Vec<Target> {
        let target = if self.draw.one_in(3) { self.node() } else { Target::Leader };
        self.side(target)
    }

    /// Lets the others give a leader up and follow another, or not quite.
    pub fn wait_fail_over(&mut self) {
        self.now_ms += self.fail_over();
    }

    /// A member joins, leaves, or is replaced, as long as there are machines for it.
    ///
    /// # Panics
    /// If the profile has no changes of the membership.
    pub fn change_membership(&mut self) {
        use FaultKind::{AddMember, RemoveMember, ReplaceMember};
        let target = self.target();
        let kinds = [AddMember, RemoveMember, ReplaceMember];
        let kind = if self.spares_left > 0 { self.one_of(&kinds) } else { RemoveMember };
        let fault = self.fault(kind, target);
        self.inject(0, fault);
    }
}
