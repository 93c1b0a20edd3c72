//! Lab 4A: clients append and read, alone and at once, over good links and bad ones.

use std::time::Duration;

use sim::Plan;
use stormglass::scenario::{Knobs, Scenario};
use stormglass::story::Pending;
use stormglass::{Cluster, append, expect, expect_eq, millis};
use zoo::Bug;

use super::steps::Step;
use super::trial::{Trial, appends_in_order};
use crate::sources::scenario;

/// A lab's heartbeat, and how many operations of one client must fit into it.
const HEARTBEAT: Duration = millis(100);
const OPERATIONS_IN_HEARTBEAT: u32 = 3;
/// How many operations one client does, as in the lab.
const OPERATIONS: u32 = 1_000;

pub(super) const ALL: &[Scenario] = &[
    scenario!(LABS, basic, lab_4a_basic)
        .rows(&["TestBasic4A"])
        .about("One client appends and reads for fifteen seconds: each append stands there once, in its order")
        .nodes(5)
        .guards(&[Bug::DedupInLeaderMemory.name()]),
    scenario!(LABS, speed, lab_4a_speed)
        .rows(&["TestSpeed4A"])
        .about("One client's thousand appends, one after the other, take no longer than a third of a heartbeat each")
        .nodes(3)
        .given(heartbeats_of_labs),
    scenario!(LABS, concurrent, lab_4a_concurrent)
        .rows(&["TestConcurrent4A"])
        .about("Five clients append and read at once")
        .nodes(5)
        .guards(&[Bug::MatchFromCurrentLog.name(), Bug::DedupInLeaderMemory.name()]),
    scenario!(LABS, unreliable, lab_4a_unreliable)
        .rows(&["TestUnreliable4A"])
        .about("Five clients append and read at once while messages are lost, repeated and late")
        .nodes(5)
        .guards(&[Bug::ReadBeforeApplied.name(), Bug::DedupAtProposeOnly.name(), Bug::ProbePausedForever.name()]),
    scenario!(LABS, unreliable_one_key, lab_4a_unreliable_one_key)
        .rows(&["TestUnreliableOneKey4A"])
        .about("Five clients append to one key at once while messages are lost, repeated and late: each append is there once")
        .nodes(3)
        .guards(&[Bug::CommitIndexRegresses.name(), Bug::DedupAtProposeOnly.name()]),
];

/// Makes heartbeats as slow as the lab's: no operation may wait for one.
pub(super) fn heartbeats_of_labs(plan: &mut Plan) {
    plan.cluster.heartbeat_ms = HEARTBEAT.as_millis() as u64;
    (plan.cluster.suspicion_min_ms, plan.cluster.suspicion_max_ms) = (500, 1_000);
}

fn basic(c: &mut Cluster<'_>, _: &Knobs) -> Step {
    Trial::of(1).run(c)
}

fn concurrent(c: &mut Cluster<'_>, _: &Knobs) -> Step {
    Trial::of(5).run(c)
}

fn unreliable(c: &mut Cluster<'_>, _: &Knobs) -> Step {
    Trial { is_unreliable: true, ..Trial::of(5) }.run(c)
}

pub(super) fn speed(c: &mut Cluster<'_>, _: &Knobs) -> Step {
    // The first operation finds the leader, and may have to wait for it.
    c.put("speed", "")?;
    let begun = c.now();
    for number in 0..OPERATIONS {
        c.ask(append("speed", &format!("c-{number}.")))?;
    }
    let each = (c.now() - begun) / OPERATIONS;
    c.measures().time("an_operation", each);
    expect(each <= HEARTBEAT / OPERATIONS_IN_HEARTBEAT, &format!("{each:?} for an operation is fast enough"))?;
    let appended: String = (0..OPERATIONS).map(|number| format!("c-{number}.")).collect();
    c.verify_data("speed", Some(&appended))
}

fn unreliable_one_key(c: &mut Cluster<'_>, _: &Knobs) -> Step {
    c.make_unreliable(millis(27))?;
    for number in 0..10 {
        let appends = (0..5).map(|client| c.begin(append("k", &format!("c{client}-{number}."))));
        for pending in appends.collect::<Step<Vec<Pending>>>()? {
            c.finish_ok(pending)?;
        }
    }
    let appended = appends_in_order(c, "k")?;
    expect_eq(appended, 50, "how many appends are there")
}
