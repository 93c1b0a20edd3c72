//! Lab 3C: agreement goes on while messages are lost and nodes come and go.

use stormglass::scenario::{Knobs, Scenario};
use stormglass::story::Load;
use stormglass::{Cluster, expect, millis, put};
use zoo::Bug;

use super::steps::{ELECTION, Step, agree, any_node, one_leader};
use super::trial::appends_in_order;
use crate::sources::scenario;

/// Rounds in which nodes come and go, as in the lab.
const ROUNDS: usize = 20;
const ROUNDS_OF_COMMANDS: usize = 49;
/// Three clients that append, as in the lab.
const LOAD: Load = Load { clients: 3, keys: 3, pause_max: millis(100), reads_percent: 0, appends_percent: 100 };

pub(super) const ALL: &[Scenario] = &[
    scenario!(LABS, unreliable_agree, lab_3c_unreliable_agree)
        .rows(&["TestUnreliableAgree3C"])
        .about("Forty-nine rounds of five commands at once are agreed on though messages are lost; all nodes have them in the end")
        .nodes(5)
        .guards(&[Bug::TruncateWithoutConflict.name(), Bug::CommitIndexRegresses.name(), Bug::DedupAtProposeOnly.name()]),
    scenario!(LABS, reliable_churn, lab_3c_reliable_churn)
        .rows(&["TestReliableChurn3C"])
        .about("Nodes are cut off, lose power and come back at random while clients write; all that was acknowledged is kept")
        .nodes(5)
        .guards(&[Bug::AckBeforeFsync.name(), Bug::AppendStampedWithAdoptedTerm.name(), Bug::DedupAtProposeOnly.name()]),
    scenario!(LABS, unreliable_churn, lab_3c_unreliable_churn)
        .rows(&["TestUnreliableChurn3C"])
        .about("The same while messages are lost, repeated and late")
        .nodes(5)
        .guards(&[Bug::AckBeforeFsync.name(), Bug::CommitPriorTermByCount.name(), Bug::DuplicateVoteCounted.name()]),
];

fn unreliable_agree(c: &mut Cluster<'_>, _: &Knobs) -> Step {
    c.make_unreliable(millis(27))?;
    for round in 0..ROUNDS_OF_COMMANDS {
        let mut writes = Vec::new();
        for number in 0..5 {
            writes.push(c.begin(put(&format!("{round}-{number}"), "agreed"))?);
        }
        for write in writes {
            c.finish_ok(write)?;
        }
    }
    c.heal()?;
    agree(c, "100", 5)?;
    c.verify_data("0-0", Some("agreed"))?;
    c.verify_data(&format!("{}-4", ROUNDS_OF_COMMANDS - 1), Some("agreed"))
}

fn reliable_churn(c: &mut Cluster<'_>, _: &Knobs) -> Step {
    churn(c)
}

fn unreliable_churn(c: &mut Cluster<'_>, _: &Knobs) -> Step {
    c.make_unreliable(millis(27))?;
    churn(c)
}

fn churn(c: &mut Cluster<'_>) -> Step {
    one_leader(c)?;
    c.start_load(LOAD)?;
    for _ in 0..ROUNDS {
        let (cut_off, back, down) = (any_node(c), any_node(c), any_node(c));
        if c.draw(0, 999) < 200 && !c.is_isolated(cut_off) {
            c.isolate(cut_off)?;
        }
        if c.draw(0, 999) < 500 {
            if c.is_kept_offline(back) {
                c.bring_online(back)?;
            }
            c.reconnect(back)?;
        }
        if c.draw(0, 999) < 200 && c.is_online(down) {
            c.crash(down)?;
        }
        // Too short a pause for the cluster to become quiet.
        c.run_for(ELECTION * 7 / 10)?;
    }
    c.heal()?;
    c.bring_all_online()?;
    let load = c.stop_load()?;
    load.note("churn", c.measures());
    expect(load.ok > 0, "commands are agreed on meanwhile")?;
    agree(c, "1000", 5)?;
    (0..LOAD.keys).try_for_each(|key| appends_in_order(c, &format!("load-{key}")).map(|_| ()))
}
