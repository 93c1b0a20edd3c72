//! Lab 3D: logs are compacted to snapshots, and a node that lacks compacted entries is sent a snapshot (section 7).

use env::NodeId;
use raft_kv::Settings;
use sim::Plan;
use stormglass::scenario::{Knobs, Scenario};
use stormglass::{Cluster, expect, millis};
use zoo::Bug;

use super::steps::{Step, after, agree, expect_short_logs, one_leader, restart_all};
use crate::sources::scenario;

/// A snapshot is taken after so many entries, as in the lab.
const SNAPSHOT_EVERY: u64 = 10;
/// How often a node falls behind, as in the lab.
const ROUNDS: usize = 30;
/// The lab's limit for the log on a disk.
const LOG_BYTES_MAX: u64 = 2_000;

pub(super) const ALL: &[Scenario] = &[
    scenario!(LABS, snapshot_basic, lab_3d_snapshot_basic)
        .rows(&["TestSnapshotBasic3D"])
        .about("Logs stay short while commands are agreed on, thirty times over five to fourteen of them")
        .nodes(3)
        .given(snapshots)
        .guards(&[Bug::SnapshotLabelMismatch.name()]),
    scenario!(LABS, snapshot_install, lab_3d_snapshot_install)
        .rows(&["TestSnapshotInstall3D"])
        .about("A node is cut off until its missing entries are compacted; thirty times, a third of them a leader")
        .nodes(3)
        .given(snapshots)
        .guards(&[Bug::SnapshotLabelMismatch.name(), Bug::DedupNotInSnapshot.name(), Bug::ProbePausedForever.name()]),
    scenario!(LABS, snapshot_install_unreliable, lab_3d_snapshot_install_unreliable)
        .rows(&["TestSnapshotInstallUnreliable3D"])
        .about("The same while messages are lost, repeated and late")
        .nodes(3)
        .given(snapshots)
        .guards(&[Bug::StaleSnapshotRegresses.name(), Bug::DedupNotInSnapshot.name()]),
    scenario!(LABS, snapshot_install_crash, lab_3d_snapshot_install_crash)
        .rows(&["TestSnapshotInstallCrash3D"])
        .about("A node loses power and is back once its missing entries are compacted; thirty times, a third of them a leader")
        .nodes(3)
        .given(snapshots)
        .guards(&[Bug::TruncateBeforeSnapshotDurable.name(), Bug::VoteLostOnLogRewrite.name(), Bug::TornTailAppendedOver.name()]),
    scenario!(LABS, snapshot_install_unreliable_crash, lab_3d_snapshot_install_unreliable_crash)
        .rows(&["TestSnapshotInstallUnCrash3D"])
        .about("The same while messages are lost, repeated and late")
        .nodes(3)
        .given(snapshots)
        .guards(&[Bug::StaleSnapshotRegresses.name(), Bug::TruncateBeforeSnapshotDurable.name(), Bug::VoteLostOnLogRewrite.name()]),
    scenario!(LABS, snapshot_all_crash, lab_3d_snapshot_all_crash)
        .rows(&["TestSnapshotAllCrash3D"])
        .about("Five times over all nodes lose power after snapshots: the log goes on where it was")
        .nodes(3)
        .given(snapshots)
        .guards(&[Bug::TruncateBeforeSnapshotDurable.name(), Bug::VoteLostOnLogRewrite.name(), Bug::DedupNotInSnapshot.name()]),
    scenario!(LABS, snapshot_init, lab_3d_snapshot_init)
        .rows(&["TestSnapshotInit3D"])
        .about("All nodes lose power after a snapshot, and again after one more command: both times all of it is there")
        .nodes(3)
        .given(snapshots)
        .guards(&[Bug::VoteLostOnLogRewrite.name(), Bug::DedupNotInSnapshot.name()]),
];

fn snapshots(plan: &mut Plan) {
    plan.configure(|settings: &mut Settings| (settings.snapshot_every, settings.log_tail) = (SNAPSHOT_EVERY, 0));
}

/// How a node falls behind.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Absence {
    No,
    Isolated,
    PowerLoss,
}

fn snapshot_basic(c: &mut Cluster<'_>, _: &Knobs) -> Step {
    compact(c, Absence::No)
}

fn snapshot_install(c: &mut Cluster<'_>, _: &Knobs) -> Step {
    compact(c, Absence::Isolated)
}

fn snapshot_install_unreliable(c: &mut Cluster<'_>, _: &Knobs) -> Step {
    c.make_unreliable(millis(27))?;
    compact(c, Absence::Isolated)
}

fn snapshot_install_crash(c: &mut Cluster<'_>, _: &Knobs) -> Step {
    compact(c, Absence::PowerLoss)
}

fn snapshot_install_unreliable_crash(c: &mut Cluster<'_>, _: &Knobs) -> Step {
    c.make_unreliable(millis(27))?;
    compact(c, Absence::PowerLoss)
}

fn compact(c: &mut Cluster<'_>, absence: Absence) -> Step {
    agree(c, "0", 3)?;
    for round in 0..ROUNDS {
        let leader = one_leader(c)?;
        let victim = if round % 3 == 1 { leader } else { after(c, leader, 1) };
        let present = if absence == Absence::No { 3 } else { 2 };
        leaves(c, victim, absence)?;
        agree_on_some(c, round, present)?;
        comes_back(c, victim, absence)?;
        agree(c, &format!("{round}-all"), 3)?;
        expect_short_logs(c, LOG_BYTES_MAX)?;
    }
    let compacted = c.nodes().iter().map(|node| c.node(node).snapshot.index.0).min();
    expect(compacted > Some(SNAPSHOT_EVERY), "every node has compacted its log")
}

fn leaves(c: &mut Cluster<'_>, node: NodeId, absence: Absence) -> Step {
    match absence {
        Absence::No => Ok(()),
        Absence::Isolated => c.isolate(node),
        Absence::PowerLoss => c.crash(node),
    }
}

fn comes_back(c: &mut Cluster<'_>, node: NodeId, absence: Absence) -> Step {
    match absence {
        Absence::No => Ok(()),
        Absence::Isolated => c.reconnect(node),
        Absence::PowerLoss => c.bring_online(node),
    }
}

/// Agrees on a drawn number of commands: now enough for a snapshot, now too few.
fn agree_on_some(c: &mut Cluster<'_>, round: usize, by: usize) -> Step {
    let commands = c.draw(SNAPSHOT_EVERY / 2, SNAPSHOT_EVERY * 3 / 2 - 1);
    (0..commands).try_for_each(|number| agree(c, &format!("{round}-{number}"), by).map(|_| ()))
}

fn snapshot_all_crash(c: &mut Cluster<'_>, _: &Knobs) -> Step {
    agree(c, "0", 3)?;
    for round in 0..5 {
        agree_on_some(c, round, 3)?;
        let index = agree(c, &format!("{round}-before"), 3)?;
        restart_all(c)?;
        let again = agree(c, &format!("{round}-after"), 3)?;
        expect(again > index, "the log goes on behind the entries agreed on")?;
    }
    Ok(())
}

fn snapshot_init(c: &mut Cluster<'_>, _: &Knobs) -> Step {
    agree(c, "0", 3)?;
    for number in 0..=SNAPSHOT_EVERY {
        agree(c, &number.to_string(), 3)?;
    }
    restart_all(c)?;
    // With this command the log on disk has an entry again, behind the snapshot.
    let index = agree(c, "after one", 3)?;
    restart_all(c)?;
    let again = agree(c, "after another", 3)?;
    expect(again > index, "the log goes on behind the entries agreed on")
}
