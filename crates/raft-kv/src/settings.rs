//! The settings of a node that plans decide.

use std::time::Duration;

use env::{NodeId, Random};
use serde::{Deserialize, Serialize};
use sim::{Cluster, Draw, Plan};

/// How a node keeps its log and its sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// A snapshot is taken after so many applied entries.
    pub snapshot_every: u64,
    /// So many of the entries that a snapshot covers stay in the log, for followers a little behind.
    pub log_tail: u64,
    /// The most bytes of entries in one `AppendEntries` (one entry always fits).
    pub append_bytes_max: u64,
    /// The size of one `InstallSnapshot` chunk.
    pub snapshot_chunk_bytes: u64,
    /// A client session unused for so long, in log time, expires.
    pub session_ttl_ms: u64,
}

/// The settings that figures are quoted under.
impl Default for Settings {
    fn default() -> Settings {
        Settings {
            snapshot_every: 1_000,
            log_tail: 32,
            append_bytes_max: 64 << 10,
            snapshot_chunk_bytes: 64 << 10,
            session_ttl_ms: 60_000,
        }
    }
}

impl sim::Settings for Settings {
    fn check(&self) -> Result<(), String> {
        let counted = [
            ("snapshot_every", self.snapshot_every),
            ("append_bytes_max", self.append_bytes_max),
            ("snapshot_chunk_bytes", self.snapshot_chunk_bytes),
            ("session_ttl_ms", self.session_ttl_ms),
        ];
        match counted.into_iter().find(|(_, value)| *value == 0) {
            Some((name, _)) => Err(format!("{name} is 0: give at least 1")),
            None if self.session_ttl_ms > SESSION_TTL_MS_MAX => {
                Err(format!("session_ttl_ms is {}: give at most {SESSION_TTL_MS_MAX}", self.session_ttl_ms))
            }
            None => Ok(()),
        }
    }

    fn for_one_in(&self, n: u64) -> Settings {
        Settings { snapshot_every: (self.snapshot_every / n).max(1), ..*self }
    }
}

/// A month.
const SESSION_TTL_MS_MAX: u64 = 31 * 24 * 3_600 * 1_000;
/// A snapshot is not to take more chunks than this by a rough count: one is sent a round trip, and a node that needs
/// the snapshot must have converged in time.
const CHUNKS_MAX: u64 = 40;

impl Settings {
    /// Draws the settings of a plan that a seed has expanded to.
    ///
    /// Small logs and small chunks make snapshots happen within a short run. With a short tail one lost message can be
    /// enough to need a snapshot, with others still on their way.
    pub fn draw(draw: &mut Draw, plan: &Plan) -> Settings {
        // One entry a message, now and then; not where messages take so long that little would get through.
        let append_bytes_min = if plan.link.latency_max_us > 20_000 { 64 << 10 } else { 1 };
        Settings {
            snapshot_every: draw.weighted(&[(5, 1), (20, 3), (60, 3), (200, 3), (1_000, 2), (10_000, 2)]),
            log_tail: draw.weighted(&[(32, 4), (4, 1), (0, 1)]),
            append_bytes_max: draw.weighted(&[(64 << 10, 5), (1 << 10, 2), (100, 1)]).max(append_bytes_min),
            snapshot_chunk_bytes: draw.weighted(&[(64 << 10, 3), (1 << 10, 3), (128, 2)]),
            session_ttl_ms: draw.weighted(&[(60_000, 5), (5_000, 1), (1_500, 1)]),
        }
    }

    /// Draws the settings of a plan and puts them in. Where entries are batched in small messages, clients write values
    /// around the size at which batches are cut, now and then.
    pub fn draw_into(draw: &mut Draw, plan: &mut Plan) {
        let mut drawn = Settings::draw(draw, plan);
        let is_around_batch = draw.one_in(5) && drawn.append_bytes_max <= 1 << 10;
        if is_around_batch {
            let bytes_max = drawn.append_bytes_max as u32 + 50;
            plan.workload.value_bytes_min = draw.between(0, bytes_max.into()) as u32;
            plan.workload.value_bytes_max = bytes_max;
        }
        drawn.snapshot_chunk_bytes = drawn.snapshot_chunk_bytes.max(state_bytes(plan) / CHUNKS_MAX);
        plan.configure(|settings: &mut Settings| *settings = drawn);
    }

