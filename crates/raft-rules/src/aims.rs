//! The moments at which Raft clusters are known to go wrong.

use FaultKind::*;
use Target::{Follower, Leader};
use env::{Random, Ratio};
use sim::aims;
use sim::{Aim, Direction, Fault, FaultKind, Nemesis, Target};

/// The moments that storms over a Raft cluster aim at, besides those of [any system](aims::GENERAL).
pub const AIMS: &[Aim] = &[
    REVOLVING_LEADERS,
    POWER_LOSS_WHILE_VOTING,
    LATE_CANDIDATE,
    LAGGARD_NEEDS_SNAPSHOT,
    DELAYED_ELECTIONS,
    DOUBLED_ELECTIONS,
    OVERTAKING_APPENDS,
    TRANSFER_TO_UNREACHABLE,
    TRANSFER_CUT_SHORT,
    TRANSFER_UNHEARD,
    MEMBERSHIP_UNDER_FIRE,
    CONFLICTING_CHANGES,
];

/// Leader after leader goes down, each soon after it was elected and with only some of the others in reach: entries
/// of several terms lie uncommitted side by side (Ongaro and Ousterhout 2014, figures 7 and 8).
const REVOLVING_LEADERS: Aim = Aim::new("revolving-leaders", &[Partition, Kill], revolving_leaders);

fn revolving_leaders(nemesis: &mut Nemesis<'_>) {
    for _ in 0..nemesis.draw().between(2, 5) {
        if nemesis.draw().one_in(2) {
            let (side, lasts_ms) = (nemesis.leaders_side(), nemesis.fail_over());
            nemesis.inject(lasts_ms, Fault::Partition { side });
            nemesis.wait(1, 200);
        }
        let downtime_ms = nemesis.blink_or_fail_over();
        nemesis.stop(Leader, downtime_ms);
        nemesis.wait_fail_over();
    }
}

/// Voters lose power and are back within the election that they voted in.
const POWER_LOSS_WHILE_VOTING: Aim = Aim::new("power-loss-while-voting", &[Isolate, Crash], power_loss_while_voting);

fn power_loss_while_voting(nemesis: &mut Nemesis<'_>) {
    let spell_ms = nemesis.long();
    nemesis.slow_some_disks(spell_ms);
    if nemesis.may(FaultKind::Delay) && nemesis.draw().one_in(2) {
        let max_ms = nemesis.fail_over();
        nemesis.inject(spell_ms, Fault::Delay { ratio: Ratio::percent(30), min_ms: max_ms / 4, max_ms });
    }
    nemesis.cut_off(Leader, spell_ms);
    nemesis.wait(nemesis.cluster().suspicion_min_ms, nemesis.cluster().suspicion_max_ms);
    for _ in 0..nemesis.draw().between(3, 8) {
        let (node, downtime_ms) = (nemesis.node(), nemesis.draw().magnitude(1, 20));
        nemesis.lose_power(node, downtime_ms);
        nemesis.wait(1, 40);
    }
    nemesis.wait_fail_over();
}

/// A candidate that was cut off stands in the term that the others have just voted in, after one of them has
/// rewritten its log and rebooted.
const LATE_CANDIDATE: Aim = Aim::new("late-candidate", &[Isolate, Crash], late_candidate);

fn late_candidate(nemesis: &mut Nemesis<'_>) {
    let (late, voter) = (nemesis.node(), nemesis.node());
    let max_ms = nemesis.cluster().suspicion_max_ms;
    let away_ms = nemesis.draw().between(max_ms, max_ms * 3);
    nemesis.inject(away_ms, Fault::Isolate { target: late });
    let begin_ms = nemesis.now_ms();
    nemesis.wait(1, 60);
    let gone_ms = nemesis.long();
    nemesis.stop(Leader, gone_ms);
    let early_ms = nemesis.draw().below(60).min(away_ms);
    nemesis.go_to(begin_ms + away_ms - early_ms);
    if nemesis.may(FaultKind::TakeSnapshot) {
        nemesis.inject(0, Fault::TakeSnapshot { target: voter });
        nemesis.wait(1, 30);
    }
    let downtime_ms = nemesis.draw().magnitude(1, 20);
    nemesis.lose_power(voter, downtime_ms);
    let lasts_ms = nemesis.fail_over();
    nemesis.cut_off(Leader, lasts_ms);
    nemesis.wait_fail_over();
}

/// A follower is away while the others write and compact, needs a snapshot, and is disturbed as it comes back.
const LAGGARD_NEEDS_SNAPSHOT: Aim =
    Aim::new("laggard-needs-snapshot", &[Isolate, TakeSnapshot, Kill], laggard_needs_snapshot);

