//! The moments at which replicated systems of any kind are known to go wrong.
//!
//! None is sure to be hit: times and targets are drawn, so that a burst covers the neighbourhood of its moment and not
//! one path through it.

use env::{NodeId, Random, Ratio};

use super::{Aim, Nemesis};
use crate::plan::{Fault, FaultKind, Target};
use FaultKind::*;
use Target::{Follower, Leader};

/// The shares of messages that a fault of the network hits in a burst.
pub const STRONG: [Ratio; 3] = [Ratio::percent(15), Ratio::percent(30), Ratio::percent(60)];

/// All of them.
pub const GENERAL: &[Aim] = &[
    SHIFTING_PARTITIONS,
    LEADER_CUT_OFF_FOLLOWER_DOWN,
    FORGOTTEN_LEADER,
    POWER_OUTAGE,
    TORN_TWICE,
    BIT_ROT,
    FAILED_SYNC_THEN_POWER_LOSS,
    LEADER_WITHOUT_DISK,
    LOST_MACHINE,
    LAST_WRITE_LOST,
    BARE_MAJORITY,
    BROKEN_BRIDGE,
    STUNNED_LEADER,
    WRONG_CLOCK_CUT_OFF,
];

/// Partitioned one way, then another, then another, with hardly a pause: copies diverge and are repaired.
pub const SHIFTING_PARTITIONS: Aim = Aim::new("shifting-partitions", &[Partition, Kill], shifting_partitions);

fn shifting_partitions(nemesis: &mut Nemesis<'_>) {
    for _ in 0..nemesis.draw().between(2, 5) {
        let lasts_ms = if nemesis.draw().one_in(3) { nemesis.long() } else { nemesis.fail_over() };
        let side = nemesis.leaders_side();
        nemesis.inject(lasts_ms, Fault::Partition { side });
        if nemesis.draw().one_in(3) {
            nemesis.wait(1, lasts_ms);
            let downtime_ms = nemesis.blink_or_fail_over();
            let target = nemesis.target();
            nemesis.stop(target, downtime_ms);
        } else {
            // Sometimes the next one begins before this one ends.
            nemesis.wait(lasts_ms / 2, lasts_ms + 60);
        }
    }
}

/// A leader is cut off, and while the others take over, a follower goes down.
pub const LEADER_CUT_OFF_FOLLOWER_DOWN: Aim =
    Aim::new("leader-cut-off-follower-down", &[Isolate, Kill], leader_cut_off_follower_down);

fn leader_cut_off_follower_down(nemesis: &mut Nemesis<'_>) {
    let lasts_ms = nemesis.long();
    nemesis.cut_off(Leader, lasts_ms);
    let (min, max) = (nemesis.cluster().suspicion_min_ms, nemesis.cluster().suspicion_max_ms);
    nemesis.wait(min / 2, max * 2);
    let downtime_ms = nemesis.blink_or_fail_over();
    let target = if nemesis.draw().one_in(2) { Follower } else { nemesis.node() };
    nemesis.stop(target, downtime_ms);
    nemesis.wait_fail_over();
}

/// A leader is cut off for long, goes on believing, and comes back.
pub const FORGOTTEN_LEADER: Aim = Aim::new("forgotten-leader", &[Isolate, Kill], forgotten_leader);

fn forgotten_leader(nemesis: &mut Nemesis<'_>) {
    let lasts_ms = nemesis.long();
    nemesis.cut_off(Leader, lasts_ms);
    nemesis.wait(lasts_ms - 30, lasts_ms + 60);
    if nemesis.draw().one_in(2) {
        nemesis.depose();
        nemesis.wait_fail_over();
    }
}

/// A majority loses power at once.
pub const POWER_OUTAGE: Aim = Aim::new("power-outage", &[Crash], power_outage);

fn power_outage(nemesis: &mut Nemesis<'_>) {
    for _ in 0..nemesis.draw().between(1, 3) {
        let spell_ms = nemesis.fail_over();
        if nemesis.draw().one_in(2) {
            nemesis.slow_some_disks(spell_ms);
            nemesis.wait(1, spell_ms);
        }
        let nodes = nemesis.cluster().nodes;
        // The others go down within the same moment or within a sync of it.
        let within_ms = nemesis.draw().pick(&[0, 0, 2, 10]);
        let survivors = nemesis.draw().below(u64::from(nodes).div_ceil(2)) as u8;
        let first = nemesis.draw().between(1, nodes.into()) as u8;
        for offset in 0..nodes - survivors {
            let target = Target::Node(NodeId(1 + (first - 1 + offset) % nodes));
            let downtime_ms = nemesis.blink_or_fail_over();
            nemesis.lose_power(target, downtime_ms);
            nemesis.wait(0, within_ms);
        }
        if nemesis.may(FaultKind::Isolate) && nemesis.draw().one_in(2) {
            // A node that did not go down may be cut off, and cannot remember for the others.
            nemesis.wait(1, 20);
            let (node, lasts_ms) = (nemesis.node(), nemesis.long());
            nemesis.inject(lasts_ms, Fault::Isolate { target: node });
        }
        nemesis.wait_fail_over();
    }
}

