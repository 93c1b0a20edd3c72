//! The clients of a puller and its peers in a plan.

use env::{ClientId, NodeId, NodeSet, Random};
use sim::{Draw, Overrides, Plan, PlanError, Profile, Seed, SubjectId};

use super::behaviour::Behaviour;
use super::catalogue::Kind;
use super::operation::Operation;
use super::{PULLER, connected_peers};
use crate::storm;

/// So many operations for each client.
const OPERATIONS: u64 = 20;

/// The plan of a seed: the puller and 2 to 4 peers, one client at home on each of these nodes, and a second one at home
/// on the puller.
pub(super) fn plan(id: &SubjectId, seed: Seed, profile: Profile, overrides: &Overrides) -> Result<Plan, PlanError> {
    let mut draw = Draw::of_system(seed);
    let nodes = storm::two_or_more_nodes(overrides, id, &mut draw)?;
    let mut plan = storm::expand_to(seed, profile, overrides, nodes)?;
    let clients = u32::from(nodes) + 1;
    plan.workload.clients = clients;
    plan.workload.homes = (1..=nodes).map(|id| (ClientId(id.into()), NodeId(id))).collect();
    plan.workload.homes.insert(ClientId(clients), PULLER);
    let mut operations = operations(&plan);
    storm::with_script(plan, OPERATIONS * u64::from(clients), &mut draw, |draw| {
        let client = ClientId(1 + draw.below(clients.into()) as u32);
        (client, operations(client, draw))
    })
}

/// Draws the operations of clients. A client at home on a peer fills its catalogue, with few names, so that peers have
/// some in common. All others ask the puller to pull.
pub(super) fn operations(plan: &Plan) -> impl FnMut(ClientId, &mut dyn Random) -> Operation + Clone + Send + use<> {
    let (peers, homes) = (connected_peers(&plan.cluster), plan.workload.homes.clone());
    move |client, draw| {
        let is_at_peer = homes.get(&client).is_some_and(|home| *home != PULLER);
        let kind = Kind::ALL[draw.below(Kind::ALL.len() as u64) as usize];
        let name = format!("{}{}", kind.name(), draw.below(6));
        let choice = draw.below(12);
        if is_at_peer { of_peer(kind, &name, choice, draw) } else { of_puller(peers, choice, draw) }
    }
}

fn of_puller(peers: NodeSet, choice: u64, draw: &mut dyn Random) -> Operation {
    match choice {
        0 => Operation::list(),
        1..=3 if !peers.is_empty() => {
            let peer = peers.iter().nth(draw.below(peers.len() as u64) as usize);
            Operation::SyncOne(peer.expect("an index below the number of peers"))
        }
        _ => Operation::SyncAll,
    }
}

fn of_peer(kind: Kind, name: &str, choice: u64, draw: &mut dyn Random) -> Operation {
    match choice {
        0..=8 => Operation::add(kind, name, if draw.below(4) == 0 { "other" } else { "usual" }),
        9 => Operation::Behave(Behaviour::Honest),
        _ => Operation::Behave(BEHAVIOURS[draw.below(BEHAVIOURS.len() as u64) as usize]),
    }
}

const BEHAVIOURS: [Behaviour; 5] =
    [Behaviour::Garbage, Behaviour::WrongCounts, Behaviour::Refuse, Behaviour::StopAfter(1), Behaviour::Honest];
