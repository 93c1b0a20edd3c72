//! Bursts: a few faults in a row, aimed at one moment at which replicated logs are known to go wrong.
//!
//! Each names the moment it is after. None is sure to hit it: times and targets are drawn, so that a burst covers the
//! neighbourhood of its moment and not one path through it.

use env::{NodeId, Random, Ratio};

use super::Nemesis;
use crate::plan::{Direction, Fault, FaultKind, Target};
use Target::{Follower, Leader};

macro_rules! bursts {
    ($($(#[doc = $doc:literal])+ $burst:ident = $method:ident needs $($kind:ident),+;)*) => {
        /// A moment to aim at.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Burst { $($(#[doc = $doc])+ $burst),* }

        impl Burst {
            pub(crate) const ALL: &[Burst] = &[$(Burst::$burst),*];

            /// The kinds without which it would not be this burst. Others are used where the profile has them.
            pub(crate) fn needs(self) -> &'static [FaultKind] {
                match self { $(Burst::$burst => &[$(FaultKind::$kind),+]),* }
            }

            /// Lets the nemesis strike; its time is afterwards that of the burst's end.
            pub(crate) fn strike(self, nemesis: &mut Nemesis<'_>) {
                match self { $(Burst::$burst => nemesis.$method()),* }
            }
        }
    };
}

bursts! {
    /// Leader after leader goes down, each soon after it was elected and with only some of the others in reach: entries
    /// of several terms lie uncommitted side by side (Ongaro and Ousterhout 2014, figures 7 and 8).
    RevolvingLeaders = revolving_leaders needs Partition, Kill;
    /// Partitioned one way, then another, then another, with hardly a pause: logs diverge and are repaired.
    ShiftingPartitions = shifting_partitions needs Partition, Kill;
    /// A leader is cut off, and while the rest elects, a follower goes down.
    LeaderCutOffFollowerDown = leader_cut_off_follower_down needs Isolate, Kill;
    /// A leader is cut off for long, goes on believing, and comes back.
    ForgottenLeader = forgotten_leader needs Isolate, Kill;
    /// Voters lose power and are back within the election that they voted in.
    PowerLossWhileVoting = power_loss_while_voting needs Isolate, Crash;
    /// A candidate that was cut off stands in the term that the others have just voted in, after one of them has
    /// rewritten its log and rebooted.
    LateCandidate = late_candidate needs Isolate, Crash;
    /// A majority loses power at once.
    PowerOutage = power_outage needs Crash;
    /// One node's last write is torn, and after it has recovered torn again.
    TornTwice = torn_twice needs TornWrite, Crash;
    /// A bit of one node's files flips, the node restarts, and then the others need entries it had promised to hold.
    BitRot = bit_rot needs BitFlip, Crash, Isolate;
    /// A sync fails, and soon after the node that was told so loses power.
    FailedSyncThenPowerLoss = failed_sync_then_power_loss needs FsyncError, Crash;
    /// A full or stalled disk under a leader, which then goes down.
    LeaderWithoutDisk = leader_without_disk needs StalledDisk, DiskFull, Crash;
    /// A machine is lost for good, and another one goes down for a while.
    LostMachine = lost_machine needs WipedDisk, Crash;
    /// A follower is away while the others write and compact, needs a snapshot, and is disturbed as it comes back.
    LaggardNeedsSnapshot = laggard_needs_snapshot needs Isolate, TakeSnapshot, Kill;
    /// Votes and appends of an earlier term arrive in a later one.
    DelayedElections = delayed_elections needs Delay, Kill;
    /// Every message may come twice, while leaders change.
    DoubledElections = doubled_elections needs Duplication, Kill;
    /// Appends overtake one another, while leaders change.
    OvertakingAppends = overtaking_appends needs Reordering, Kill;
    /// For a blink nothing gets through, and then nothing is written any more.
    LastAppendLost = last_append_lost needs Isolate;
    /// One node down for long, so that every other one counts, and then those are disturbed by turns.
    BareMajority = bare_majority needs Isolate, Kill;
    /// A bridge, and somewhere on it a node that stops.
    BrokenBridge = broken_bridge needs Bridge, Kill;
    /// Leadership is handed to a node that cannot take it, or that takes it late.
    TransferToUnreachable = transfer_to_unreachable needs TransferLeadership, Isolate, Kill;
    /// Leadership is handed over, and the node that campaigns is cut off in the middle of it.
    TransferCutShort = transfer_cut_short needs TransferLeadership, Isolate, Kill;
    /// Leadership is handed over by a leader that does not hear the result, and may go on answering reads.
    TransferUnheard = transfer_unheard needs TransferLeadership, PartitionOneWay;
    /// A leader is paused, and cut off before it goes on: the messages in its queue were true some time ago.
    StunnedLeader = stunned_leader needs Pause, Isolate;
    /// The membership changes while its leader is cut off or goes down.
    MembershipUnderFire = membership_under_fire needs AddMember, RemoveMember, ReplaceMember, Isolate, Kill;
    /// A change of membership is left behind by one leader, and the next one begins another.
    ConflictingChanges = conflicting_changes needs AddMember, RemoveMember, ReplaceMember, Isolate, Kill;
    /// A clock is wrong on a leader that is then cut off.
    WrongClockCutOff = wrong_clock_cut_off needs ClockDrift, Isolate;
}

impl Burst {
    /// Those that keep a leader from its followers while it may go on reading by its lease.
    pub(crate) const OF_LEASES: &[Burst] = &[Burst::StunnedLeader, Burst::TransferUnheard, Burst::WrongClockCutOff];
}

/// How many messages a fault of the network hits in a burst.
const STRONG: [Ratio; 3] = [Ratio::percent(15), Ratio::percent(30), Ratio::percent(60)];

/// The bursts, in the order of their declaration.
impl Nemesis<'_> {
    fn revolving_leaders(&mut self) {
        for _ in 0..self.draw.between(2, 5) {
            if self.draw.one_in(2) {
                let (side, lasts_ms) = (self.leaders_side(), self.election());
                self.inject(lasts_ms, Fault::Partition { side });
                self.wait(1, 200);
            }
            let downtime_ms = self.blink_or_election();
            self.stop(Leader, downtime_ms);
            self.wait_election();
        }
    }

    fn shifting_partitions(&mut self) {
        for _ in 0..self.draw.between(2, 5) {
            let lasts_ms = if self.draw.one_in(3) { self.long() } else { self.election() };
            let side = self.leaders_side();
            self.inject(lasts_ms, Fault::Partition { side });
            if self.draw.one_in(3) {
                self.wait(1, lasts_ms);
                let downtime_ms = self.blink_or_election();
                let target = self.target();
                self.stop(target, downtime_ms);
            } else {
                // Sometimes the next one begins before this one ends.
                self.wait(lasts_ms / 2, lasts_ms + 60);
            }
        }
    }

    fn leader_cut_off_follower_down(&mut self) {
        let lasts_ms = self.long();
        self.cut_off(Leader, lasts_ms);
        let (min, max) = (self.cluster.election_timeout_min_ms, self.cluster.election_timeout_max_ms);
        self.wait(min / 2, max * 2);
        let downtime_ms = self.blink_or_election();
        let target = if self.draw.one_in(2) { Follower } else { self.node() };
        self.stop(target, downtime_ms);
        self.wait_election();
    }

    fn forgotten_leader(&mut self) {
        let lasts_ms = self.long();
        self.cut_off(Leader, lasts_ms);
        self.wait(lasts_ms - 30, lasts_ms + 60);
        if self.draw.one_in(2) {
            self.depose();
            self.wait_election();
        }
    }

    fn power_loss_while_voting(&mut self) {
        let spell_ms = self.long();
        self.slow_some_disks(spell_ms);
        if self.may(FaultKind::Delay) && self.draw.one_in(2) {
            let max_ms = self.election();
            self.inject(spell_ms, Fault::Delay { ratio: Ratio::percent(30), min_ms: max_ms / 4, max_ms });
        }
        self.cut_off(Leader, spell_ms);
        self.wait(self.cluster.election_timeout_min_ms, self.cluster.election_timeout_max_ms);
        for _ in 0..self.draw.between(3, 8) {
            let (node, downtime_ms) = (self.node(), self.draw.magnitude(1, 20));
            self.lose_power(node, downtime_ms);
            self.wait(1, 40);
        }
        self.wait_election();
    }

    fn late_candidate(&mut self) {
        let (late, voter) = (self.node(), self.node());
        let away_ms = self.draw.between(self.cluster.election_timeout_max_ms, self.cluster.election_timeout_max_ms * 3);
        self.inject(away_ms, Fault::Isolate { target: late });
        let begin_ms = self.now_ms;
        self.wait(1, 60);
        let gone_ms = self.long();
        self.stop(Leader, gone_ms);
        self.now_ms = begin_ms + away_ms - self.draw.below(60).min(away_ms);
        if self.may(FaultKind::TakeSnapshot) {
            self.inject(0, Fault::TakeSnapshot { target: voter });
            self.wait(1, 30);
        }
        let downtime_ms = self.draw.magnitude(1, 20);
        self.lose_power(voter, downtime_ms);
        let lasts_ms = self.election();
        self.cut_off(Leader, lasts_ms);
        self.wait_election();
    }

    fn power_outage(&mut self) {
        for _ in 0..self.draw.between(1, 3) {
            let spell_ms = self.election();
            if self.draw.one_in(2) {
                self.slow_some_disks(spell_ms);
                self.wait(1, spell_ms);
            }
            let nodes = self.cluster.nodes;
            // The others go down within the same moment or within a sync of it.
            let within_ms = self.draw.pick(&[0, 0, 2, 10]);
            let survivors = self.draw.below(u64::from(nodes).div_ceil(2)) as u8;
            let first = self.draw.between(1, nodes.into()) as u8;
            for offset in 0..nodes - survivors {
                let target = Target::Node(NodeId(1 + (first - 1 + offset) % nodes));
                let downtime_ms = self.blink_or_election();
                self.lose_power(target, downtime_ms);
                self.wait(0, within_ms);
            }
            if self.may(FaultKind::Isolate) && self.draw.one_in(2) {
                // A node that did not go down may be cut off, and cannot remember for the others.
                self.wait(1, 20);
                let (node, lasts_ms) = (self.node(), self.long());
                self.inject(lasts_ms, Fault::Isolate { target: node });
            }
            self.wait_election();
        }
    }

    fn torn_twice(&mut self) {
        let victim = self.target();
        // The same node each time: a role may have passed on.
        let victim = if self.draw.one_in(3) { victim } else { self.node() };
        for _ in 0..self.draw.between(2, 4) {
            let downtime_ms = self.draw.magnitude(1, 150);
            self.inject(downtime_ms, Fault::TornWrite { target: victim });
            self.wait(downtime_ms + 1, downtime_ms + 400);
        }
        let downtime_ms = self.blink_or_election();
        self.lose_power(victim, downtime_ms);
        self.wait(1, 100);
        self.depose();
        self.wait_election();
    }

    fn bit_rot(&mut self) {
        let victim = self.node();
        if self.draw.one_in(2) {
            // Another node lacks entries that the victim's copy was counted for. It is back when that copy is needed.
            let (laggard, away_ms) = (self.node(), self.long());
            self.inject(away_ms, Fault::Isolate { target: laggard });
            self.now_ms += away_ms - self.draw.below(150).min(away_ms);
        }
        self.inject(0, Fault::BitFlip { target: victim });
        self.wait(1, 100);
        let downtime_ms = self.blink_or_election();
        self.lose_power(victim, downtime_ms);
        // The leader, with all entries, is gone before the victim is back, or when it may have asked for some.
        let sooner = self.draw.one_in(2);
        let (low_ms, high_ms) = if sooner { (0, downtime_ms) } else { (downtime_ms, downtime_ms + 300) };
        self.wait(low_ms, high_ms);
        let lasts_ms = self.long();
        self.cut_off(Leader, lasts_ms);
        self.wait_election();
    }

    fn failed_sync_then_power_loss(&mut self) {
        let victim = if self.draw.one_in(2) { Leader } else { self.node() };
        self.inject(0, Fault::FsyncError { target: victim });
        self.wait(1, 300);
        let downtime_ms = self.blink_or_election();
        self.lose_power(victim, downtime_ms);
        self.wait(1, 100);
        self.depose();
        self.wait_election();
    }

    fn leader_without_disk(&mut self) {
        let lasts_ms = self.election();
        let kind = self.one_of(&[FaultKind::StalledDisk, FaultKind::DiskFull]);
        let fault = self.fault(kind, Leader);
        self.inject(lasts_ms, fault);
        self.wait(1, lasts_ms);
        let downtime_ms = self.blink_or_election();
        self.lose_power(Leader, downtime_ms);
        self.wait_election();
    }

    fn lost_machine(&mut self) {
        let victim = self.target();
        self.inject(0, Fault::WipedDisk { target: victim });
        self.wait(1, 500);
        let (node, downtime_ms) = (self.node(), self.blink_or_election());
        self.lose_power(node, downtime_ms);
        self.wait_election();
    }

    fn laggard_needs_snapshot(&mut self) {
        let laggard = self.node();
        let (begin_ms, away_ms) = (self.now_ms, self.long());
        match self.draw.below(5) {
            0 | 1 => self.inject(away_ms, Fault::Isolate { target: laggard }),
            // The laggard takes the messages it is sent, and its leader hears no answer.
            2 if self.may(FaultKind::PartitionOneWay) => {
                self.inject(away_ms, Fault::PartitionOneWay { side: vec![laggard], cut: Direction::Outbound });
            }
            _ => self.stop(laggard, away_ms),
        }
        self.wait(away_ms / 3, away_ms);
        let while_away = self.draw.one_in(2);
        if while_away {
            for target in [Leader, Follower] {
                self.inject(0, Fault::TakeSnapshot { target });
            }
        }
        self.now_ms = begin_ms + away_ms - self.draw.below(20);
        // The snapshot, or some of it, comes twice, or late, or after the entries that follow it.
        let lasts_ms = self.long();
        let ratio = self.draw.pick(&STRONG);
        let (delay_ms, long_ms) = (self.draw.magnitude(5, 200), self.cluster.election_timeout_min_ms);
        match self.draw.below(5) {
            0 | 1 if self.may(FaultKind::Duplication) => self.inject(lasts_ms, Fault::Duplication { ratio }),
            2 if self.may(FaultKind::Delay) => {
                self.inject(lasts_ms, Fault::Delay { ratio, min_ms: delay_ms / 2, max_ms: delay_ms });
            }
            3 if self.may(FaultKind::Loss) => self.inject(lasts_ms, Fault::Loss { ratio }),
            _ => {}
        }
        if self.may(FaultKind::Reordering) && self.draw.one_in(2) {
            self.inject(lasts_ms, Fault::Reordering { ratio, delay_max_ms: delay_ms.max(long_ms / 4) });
        }
        if !while_away {
            // The missing entries are on their way to the laggard, and the leader compacts them away meanwhile.
            self.wait(1, 100);
            self.inject(0, Fault::TakeSnapshot { target: Leader });
        }
        self.wait(20, 250);
        let downtime_ms = self.blink_or_election();
        match self.draw.below(4) {
            0 => self.stop(laggard, downtime_ms),
            1 => self.inject(downtime_ms, Fault::Isolate { target: laggard }),
            2 if self.may(FaultKind::TransferLeadership) => {
                self.inject(0, Fault::TransferLeadership { to: laggard });
            }
            _ => self.stop(Leader, downtime_ms),
        }
        self.wait_election();
    }

    fn delayed_elections(&mut self) {
        let (min_ms, max_ms) = (self.cluster.election_timeout_min_ms / 2, self.cluster.election_timeout_max_ms * 2);
        let ratio = self.draw.pick(&STRONG);
        self.elections_under(Fault::Delay { ratio, min_ms, max_ms });
    }

    fn doubled_elections(&mut self) {
        let ratio = self.draw.pick(&STRONG);
        self.elections_under(Fault::Duplication { ratio });
    }

    fn overtaking_appends(&mut self) {
        let ratio = self.draw.pick(&STRONG);
        let delay_max_ms = self.draw.magnitude(5, self.cluster.election_timeout_max_ms);
        self.elections_under(Fault::Reordering { ratio, delay_max_ms });
    }

    /// Leaders change while something is wrong with the network.
    fn elections_under(&mut self, fault: Fault) {
        let lasts_ms = self.long();
        self.inject(lasts_ms, fault);
        let end_ms = self.now_ms + lasts_ms;
        while self.now_ms < end_ms {
            self.wait(10, self.cluster.election_timeout_max_ms * 2);
            self.depose();
        }
        self.wait_election();
    }

    fn last_append_lost(&mut self) {
        let lasts_ms = self.draw.magnitude(8, 120);
        match self.one_of(&[FaultKind::Isolate, FaultKind::Loss]) {
            FaultKind::Loss => self.inject(lasts_ms, Fault::Loss { ratio: Ratio::ALWAYS }),
            _ => self.inject(lasts_ms, Fault::Isolate { target: Follower }),
        }
        self.wait(lasts_ms, lasts_ms + 200);
    }

    fn bare_majority(&mut self) {
        let (down_ms, begin_ms) = (self.long() * 2, self.now_ms);
        // Of 5 two may be down, of 3 one.
        for _ in 0..(self.cluster.nodes.saturating_sub(1) / 2).min(2) {
            let target = self.target();
            self.stop(target, down_ms);
        }
        while self.now_ms < begin_ms + down_ms {
            self.wait_election();
            let (target, lasts_ms) = (self.target(), self.blink_or_election());
            if self.draw.one_in(2) {
                self.cut_off(target, lasts_ms);
            } else {
                self.stop(target, lasts_ms);
            }
        }
    }

    fn broken_bridge(&mut self) {
        let (middle, lasts_ms) = (self.target(), self.long());
        self.inject(lasts_ms, Fault::Bridge { middle });
        for _ in 0..self.draw.between(1, 3) {
            self.wait_election();
            let (target, downtime_ms) = (self.target(), self.blink_or_election());
            self.stop(target, downtime_ms);
        }
        self.wait_election();
    }

    fn transfer_to_unreachable(&mut self) {
        let (to, lasts_ms) = (self.node(), self.election());
        if self.draw.one_in(2) {
            self.cut_off(to, lasts_ms);
        } else {
            self.stop(to, lasts_ms);
        }
        self.wait(0, 60);
        self.inject(0, Fault::TransferLeadership { to });
        if self.draw.one_in(2) {
            // The old leader is alone by the time the new one leads.
            self.wait(1, 25);
            let lasts_ms = self.long();
            self.inject(lasts_ms, Fault::Isolate { target: Leader });
        }
        self.wait_election();
    }

    fn transfer_cut_short(&mut self) {
        let to = if self.draw.one_in(2) { Follower } else { self.node() };
        self.inject(0, Fault::TransferLeadership { to });
        self.wait(1, 30);
        let lasts_ms = self.election();
        match self.draw.below(3) {
            0 => self.cut_off(to, lasts_ms),
            1 => self.cut_off(Leader, lasts_ms),
            _ => self.stop(to, lasts_ms),
        }
        self.wait_election();
        if self.draw.one_in(2) {
            self.depose();
            self.wait_election();
        }
    }

    fn transfer_unheard(&mut self) {
        self.inject(0, Fault::TransferLeadership { to: Follower });
        self.wait(0, 12);
        let lasts_ms = self.election();
        self.inject(lasts_ms, Fault::PartitionOneWay { side: vec![Leader], cut: Direction::Inbound });
        self.wait_election();
    }

    fn stunned_leader(&mut self) {
        let (min_ms, max_ms) = (self.cluster.election_timeout_min_ms, self.cluster.election_timeout_max_ms);
        // Long enough to lose its followers; half of the time for the next one to have written meanwhile, so that clients
        // wait for the old one too, with reads that it finds right behind the answers from before.
        let paused_ms =
            if self.draw.one_in(2) { self.draw.between(2 * max_ms, 5 * max_ms) } else { self.election() + min_ms };
        self.inject(paused_ms, Fault::Pause { target: Leader });
        // While the others take it for the leader still.
        self.wait(5, min_ms);
        let lasts_ms = self.long();
        self.inject(paused_ms + lasts_ms, Fault::Isolate { target: Leader });
        self.wait(paused_ms, paused_ms + lasts_ms);
    }

    fn membership_under_fire(&mut self) {
        for _ in 0..self.draw.between(1, 3) {
            self.change_membership();
            // A learner catches up and a joint configuration comes and goes within a few round trips.
            let after_ms = self.draw.magnitude(1, 250);
            self.wait(after_ms, after_ms);
            if self.may(FaultKind::Partition) && self.draw.one_in(2) {
                let (side, lasts_ms) = (self.leaders_side(), self.election());
                self.inject(lasts_ms, Fault::Partition { side });
            } else {
                self.depose();
            }
            self.wait_election();
        }
    }

    fn conflicting_changes(&mut self) {
        for _ in 0..self.draw.between(2, 3) {
            // The entry is in the leader's log and nowhere else when it is cut off; or the cut comes first, and the
            // entry stays there.
            if self.draw.one_in(2) {
                self.change_membership();
                self.wait(1, 15);
                let lasts_ms = self.long();
                self.inject(lasts_ms, Fault::Isolate { target: Leader });
            } else {
                let lasts_ms = self.long();
                self.inject(lasts_ms, Fault::Isolate { target: Leader });
                self.wait(0, 5);
                self.change_membership();
            }
            self.wait(self.cluster.election_timeout_min_ms, self.cluster.election_timeout_max_ms * 2);
        }
    }

    fn wrong_clock_cut_off(&mut self) {
        use FaultKind::{ClockDrift, ClockFreeze, ClockSkew};
        let leased = self.recipe.drift_max_ppm.is_some();
        let kind = if leased { ClockDrift } else { self.one_of(&[ClockDrift, ClockDrift, ClockFreeze, ClockSkew]) };
        let lasts_ms = self.long();
        let fault = self.fault(kind, Leader);
        self.inject(lasts_ms, fault);
        self.wait(1, lasts_ms);
        let lasts_ms = self.long();
        self.cut_off(Leader, lasts_ms);
        self.wait_election();
    }
}
