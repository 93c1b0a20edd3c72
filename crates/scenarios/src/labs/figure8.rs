//! Lab 3C: the paper's figure 8, over and over. Leaders fail with entries that only some nodes have, and their
//! successors find entries of earlier terms in their logs, which must not be committed by counting copies (section
//! 5.4.2).

use env::{NodeId, Ratio};
use raft_kv::Settings;
use sim::{Fault, Plan};
use stormglass::scenario::{Knobs, Scenario};
use stormglass::story::more_clients_at_home;
use stormglass::{Cluster, StoryError, millis, put};
use zoo::Bug;

use super::steps::{ELECTION, Step, agree, any_node};
use crate::sources::scenario;

/// The number of rounds in which a leader may fail; the lab has a thousand.
const ROUNDS: u64 = 500;

pub(super) const ALL: &[Scenario] = &[
    scenario!(LABS, figure_8, lab_3c_figure_8)
        .rows(&["TestFigure83C"])
        .about("Leader after leader loses power right after it was given a command; just three of five nodes are kept up")
        .nodes(5)
        .given(short_lives)
        .guards(&[Bug::CommitPriorTermByCount.name(), Bug::CommitScanBreaksOnOldTerm.name(), Bug::DedupAtProposeOnly.name()]),
    scenario!(LABS, figure_8_unreliable, lab_3c_figure_8_unreliable)
        .rows(&["TestFigure8Unreliable3C"])
        .about("Leader after leader is cut off with commands of their own, while messages are lost and come late, out of order")
        .nodes(5)
        .given(short_lives)
        .guards(&[Bug::CommitPriorTermByCount.name(), Bug::StaleTermVoteCounted.name(), Bug::DuplicateVoteCounted.name()]),
];

/// Leaders do not live long, and clients give up soon, so that no command is repeated elsewhere. Each entry is sent by
/// itself, so that an entry of an earlier term may arrive without the leader's own entry behind it.
fn short_lives(plan: &mut Plan) {
    plan.workload.timeout_ms = 1_000;
    plan.configure(|settings: &mut Settings| settings.append_bytes_max = 1);
    more_clients_at_home(plan, 8);
}

fn figure_8(c: &mut Cluster<'_>, _: &Knobs) -> Step {
    agree(c, "0", 1)?;
    let mut failed = 0;
    for round in 0..ROUNDS {
        let leader = command_each_leader(c, round)?;
        wait_a_little(c)?;
        if let Some(leader) = leader {
            c.crash(leader)?;
            failed += 1;
        }
        let node = any_node(c);
        if c.nodes().iter().filter(|node| c.is_kept_offline(*node)).count() > 2 && c.is_kept_offline(node) {
            c.bring_online(node)?;
        }
    }
    c.measures().count("leaders_failed", failed);
    c.bring_all_online()?;
    agree(c, "1000", 5).map(|_| ())
}

fn figure_8_unreliable(c: &mut Cluster<'_>, _: &Knobs) -> Step {
    agree(c, "0", 1)?;
    c.make_unreliable(millis(27))?;
    let mut failed = 0;
    for round in 0..ROUNDS {
        if round == ROUNDS / 5 {
            // The lab delays two thirds of the answers; here a message of either kind may be late.
            let ratio = Ratio::percent(30);
            c.disturb(Fault::Reordering { ratio, delay_max_ms: 2_200 })?;
        }
        let leader = command_each_leader(c, round)?;
        wait_a_little(c)?;
        let is_cut_off = c.draw(0, 1) == 0;
        if let Some(leader) = leader.filter(|leader| is_cut_off && !c.is_isolated(*leader)) {
            c.isolate(leader)?;
            failed += 1;
        }
        let node = any_node(c);
        if c.nodes().iter().filter(|node| !c.is_isolated(*node)).count() < 3 {
            c.reconnect(node)?;
        }
    }
    c.measures().count("leaders_failed", failed);
    // The lab's network stays unreliable. Here requests are late too, and no leader would stay for long: the network
    // heals.
    c.heal()?;
    agree(c, "1000", 5).map(|_| ())
}

/// Gives a command to each node that believes it leads. Answers with the last of these nodes.
fn command_each_leader(c: &mut Cluster<'_>, round: u64) -> Step<Option<NodeId>> {
    let leaders = c.leaders();
    for leader in leaders.iter() {
        match c.at(leader).begin(put(&format!("figure-8-{round}"), &leader.to_string())) {
            // All clients that stay with the leader are busy.
            Ok(_) | Err(StoryError::ClientsBusy { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(leaders.iter().last())
}

/// Waits, mostly too short for a commit, and now and then long enough for an election.
fn wait_a_little(c: &mut Cluster<'_>) -> Step {
    let longest = if c.draw(0, 9) == 0 { ELECTION / 2 } else { millis(13) };
    let wait = c.draw(0, longest.as_millis() as u64);
    c.run_for(millis(wait))
}