fn laggard_needs_snapshot(nemesis: &mut Nemesis<'_>) {
    let laggard = nemesis.node();
    let (begin_ms, away_ms) = (nemesis.now_ms(), nemesis.long());
    match nemesis.draw().below(5) {
        0 | 1 => nemesis.inject(away_ms, Fault::Isolate { target: laggard }),
        // The laggard takes the messages it is sent, and its leader hears no answer.
        2 if nemesis.may(FaultKind::PartitionOneWay) => {
            nemesis.inject(away_ms, Fault::PartitionOneWay { side: vec![laggard], cut: Direction::Outbound });
        }
        _ => nemesis.stop(laggard, away_ms),
    }
    nemesis.wait(away_ms / 3, away_ms);
    let while_away = nemesis.draw().one_in(2);
    if while_away {
        for target in [Leader, Follower] {
            nemesis.inject(0, Fault::TakeSnapshot { target });
        }
    }
    let early_ms = nemesis.draw().below(20);
    nemesis.go_to(begin_ms + away_ms - early_ms);
    // The snapshot, or some of it, comes twice, or late, or after the entries that follow it.
    let lasts_ms = nemesis.long();
    let ratio = nemesis.draw().pick(&aims::STRONG);
    let (delay_ms, long_ms) = (nemesis.draw().magnitude(5, 200), nemesis.cluster().suspicion_min_ms);
    match nemesis.draw().below(5) {
        0 | 1 if nemesis.may(FaultKind::Duplication) => nemesis.inject(lasts_ms, Fault::Duplication { ratio }),
        2 if nemesis.may(FaultKind::Delay) => {
            nemesis.inject(lasts_ms, Fault::Delay { ratio, min_ms: delay_ms / 2, max_ms: delay_ms });
        }
        3 if nemesis.may(FaultKind::Loss) => nemesis.inject(lasts_ms, Fault::Loss { ratio }),
        _ => {}
    }
    if nemesis.may(FaultKind::Reordering) && nemesis.draw().one_in(2) {
        nemesis.inject(lasts_ms, Fault::Reordering { ratio, delay_max_ms: delay_ms.max(long_ms / 4) });
    }
    if !while_away {
        // The missing entries are on their way to the laggard, and the leader compacts them away meanwhile.
        nemesis.wait(1, 100);
        nemesis.inject(0, Fault::TakeSnapshot { target: Leader });
    }
    nemesis.wait(20, 250);
    let downtime_ms = nemesis.blink_or_fail_over();
    match nemesis.draw().below(4) {
        0 => nemesis.stop(laggard, downtime_ms),
        1 => nemesis.inject(downtime_ms, Fault::Isolate { target: laggard }),
        2 if nemesis.may(FaultKind::TransferLeadership) => {
            nemesis.inject(0, Fault::TransferLeadership { to: laggard });
        }
        _ => nemesis.stop(Leader, downtime_ms),
    }
    nemesis.wait_fail_over();
}

/// Votes and appends of an earlier term arrive in a later one.
const DELAYED_ELECTIONS: Aim = Aim::new("delayed-elections", &[Delay, Kill], delayed_elections);

fn delayed_elections(nemesis: &mut Nemesis<'_>) {
    let (min_ms, max_ms) = (nemesis.cluster().suspicion_min_ms / 2, nemesis.cluster().suspicion_max_ms * 2);
    let ratio = nemesis.draw().pick(&aims::STRONG);
    elections_under(nemesis, Fault::Delay { ratio, min_ms, max_ms });
}

/// Every message may come twice, while leaders change.
const DOUBLED_ELECTIONS: Aim = Aim::new("doubled-elections", &[Duplication, Kill], doubled_elections);

fn doubled_elections(nemesis: &mut Nemesis<'_>) {
    let ratio = nemesis.draw().pick(&aims::STRONG);
    elections_under(nemesis, Fault::Duplication { ratio });
}

/// Appends overtake one another, while leaders change.
const OVERTAKING_APPENDS: Aim = Aim::new("overtaking-appends", &[Reordering, Kill], overtaking_appends);

fn overtaking_appends(nemesis: &mut Nemesis<'_>) {
    let ratio = nemesis.draw().pick(&aims::STRONG);
    let max_ms = nemesis.cluster().suspicion_max_ms;
    let delay_max_ms = nemesis.draw().magnitude(5, max_ms);
    elections_under(nemesis, Fault::Reordering { ratio, delay_max_ms });
}

/// Leadership is handed to a node that cannot take it, or that takes it late.
const TRANSFER_TO_UNREACHABLE: Aim =
    Aim::new("transfer-to-unreachable", &[TransferLeadership, Isolate, Kill], transfer_to_unreachable);

