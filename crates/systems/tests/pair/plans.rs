//! Plans for cases that the plans of seeds do not show.

use std::collections::BTreeMap;

use env::{ClientId, Ratio};
use sim::{
    Calm, Cluster, DiskModel, Fault, LinkModel, Mix, Overrides, Plan, Profile, Seed, Target, TimedFault,
    TimedOperation, Value, Workload, expand, validate,
};
use stormglass::{get, put};
use systems::pair::{MEMBERS, Operation};

const STORM_MS: u64 = 60_000;

/// Clients that only write, and members whose clocks jump, stand still and go wrong as far as the seed says.
pub(crate) fn writes_by_wrong_clocks(seed: u64) -> Plan {
    let mut plan = expand(Seed(seed), Profile::Clock, &Overrides { nodes: Some(5) }, &[]).expect("a valid plan");
    plan.cluster.leases = false;
    let stretch = STORM_MS / plan.storm_ms.max(1) + 1;
    plan.storm_ms *= stretch;
    for (number, timed) in plan.schedule.iter_mut().enumerate() {
        timed.at_ms *= stretch;
        timed.lasts_ms = Some(timed.lasts_ms.unwrap_or(2_000) + timed.pick % 2 * 12_000);
        for target in timed.fault.targets_mut() {
            *target = Target::Node(MEMBERS[number % 2]);
        }
    }
    plan.workload.mix = Mix { get: 0, ..plan.workload.mix };
    plan.calm = Calm { progress_ms: 60_000, convergence_ms: 60_000, ..plan.calm };
    plan.events_max = 50_000_000;
    validate(&plan).expect("a valid plan");
    plan
}

/// Five nodes, and three clients that write and read all the time; no faults but those of `schedule`.
pub(crate) fn quiet(seed: u64, storm_ms: u64, schedule: Vec<TimedFault>) -> Plan {
    let plan = Plan {
        seed: Seed(seed),
        cluster: Cluster {
            nodes: 5,
            spares: 0,
            suspicion_min_ms: 150,
            suspicion_max_ms: 300,
            heartbeat_ms: 50,
            leases: false,
            clock_drift_max_ppm: 500,
        },
        settings: Value::Null,
        link: LinkModel { latency_min_us: 1_000, latency_max_us: 10_000 },
        disk: DiskModel { sync_min_us: 100, sync_max_us: 1_000 },
        workload: Workload {
            clients: 3,
            keys: 3,
            pause_min_us: 0,
            pause_max_us: 50_000,
            mix: Mix { get: 2, put: 2, append: 2, delete: 1, cas: 1 },
            value_bytes_min: 0,
            value_bytes_max: 16,
            follower_reads: Ratio::NEVER,
            resend: Ratio::NEVER,
            retry_ms: 250,
            timeout_ms: 2_500,
            homes: BTreeMap::new(),
            script: None,
        },
        schedule,
        storm_ms,
        calm: Calm { quiet_tail: true, progress_ms: 60_000, convergence_ms: 60_000 },
        events_max: 50_000_000,
    };
    validate(&plan).expect("a valid plan");
    plan
}

/// A fault that begins then and lasts so long.
pub(crate) fn fault(at_ms: u64, lasts_ms: u64, fault: Fault) -> TimedFault {
    TimedFault { at_ms, lasts_ms: Some(lasts_ms), pick: at_ms, fault }
}

/// Each member is cut off from all other nodes by turns, whichever is primary. One client writes through the primary;
/// on each member another client is at home that reads.
pub(crate) fn cut_off(seed: u64) -> Plan {
    let isolate = |at_ms, member: usize| fault(at_ms, 20_000, Fault::Isolate { target: Target::Node(MEMBERS[member]) });
    let mut plan = quiet(seed, 70_000, vec![isolate(5_000, 0), isolate(40_000, 1)]);
    plan.workload.homes = [(ClientId(1), MEMBERS[0]), (ClientId(2), MEMBERS[1])].into_iter().collect();
    let step = |number: u64| {
        let (client, operation) = match number % 3 {
            0 => (3, put("k", &number.to_string())),
            reader => (reader as u32, get("k")),
        };
        TimedOperation::new(number * 100_000_000, ClientId(client), &Operation::Store(operation))
    };
    plan.workload.script = Some((10..690).map(step).collect());
    plan
}
