//! Settings back to their usual values, one by one.

use std::rc::Rc;

use env::Ratio;
use sim::Moment;
use sim::Plan;

use super::{Pass, Values};

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
        plan.cluster.leases = false;
        plan.cluster.clock_drift_max_ppm = 0;
    },
    |plan| plan.cluster.clock_drift_max_ppm = 0,
    |plan| {
        let cluster = &mut plan.cluster;
        (cluster.suspicion_min_ms, cluster.suspicion_max_ms, cluster.heartbeat_ms) = (150, 300, 50);
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

/// The system's own settings, each brought back to its default.
pub(super) struct Own<'a> {
    values: Rc<dyn Values + 'a>,
    next: usize,
}

impl<'a> Own<'a> {
    pub(super) fn new(values: Rc<dyn Values + 'a>) -> Own<'a> {
        Own { values, next: 0 }
    }
}

impl Pass for Own<'_> {
    fn name(&self) -> &'static str {
        "settings of the system"
    }

    fn begin(&mut self, _: &Plan, _: Option<Moment>) {
        self.next = 0;
    }

    fn next(&mut self, best: &Plan) -> Option<Plan> {
        let settings = self.values.settings(&best.settings)?.simpler.into_iter().nth(self.next)?;
        let mut candidate = best.clone();
        candidate.settings = settings;
        Some(candidate)
    }

    /// A setting that is at its default is not among those that are left.
    fn answered(&mut self, accepted: bool) {
        self.next += usize::from(!accepted);
    }
}

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
