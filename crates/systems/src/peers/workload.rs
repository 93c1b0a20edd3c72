//! The clients of a puller and its peers in a plan.

use env::{ClientId, NodeId, Random};
use kv_types::Operation;
use sim::{Overrides, Plan, PlanError, Profile, Seed, SubjectId};

use super::PULLER;
use super::ask::Ask;
use super::behaviour::Behaviour;
use super::catalogue::Kind;
use crate::draw::Draw;
use crate::storm;

/// So many operations for each client.
const OPERATIONS: u64 = 20;

/// The plan of a seed: the puller and 2 to 4 peers, one client at home on each of these nodes, and a second one at home
/// on the puller.
pub(super) fn plan(id: &SubjectId, seed: Seed, profile: Profile, overrides: &Overrides) -> Result<Plan, PlanError> {
    let mut draw = Draw::new(seed);
    let nodes = storm::two_or_more_nodes(overrides, id, &mut draw)?;
    let mut plan = storm::expand_to(seed, profile, overrides, nodes)?;
    let clients = u32::from(nodes) + 1;
    plan.workload.clients = clients;
    plan.workload.homes = (1..=nodes).map(|id| (ClientId(id.into()), NodeId(id))).collect();
    plan.workload.homes.insert(ClientId(clients), PULLER);
    storm::with_script(plan, OPERATIONS * u64::from(clients), &mut draw, |draw| drawn(nodes, draw))
}

/// A client of a peer fills its catalogue, with few names, so that peers have some in common. A client of the puller
/// pulls.
fn drawn(nodes: u8, draw: &mut Draw) -> (ClientId, Operation) {
    let clients = u32::from(nodes) + 1;
    let client = 1 + draw.below(clients.into()) as u32;
    let kind = Kind::ALL[draw.below(Kind::ALL.len() as u64) as usize];
    let name = format!("{}{}", kind.name(), draw.below(6));
    let (pulls, choice) = (client == 1 || client == clients, draw.below(12));
    let ask = match choice {
        0 if pulls => Ask::List(None),
        1..=3 if pulls => Ask::SyncOne(NodeId(draw.between(2, nodes.into()) as u8)),
        _ if pulls => Ask::SyncAll,
        0..=8 => Ask::add(kind, &name, if draw.below(4) == 0 { "other" } else { "usual" }),
        9 => Ask::Behave(Behaviour::Honest),
        _ => Ask::Behave(BEHAVIOURS[draw.below(BEHAVIOURS.len() as u64) as usize]),
    };
    (ClientId(client), ask.operation())
}

const BEHAVIOURS: [Behaviour; 5] =
    [Behaviour::Garbage, Behaviour::WrongCounts, Behaviour::Refuse, Behaviour::StopAfter(1), Behaviour::Honest];
