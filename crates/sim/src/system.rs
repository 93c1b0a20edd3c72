//! The system under test, as the engine sees it.

use std::error::Error;

use env::{ClientId, Disk, Effects, Instant, Membership, NodeId, NodeSet, Process, Random, RequestId};

use crate::judge::Judge;
use crate::plan::{Cluster, Plan};

/// How to make the parts of a system: its nodes, its clients, its operator's requests. What they do from then on is the
/// business of [`Process`] and [`env::Client`].
pub trait System: Clone + 'static {
    /// A node.
    type Process: Process;
    /// A client of those nodes.
    type Client: env::Client<Request = <Self::Process as Process>::Request, Response = <Self::Process as Process>::Response>;

    /// Starts a node from what its disk holds. `now` is the node's own clock. What it wants done at once it writes into
    /// `effects`, which are carried out as those of any event.
    ///
    /// # Errors
    /// The node refuses to start on this disk, and stays down.
    #[expect(clippy::too_many_arguments, reason = "a boot needs all there is; a struct would only rename it")]
    fn boot(
        &self,
        cluster: &Cluster,
        node: NodeId,
        start: Start,
        disk: &dyn Disk,
        now: Instant,
        random: &mut dyn Random,
        effects: &mut Effects<Self::Process>,
    ) -> Result<Self::Process, Box<dyn Error>>;

    /// Makes a client that has done nothing yet.
    fn client(&self, plan: &Plan, client: ClientId) -> Self::Client;

    /// Whether its clients see one linearizable key-value store, and are judged as such. A system that keeps no such store
    /// says that it does not.
    fn is_linearizable(&self) -> bool {
        true
    }

    /// The nodes that found the replicated log which the system's [`Observation`](env::Observation)s are about: all that the
    /// cluster begins with, unless the system says otherwise. Of a system that keeps none, no leader is demanded.
    fn log_founders(&self, cluster: &Cluster) -> NodeSet {
        NodeSet::first(cluster.nodes)
    }

    /// Whether clients' operations are entries of that log, and are judged by what became of those.
    fn answers_from_log(&self) -> bool {
        true
    }

    /// Who judges one run by rules of the system's own; `None` if it has none.
    fn judge(&self, _plan: &Plan) -> Option<Box<dyn Judge>> {
        None
    }

    /// What an operator sends to a node to have `action` done; `None` if this system cannot do it, and the fault that
    /// asked for it then has no effect.
    fn operator_request(&self, from: RequestId, action: OperatorAction) -> Option<<Self::Process as Process>::Request>;
}

/// What a node finds when it starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// The first start of a node that the cluster begins with, on a blank disk. This configuration is that of its log.
    New(Membership),
    /// The first start of a blank machine that a membership change may bring in.
    Join,
    /// Any later start, on the disk that the last one left.
    Again,
}

/// What an operator can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperatorAction {
    /// The leader hands over to this node.
    TransferLeadership(NodeId),
    /// This machine becomes a voter.
    AddMember(NodeId),
    /// This member leaves.
    RemoveMember(NodeId),
    /// One member leaves as another machine joins, in one change.
    ReplaceMember {
        /// Who leaves.
        old: NodeId,
        /// Who joins.
        new: NodeId,
    },
    /// The node that is asked takes a snapshot now.
    TakeSnapshot,
}
