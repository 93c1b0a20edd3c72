//! The clients that a story has.

use std::collections::BTreeMap;

use env::{ClientId, NodeId, NodeSet};
use sim::Plan;

/// Clients that talk to any node.
const ROVING: u32 = 8;
/// Clients of each node that talk to no other.
const AT_HOME: u32 = 4;
/// Clients of the load.
const LOADING: u32 = 32;

/// The clients of a story: those that rove, those at home on each node, those of a load.
#[derive(Clone, Debug, Default)]
pub(super) struct Cast {
    pub(super) roving: Vec<ClientId>,
    pub(super) loading: Vec<ClientId>,
    homes: BTreeMap<ClientId, NodeId>,
}

impl Cast {
    /// Gives a plan its clients, besides those that it has.
    pub(super) fn join(plan: &mut Plan) -> Cast {
        let roving = more(plan, ROVING).collect();
        more_clients_at_home(plan, AT_HOME);
        let loading = more(plan, LOADING).collect();
        Cast { roving, loading, homes: plan.workload.homes.clone() }
    }

    /// The clients that talk to this node only.
    pub(super) fn at_home(&self, node: NodeId) -> Vec<ClientId> {
        self.homes.iter().filter(|(_, home)| **home == node).map(|(client, _)| *client).collect()
    }
}

/// So many more clients of each node that talk to no other, for a story that is [given](super::Story::given) them: each
/// machine has four without that.
pub fn more_clients_at_home(plan: &mut Plan, each: u32) {
    for node in NodeSet::first(plan.cluster.nodes + plan.cluster.spares).iter() {
        let clients = more(plan, each);
        plan.workload.homes.extend(clients.map(|client| (client, node)));
    }
}

fn more(plan: &mut Plan, clients: u32) -> impl Iterator<Item = ClientId> + use<> {
    let first = plan.workload.clients + 1;
    plan.workload.clients += clients;
    (first..first + clients).map(ClientId)
}
