//! Settings back to their usual values, one by one.

use env::Ratio;
use sim::Moment;
use sim::{Plan, Reads};

use super::Pass;

/// One setting made simpler.
type Simpler = fn(&mut Plan);

/// A list of settings, each tried once.
#[derive(Debug)]
pub(super) struct Settings {
    name: &'static str,
    list: &'static [Simpler],
    next: usize,
}

impl Settings {
    /// The settings that leave less to chance.
    pub(super) fn certain() -> Settings {
        Settings { name: "chance", list: CERTAIN, next: 0 }
    }

    /// The settings with unusual values, which a reader would ask about.
    pub(super) fn usual() -> Settings {
        Settings { name: "settings", list: USUAL, next: 0 }
    }
}

/// A message or a sync that always takes the same time does not depend on earlier draws.
const CERTAIN: &[Simpler] = &[
    |plan| (plan.link.latency_min_us, plan.link.latency_max_us) = (1_000, 1_000),
    |plan| plan.link.latency_max_us = plan.link.latency_min_us,
    |plan| plan.link.latency_min_us = plan.link.latency_max_us,
    |plan| {
        let middle = plan.link.latency_min_us.midpoint(plan.link.latency_max_us);
        (plan.link.latency_min_us, plan.link.latency_max_us) = (middle, middle);
    },
    |plan| (plan.disk.sync_min_us, plan.disk.sync_max_us) = (100, 100),
    |plan| plan.disk.sync_max_us = plan.disk.sync_min_us,
    |plan| plan.disk.sync_min_us = plan.disk.sync_max_us,
    |plan| plan.workload.resend = Ratio::NEVER,
    |plan| plan.workload.follower_reads = Ratio::NEVER,
];

const USUAL: &[Simpler] = &[
    |plan| plan.calm.quiet_tail = false,
    |plan| {
        plan.cluster.reads = Reads::ReadIndex;
        plan.cluster.clock_drift_max_ppm = 0;
    },
    |plan| plan.cluster.clock_drift_max_ppm = 0,
    |plan| plan.cluster.snapshot_every = plan.cluster.snapshot_every.max(10_000),
    |plan| plan.cluster.append_bytes_max = plan.cluster.append_bytes_max.max(64 << 10),
    |plan| plan.cluster.snapshot_chunk_bytes = plan.cluster.snapshot_chunk_bytes.max(64 << 10),
    |plan| plan.cluster.session_ttl_ms = plan.cluster.session_ttl_ms.max(60_000),
    |plan| {
        let cluster = &mut plan.cluster;
        (cluster.election_timeout_min_ms, cluster.election_timeout_max_ms, cluster.heartbeat_ms) = (150, 300, 50);
    },
    |plan| (plan.workload.retry_ms, plan.workload.timeout_ms) = (250, 2_500),
    // The following settings say nothing with a script, and much without one.
    |plan| plan.workload.keys = 1,
    |plan| plan.workload.value_bytes_max = plan.workload.value_bytes_min,
    |plan| (plan.workload.value_bytes_min, plan.workload.value_bytes_max) = (0, 0),
    |plan| plan.workload.mix.cas = 0,
    |plan| plan.workload.mix.delete = 0,
    |plan| plan.workload.mix.append = 0,
    |plan| plan.workload.mix.get = 0,
];

impl Pass for Settings {
    fn name(&self) -> &'static str {
        self.name
    }

    fn begin(&mut self, _: &Plan, _: Option<Moment>) {
        self.next = 0;
    }

    fn next(&mut self, best: &Plan) -> Option<Plan> {
        let simpler = self.list.get(self.next)?;
        let mut candidate = best.clone();
        simpler(&mut candidate);
        Some(candidate)
    }

    fn answered(&mut self, _: bool) {
        self.next += 1;
    }
}
