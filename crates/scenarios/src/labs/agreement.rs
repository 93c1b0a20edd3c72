//! Lab 3B: a majority agrees on commands, whichever nodes are cut off, and a minority on none.

use stormglass::scenario::{Knobs, Scenario};
use stormglass::{Cluster, expect, expect_eq, put};
use zoo::Bug;

use super::steps::{
    ELECTION, Step, after, agree, expect_no_agreement, expect_same_leader, isolate_all, one_leader, reconnect_all,
    start,
};
use crate::sources::scenario;

pub(super) const ALL: &[Scenario] = &[
    scenario!(LABS, basic_agree, lab_3b_basic_agree)
        .rows(&["TestBasicAgree3B"])
        .about("Each command takes the next place in the log, and nothing is committed that no client has asked for")
        .nodes(3)
        .guards(&[Bug::MatchFromCurrentLog.name()]),
    scenario!(LABS, follower_failure, lab_3b_follower_failure)
        .rows(&["TestFollowerFailure3B"])
        .about("Followers are cut off one after the other: the last majority agrees, and a leader alone does not")
        .nodes(3)
        .guards(&[Bug::MatchFromCurrentLog.name(), Bug::AckByIndexOnly.name()]),
    scenario!(LABS, leader_failure, lab_3b_leader_failure)
        .rows(&["TestLeaderFailure3B"])
        .about("Leaders are cut off one after the other: the last majority agrees, and no node does without one")
        .nodes(3)
        .guards(&[Bug::UpToDateCheckByLength.name(), Bug::AckByIndexOnly.name()]),
    scenario!(LABS, fail_agree, lab_3b_fail_agree)
        .rows(&["TestFailAgree3B"])
        .about("A follower that was cut off while the others agreed catches up when it is back")
        .nodes(3)
        .guards(&[Bug::HeartbeatSkipsPrevCheck.name(), Bug::MatchFromCurrentLog.name()]),
    scenario!(LABS, fail_no_agree, lab_3b_fail_no_agree)
        .rows(&["TestFailNoAgree3B"])
        .about("With three of five nodes cut off nothing is agreed on; when they are back, everything is")
        .nodes(5)
        .guards(&[Bug::MatchFromCurrentLog.name(), Bug::CommitScanBreaksOnOldTerm.name()]),
    scenario!(LABS, concurrent_starts, lab_3b_concurrent_starts)
        .rows(&["TestConcurrentStarts3B"])
        .about("Five commands that a leader is given at the same moment are all committed, on every node")
        .nodes(3)
        .given(|plan| stormglass::story::more_clients_at_home(plan, 1))
        .guards(&[Bug::MatchFromCurrentLog.name()]),
    scenario!(LABS, rejoin, lab_3b_rejoin)
        .rows(&["TestRejoin3B"])
        .about("A leader that was cut off with commands of its own gives them up when it is back, and may lead again")
        .nodes(3)
        .guards(&[Bug::UpToDateCheckByLength.name(), Bug::AckOwnLastIndex.name(), Bug::FollowerCommitUnclamped.name()]),
];

fn basic_agree(c: &mut Cluster<'_>, _: &Knobs) -> Step {
    let mut index = agree(c, "0", 3)?;
    for command in ["100", "200", "300"] {
        c.run_for(ELECTION)?;
        expect_eq(c.commit_index(), index, "the commit index before the first command")?;
        let next = agree(c, command, 3)?;
        expect_eq(next, index.next(), "the place of the command")?;
        index = next;
    }
    Ok(())
}

fn follower_failure(c: &mut Cluster<'_>, _: &Knobs) -> Step {
    agree(c, "101", 3)?;
    let leader = one_leader(c)?;
    let first = after(c, leader, 1);
    c.isolate(first)?;
    agree(c, "102", 2)?;
    c.run_for(ELECTION)?;
    let index = agree(c, "103", 2)?;

    let leader = one_leader(c)?;
    let both = c.followers_of(leader);
    isolate_all(c, &both)?;
    let writes = start(c, leader, 1)?;
    c.run_for(2 * ELECTION)?;
    expect_no_agreement(c, &writes, index)
}

fn leader_failure(c: &mut Cluster<'_>, _: &Knobs) -> Step {
    agree(c, "101", 3)?;
    let first = one_leader(c)?;
    c.isolate(first)?;
    agree(c, "102", 2)?;
    c.run_for(ELECTION)?;
    agree(c, "103", 2)?;

    let second = one_leader(c)?;
    c.isolate(second)?;
    let index = c.commit_index();
    let mut writes = Vec::new();
    for node in c.nodes().iter() {
        writes.extend(start(c, node, 1)?);
    }
    c.run_for(2 * ELECTION)?;
    expect_no_agreement(c, &writes, index)
}

fn fail_agree(c: &mut Cluster<'_>, _: &Knobs) -> Step {
    agree(c, "101", 3)?;
    let leader = one_leader(c)?;
    let follower = after(c, leader, 1);
    c.isolate(follower)?;
    agree(c, "102", 2)?;
    agree(c, "103", 2)?;
    c.run_for(ELECTION)?;
    agree(c, "104", 2)?;
    let index = agree(c, "105", 2)?;
    expect(c.last_applied(follower) < index, "the follower that is cut off lacks the entries agreed on")?;

    c.reconnect(follower)?;
    agree(c, "106", 3)?;
    c.run_for(ELECTION)?;
    agree(c, "107", 3).map(|_| ())
}

fn fail_no_agree(c: &mut Cluster<'_>, _: &Knobs) -> Step {
    let index = agree(c, "10", 5)?;
    let leader = one_leader(c)?;
    let majority = [after(c, leader, 1), after(c, leader, 2), after(c, leader, 3)];
    isolate_all(c, &majority)?;
    let writes = start(c, leader, 1)?;
    c.run_for(2 * ELECTION)?;
    expect_no_agreement(c, &writes, index)?;

    // The three nodes had no quorum either. The next leader may have the waiting entry, or drop it.
    reconnect_all(c, &majority)?;
    one_leader(c)?;
    agree(c, "30", 3)?;
    agree(c, "1000", 5).map(|_| ())
}

fn concurrent_starts(c: &mut Cluster<'_>, _: &Knobs) -> Step {
    let leader = one_leader(c)?;
    let term = c.term(leader);
    let mut writes = Vec::new();
    for number in 0..5 {
        writes.push(c.at(leader).begin(put(&format!("start-{number}"), "started"))?);
    }
    for write in writes {
        c.finish_ok(write)?;
    }
    c.wait_until_converged()?;
    expect_same_leader(c, leader)?;
    expect_eq(c.term(leader), term, "its term")?;
    (0..5).try_for_each(|number| c.verify_data(&format!("start-{number}"), Some("started")))
}

fn rejoin(c: &mut Cluster<'_>, _: &Knobs) -> Step {
    agree(c, "101", 3)?;
    let first = one_leader(c)?;
    c.isolate(first)?;
    let lost = start(c, first, 3)?;
    agree(c, "103", 2)?;
    expect(lost.iter().all(|write| c.is_pending(*write)), "the leader that is cut off commits nothing")?;

    // The new leader is cut off in its turn, and the old one is back.
    let second = one_leader(c)?;
    c.isolate(second)?;
    c.reconnect(first)?;
    agree(c, "104", 2)?;
    c.reconnect(second)?;
    agree(c, "105", 3).map(|_| ())
}
