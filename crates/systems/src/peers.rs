//! One node that pulls the catalogues of all its connected peers, and goes on when some of them fail.
//!
//! n1 is the puller, n2 and those after it are its peers. A catalogue has organizations, peers and orderers. On a client's
//! word the puller tries each peer in order and answers with a [`SyncReport`]: one result for each, with what was new or why
//! nothing came, and the sums over those that succeeded.
//!
//! Always true:
//! - a failure of one peer stops nothing but that peer. Only the single-peer form ([`Ask::SyncOne`]) fails with it;
//! - a catalogue is taken over when all its pages have come and it adds up, in one write: a peer that dies half-way adds
//!   nothing, nor does a crash of the puller add half;
//! - a run adds what the puller does not have. To run again is to retry what failed, and makes no duplicates;
//! - a client that asks again with the same request has no second run made, and gets the same answer.
//!
//! What is left out: entries are never taken out or changed, and a run that the puller's crash cuts short begins anew when its
//! client asks again.

mod ask;
mod behaviour;
mod catalogue;
mod judge;
mod message;
mod node;
mod note;
mod page;
mod record;
mod report;
mod rules;
mod run;

use std::error::Error;
use std::time::Duration;

use env::{ClientId, Disk, Effects, Instant, NodeId, NodeSet, Random, RequestId};
use sim::{Cluster, Judge, OperatorAction, Plan, Start, System};

pub use ask::Ask;
pub use behaviour::Behaviour;
pub use catalogue::{Counts, Entry, Kind};
pub use judge::{PeersJudge, Reported};
pub use message::Message;
pub use node::Node;
pub use report::{PeerResult, PullError, SyncReport};
pub use rules::Rules;

use crate::client::{Client, ClientConfig, Request};
use node::NodeConfig;

/// The node that pulls.
pub const PULLER: NodeId = NodeId(1);

/// The nodes that it pulls, in the order in which it does.
pub fn connected_peers(cluster: &Cluster) -> NodeSet {
    NodeSet::first(cluster.nodes).difference([PULLER].into_iter().collect())
}

/// The puller and its peers as a system under test.
///
/// A peer has the plan's longest election timeout to answer for a page, which is asked for again at every heartbeat. A client
/// that is to see the report of a run over dead peers needs a timeout longer than these add up to. A client without a home
/// asks the puller.
#[derive(Clone, Debug, Default)]
pub struct PeerSync {
    rules: Rules,
}

impl PeerSync {
    /// A puller that decides so.
    pub fn with_rules(rules: Rules) -> PeerSync {
        PeerSync { rules }
    }
}

impl System for PeerSync {
    type Process = Node;
    type Client = Client;

    fn boot(
        &self,
        cluster: &Cluster,
        node: NodeId,
        _start: Start,
        disk: &dyn Disk,
        _now: Instant,
        _random: &mut dyn Random,
        effects: &mut Effects<Node>,
    ) -> Result<Node, Box<dyn Error>> {
        let config = NodeConfig {
            id: node,
            puller: PULLER,
            peers: connected_peers(cluster),
            resend: Duration::from_millis(cluster.heartbeat_ms),
            timeout: Duration::from_millis(cluster.election_timeout_max_ms),
            rules: self.rules,
        };
        Ok(Node::boot(config, disk, effects)?)
    }

    fn client(&self, plan: &Plan, client: ClientId) -> Client {
        let workload = &plan.workload;
        let home = workload.homes.get(&client).copied().unwrap_or(PULLER);
        Client::new(
            client,
            ClientConfig {
                nodes: [home].into_iter().collect(),
                moves: false,
                retry: Duration::from_millis(workload.retry_ms),
                timeout: Duration::from_millis(workload.timeout_ms),
                changes: Ask::changes,
            },
        )
    }

    fn is_linearizable(&self) -> bool {
        false
    }

    fn log_founders(&self, _cluster: &Cluster) -> NodeSet {
        NodeSet::EMPTY
    }

    fn answers_from_log(&self) -> bool {
        false
    }

    fn judge(&self, plan: &Plan) -> Option<Box<dyn Judge>> {
        Some(Box::new(PeersJudge::new(PULLER, connected_peers(&plan.cluster))))
    }

    fn operator_request(&self, _from: RequestId, _action: OperatorAction) -> Option<Request> {
        None
    }
}
