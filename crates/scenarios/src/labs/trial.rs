//! The trial of most tests of the key-value service: clients append and read for some seconds, while the network is
//! unreliable, or partitioned at random, and the servers lose power; then every append is where it belongs.

use std::collections::BTreeMap;
use std::time::Duration;

use raft_kv::Settings;
use sim::{Fault, Plan, Target};
use stormglass::story::{Load, LoadReport};
use stormglass::{Cluster, StoryError, expect, expect_eq, millis, secs};

use super::steps::{ELECTION, Step, expect_short_logs};

/// How long clients append and read in each round, as in the lab.
const TIME: Duration = secs(5);
/// A snapshot is taken after so many entries where the labs allow a log of 1000 bytes.
const SNAPSHOT_EVERY: u64 = 10;
/// The labs allow a log eight times as long before they object.
pub(super) const LOG_BYTES_MAX: u64 = 8 * 1_000;

/// The settings of a trial.
#[derive(Clone, Copy)]
pub(super) struct Trial {
    pub(super) clients: u32,
    /// The number of rounds; the lab has three.
    pub(super) rounds: usize,
    /// True if messages are lost, repeated and late.
    pub(super) is_unreliable: bool,
    /// True if all nodes lose power at the end of each round.
    pub(super) loses_power: bool,
    /// True if the nodes are divided at random during each round.
    pub(super) is_partitioned: bool,
    /// True if the clients overwrite values as well: then appends do not stay, and only the history tells which value
    /// is right.
    pub(super) writes_anew: bool,
    /// True if logs must be short in the end.
    pub(super) compacts: bool,
}

/// Sets the short logs of trials that compact.
pub(super) fn snapshots(plan: &mut Plan) {
    plan.configure(|settings: &mut Settings| (settings.snapshot_every, settings.log_tail) = (SNAPSHOT_EVERY, 0));
}

impl Trial {
    /// A trial with so many clients and no faults.
    pub(super) const fn of(clients: u32) -> Trial {
        Trial {
            clients,
            rounds: 3,
            is_unreliable: false,
            loses_power: false,
            is_partitioned: false,
            writes_anew: false,
            compacts: false,
        }
    }

    pub(super) fn run(self, c: &mut Cluster<'_>) -> Step {
        if self.is_unreliable {
            c.make_unreliable(millis(27))?;
        }
        let load = self.load();
        c.start_load(load)?;
        for _ in 0..self.rounds {
            self.trouble(c)?;
        }
        let report = c.stop_load()?;
        report.note("trial", c.measures());
        every_operation_happens(&report)?;
        if !self.writes_anew {
            (0..load.keys).try_for_each(|key| appends_in_order(c, &format!("load-{key}")).map(|_| ()))?;
        }
        if self.compacts { expect_short_logs(c, LOG_BYTES_MAX) } else { Ok(()) }
    }

    /// Half of the operations read, as in the labs. All clients share the keys, where in the labs each client has its
    /// own, so that the order of different clients' appends is checked too.
    fn load(self) -> Load {
        let appends_percent = if self.writes_anew { 45 } else { 50 };
        Load { clients: self.clients, keys: self.clients, pause_max: millis(35), reads_percent: 50, appends_percent }
    }

    fn trouble(self, c: &mut Cluster<'_>) -> Step {
        if self.is_partitioned {
            c.run_for(secs(1))?;
            partition_at_random(c, TIME - secs(1))?;
            // The nodes of the minority find a leader.
            c.run_for(ELECTION)?;
        } else {
            c.run_for(TIME)?;
        }
        if self.loses_power {
            c.crash_all(c.online().iter())?;
            c.run_for(ELECTION)?;
            c.bring_all_online()?;
        }
        Ok(())
    }
}

/// Divides the nodes at random in two, again and again.
fn partition_at_random(c: &mut Cluster<'_>, time: Duration) -> Step {
    let until = c.now() + time;
    while c.now() < until {
        let mut side = Vec::new();
        for node in c.nodes().iter() {
            if c.draw(0, 1) == 0 {
                side.push(Target::Node(node));
            }
        }
        let cut = c.disturb(Fault::Partition { side })?;
        let rest = c.draw(0, 199);
        c.run_for(ELECTION + millis(rest))?;
        c.end(cut)?;
    }
    Ok(())
}

/// A lab's clients never give up. Ours do after ten seconds, which is longer than any trouble here lasts.
fn every_operation_happens(report: &LoadReport) -> Step {
    expect(report.ok > 0, "operations happen")?;
    expect_eq(report.fail + report.info, 0, "how many operations were given up")
}

/// Demands that each client's appends to this key stand there once, in order. Answers with the number of all appends.
pub(super) fn appends_in_order(c: &mut Cluster<'_>, key: &str) -> Step<usize> {
    let value = c.get(key)?.unwrap_or_default();
    let mut last: BTreeMap<&str, u64> = BTreeMap::new();
    for append in value.split_terminator('.') {
        let (client, number) = parts(append)?;
        let before = last.insert(client, number);
        expect(
            before < Some(number),
            &format!("the values that {client} appended to {key} are in order, and there once"),
        )?;
    }
    Ok(value.split_terminator('.').count())
}

/// Of `c12-7`, the client and the number.
fn parts(append: &str) -> Step<(&str, u64)> {
    let parts = append.split_once('-').and_then(|(client, number)| Some((client, number.parse().ok()?)));
    parts.ok_or_else(|| StoryError::Unexpected(format!("no client has appended '{append}'")))
}
