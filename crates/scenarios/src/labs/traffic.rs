//! Lab 3B: the cost of agreement, in messages and bytes.

use env::NodeId;
use stormglass::scenario::{Knobs, Scenario};
use stormglass::story::more_clients_at_home;
use stormglass::{Cluster, expect, secs};
use zoo::Bug;

use super::steps::{ELECTION, Step, after, agree, isolate_all, one_leader, reconnect_all, start};
use crate::sources::scenario;

/// A lab counts requests; here the answers are counted too.
const MESSAGES_OF_REQUEST: u64 = 2;
/// How many entries a minority is left with that cannot be committed, and how many the majority commits meanwhile.
const BACKLOG: u32 = 50;

pub(super) const ALL: &[Scenario] = &[
    scenario!(LABS, rpc_bytes, lab_3b_rpc_bytes)
        .rows(&["TestRPCBytes3B"])
        .about("Each command goes to each peer about once: ten of 5000 bytes cost no more than that and 50000 bytes")
        .nodes(3),
    scenario!(LABS, backup, lab_3b_backup)
        .rows(&["TestBackup3B"])
        .about("Two leaders in turn are left in a minority with fifty entries each; their logs are put right in a few messages")
        .nodes(5)
        .given(|plan| more_clients_at_home(plan, BACKLOG - 4))
        .guards(&[Bug::UpToDateCheckByLength.name(), Bug::AckOwnLastIndex.name(), Bug::ProbePausedForever.name()]),
    scenario!(LABS, count, lab_3b_count)
        .rows(&["TestCount3B"])
        .about("An election, agreement on twelve commands, and a second in which nothing happens take few messages")
        .nodes(3)
        .given(|plan| more_clients_at_home(plan, 8)),
];

fn rpc_bytes(c: &mut Cluster<'_>, _: &Knobs) -> Step {
    agree(c, "99", 3)?;
    let (_, before) = c.traffic();
    let mut sent = 0;
    for number in 0..10 {
        let command = format!("{number}{}", "x".repeat(4_999));
        sent += command.len() as u64;
        agree(c, &command, 3)?;
    }
    let (_, after) = c.traffic();
    let bytes = after - before;
    c.measures().count("bytes", bytes);
    expect(bytes <= 3 * sent + 50_000, &format!("{bytes} bytes are few for {sent} bytes of commands"))
}

fn count(c: &mut Cluster<'_>, _: &Knobs) -> Step {
    let leader = one_leader(c)?;
    let elected = few_messages(c, "elected", 0, 30)?;
    expect(elected > 0, "an election takes messages")?;

    // Every client opens its session first.
    for write in start(c, leader, 12)? {
        c.finish_ok(write)?;
    }
    c.run_for(ELECTION)?;
    let (before, _) = c.traffic();
    for write in start(c, leader, 12)? {
        c.finish_ok(write)?;
    }
    c.wait_until_applied(c.commit_index(), 3)?;
    few_messages(c, "agreed", before, (12 + 2) * 3)?;

    let (before, _) = c.traffic();
    c.run_for(secs(1))?;
    few_messages(c, "idle", before, 3 * 20).map(|_| ())
}

/// Demands that the messages since the count `before` are at most `requests_max` requests, with their answers.
fn few_messages(c: &mut Cluster<'_>, name: &str, before: u64, requests_max: u64) -> Step<u64> {
    let messages = c.traffic().0 - before;
    c.measures().count(name, messages);
    let what = format!("{name} with {messages} messages, no more than {requests_max} requests and their answers");
    expect(messages <= MESSAGES_OF_REQUEST * requests_max, &what)?;
    Ok(messages)
}

fn backup(c: &mut Cluster<'_>, _: &Knobs) -> Step {
    agree(c, "0", 5)?;
    let first = one_leader(c)?;
    let minority = [first, after(c, first, 1)];
    let majority = [after(c, first, 2), after(c, first, 3), after(c, first, 4)];
    isolate_all(c, &majority)?;
    start(c, first, BACKLOG)?;
    c.run_for(ELECTION / 2)?;

    isolate_all(c, &minority)?;
    reconnect_all(c, &majority)?;
    agree_on_many(c, 3)?;

    let second = one_leader(c)?;
    let other = if second == majority[0] { majority[1] } else { majority[0] };
    c.isolate(other)?;
    start(c, second, BACKLOG)?;
    c.run_for(ELECTION / 2)?;

    // The first leader is back, with one node that has all committed entries and one that shares its backlog.
    isolate_all(c, &majority)?;
    reconnect_all(c, &minority)?;
    c.reconnect(other)?;
    agree_on_many(c, 3)?;
    catch_up(c, &majority)
}

fn agree_on_many(c: &mut Cluster<'_>, by: usize) -> Step {
    (0..BACKLOG).try_for_each(|number| agree(c, &number.to_string(), by).map(|_| ()))
}

/// Connects these nodes again, and demands that catching up takes fewer requests than there are entries to put right.
fn catch_up(c: &mut Cluster<'_>, nodes: &[NodeId]) -> Step {
    reconnect_all(c, nodes)?;
    let (messages_before, begun) = (c.traffic().0, c.now());
    agree(c, "1000", 5)?;
    c.wait_until_converged()?;
    let (messages, took) = (c.traffic().0 - messages_before, c.now() - begun);
    c.measures().count("messages", messages);
    c.measures().time("caught_up", took);
    // Going back entry by entry would take a request for each.
    let what = format!("{messages} messages are few for logs that differ in {BACKLOG} entries");
    expect(messages < MESSAGES_OF_REQUEST * u64::from(BACKLOG), &what)
}
