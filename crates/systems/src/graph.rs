//! A graph of nodes and edges on several machines: each machine takes edits by itself and syncs with the others through
//! a relay.
//!
//! - An edit is acknowledged when it is durable on the node that was asked, whether or not the relay can be reached. An
//!   edit made offline goes its way on reconnection.
//! - An edit becomes one [update](UpdateId): registers (an element's type, each of its properties) with one
//!   [stamp](Stamp) of hybrid logical time (Kulkarni et al., OPODIS 2014), written all at once or not at all.
//! - Of two values of a register the later one is kept, and of equal times that of the node with the higher id
//!   (`merge.rs`). A removal hides the element's older values, and a younger type brings the element back.
//! - Nodes and the relay tell each other how many updates of each origin they hold, and send the missing ones:
//!   periodically, on a new update, and on return. Updates of one origin are taken in the order of their numbers alone,
//!   so that one number for each origin tells which updates a node holds.
//!
//! Always true:
//! - every update that a node shows, sends or has acknowledged is durable on it;
//! - nodes that hold the same updates have the same state ([`GraphJudge`]);
//! - a node's stamps grow, and an update has a later stamp than all updates that its node had seen.
//!
//! Left out: journals and histories are never compacted, there is no second relay, and a client that has given an edit
//! up on one node and asks another is not recognised there.

mod bug;
mod edit;
mod judge;
mod merge;
mod message;
mod node;
mod note;
mod operation;
mod output;
mod query;
mod record;
mod replica;
mod rules;
mod settings;
mod stamp;
mod state;
mod update;
mod wire;
mod workload;

use std::error::Error;
use std::time::Duration;

use env::{ClientId, NodeId, NodeSet, RequestId};
use parts::{Client, ClientConfig, Request};
use sim::{
    Boot, Cluster, Engine, Engines, FaultKind, Generator, OperatorAction, Overrides, Plan, PlanError, Profile, Seed,
    SubjectId, System,
};

pub use bug::Bug;
pub use edit::Edit;
pub use judge::{GraphJudge, Known, SyncLatencies};
pub use message::Message;
pub use node::Node;
pub use note::Note;
pub use operation::Operation;
pub use output::{Change, GraphEdge, GraphNode, GraphStats, Health, Output};
pub use query::Query;
pub use settings::Settings;
pub use stamp::Stamp;
pub use update::{Kind, Path, Register, UpdateId, Write};

use crate::{identity, storm};
use node::NodeConfig;
use rules::Rules;

/// The graph as a system under test. Of the plan's nodes, the last one is the [relay], the others are nodes of the
/// graph.
///
/// A client asks the node that it is at home on; a client without a home draws a node, and another one after that node
/// has left it without an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RelayGraph {
    bug: Option<Bug>,
}

impl RelayGraph {
    /// The name of the system.
    pub const NAME: &str = "relay-graph";

    /// The same graph with a planted bug.
    #[must_use]
    pub fn with_bug(self, bug: Bug) -> RelayGraph {
        RelayGraph { bug: Some(bug) }
    }

    /// The graph that an identity names: the inverse of [`id`](System::id).
    ///
    /// # Errors
    /// The part of the identity that is wrong, in one line.
    pub fn of(id: &SubjectId) -> Result<RelayGraph, String> {
        Ok(RelayGraph { bug: identity::bug_of(id, RelayGraph::NAME, &[])? })
    }
}

/// The relay of this cluster.
pub fn relay(cluster: &Cluster) -> NodeId {
    NodeId(cluster.nodes)
}

/// The nodes of the graph of this cluster.
pub fn graph_nodes(cluster: &Cluster) -> NodeSet {
    NodeSet::first(cluster.nodes.saturating_sub(1))
}

impl System for RelayGraph {
    type Process = Node;
    type Client = Client<Operation, Output>;
    type Settings = Settings;
    type Net = GraphJudge;

    fn boot(&self, boot: Boot<'_, Self>) -> Result<Node, Box<dyn Error>> {
        let Boot { cluster, settings, node, disk, now, effects, .. } = boot;
        let config = NodeConfig {
            id: node,
            relay: relay(cluster),
            period: Duration::from_millis(cluster.heartbeat_ms),
            batch_bytes: usize::try_from(settings.batch_bytes).unwrap_or(usize::MAX),
            rules: Rules::with(self.bug),
        };
        Ok(Node::boot(config, disk, now, effects)?)
    }

    fn id(&self) -> SubjectId {
        let id = SubjectId::new(RelayGraph::NAME);
        self.bug.map_or(id.clone(), |bug| id.with_bug(bug))
    }

    fn version(&self) -> Option<&str> {
        None
    }

    fn engines(&self) -> Engines<Self> {
        hosts::event_and_turmoil()
    }

    fn refuses(&self, _engine: Engine, fault: FaultKind) -> Option<&'static str> {
        storm::refusal(fault, "a node may be the only one that holds an acknowledged edit")
    }

    /// Of the nodes, 2 or more, the last one is the relay. One client is at home on each of the others, and one has no
    /// home.
    fn plan(&self, seed: Seed, profile: Profile, overrides: &Overrides) -> Result<Plan, PlanError> {
        workload::plan(&self.id(), seed, profile, overrides)
    }

    fn client(&self, plan: &Plan, client: ClientId) -> Client<Operation, Output> {
        let workload = &plan.workload;
        let home = workload.homes.get(&client).copied();
        let nodes = home.map_or(graph_nodes(&plan.cluster), |home| [home].into_iter().collect());
        let config = ClientConfig::new(nodes, Operation::changes)
            .moves(false)
            .retry(Duration::from_millis(workload.retry_ms))
            .timeout(Duration::from_millis(workload.timeout_ms));
        Client::new(client, config)
    }

    /// Each client draws the edits and queries that the scripts of [`plan`](RelayGraph::plan) have.
    fn workload(&self, _: &Plan) -> Box<dyn Generator<Operation>> {
        Box::new(workload::drawn)
    }

    fn probe(&self, number: u64) -> Option<Operation> {
        Some(Operation::probe(number))
    }

    fn net(&self, plan: &Plan) -> GraphJudge {
        GraphJudge::new(graph_nodes(&plan.cluster), relay(&plan.cluster))
    }

    fn operator_request(&self, _from: RequestId, _action: OperatorAction) -> Option<Request<Operation>> {
        None
    }
}
