//! The rules that a plan must keep to before it is run, and the message about the part that breaks one.
//!
//! A plan may be written by hand, so every part is looked at: a run never starts on a plan without a meaning, or with
//! demands that no correct system can meet. A message names the error and the remedy.

use env::{ClientId, NodeId, Ratio};

use crate::plan::{Cluster, Fault, Plan, Target, TimedFault, Workload};

/// Why a plan cannot be run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say it")]
#[non_exhaustive]
pub enum PlanError {
    #[error("a cluster of 0 nodes: give 1 to 63")]
    NoNodes,
    #[error("{nodes} nodes and {spares} spares are {} machines: at most 63 have an id", u32::from(*.nodes) + u32::from(*.spares))]
    TooManyNodes { nodes: u8, spares: u8 },
    #[error("cluster.{field} is 0: give at least 1")]
    ClusterFieldZero { field: &'static str },
    #[error("{field} is from {min} to {max}: the first must not be above the second")]
    EmptyRange { field: &'static str, min: u64, max: u64 },
    #[error(
        "cluster.suspicion_min_ms is {min_ms}, no more than the heartbeat of {heartbeat_ms} ms: give at least twice as much"
    )]
    SuspicionTooSoon { min_ms: u64, heartbeat_ms: u64 },
    #[error(
        "a round trip takes up to {round_trip_us} us, and a node is suspected after {min_ms} ms: sound nodes would be, give a longer cluster.suspicion_min_ms or a shorter latency"
    )]
    RoundTripTooLong { round_trip_us: u64, min_ms: u64 },
    #[error("{ppm} ppm in {field}: a ratio is at most 1000000 parts per million")]
    RatioAboveOne { field: String, ppm: u32 },
    #[error("{clients} clients: give at most {}", limits::CLIENTS_MAX)]
    TooManyClients { clients: u32 },
    #[error("workload.keys is {keys}: give 1 to {}", limits::KEYS_MAX)]
    Keys { keys: u32 },
    #[error("values of up to {bytes} bytes: give at most {}", VALUE_BYTES_MAX)]
    ValueTooLong { bytes: u32 },
    #[error("all weights of workload.mix are 0: give one operation a weight, or 0 clients")]
    EmptyMix,
    #[error("operation {number} of the script is of {client}, but the clients are c1 to c{clients}")]
    UnknownClient { number: usize, client: ClientId, clients: u32 },
    #[error(
        "operation {number} of the script is at {at_ns} ns, past the storm's end at {storm_ms} ms: bring it forward or give a longer storm"
    )]
    OperationPastStorm { number: usize, at_ns: u64, storm_ms: u64 },
    #[error("operation {number} of the script has {bytes} bytes: give at most {}", VALUE_BYTES_MAX)]
    OperationTooLong { number: usize, bytes: u64 },
    #[error("its settings are none of this system: {why}")]
    Settings { why: String },
    #[error("operation {number} of the script is none of this system: {why}")]
    Operation { number: usize, why: String },
    #[error("{client} is at home on {node}, but the clients are c1 to c{clients} and the machines n1 to n{last}")]
    UnknownHome { client: ClientId, node: NodeId, clients: u32, last: u8 },
    #[error("operation {number} of the script is at {at_ns} ns, before the one above it: order the script by time")]
    OperationOutOfOrder { number: usize, at_ns: u64 },
    #[error("workload.{field} is 0: give at least 1 ms")]
    WorkloadFieldZero { field: &'static str },
    #[error("events_max is 0: the run would be stalled before it begins, give the number of events that is too many")]
    NoEvents,
    #[error("{field} is {ms} ms: a run of at most {} ms can be simulated", limits::RUN_MS_MAX)]
    RunTooLong { field: &'static str, ms: u64 },
    #[error("calm.{field} is 0: nothing happens in no time, give a bound in milliseconds")]
    CalmFieldZero { field: &'static str },
    #[error(
        "fault {number} ({kind}) is at {at_ms} ms, past the storm's end at {storm_ms} ms: bring it forward or give a longer storm"
    )]
    FaultPastStorm { number: usize, kind: &'static str, at_ms: u64, storm_ms: u64 },
    #[error(
        "fault {number} ({kind}) is at {at_ms} ms, before the one above it at {previous_ms} ms: order the schedule by time"
    )]
    FaultOutOfOrder { number: usize, kind: &'static str, at_ms: u64, previous_ms: u64 },
    #[error("fault {number} ({kind}) targets {node}, but the machines are n1 to n{last}")]
    UnknownTarget { number: usize, kind: &'static str, node: NodeId, last: u8 },
    #[error("fault {number} ({kind}) has no node on its side: name one or more")]
    EmptySide { number: usize, kind: &'static str },
    #[error("fault {number} ({kind}) has {field} {value}: {right}")]
    FaultField { number: usize, kind: &'static str, field: &'static str, value: i64, right: &'static str },
    #[error(
        "fault {number} ({kind}) breaks leases, which need clocks that drift no more than {drift_max_ppm} ppm and never jump: take it out, or set cluster.leases to false"
    )]
    LeaseUnsound { number: usize, kind: &'static str, drift_max_ppm: u32 },
    #[error("fault {number} ({kind}) cannot be done to {subject} on the {engine} engine ({why}): take it out")]
    FaultRefused { number: usize, kind: &'static str, subject: String, engine: &'static str, why: &'static str },
    #[error("no fault of the profile {profile} can be done to {subject}: give another profile")]
    ProfileRefused { profile: &'static str, subject: String },
    #[error("{subject} does not run on the {engine} engine: give {engines}")]
    EngineOfSubject { subject: String, engine: &'static str, engines: String },
    #[error("{subject} is a cluster of {right} nodes, not of {nodes}")]
    NodesOfSubject { subject: String, nodes: u8, right: &'static str },
    #[error("clock_drift_max_ppm is {ppm}: a lease shortened by that much is gone, give less than 500000")]
    DriftTooLarge { ppm: u32 },
}

/// A value that clients write is no longer than this.
pub(crate) const VALUE_BYTES_MAX: u32 = 1 << 20;

/// The largest values of some fields.
mod limits {
    pub(super) const CLIENTS_MAX: u32 = 10_000;
    pub(super) const KEYS_MAX: u32 = 1_000_000;
    /// A month: simulated time is counted in nanoseconds, with plenty of room above.
    pub(super) const RUN_MS_MAX: u64 = 31 * 24 * 3_600 * 1_000;
}

/// Checks that a plan can be run.
///
/// # Errors
/// The first error in the plan, in the order of its fields.
pub fn validate(plan: &Plan) -> Result<(), PlanError> {
    validate_cluster(&plan.cluster)?;
    let (link, disk) = (&plan.link, &plan.disk);
    range("link.latency_us", link.latency_min_us, link.latency_max_us)?;
    range("disk.sync_us", disk.sync_min_us, disk.sync_max_us)?;
    run_time("link.latency_max_us", link.latency_max_us / 1_000)?;
    run_time("disk.sync_max_us", disk.sync_max_us / 1_000)?;
    let (round_trip_us, min_ms) = (link.latency_max_us.saturating_mul(2), plan.cluster.suspicion_min_ms);
    if plan.cluster.nodes + plan.cluster.spares > 1 && round_trip_us >= min_ms.saturating_mul(1_000) {
        return Err(PlanError::RoundTripTooLong { round_trip_us, min_ms });
    }
    validate_workload(&plan.workload)?;
    validate_times(plan)?;
    validate_homes(plan)?;
    validate_script(plan)?;
    validate_schedule(plan)?;
    validate_lease(plan)
}

fn validate_cluster(cluster: &Cluster) -> Result<(), PlanError> {
    let &Cluster { nodes, spares, suspicion_min_ms: min_ms, heartbeat_ms, .. } = cluster;
    if nodes == 0 {
        return Err(PlanError::NoNodes);
    }
    if u32::from(nodes) + u32::from(spares) > NodeId::MAX.0.into() {
        return Err(PlanError::TooManyNodes { nodes, spares });
    }
    if heartbeat_ms == 0 {
        return Err(PlanError::ClusterFieldZero { field: "heartbeat_ms" });
    }
    range("cluster.suspicion_ms", min_ms, cluster.suspicion_max_ms)?;
    if min_ms <= heartbeat_ms {
        return Err(PlanError::SuspicionTooSoon { min_ms, heartbeat_ms });
    }
    run_time("cluster.suspicion_max_ms", cluster.suspicion_max_ms)?;
    if cluster.clock_drift_max_ppm >= 500_000 {
        return Err(PlanError::DriftTooLarge { ppm: cluster.clock_drift_max_ppm });
    }
    Ok(())
}

fn validate_workload(workload: &Workload) -> Result<(), PlanError> {
    let &Workload { clients, keys, value_bytes_min, value_bytes_max, .. } = workload;
    if clients > limits::CLIENTS_MAX {
        return Err(PlanError::TooManyClients { clients });
    }
    if keys == 0 || keys > limits::KEYS_MAX {
        return Err(PlanError::Keys { keys });
    }
    range("workload.pause_us", workload.pause_min_us, workload.pause_max_us)?;
    range("workload.value_bytes", value_bytes_min.into(), value_bytes_max.into())?;
    if value_bytes_max > VALUE_BYTES_MAX {
        return Err(PlanError::ValueTooLong { bytes: value_bytes_max });
    }
    let mix = &workload.mix;
    if clients > 0 && [mix.get, mix.put, mix.append, mix.delete, mix.cas].iter().all(|weight| *weight == 0) {
        return Err(PlanError::EmptyMix);
    }
    ratio("workload.follower_reads", workload.follower_reads)?;
    ratio("workload.resend", workload.resend)?;
    for (field, ms) in [("retry_ms", workload.retry_ms), ("timeout_ms", workload.timeout_ms)] {
        if ms == 0 {
            return Err(PlanError::WorkloadFieldZero { field });
        }
        run_time(if field == "retry_ms" { "workload.retry_ms" } else { "workload.timeout_ms" }, ms)?;
    }
    run_time("workload.pause_max_us", workload.pause_max_us / 1_000)
}

fn validate_homes(plan: &Plan) -> Result<(), PlanError> {
    let (clients, last) = (plan.workload.clients, plan.cluster.nodes + plan.cluster.spares);
    for (&client, &node) in &plan.workload.homes {
        if !(1..=clients).contains(&client.0) || !(1..=last).contains(&node.0) {
            return Err(PlanError::UnknownHome { client, node, clients, last });
        }
    }
    Ok(())
}

fn validate_script(plan: &Plan) -> Result<(), PlanError> {
    let (clients, storm_ms) = (plan.workload.clients, plan.storm_ms);
    let mut previous_ns = 0;
    for (index, timed) in plan.workload.script.iter().flatten().enumerate() {
        let (number, client, at_ns) = (index + 1, timed.client, timed.at_ns);
        if !(1..=clients).contains(&client.0) {
            return Err(PlanError::UnknownClient { number, client, clients });
        }
        if at_ns < previous_ns {
            return Err(PlanError::OperationOutOfOrder { number, at_ns });
        }
        previous_ns = at_ns;
        if at_ns / 1_000_000 >= storm_ms {
            return Err(PlanError::OperationPastStorm { number, at_ns, storm_ms });
        }
    }
    Ok(())
}

fn validate_times(plan: &Plan) -> Result<(), PlanError> {
    run_time("storm_ms", plan.storm_ms)?;
    for (field, whole, ms) in [
        ("progress_ms", "calm.progress_ms", plan.calm.progress_ms),
        ("convergence_ms", "calm.convergence_ms", plan.calm.convergence_ms),
    ] {
        if ms == 0 {
            return Err(PlanError::CalmFieldZero { field });
        }
        run_time(whole, ms)?;
    }
    if plan.events_max == 0 {
        return Err(PlanError::NoEvents);
    }
    Ok(())
}

fn validate_schedule(plan: &Plan) -> Result<(), PlanError> {
    let mut previous_ms = 0;
    for (number, timed) in numbered(&plan.schedule) {
        let (kind, at_ms) = (timed.fault.kind().name(), timed.at_ms);
        if at_ms >= plan.storm_ms {
            return Err(PlanError::FaultPastStorm { number, kind, at_ms, storm_ms: plan.storm_ms });
        }
        if at_ms < previous_ms {
            return Err(PlanError::FaultOutOfOrder { number, kind, at_ms, previous_ms });
        }
        previous_ms = at_ms;
        if let Some(lasts_ms) = timed.lasts_ms {
            run_time("a fault's lasts_ms", lasts_ms)?;
        }
        validate_fault(number, &timed.fault, plan.cluster.nodes + plan.cluster.spares)?;
        if let Fault::SlowDisk { factor, .. } = timed.fault {
            run_time("a slow disk's sync", (plan.disk.sync_max_us / 1_000).saturating_mul(factor.into()))?;
        }
    }
    Ok(())
}

/// The faults with their numbers in messages, from 1.
fn numbered(schedule: &[TimedFault]) -> impl Iterator<Item = (usize, &TimedFault)> {
    schedule.iter().enumerate().map(|(index, timed)| (index + 1, timed))
}

fn validate_fault(number: usize, fault: &Fault, last: u8) -> Result<(), PlanError> {
    let kind = fault.kind().name();
    for target in fault.targets() {
        if let Target::Node(node) = *target
            && !(1..=last).contains(&node.0)
        {
            return Err(PlanError::UnknownTarget { number, kind, node, last });
        }
    }
    let wrong = |field, value, right| Err(PlanError::FaultField { number, kind, field, value, right });
    match *fault {
        Fault::Partition { ref side } | Fault::PartitionOneWay { ref side, .. } if side.is_empty() => {
            return Err(PlanError::EmptySide { number, kind });
        }
        Fault::Reordering { delay_max_ms: 0, .. } => {
            return wrong("delay_max_ms", 0, "give by how much messages are delayed, at least 1");
        }
        // A fault of no strength would count as effective, and do nothing.
        Fault::Delay { max_ms: 0, .. } => {
            return wrong("max_ms", 0, "give by how much messages are delayed, at least 1");
        }
        Fault::Delay { min_ms, max_ms, .. } => range("a delay's ms", min_ms, max_ms)?,
        Fault::SlowLink { extra_ms: 0, .. } => return wrong("extra_ms", 0, "give at least 1"),
        Fault::ClockSkew { by_ms: 0, .. } | Fault::ClockJump { by_ms: 0, .. } => {
            return wrong("by_ms", 0, "give by how much the clock is off, either way");
        }
        Fault::ClockDrift { by_ppm: 0, .. } => return wrong("by_ppm", 0, "give the drift, either way"),
        Fault::CrashLoop { times: 0, .. } => return wrong("times", 0, "give at least 1"),
        Fault::SlowDisk { factor: factor @ (0 | 1), .. } => return wrong("factor", factor.into(), "give at least 2"),
        // At -1000000 ppm a clock stands still (that is clock-freeze), beyond it runs backwards.
        Fault::ClockDrift { by_ppm, .. } if by_ppm.unsigned_abs() >= 1_000_000 => {
            return wrong("by_ppm", by_ppm.into(), "give less than 1000000 either way");
        }
        _ => {}
    }
    let spans = match *fault {
        Fault::Reordering { delay_max_ms, .. } => delay_max_ms,
        Fault::Delay { max_ms, .. } => max_ms,
        Fault::SlowLink { extra_ms, .. } => extra_ms,
        Fault::ClockSkew { by_ms, .. } | Fault::ClockJump { by_ms, .. } => by_ms.unsigned_abs(),
        _ => 0,
    };
    run_time("a fault's shift of time", spans)?;
    match *fault {
        Fault::Loss { ratio: share }
        | Fault::Duplication { ratio: share }
        | Fault::Reordering { ratio: share, .. }
        | Fault::Delay { ratio: share, .. } => ratio(&format!("fault {number} ({kind})"), share),
        _ => Ok(()),
    }
}

/// A lease holds as long as no clock jumps and none drifts by more than the bound (thesis section 6.4.1). Drifts that
/// overlap may fall on one node, with any targets, and are added up.
fn validate_lease(plan: &Plan) -> Result<(), PlanError> {
    if !plan.cluster.leases {
        return Ok(());
    }
    let drift_max_ppm = plan.cluster.clock_drift_max_ppm;
    // (end, ppm) of the drifts that go on.
    let mut drifts: Vec<(u64, u64)> = Vec::new();
    for (number, timed) in numbered(&plan.schedule) {
        let sound = match timed.fault {
            Fault::ClockSkew { .. } | Fault::ClockJump { .. } | Fault::ClockFreeze { .. } => false,
            Fault::ClockDrift { by_ppm, .. } => {
                drifts.retain(|(end, _)| *end >= timed.at_ms);
                let end = timed.lasts_ms.map_or(u64::MAX, |lasts| timed.at_ms.saturating_add(lasts));
                drifts.push((end, by_ppm.unsigned_abs().into()));
                drifts.iter().map(|(_, ppm)| ppm).sum::<u64>() <= drift_max_ppm.into()
            }
            _ => true,
        };
        if !sound {
            return Err(PlanError::LeaseUnsound { number, kind: timed.fault.kind().name(), drift_max_ppm });
        }
    }
    Ok(())
}

fn range(field: &'static str, min: u64, max: u64) -> Result<(), PlanError> {
    if min > max { Err(PlanError::EmptyRange { field, min, max }) } else { Ok(()) }
}

fn ratio(field: &str, ratio: Ratio) -> Result<(), PlanError> {
    if ratio > Ratio::ALWAYS {
        return Err(PlanError::RatioAboveOne { field: field.into(), ppm: ratio.0 });
    }
    Ok(())
}

fn run_time(field: &'static str, ms: u64) -> Result<(), PlanError> {
    if ms > limits::RUN_MS_MAX { Err(PlanError::RunTooLong { field, ms }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Mix, TimedOperation};
    use crate::standard::Standard;
    use kv_types::Operation;

    fn plan() -> Plan {
        Standard::Saturated5.plan(&[])
    }

    fn with_fault(at_ms: u64, fault: Fault) -> Plan {
        let mut plan = plan();
        plan.schedule.push(TimedFault { at_ms, lasts_ms: Some(100), pick: 0, fault });
        plan
    }

    #[track_caller]
    fn refused(mut plan: Plan, change: impl FnOnce(&mut Plan), said: &str) {
        validate(&plan).expect("valid before the change");
        change(&mut plan);
        let error = validate(&plan).expect_err(said).to_string();
        assert!(error.contains(said), "'{error}' does not say '{said}'");
        assert!(!error.contains('\n'), "'{error}' is not one line");
    }

    #[test]
    fn clusters_that_cannot_be_are_refused() {
        refused(plan(), |p| p.cluster.nodes = 0, "0 nodes: give 1 to 63");
        refused(plan(), |p| p.cluster.nodes = 64, "at most 63");
        refused(plan(), |p| p.cluster.spares = 59, "64 machines");
        refused(plan(), |p| p.cluster.suspicion_min_ms = 301, "from 301 to 300");
        refused(plan(), |p| p.cluster.heartbeat_ms = 150, "give at least twice as much");
        refused(plan(), |p| p.cluster.heartbeat_ms = 0, "cluster.heartbeat_ms is 0");
        refused(plan(), |p| p.link.latency_max_us = 75_000, "give a longer cluster.suspicion_min_ms");
        refused(plan(), |p| p.disk.sync_min_us = u64::MAX, "disk.sync_us is from");
        refused(plan(), |p| p.disk.sync_max_us = u64::MAX, "disk.sync_max_us is");
        let alone = |p: &mut Plan| (p.cluster.nodes, p.link.latency_max_us) = (1, u64::MAX);
        refused(plan(), alone, "link.latency_max_us is");
        refused(plan(), |p| p.cluster.clock_drift_max_ppm = 600_000, "give less than 500000");
    }

    #[test]
    fn workloads_that_cannot_be_are_refused() {
        refused(plan(), |p| p.workload.keys = 0, "give 1 to");
        refused(plan(), |p| p.workload.clients = 1_000_000, "give at most");
        refused(plan(), |p| p.workload.resend = Ratio(1_000_001), "1000001 ppm in workload.resend");
        refused(plan(), |p| p.workload.mix = Mix::NONE, "give one operation");
        refused(plan(), |p| p.workload.timeout_ms = 0, "workload.timeout_ms is 0");
        refused(plan(), |p| p.workload.value_bytes_max = 1, "workload.value_bytes is from");
        refused(plan(), |p| p.events_max = 0, "events_max is 0");
        refused(plan(), |p| p.calm.progress_ms = 0, "calm.progress_ms is 0");
        refused(plan(), |p| p.storm_ms = u64::MAX, "can be simulated");
    }

    #[test]
    fn homes_that_cannot_be_are_refused() {
        let at = |client, node| {
            move |p: &mut Plan| {
                p.workload.homes.insert(ClientId(client), NodeId(node));
            }
        };
        refused(plan(), at(1, 6), "c1 is at home on n6, but the clients are c1 to c64 and the machines n1 to n5");
        refused(plan(), at(65, 1), "c65 is at home");
        refused(plan(), at(0, 1), "c0 is at home");
    }

    #[test]
    fn scripts_that_cannot_be_are_refused() {
        let get = |at_ns, client| TimedOperation {
            at_ns,
            client: ClientId(client),
            operation: serde_json::to_value(Operation::Get { key: "k0".into() }).expect("plain values"),
        };
        let script = |operations: &[TimedOperation]| {
            let operations = operations.to_vec();
            move |p: &mut Plan| p.workload.script = Some(operations)
        };
        refused(plan(), script(&[get(5, 0)]), "operation 1 of the script is of c0, but the clients are c1 to c64");
        refused(plan(), script(&[get(5, 1), get(5, 65)]), "operation 2 of the script is of c65");
        refused(plan(), script(&[get(5, 1), get(4, 1)]), "order the script by time");
        refused(plan(), script(&[get(u64::MAX, 1)]), "past the storm's end at 10000 ms");
    }

    #[test]
    fn faults_that_cannot_be_are_refused() {
        let on = |number| Target::Node(NodeId(number));
        let crash = || with_fault(10, Fault::Crash { target: on(5) });
        refused(
            crash(),
            |p| p.schedule[0].fault = Fault::Crash { target: on(9) },
            "targets n9, but the machines are n1 to n5",
        );
        refused(crash(), |p| p.schedule[0].fault = Fault::Isolate { target: on(0) }, "targets n0");
        refused(crash(), |p| p.schedule[0].at_ms = p.storm_ms, "past the storm's end");
        refused(
            crash(),
            |p| p.schedule.insert(0, TimedFault { at_ms: 11, ..p.schedule[0].clone() }),
            "order the schedule",
        );
        refused(crash(), |p| p.schedule[0].fault = Fault::Partition { side: vec![] }, "name one or more");
        refused(crash(), |p| p.schedule[0].fault = Fault::Loss { ratio: Ratio(2_000_000) }, "fault 1 (loss): a ratio");
        refused(crash(), |p| p.schedule[0].fault = Fault::SlowDisk { target: on(1), factor: 0 }, "factor 0: give");
        refused(crash(), |p| p.schedule[0].lasts_ms = Some(u64::MAX), "can be simulated");
        for (idle, said) in [
            (Fault::Delay { ratio: Ratio::ALWAYS, min_ms: 0, max_ms: 0 }, "max_ms 0"),
            (Fault::SlowLink { target: on(1), extra_ms: 0 }, "extra_ms 0"),
            (Fault::SlowDisk { target: on(1), factor: 1 }, "factor 1: give"),
            (Fault::ClockSkew { target: on(1), by_ms: 0 }, "by_ms 0"),
            (Fault::ClockJump { target: on(1), by_ms: 0 }, "by_ms 0"),
            (Fault::ClockDrift { target: on(1), by_ppm: 0 }, "by_ppm 0"),
        ] {
            refused(crash(), |p| p.schedule[0].fault = idle, said);
        }
        let frozen = Fault::ClockDrift { target: on(1), by_ppm: -1_000_000 };
        refused(crash(), |p| p.schedule[0].fault = frozen, "less than 1000000 either way");
    }

    #[test]
    fn a_spare_may_be_targeted_by_its_id() {
        let mut plan = with_fault(10, Fault::Crash { target: Target::Node(NodeId(5)) });
        plan.cluster.spares = 1;
        plan.schedule[0].fault = Fault::Crash { target: Target::Node(NodeId(6)) };
        assert_eq!(validate(&plan), Ok(()));
    }

    #[test]
    fn a_lease_needs_clocks_within_their_bound() {
        let target = Target::Any;
        let leased = |fault| {
            let mut plan = with_fault(10, fault);
            plan.cluster.clock_drift_max_ppm = 1_000;
            plan
        };
        let to_lease = |plan: &mut Plan| plan.cluster.leases = true;
        refused(leased(Fault::ClockJump { target, by_ms: 1 }), to_lease, "set cluster.leases to false");
        refused(leased(Fault::ClockFreeze { target }), to_lease, "(clock-freeze) breaks leases");
        refused(leased(Fault::ClockSkew { target, by_ms: 1 }), to_lease, "(clock-skew) breaks leases");
        refused(leased(Fault::ClockDrift { target, by_ppm: 1_001 }), to_lease, "no more than 1000 ppm");

        let mut sound = leased(Fault::ClockDrift { target, by_ppm: -600 });
        sound.cluster.leases = true;
        assert_eq!(validate(&sound), Ok(()));
        // Two that overlap may hit the same node.
        let second = TimedFault { at_ms: 50, ..sound.schedule[0].clone() };
        refused(sound.clone(), |p| p.schedule.push(second), "fault 2 (clock-drift) breaks leases");
        let after = TimedFault { at_ms: 200, ..sound.schedule[0].clone() };
        sound.schedule.push(after);
        assert_eq!(validate(&sound), Ok(()));
    }
}
