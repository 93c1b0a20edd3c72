//! Plans of systems that are no Raft cluster: the faults are drawn by `sim`, the script by the system.

use env::{ClientId, NodeId, Random};
use sim::{
    FaultKind, Op, Overrides, Plan, PlanError, Profile, Seed, SubjectId, Target, TimedOperation, expand, validate,
};

/// The number of nodes that the overrides ask for, or else 3 to 5, drawn. Draws once, with or without such an override.
///
/// # Errors
/// The overrides ask for fewer than 2 nodes.
pub(crate) fn two_or_more_nodes(overrides: &Overrides, id: &SubjectId, draw: &mut dyn Random) -> Result<u8, PlanError> {
    let drawn = draw.between(3, 5) as u8;
    match overrides.nodes {
        Some(nodes @ 0..2) => Err(PlanError::NodesOfSubject { subject: id.to_string(), nodes, right: "2 or more" }),
        nodes => Ok(nodes.unwrap_or(drawn)),
    }
}

/// The plan that `seed` expands to, with so many nodes and no spare machines.
///
/// # Errors
/// As [`expand`].
pub(crate) fn expand_to(seed: Seed, profile: Profile, overrides: &Overrides, nodes: u8) -> Result<Plan, PlanError> {
    let mut overrides = overrides.clone();
    overrides.nodes = Some(nodes);
    let mut plan = expand(seed, profile, &overrides, &[])?;
    plan.cluster.spares = 0;
    for target in plan.schedule.iter_mut().flat_map(|timed| timed.fault.targets_mut()) {
        if let Target::Node(node) = target {
            // The ids behind the nodes are those of the spare machines.
            *node = NodeId((node.0 - 1) % nodes + 1);
        }
    }
    Ok(plan)
}

/// Gives a plan a script: so many operations, at times drawn over the storm. One operation in eight comes at the same
/// instant as the one before it. No client writes in the quiet tail.
///
/// # Errors
/// As [`validate`].
pub(crate) fn with_script<R: Random, O: Op>(
    mut plan: Plan,
    operations: u64,
    draw: &mut R,
    mut drawn: impl FnMut(&mut R) -> (ClientId, O),
) -> Result<Plan, PlanError> {
    let mut times: Vec<u64> = (0..operations).map(|_| draw.below(plan.storm_ms * 1_000_000)).collect();
    times.sort_unstable();
    for place in 1..times.len() {
        if draw.below(8) == 0 {
            times[place] = times[place - 1];
        }
    }
    let script = times.into_iter().map(|at_ns| {
        let (client, operation) = drawn(draw);
        TimedOperation::new(at_ns, client, &operation)
    });
    plan.workload.script = Some(script.collect());
    plan.calm.quiet_tail = true;
    validate(&plan)?;
    Ok(plan)
}

/// Why a fault of this kind cannot be injected into a system that keeps no replicated log. `only_copy` says why no disk
/// of it may be destroyed.
pub(crate) fn refusal(fault: FaultKind, only_copy: &'static str) -> Option<&'static str> {
    use FaultKind as Kind;
    match fault {
        Kind::TransferLeadership | Kind::AddMember | Kind::RemoveMember | Kind::ReplaceMember | Kind::TakeSnapshot => {
            Some("it has no request for an operator to send")
        }
        Kind::MajoritiesRing => Some("no majority of its nodes decides anything"),
        Kind::BitFlip | Kind::WipedDisk => Some(only_copy),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use sim::{Fault, Subject};

    use crate::graph::RelayGraph;
    use crate::peers::{PULLER, PeerSync};

    use super::*;

    fn plans<S: sim::System>(system: &S) -> impl Iterator<Item = Plan> {
        let plan = |seed| system.plan(Seed(seed), Profile::Swarm, &Overrides::default());
        (0..200).map(move |seed| plan(seed).expect("a seed makes a plan"))
    }

    #[test]
    fn plans_have_3_to_5_nodes_no_spares_and_faults_that_stay() {
        let mut sizes = [0; 6];
        for plan in plans(&RelayGraph::default()) {
            sizes[usize::from(plan.cluster.nodes)] += 1;
            assert_eq!(plan.cluster.spares, 0);
        }
        assert!(sizes[..3].iter().sum::<u32>() == 0 && sizes[3..].iter().all(|count| *count > 40), "{sizes:?}");
        let stays = |plan: &Plan| plan.schedule.iter().any(|timed| timed.lasts_ms.is_none());
        assert!(plans(&PeerSync::default()).filter(stays).count() > 20);
    }

    #[test]
    fn each_node_has_a_client_at_home_on_it() {
        for plan in plans(&RelayGraph::default()) {
            let Plan { cluster, workload, .. } = plan;
            let homes: Vec<u8> = workload.homes.values().map(|node| node.0).collect();
            assert_eq!(homes, (1..cluster.nodes).collect::<Vec<u8>>(), "the relay is nobody's home");
            assert_eq!(workload.clients, u32::from(cluster.nodes), "one client roves");
        }
        for plan in plans(&PeerSync::default()) {
            let at_home = |node: NodeId| plan.workload.homes.values().filter(|home| **home == node).count();
            assert!((2..=plan.cluster.nodes).all(|node| at_home(NodeId(node)) == 1) && at_home(PULLER) == 2);
        }
    }

    #[test]
    fn what_a_system_refuses_is_in_none_of_its_plans() {
        let graph = sim::Machines(RelayGraph::default());
        for seed in 0..200 {
            let plan = graph.plan(Seed(seed), Profile::Swarm, &Overrides::default()).expect("a plan");
            let is_refused = |fault: &Fault| refusal(fault.kind(), "").is_some();
            assert!(!plan.schedule.iter().any(|timed| is_refused(&timed.fault)), "{}", plan.seed);
        }
    }
}
