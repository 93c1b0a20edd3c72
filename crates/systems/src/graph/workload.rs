//! The clients of a graph in a plan: edits and queries about few elements, so that their edits meet.

use std::collections::BTreeMap;

use env::{ClientId, Random};
use kv_types::Operation;
use sim::{Overrides, Plan, PlanError, Profile, Seed, SubjectId};

use super::edit::Edit;
use super::graph_nodes;
use super::query::Query;
use super::settings::Settings;
use crate::draw::Draw;
use crate::storm;

/// So many operations for each client.
const OPERATIONS: u64 = 30;

/// The plan of a seed: 2 to 4 nodes of the graph and the relay, one client at home on each node of the graph, and one
/// that roves.
pub(super) fn plan(id: &SubjectId, seed: Seed, profile: Profile, overrides: &Overrides) -> Result<Plan, PlanError> {
    let mut draw = Draw::new(seed);
    let nodes = storm::two_or_more_nodes(overrides, id, &mut draw)?;
    let mut plan = storm::expand_to(seed, profile, overrides, nodes)?;
    let at_home: BTreeMap<_, _> =
        graph_nodes(&plan.cluster).iter().map(|node| (ClientId(node.0.into()), node)).collect();
    Settings::draw_into(&mut sim::Draw::of_system(seed), &mut plan);
    let clients = at_home.len() as u32 + 1;
    (plan.workload.clients, plan.workload.homes) = (clients, at_home);
    storm::with_script(plan, OPERATIONS * u64::from(clients), &mut draw, |draw| drawn(clients, draw))
}

fn drawn(clients: u32, draw: &mut Draw) -> (ClientId, Operation) {
    let client = ClientId(1 + draw.below(clients.into()) as u32);
    let name = |draw: &mut Draw| ["a", "b", "c"][draw.below(3) as usize];
    let (one, other, value) = (name(draw), name(draw), draw.below(1_000).to_string());
    let edge = format!("{one}-{other}");
    let operation = match draw.below(13) {
        0..=1 => Edit::node(one, "agent", [("name", &value)]).operation(),
        2..=5 => Edit::set_node(one, "name", &value).operation(),
        6 => Edit::edge(&edge, "knows", one, other, [("since", &value)]).operation(),
        7 => Edit::set_edge(&edge, "since", &value).operation(),
        8 => Edit::remove_node(one).operation(),
        9 => Edit::remove_edge(&edge).operation(),
        10 => Edit::ClearHistory.operation(),
        11 => Query::nodes().operation(),
        _ => Query::History.operation(),
    };
    (client, operation)
}