/// One node's last write is torn, and after it has recovered torn again.
pub const TORN_TWICE: Aim = Aim::new("torn-twice", &[TornWrite, Crash], torn_twice);

fn torn_twice(nemesis: &mut Nemesis<'_>) {
    let victim = nemesis.target();
    // The same node each time: a role may have passed on.
    let victim = if nemesis.draw().one_in(3) { victim } else { nemesis.node() };
    for _ in 0..nemesis.draw().between(2, 4) {
        let downtime_ms = nemesis.draw().magnitude(1, 150);
        nemesis.inject(downtime_ms, Fault::TornWrite { target: victim });
        nemesis.wait(downtime_ms + 1, downtime_ms + 400);
    }
    let downtime_ms = nemesis.blink_or_fail_over();
    nemesis.lose_power(victim, downtime_ms);
    nemesis.wait(1, 100);
    nemesis.depose();
    nemesis.wait_fail_over();
}

/// A bit of one node's files flips, the node restarts, and then the others need entries it had promised to hold.
pub const BIT_ROT: Aim = Aim::new("bit-rot", &[BitFlip, Crash, Isolate], bit_rot);

fn bit_rot(nemesis: &mut Nemesis<'_>) {
    let victim = nemesis.node();
    if nemesis.draw().one_in(2) {
        // Another node lacks entries that the victim's copy was counted for. It is back when that copy is needed.
        let (laggard, away_ms) = (nemesis.node(), nemesis.long());
        nemesis.inject(away_ms, Fault::Isolate { target: laggard });
        let early_ms = nemesis.draw().below(150).min(away_ms);
        nemesis.go_to(nemesis.now_ms() + away_ms - early_ms);
    }
    nemesis.inject(0, Fault::BitFlip { target: victim });
    nemesis.wait(1, 100);
    let downtime_ms = nemesis.blink_or_fail_over();
    nemesis.lose_power(victim, downtime_ms);
    // The leader, with all entries, is gone before the victim is back, or when it may have asked for some.
    let sooner = nemesis.draw().one_in(2);
    let (low_ms, high_ms) = if sooner { (0, downtime_ms) } else { (downtime_ms, downtime_ms + 300) };
    nemesis.wait(low_ms, high_ms);
    let lasts_ms = nemesis.long();
    nemesis.cut_off(Leader, lasts_ms);
    nemesis.wait_fail_over();
}

/// A sync fails, and soon after the node that was told so loses power.
pub const FAILED_SYNC_THEN_POWER_LOSS: Aim =
    Aim::new("failed-sync-then-power-loss", &[FsyncError, Crash], failed_sync_then_power_loss);

fn failed_sync_then_power_loss(nemesis: &mut Nemesis<'_>) {
    let victim = if nemesis.draw().one_in(2) { Leader } else { nemesis.node() };
    nemesis.inject(0, Fault::FsyncError { target: victim });
    nemesis.wait(1, 300);
    let downtime_ms = nemesis.blink_or_fail_over();
    nemesis.lose_power(victim, downtime_ms);
    nemesis.wait(1, 100);
    nemesis.depose();
    nemesis.wait_fail_over();
}

/// A full or stalled disk under a leader, which then goes down.
pub const LEADER_WITHOUT_DISK: Aim =
    Aim::new("leader-without-disk", &[StalledDisk, DiskFull, Crash], leader_without_disk);

fn leader_without_disk(nemesis: &mut Nemesis<'_>) {
    let lasts_ms = nemesis.fail_over();
    let kind = nemesis.one_of(&[FaultKind::StalledDisk, FaultKind::DiskFull]);
    let fault = nemesis.fault(kind, Leader);
    nemesis.inject(lasts_ms, fault);
    nemesis.wait(1, lasts_ms);
    let downtime_ms = nemesis.blink_or_fail_over();
    nemesis.lose_power(Leader, downtime_ms);
    nemesis.wait_fail_over();
}

/// A machine is lost for good, and another one goes down for a while.
pub const LOST_MACHINE: Aim = Aim::new("lost-machine", &[WipedDisk, Crash], lost_machine);

