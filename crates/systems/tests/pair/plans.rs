//! Plans for cases that the plans of seeds do not show.

use env::{ClientId, Ratio};
use sim::{
    DiskModel, Fault, LinkModel, Mix, Overrides, Plan, Profile, Seed, Target, TimedFault, TimedOperation, blank,
    expand, validate,
};
use stormglass::{get, put};
use systems::pair::{MEMBERS, Operation};

const STORM_MS: u64 = 60_000;

/// Clients that only write, and members whose clocks jump, stand still and go wrong as far as the seed says.
pub(crate) fn writes_by_wrong_clocks(seed: u64) -> Plan {
    let mut plan = expand(Seed(seed), Profile::Clock, &Overrides::nodes(5), &[]).expect("a valid plan");
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
    plan.workload.mix.get = 0;
    (plan.calm.progress_ms, plan.calm.convergence_ms) = (60_000, 60_000);
    plan.events_max = 50_000_000;
    validate(&plan).expect("a valid plan");
    plan
}

/// Five nodes, and three clients that write and read all the time; no faults but those of `schedule`.
pub(crate) fn quiet(seed: u64, storm_ms: u64, schedule: Vec<TimedFault>) -> Plan {
    let mut plan = blank(Seed(seed), 5, 3);
    plan.cluster.leases = false;
    plan.cluster.clock_drift_max_ppm = 500;
    (plan.link, plan.disk) = (LinkModel::new(1_000, 10_000), DiskModel::new(100, 1_000));
    let workload = &mut plan.workload;
    workload.script = None;
    workload.keys = 3;
    (workload.pause_min_us, workload.pause_max_us) = (0, 50_000);
    workload.mix = Mix::NONE.with_get(2).with_put(2).with_append(2).with_delete(1).with_cas(1);
    (workload.value_bytes_min, workload.value_bytes_max) = (0, 16);
    (workload.follower_reads, workload.resend) = (Ratio::NEVER, Ratio::NEVER);
    (workload.retry_ms, workload.timeout_ms) = (250, 2_500);
    (plan.schedule, plan.storm_ms) = (schedule, storm_ms);
    plan.calm.quiet_tail = true;
    (plan.calm.progress_ms, plan.calm.convergence_ms) = (60_000, 60_000);
    plan.events_max = 50_000_000;
    validate(&plan).expect("a valid plan");
    plan
}

/// A fault that begins then and lasts so long.
pub(crate) fn fault(at_ms: u64, lasts_ms: u64, fault: Fault) -> TimedFault {
    TimedFault::new(at_ms, fault).lasting(lasts_ms).with_pick(at_ms)
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
