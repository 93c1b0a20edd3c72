//! The clients of a graph in a plan: edits and queries about few elements, so that their edits meet.

use std::collections::BTreeMap;

use env::{ClientId, Random};
use sim::{Draw, Overrides, Plan, PlanError, Profile, Seed, SubjectId};

use super::edit::Edit;
use super::graph_nodes;
use super::operation::Operation;
use super::query::Query;
use super::settings::Settings;
use crate::storm;

/// So many operations for each client.
const OPERATIONS: u64 = 30;

/// The plan of a seed: 2 to 4 nodes of the graph and the relay, one client at home on each node of the graph, and one
/// that roves.
pub(super) fn plan(id: &SubjectId, seed: Seed, profile: Profile, overrides: &Overrides) -> Result<Plan, PlanError> {
    let mut draw = Draw::of_system(seed);
    let nodes = storm::two_or_more_nodes(overrides, id, &mut draw)?;
    let mut plan = storm::expand_to(seed, profile, overrides, nodes)?;
    let at_home: BTreeMap<_, _> =
        graph_nodes(&plan.cluster).iter().map(|node| (ClientId(node.0.into()), node)).collect();
    Settings::draw_into(&mut draw, &mut plan);
    let clients = at_home.len() as u32 + 1;
    (plan.workload.clients, plan.workload.homes) = (clients, at_home);
    storm::with_script(plan, OPERATIONS * u64::from(clients), &mut draw, |draw| {
        let client = ClientId(1 + draw.below(clients.into()) as u32);
        (client, drawn(client, draw))
    })
}

/// The next operation of any client.
pub(super) fn drawn(_: ClientId, draw: &mut dyn Random) -> Operation {
    let name = |draw: &mut dyn Random| ["a", "b", "c"][draw.below(3) as usize];
    let (one, other, value) = (name(draw), name(draw), draw.below(1_000).to_string());
    let edge = format!("{one}-{other}");
    match draw.below(13) {
        0..=1 => Edit::node(one, "agent", [("name", &value)]).into(),
        2..=5 => Edit::set_node(one, "name", &value).into(),
        6 => Edit::edge(&edge, "knows", one, other, [("since", &value)]).into(),
        7 => Edit::set_edge(&edge, "since", &value).into(),
        8 => Edit::remove_node(one).into(),
        9 => Edit::remove_edge(&edge).into(),
        10 => Edit::ClearHistory.into(),
        11 => Query::nodes().into(),
        _ => Query::History.into(),
    }
}
