//! Plans that a pair can be run on.

use std::collections::BTreeMap;

use env::{Bytes, ClientId, Operation, Ratio};
use sim::{
    Calm, Cluster, DiskModel, Fault, FaultKind, LinkModel, Mix, Overrides, Plan, Profile, Reads, Seed, Target,
    TimedFault, TimedOperation, Workload, expand, validate,
};
use systems::pair::{DEMOTE, MEMBERS};

/// The plan of this seed, for a pair: a storm long enough for several fail-overs, in which members are struck more often than
/// a draw among all five would, and now and then for longer than a lease lives; and bounds that leave time for one to run
/// out. Clocks drift as much as the cluster allows for; they do not jump, and no disk is destroyed.
pub(crate) fn plan(seed: u64, profile: Profile) -> Plan {
    let mut plan = expand(Seed(seed), profile, &Overrides { nodes: Some(5) }).expect("seeds expand to valid plans");
    plan.cluster.spares = 0;
    plan.cluster.reads = Reads::ReadIndex;
    plan.schedule.retain(|timed| suits_a_pair(timed.fault.kind()));
    let stretch = STORM_MS / plan.storm_ms.max(1) + 1;
    plan.storm_ms *= stretch;
    for (number, timed) in plan.schedule.iter_mut().enumerate() {
        timed.at_ms *= stretch;
        timed.lasts_ms = match timed.pick % 2 {
            0 => Some(6_000 + timed.pick / 2 % 10_000),
            _ => timed.lasts_ms.or(Some(2_000)),
        };
        for target in timed.fault.targets_mut() {
            let is_spare = matches!(target, Target::Node(node) if node.0 > plan.cluster.nodes);
            let is_by_role = matches!(target, Target::Leader | Target::Follower | Target::Any);
            if is_spare || (is_by_role && timed.pick % 3 > 0) {
                *target = Target::Node(MEMBERS[number % 2]);
            }
        }
    }
    if seed % 4 == 1 {
        let ppm = 20_000;
        plan.cluster.clock_drift_max_ppm = ppm as u32;
        let drift = |member: usize, by_ppm| Fault::ClockDrift { target: Target::Node(MEMBERS[member]), by_ppm };
        let storm_ms = plan.storm_ms;
        plan.schedule.splice(0..0, [fault(0, storm_ms, drift(0, ppm)), fault(0, storm_ms, drift(1, -ppm))]);
    }
    plan.calm = Calm { progress_ms: 60_000, convergence_ms: 60_000, ..plan.calm };
    plan.events_max = 50_000_000;
    validate(&plan).expect("a valid plan");
    plan
}

const STORM_MS: u64 = 60_000;

fn suits_a_pair(kind: FaultKind) -> bool {
    use FaultKind::{
        AddMember, BitFlip, ClockDrift, ClockFreeze, ClockJump, ClockSkew, RemoveMember, ReplaceMember, WipedDisk,
    };
    let unsuited =
        [AddMember, BitFlip, ClockDrift, ClockFreeze, ClockJump, ClockSkew, RemoveMember, ReplaceMember, WipedDisk];
    !unsuited.contains(&kind)
}

/// The same, with clients that write down what they do, a demotion every few seconds among it.
pub(crate) fn with_demotions(mut plan: Plan) -> Plan {
    let clients = plan.workload.clients.max(2);
    let mut state = plan.seed.0;
    let mut draw = |below: u64| {
        state = env::mix(state, below);
        state % below
    };
    let script = (1..plan.storm_ms / 50).map(|number| {
        let key = Bytes::from(&*format!("k{}", draw(3)));
        let value = Bytes::from(&*format!("{number}."));
        let operation = match draw(60) {
            0 => Operation::Put { key: DEMOTE.into(), value },
            1..20 => Operation::Get { key },
            20..40 => Operation::Append { key, value },
            _ => Operation::Put { key, value },
        };
        TimedOperation { at_ns: number * 50_000_000, client: ClientId(1 + draw(clients.into()) as u32), operation }
    });
    let script: Vec<TimedOperation> = script.collect();
    plan.workload = Workload { clients, script: Some(script), ..plan.workload };
    validate(&plan).expect("a valid plan");
    plan
}

/// Clients that only write, and members whose clocks jump, stand still and go wrong as far as the seed says.
pub(crate) fn writes_by_wrong_clocks(seed: u64) -> Plan {
    let mut plan = expand(Seed(seed), Profile::Clock, &Overrides { nodes: Some(5) }).expect("a valid plan");
    plan.cluster.reads = Reads::ReadIndex;
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

/// Five nodes, three clients that write and read all the time, nothing goes wrong but what is said here.
pub(crate) fn quiet(seed: u64, storm_ms: u64, schedule: Vec<TimedFault>) -> Plan {
    let plan = Plan {
        seed: Seed(seed),
        cluster: Cluster {
            nodes: 5,
            spares: 0,
            election_timeout_min_ms: 150,
            election_timeout_max_ms: 300,
            heartbeat_ms: 50,
            reads: Reads::ReadIndex,
            clock_drift_max_ppm: 500,
            snapshot_every: 1_000,
            log_tail: 32,
            append_bytes_max: 64 << 10,
            snapshot_chunk_bytes: 64 << 10,
            session_ttl_ms: 60_000,
        },
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