    /// The configuration of a node of this cluster.
    pub fn config(&self, cluster: &Cluster, node: NodeId) -> kv::Config {
        kv::Config {
            raft: raft::Config {
                id: node,
                election_timeout_min: Duration::from_millis(cluster.suspicion_min_ms),
                election_timeout_max: Duration::from_millis(cluster.suspicion_max_ms),
                heartbeat: Duration::from_millis(cluster.heartbeat_ms),
                reads: if cluster.leases { raft::ReadMode::Lease } else { raft::ReadMode::ReadIndex },
                clock_drift_max_ppm: cluster.clock_drift_max_ppm,
                append_bytes_max: self.append_bytes_max as usize,
                snapshot_chunk_bytes: self.snapshot_chunk_bytes as usize,
                log_tail: self.log_tail,
                ..raft::Config::new(node)
            },
            snapshot_every: self.snapshot_every,
            session_ttl: Duration::from_millis(self.session_ttl_ms),
        }
    }
}

/// About how large the clients' state grows: every key as long as a few appends make it.
fn state_bytes(plan: &Plan) -> u64 {
    let workload = &plan.workload;
    let appends = if workload.mix.append > 0 { 8 } else { 1 };
    let value_bytes = u64::from(workload.value_bytes_max).max(10) * appends;
    u64::from(workload.keys) * value_bytes + u64::from(workload.clients) * (100 + value_bytes)
}

#[cfg(test)]
mod tests {
    use sim::{Overrides, Profile, Seed, Settings as _, System, validate};

    use super::*;
    use crate::RaftKv;

    #[test]
    fn every_setting_is_drawn_in_all_its_values_and_the_plans_are_valid() {
        let mut drawn = Vec::new();
        for seed in 0..2_000 {
            let plan = RaftKv::default().plan(Seed(seed), Profile::Swarm, &Overrides::default()).expect("a plan");
            assert_eq!(validate(&plan), Ok(()));
            drawn.push(plan.settings::<Settings>().expect("settings"));
        }
        let count = |is: fn(&Settings) -> bool| drawn.iter().filter(|settings| is(settings)).count();
        for (name, count) in [
            ("frequent snapshots", count(|settings| settings.snapshot_every == 5)),
            ("no tail", count(|settings| settings.log_tail == 0)),
            ("one entry a message", count(|settings| settings.append_bytes_max == 100)),
            ("many chunks", count(|settings| settings.snapshot_chunk_bytes == 128)),
            ("sessions that expire", count(|settings| settings.session_ttl_ms == 1_500)),
        ] {
            assert!((50..600).contains(&count), "{name}: {count} of 2000");
        }
    }

    /// A pasted seed stands for its plan. When this plan changes on purpose, say so in the commit.
    #[test]
    fn the_plan_of_a_seed_does_not_change_by_accident() {
        let plan = RaftKv::default().plan(Seed(0x1f3a), Profile::Swarm, &Overrides::default()).expect("a plan");
        let hash = format!("{plan:?}").bytes().fold(0, |hash, byte| env::mix(hash, byte.into()));
        assert_eq!(hash, 0xe353_bb04_21b9_fa08, "{plan:?}");
    }

    #[test]
    fn settings_that_no_node_can_run_with_are_refused() {
        let refused = |settings: Settings| settings.check().expect_err("wrong");
        let usual = Settings::default();
        assert_eq!(usual.check(), Ok(()));
        let said = refused(Settings { snapshot_every: 0, ..usual });
        assert_eq!(said, "snapshot_every is 0: give at least 1");
        let said = refused(Settings { session_ttl_ms: u64::MAX, ..usual });
        assert_eq!(said, "session_ttl_ms is 18446744073709551615: give at most 2678400000");
    }

    #[test]
    fn fewer_operations_take_more_frequent_snapshots() {
        let settings = Settings { snapshot_every: 60, ..Settings::default() };
        assert_eq!(settings.for_one_in(8).snapshot_every, 7);
        assert_eq!(settings.for_one_in(100).snapshot_every, 1);
    }
}