fn transfer_to_unreachable(nemesis: &mut Nemesis<'_>) {
    let (to, lasts_ms) = (nemesis.node(), nemesis.fail_over());
    if nemesis.draw().one_in(2) {
        nemesis.cut_off(to, lasts_ms);
    } else {
        nemesis.stop(to, lasts_ms);
    }
    nemesis.wait(0, 60);
    nemesis.inject(0, Fault::TransferLeadership { to });
    if nemesis.draw().one_in(2) {
        // The old leader is alone by the time the new one leads.
        nemesis.wait(1, 25);
        let lasts_ms = nemesis.long();
        nemesis.inject(lasts_ms, Fault::Isolate { target: Leader });
    }
    nemesis.wait_fail_over();
}

/// Leadership is handed over, and the node that campaigns is cut off in the middle of it.
const TRANSFER_CUT_SHORT: Aim =
    Aim::new("transfer-cut-short", &[TransferLeadership, Isolate, Kill], transfer_cut_short);

fn transfer_cut_short(nemesis: &mut Nemesis<'_>) {
    let to = if nemesis.draw().one_in(2) { Follower } else { nemesis.node() };
    nemesis.inject(0, Fault::TransferLeadership { to });
    nemesis.wait(1, 30);
    let lasts_ms = nemesis.fail_over();
    match nemesis.draw().below(3) {
        0 => nemesis.cut_off(to, lasts_ms),
        1 => nemesis.cut_off(Leader, lasts_ms),
        _ => nemesis.stop(to, lasts_ms),
    }
    nemesis.wait_fail_over();
    if nemesis.draw().one_in(2) {
        nemesis.depose();
        nemesis.wait_fail_over();
    }
}

/// Leadership is handed over by a leader that does not hear the result, and may go on answering reads.
const TRANSFER_UNHEARD: Aim =
    Aim::new("transfer-unheard", &[TransferLeadership, PartitionOneWay], transfer_unheard).with_leases();

fn transfer_unheard(nemesis: &mut Nemesis<'_>) {
    nemesis.inject(0, Fault::TransferLeadership { to: Follower });
    nemesis.wait(0, 12);
    let lasts_ms = nemesis.fail_over();
    nemesis.inject(lasts_ms, Fault::PartitionOneWay { side: vec![Leader], cut: Direction::Inbound });
    nemesis.wait_fail_over();
}

/// The membership changes while its leader is cut off or goes down.
const MEMBERSHIP_UNDER_FIRE: Aim =
    Aim::new("membership-under-fire", &[AddMember, RemoveMember, ReplaceMember, Isolate, Kill], membership_under_fire);

fn membership_under_fire(nemesis: &mut Nemesis<'_>) {
    for _ in 0..nemesis.draw().between(1, 3) {
        nemesis.change_membership();
        // A learner catches up and a joint configuration comes and goes within a few round trips.
        let after_ms = nemesis.draw().magnitude(1, 250);
        nemesis.wait(after_ms, after_ms);
        if nemesis.may(FaultKind::Partition) && nemesis.draw().one_in(2) {
            let (side, lasts_ms) = (nemesis.leaders_side(), nemesis.fail_over());
            nemesis.inject(lasts_ms, Fault::Partition { side });
        } else {
            nemesis.depose();
        }
        nemesis.wait_fail_over();
    }
}

/// A change of membership is left behind by one leader, and the next one begins another.
const CONFLICTING_CHANGES: Aim =
    Aim::new("conflicting-changes", &[AddMember, RemoveMember, ReplaceMember, Isolate, Kill], conflicting_changes);

fn conflicting_changes(nemesis: &mut Nemesis<'_>) {
    for _ in 0..nemesis.draw().between(2, 3) {
        // The entry is in the leader's log and nowhere else when it is cut off; or the cut comes first, and the
        // entry stays there.
        if nemesis.draw().one_in(2) {
            nemesis.change_membership();
            nemesis.wait(1, 15);
            let lasts_ms = nemesis.long();
            nemesis.inject(lasts_ms, Fault::Isolate { target: Leader });
        } else {
            let lasts_ms = nemesis.long();
            nemesis.inject(lasts_ms, Fault::Isolate { target: Leader });
            nemesis.wait(0, 5);
            nemesis.change_membership();
        }
        nemesis.wait(nemesis.cluster().suspicion_min_ms, nemesis.cluster().suspicion_max_ms * 2);
    }
}

/// Leaders change while something is wrong with the network.
fn elections_under(nemesis: &mut Nemesis<'_>, fault: Fault) {
    let lasts_ms = nemesis.long();
    nemesis.inject(lasts_ms, fault);
    let end_ms = nemesis.now_ms() + lasts_ms;
    while nemesis.now_ms() < end_ms {
        nemesis.wait(10, nemesis.cluster().suspicion_max_ms * 2);
        nemesis.depose();
    }
    nemesis.wait_fail_over();
}
