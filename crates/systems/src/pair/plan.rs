//! The plans of a pair: storms that are long by the measure of a lease, and that hit the members.

use env::{ClientId, NodeId, Random};
use raft_kv::Settings;
use sim::{
    Draw, Fault, FaultKind, Net, Overrides, Plan, PlanError, Profile, Seed, SubjectId, Target, TimedFault,
    TimedOperation, expand, validate,
};
use stormglass::{append, get, put};

use super::operation::Operation;
use super::{COORDINATORS, MEMBERS, PairNet};

/// The nodes of a pair.
const NODES: u8 = (COORDINATORS.len() + MEMBERS.len()) as u8;
/// A storm lasts for so many leases, and at least so long.
const STORM_LEASES: u64 = 6;
const STORM_MS: u64 = 60_000;
/// A run whose storm lasts for `STORM_MS` takes fewer events than this, unless it is a livelock.
const EVENTS_MAX: u64 = 50_000_000;
/// The drift of the members' clocks where the cluster allows for none.
const DRIFT_PPM: u32 = 20_000;

/// Why a fault of this kind cannot be injected into a pair.
pub(super) fn refusal(fault: FaultKind) -> Option<&'static str> {
    use FaultKind::{AddMember, ClockFreeze, ClockJump, ClockSkew, RemoveMember, ReplaceMember};
    match fault {
        AddMember | RemoveMember | ReplaceMember => Some("its coordinators and members are fixed"),
        ClockJump | ClockSkew | ClockFreeze => Some("a lease holds only while clocks drift within the cluster's bound"),
        _ => None,
    }
}

/// The plan of a seed for the pair with this identity and this time to live of its lease.
pub(super) fn plan(
    id: &SubjectId,
    ttl_ms: u64,
    seed: Seed,
    profile: Profile,
    overrides: &Overrides,
) -> Result<Plan, PlanError> {
    if let Some(nodes) = overrides.nodes.filter(|nodes| *nodes != NODES) {
        return Err(PlanError::NodesOfSubject { subject: id.to_string(), nodes, right: "5" });
    }
    let mut overrides = overrides.clone();
    overrides.nodes = Some(NODES);
    let mut plan = expand(seed, profile, &overrides, &PairNet::aims())?;
    let mut draw = Draw::of_system(seed);
    plan.cluster.spares = 0;
    plan.cluster.leases = false;
    Settings::draw_into(&mut draw, &mut plan);
    stretch(&mut plan, ttl_ms);
    drift(&mut plan, &mut draw);
    plan.schedule.iter_mut().enumerate().for_each(|(number, timed)| aim(timed, number));
    if draw.below(2) == 0 {
        demote(&mut plan, &mut draw);
    }
    validate(&plan)?;
    Ok(plan)
}

/// Makes the storm last for several leases, with the same faults at longer intervals. Every other fault that passes
/// lasts for 0.6 to 2 leases. The bounds of the calm phase leave time for a lease to run out.
fn stretch(plan: &mut Plan, ttl_ms: u64) {
    let storm_ms = STORM_MS.max(ttl_ms * STORM_LEASES);
    let (shortest_ms, spread_ms) = (ttl_ms / 10 * 6, ttl_ms / 10 * 14);
    let times = storm_ms / plan.storm_ms.max(1) + 1;
    plan.storm_ms *= times;
    for timed in &mut plan.schedule {
        timed.at_ms *= times;
        if timed.pick.is_multiple_of(2) {
            timed.lasts_ms = timed.lasts_ms.map(|_| shortest_ms + timed.pick / 2 % spread_ms);
        }
    }
    (plan.calm.progress_ms, plan.calm.convergence_ms) = (storm_ms, storm_ms);
    plan.events_max = EVENTS_MAX * (storm_ms / STORM_MS);
}

/// In a plan with wrong clocks, lets the members' clocks drift in opposite directions through the storm, as far as the
/// cluster allows for, instead of the drifts that were drawn.
fn drift(plan: &mut Plan, draw: &mut Draw) {
    use FaultKind::{ClockDrift, ClockFreeze, ClockJump, ClockSkew};
    let is_of_clocks =
        |timed: &TimedFault| matches!(timed.fault.kind(), ClockDrift | ClockFreeze | ClockJump | ClockSkew);
    if !plan.schedule.iter().any(is_of_clocks) {
        return;
    }
    plan.schedule.retain(|timed| timed.fault.kind() != ClockDrift);
    let cluster = &mut plan.cluster;
    if cluster.clock_drift_max_ppm == 0 {
        cluster.clock_drift_max_ppm = DRIFT_PPM;
    }
    let ppm = cluster.clock_drift_max_ppm as i32;
    let (slow, fast) = if draw.below(2) == 0 { (0, 1) } else { (1, 0) };
    let drift = |member: usize, by_ppm| {
        let fault = Fault::ClockDrift { target: Target::Node(MEMBERS[member]), by_ppm };
        TimedFault::new(0, fault).lasting(plan.storm_ms)
    };
    plan.schedule.splice(0..0, [drift(slow, -ppm), drift(fast, ppm)]);
}

