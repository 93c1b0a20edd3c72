//! One node that pulls the catalogues of all its connected peers, and goes on when some of them fail.
//!
//! n1 is the puller, n2 and those after it are its peers. A catalogue has organizations, peers and orderers. On a
//! client's request the puller tries each peer in order and answers with a [`SyncReport`]: one result for each peer,
//! with the counts of its new entries or its error, and the sums over the successes.
//!
//! Always true:
//! - a failure of one peer stops nothing but that peer. Only the single-peer form ([`Operation::SyncOne`]) fails with
//!   it;
//! - a catalogue is taken over when all its pages have come and it adds up, in one write: a peer that dies half-way
//!   adds nothing, nor does a crash of the puller add half;
//! - a run adds only entries that the puller does not have. A second run retries the failed peers, and makes no
//!   duplicates;
//! - a client that asks again with the same request has no second run made, and gets the same answer.
//!
//! Left out: entries are never taken out or changed, and a run that the puller's crash cuts short begins anew when its
//! client asks again.

mod behaviour;
mod bug;
mod catalogue;
mod judge;
mod message;
mod node;
mod note;
mod operation;
mod output;
mod page;
mod record;
mod report;
mod rules;
mod run;
mod workload;

use std::error::Error;
use std::time::Duration;

use env::{ClientId, NodeId, NodeSet, RequestId};
use parts::{Client, ClientConfig, Request};
use sim::{
    Boot, Cluster, Engine, Engines, FaultKind, Generator, OperatorAction, Overrides, Plan, PlanError, Profile, Seed,
    SubjectId, System,
};

pub use behaviour::Behaviour;
pub use bug::Bug;
pub use catalogue::{Counts, Entry, Kind};
pub use judge::{PeersJudge, Reported};
pub use message::Message;
pub use node::Node;
pub use note::Note;
pub use operation::Operation;
pub use output::Output;
pub use report::{PeerResult, PullError, SyncReport};

use crate::{identity, storm};
use node::NodeConfig;
use rules::Rules;

/// The node that pulls.
pub const PULLER: NodeId = NodeId(1);

/// The nodes that it pulls, in the order in which it does.
pub fn connected_peers(cluster: &Cluster) -> NodeSet {
    NodeSet::first(cluster.nodes).difference([PULLER].into_iter().collect())
}

/// The puller and its peers as a system under test.
///
/// A peer has the plan's `suspicion_max_ms` to answer for a page, which is asked for again at every heartbeat. A
/// client that is to see the report of a run over dead peers needs a timeout longer than these add up to. A client
/// without a home asks the puller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PeerSync {
    bug: Option<Bug>,
}

impl PeerSync {
    /// The name of the system.
    pub const NAME: &str = "peer-sync";

    /// The same puller with a planted bug.
    #[must_use]
    pub fn with_bug(self, bug: Bug) -> PeerSync {
        PeerSync { bug: Some(bug) }
    }

    /// The puller that an identity names: the inverse of [`id`](System::id).
    ///
    /// # Errors
    /// The part of the identity that is wrong, in one line.
    pub fn of(id: &SubjectId) -> Result<PeerSync, String> {
        Ok(PeerSync { bug: identity::bug_of(id, PeerSync::NAME, &[])? })
    }
}

impl System for PeerSync {
    type Process = Node;
    type Client = Client<Operation, Output>;
    type Settings = ();
    type Net = PeersJudge;

    fn boot(&self, boot: Boot<'_, Self>) -> Result<Node, Box<dyn Error>> {
        let Boot { cluster, node, disk, effects, .. } = boot;
        let config = NodeConfig {
            id: node,
            puller: PULLER,
            peers: connected_peers(cluster),
            resend: Duration::from_millis(cluster.heartbeat_ms),
            timeout: Duration::from_millis(cluster.suspicion_max_ms),
            rules: Rules::with(self.bug),
        };
        Ok(Node::boot(config, disk, effects)?)
    }

    fn id(&self) -> SubjectId {
        let id = SubjectId::new(PeerSync::NAME);
        self.bug.map_or(id.clone(), |bug| id.with_bug(bug))
    }

    fn version(&self) -> Option<&str> {
        None
    }

    fn engines(&self) -> Engines<Self> {
        hosts::event_and_turmoil()
    }

    fn refuses(&self, _engine: Engine, fault: FaultKind) -> Option<&'static str> {
        storm::refusal(fault, "a node may be the only one that holds an acknowledged entry")
    }

    /// Of the nodes, 2 or more, the first one is the puller. One client is at home on each of the nodes, and a second
    /// one on the puller.
    fn plan(&self, seed: Seed, profile: Profile, overrides: &Overrides) -> Result<Plan, PlanError> {
        workload::plan(&self.id(), seed, profile, overrides)
    }

    fn client(&self, plan: &Plan, client: ClientId) -> Client<Operation, Output> {
        let workload = &plan.workload;
        let home = workload.homes.get(&client).copied().unwrap_or(PULLER);
        let nodes = [home].into_iter().collect();
        let config = ClientConfig::new(nodes, Operation::changes)
            .moves(false)
            .retry(Duration::from_millis(workload.retry_ms))
            .timeout(Duration::from_millis(workload.timeout_ms));
        Client::new(client, config)
    }

    /// Each client draws the operations that it has in the scripts of [`plan`](PeerSync::plan): those that suit its
    /// home.
    fn workload(&self, plan: &Plan) -> Box<dyn Generator<Operation>> {
        Box::new(workload::operations(plan))
    }

    fn probe(&self, number: u64) -> Option<Operation> {
        Some(Operation::probe(number))
    }

    fn net(&self, plan: &Plan) -> PeersJudge {
        PeersJudge::new(PULLER, connected_peers(&plan.cluster))
    }

    fn operator_request(&self, _from: RequestId, _action: OperatorAction) -> Option<Request<Operation>> {
        None
    }
}