fn lost_machine(nemesis: &mut Nemesis<'_>) {
    let victim = nemesis.target();
    nemesis.inject(0, Fault::WipedDisk { target: victim });
    nemesis.wait(1, 500);
    let (node, downtime_ms) = (nemesis.node(), nemesis.blink_or_fail_over());
    nemesis.lose_power(node, downtime_ms);
    nemesis.wait_fail_over();
}

/// For a blink nothing gets through, and then nothing is written any more.
pub const LAST_WRITE_LOST: Aim = Aim::new("last-write-lost", &[Isolate], last_write_lost);

fn last_write_lost(nemesis: &mut Nemesis<'_>) {
    let lasts_ms = nemesis.draw().magnitude(8, 120);
    match nemesis.one_of(&[FaultKind::Isolate, FaultKind::Loss]) {
        FaultKind::Loss => nemesis.inject(lasts_ms, Fault::Loss { ratio: Ratio::ALWAYS }),
        _ => nemesis.inject(lasts_ms, Fault::Isolate { target: Follower }),
    }
    nemesis.wait(lasts_ms, lasts_ms + 200);
}

/// One node down for long, so that every other one counts, and then those are disturbed by turns.
pub const BARE_MAJORITY: Aim = Aim::new("bare-majority", &[Isolate, Kill], bare_majority);

fn bare_majority(nemesis: &mut Nemesis<'_>) {
    let (down_ms, begin_ms) = (nemesis.long() * 2, nemesis.now_ms());
    // Of 5 two may be down, of 3 one.
    for _ in 0..(nemesis.cluster().nodes.saturating_sub(1) / 2).min(2) {
        let target = nemesis.target();
        nemesis.stop(target, down_ms);
    }
    while nemesis.now_ms() < begin_ms + down_ms {
        nemesis.wait_fail_over();
        let (target, lasts_ms) = (nemesis.target(), nemesis.blink_or_fail_over());
        if nemesis.draw().one_in(2) {
            nemesis.cut_off(target, lasts_ms);
        } else {
            nemesis.stop(target, lasts_ms);
        }
    }
}

/// A bridge, and somewhere on it a node that stops.
pub const BROKEN_BRIDGE: Aim = Aim::new("broken-bridge", &[Bridge, Kill], broken_bridge);

fn broken_bridge(nemesis: &mut Nemesis<'_>) {
    let (middle, lasts_ms) = (nemesis.target(), nemesis.long());
    nemesis.inject(lasts_ms, Fault::Bridge { middle });
    for _ in 0..nemesis.draw().between(1, 3) {
        nemesis.wait_fail_over();
        let (target, downtime_ms) = (nemesis.target(), nemesis.blink_or_fail_over());
        nemesis.stop(target, downtime_ms);
    }
    nemesis.wait_fail_over();
}

/// A leader is paused, and cut off before it goes on: the messages in its queue were true some time ago.
pub const STUNNED_LEADER: Aim = Aim::new("stunned-leader", &[Pause, Isolate], stunned_leader).with_leases();

fn stunned_leader(nemesis: &mut Nemesis<'_>) {
    let (min_ms, max_ms) = (nemesis.cluster().suspicion_min_ms, nemesis.cluster().suspicion_max_ms);
    // Long enough to lose its followers; half of the time for the next one to have written meanwhile, so that clients
    // wait for the old one too, with reads that it finds right behind the answers from before.
    let paused_ms = if nemesis.draw().one_in(2) {
        nemesis.draw().between(2 * max_ms, 5 * max_ms)
    } else {
        nemesis.fail_over() + min_ms
    };
    nemesis.inject(paused_ms, Fault::Pause { target: Leader });
    // While the others take it for the leader still.
    nemesis.wait(5, min_ms);
    let lasts_ms = nemesis.long();
    nemesis.inject(paused_ms + lasts_ms, Fault::Isolate { target: Leader });
    nemesis.wait(paused_ms, paused_ms + lasts_ms);
}

/// A clock is wrong on a leader that is then cut off.
pub const WRONG_CLOCK_CUT_OFF: Aim =
    Aim::new("wrong-clock-cut-off", &[ClockDrift, Isolate], wrong_clock_cut_off).with_leases();

fn wrong_clock_cut_off(nemesis: &mut Nemesis<'_>) {
    use FaultKind::{ClockDrift, ClockFreeze, ClockSkew};
    let leased = nemesis.has_leases();
    let kind = if leased { ClockDrift } else { nemesis.one_of(&[ClockDrift, ClockDrift, ClockFreeze, ClockSkew]) };
    let lasts_ms = nemesis.long();
    let fault = nemesis.fault(kind, Leader);
    nemesis.inject(lasts_ms, fault);
    nemesis.wait(1, lasts_ms);
    let lasts_ms = nemesis.long();
    nemesis.cut_off(Leader, lasts_ms);
    nemesis.wait_fail_over();
}