/// Aims the fault of this number in the schedule: two of three that are aimed by a role go to the members, by turns;
/// those that ask an operator for work go to the coordinators.
fn aim(timed: &mut TimedFault, number: usize) {
    let pick = timed.pick;
    let is_work = matches!(timed.fault.kind(), FaultKind::TransferLeadership | FaultKind::TakeSnapshot);
    for target in timed.fault.targets_mut() {
        let is_spare = matches!(target, Target::Node(node) if *node > NodeId(NODES));
        let is_by_role = matches!(target, Target::Leader | Target::Follower | Target::Any);
        if is_work {
            *target = Target::Node(COORDINATORS[(pick % 3) as usize]);
        } else if is_spare || (is_by_role && !pick.is_multiple_of(3)) {
            *target = Target::Node(MEMBERS[number % 2]);
        }
    }
}

/// Gives clients a script: an operation every 50 ms, and among them a demotion every few seconds. One client is at home
/// on each member, and goes on asking a primary that is cut off.
fn demote(plan: &mut Plan, draw: &mut Draw) {
    let clients = plan.workload.clients.max(3);
    let script = (1..plan.storm_ms / 50).map(|number| {
        let (key, value) = (format!("k{}", draw.below(3)), format!("{number}."));
        let operation = match draw.below(60) {
            0 => Operation::Demote,
            1..20 => get(&key).into(),
            20..40 => append(&key, &value).into(),
            _ => put(&key, &value).into(),
        };
        let client = ClientId(1 + draw.below(clients.into()) as u32);
        TimedOperation::new(number * 50_000_000, client, &operation)
    });
    plan.workload.script = Some(script.collect());
    plan.workload.clients = clients;
    plan.workload.homes = (1..).map(ClientId).zip(MEMBERS).collect();
}

#[cfg(test)]
mod tests {
    use sim::System;

    use super::*;
    use crate::pair::LeasePair;

    fn plans(profile: Profile) -> impl Iterator<Item = Plan> {
        let plan = move |seed| LeasePair::default().plan(Seed(seed), profile, &Overrides::default());
        (0..200).map(move |seed| plan(seed).expect("a seed makes a plan"))
    }

    #[test]
    fn clocks_drift_within_the_bound_of_the_cluster_where_the_seed_has_wrong_clocks_and_nowhere_else() {
        let drifts = |plan: &Plan| {
            let by_ppm = |timed: &TimedFault| match timed.fault {
                Fault::ClockDrift { by_ppm, .. } => Some(by_ppm),
                _ => None,
            };
            plan.schedule.iter().filter_map(by_ppm).collect::<Vec<i32>>()
        };
        assert!(plans(Profile::Chaos).all(|plan| drifts(&plan).is_empty()));
        let mut drifting = 0;
        for plan in plans(Profile::Clock) {
            let bound = plan.cluster.clock_drift_max_ppm as i32;
            match drifts(&plan)[..] {
                [] => {}
                [one, other] => {
                    assert!(one == -other && one.abs() == bound, "{one} and {other} of {bound} ppm");
                    drifting += 1;
                }
                ref more => panic!("{} drifts", more.len()),
            }
        }
        assert!(drifting > 50, "clocks drift in {drifting} of 200 plans");
    }

    #[test]
    fn faults_that_stay_do_stay_and_every_target_is_a_node_of_the_pair() {
        let mut staying = 0;
        for plan in plans(Profile::Swarm) {
            staying += plan.schedule.iter().filter(|timed| timed.lasts_ms.is_none()).count();
            for target in plan.schedule.iter().flat_map(|timed| timed.fault.targets()) {
                assert!(!matches!(target, Target::Node(node) if node.0 > NODES), "{target}");
            }
            assert_eq!((plan.cluster.nodes, plan.cluster.spares), (NODES, 0));
        }
        assert!(staying > 20, "{staying} faults stay in 200 plans");
    }

    #[test]
    fn half_of_the_plans_have_a_script_with_demotions() {
        let demotes = |plan: &Plan| {
            let script = plan.workload.script.iter().flatten();
            script.filter(|timed| timed.operation == "demote").count() > 3
        };
        let count = plans(Profile::Calm).filter(demotes).count();
        assert!((80..120).contains(&count), "{count} of 200");
    }
}
