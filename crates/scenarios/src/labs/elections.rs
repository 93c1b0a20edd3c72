//! Lab 3A: leaders are elected, and replaced when they are cut off.

use stormglass::scenario::{Knob, Knobs, Scenario};
use stormglass::{Cluster, expect, expect_eq, millis};
use zoo::Bug;

use super::steps::{ELECTION, Step, after, any_node, expect_same_leader, one_leader, one_term};
use crate::sources::scenario;

pub(super) const ALL: &[Scenario] = &[
    scenario!(LABS, initial_election, lab_3a_initial_election)
        .rows(&["TestInitialElection3A"])
        .about("One leader is elected, all nodes agree on its term, and both stay while nothing fails")
        .nodes(3)
        .knobs(&[(Knob::WaitTime, 2)]),
    scenario!(LABS, re_election, lab_3a_re_election)
        .rows(&["TestReElection3A"])
        .about(
            "A leader that is cut off is replaced and does not disturb its successor; without a quorum no node leads",
        )
        .nodes(3)
        .guards(&[Bug::NoCheckQuorum.name()]),
    scenario!(LABS, many_elections, lab_3a_many_elections)
        .rows(&["TestManyElections3A"])
        .about("Ten times over up to three of seven nodes are cut off, and the rest has a leader")
        .nodes(7)
        .knobs(&[(Knob::Iterations, 10)])
        .guards(&[Bug::UpToDateCheckByLength.name(), Bug::PreVoteHidesHigherTerm.name()]),
];

fn initial_election(c: &mut Cluster<'_>, knobs: &Knobs) -> Step {
    let leader = one_leader(c)?;
    // The others hear of the term with the leader's first message.
    c.run_for(millis(50))?;
    let term = one_term(c)?;
    expect(term.0 >= 1, "the first leader's term is at least 1")?;
    c.run_for(knobs.time(Knob::WaitTime))?;
    expect_eq(one_term(c)?, term, "the term, without a failure")?;
    expect_same_leader(c, leader)
}

fn re_election(c: &mut Cluster<'_>, _: &Knobs) -> Step {
    let first = one_leader(c)?;
    c.isolate(first)?;
    let second = c.wait_for_other_leader(first)?;
    c.reconnect(first)?;
    c.run_for(ELECTION)?;
    expect_same_leader(c, second)?;

    let third = after(c, second, 1);
    c.isolate(second)?;
    c.isolate(third)?;
    c.run_for(2 * ELECTION)?;
    // The lab asks only the node that is not cut off. Here a leader that hears of no quorum must step down by itself.
    expect(c.leaders().is_empty(), "no node leads without a quorum")?;

    c.reconnect(third)?;
    one_leader(c)?;
    c.reconnect(second)?;
    one_leader(c).map(|_| ())
}

fn many_elections(c: &mut Cluster<'_>, knobs: &Knobs) -> Step {
    one_leader(c)?;
    for _ in 0..knobs.of(Knob::Iterations) {
        // The same node may be drawn twice. Either the leader is not among the isolated nodes, or the rest elects
        // another one.
        for _ in 0..3 {
            let node = any_node(c);
            c.isolate(node)?;
        }
        one_leader(c)?;
        c.heal()?;
    }
    one_leader(c).map(|_| ())
}
