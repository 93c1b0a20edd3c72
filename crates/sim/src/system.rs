//! The system under test, as the engine sees it.

use std::error::Error;

use env::{ClientId, Disk, Effects, Instant, Membership, NodeId, NodeSet, Process, Random, RequestId};

use crate::engine::Engine;
use crate::expand::Overrides;
use crate::judge::Judge;
use crate::plan::{Cluster, FaultKind, Plan, Seed};
use crate::profile::Profile;
use crate::subject::SubjectId;
use crate::validate::PlanError;

/// How to make the parts of a system: its nodes, its clients, its operator's requests. What they do from then on is the
/// business of [`Process`] and [`env::Client`].
///
/// No method has a default: a system that wraps another cannot forget to pass one on.
pub trait System: Clone + Send + Sync + 'static {
    /// A node.
    type Process: Process;
    /// A client of those nodes.
    type Client: env::Client<Request = <Self::Process as Process>::Request, Response = <Self::Process as Process>::Response>;

    /// Starts a node from the files of its disk. The effects that the node writes are carried out as those of any event.
    ///
    /// # Errors
    /// The node refuses to start on this disk, and stays down.
    fn boot(&self, boot: Boot<'_, Self::Process>) -> Result<Self::Process, Box<dyn Error>>;

    /// The identity of the system; variants of one type are told apart by their settings and by their planted bug.
    fn id(&self) -> SubjectId;

    /// Why a fault of this kind cannot be done to it on this engine; `None` if it can.
    fn refuses(&self, engine: Engine, fault: FaultKind) -> Option<&'static str>;

    /// The plan that a seed expands to: that of [`expand`](crate::expand()), made to suit the system.
    ///
    /// # Errors
    /// If the overrides make a plan that this system cannot be run on.
    fn plan(&self, seed: Seed, profile: Profile, overrides: &Overrides) -> Result<Plan, PlanError>;

    /// Makes a client that has done nothing yet.
    fn client(&self, plan: &Plan, client: ClientId) -> Self::Client;

    /// The demands on one run of this plan.
    fn terms(&self, plan: &Plan) -> Terms;

    /// What an operator sends to a node to have `action` done; `None` if this system cannot do it, and the fault that
    /// asked for it then has no effect.
    fn operator_request(&self, from: RequestId, action: OperatorAction) -> Option<<Self::Process as Process>::Request>;
}

/// All that a node is started with.
pub struct Boot<'a, P: Process> {
    /// The cluster that it is a node of.
    pub cluster: &'a Cluster,
    /// Its id.
    pub node: NodeId,
    /// Whether it has run before.
    pub start: Start,
    /// Its files.
    pub disk: &'a dyn Disk,
    /// Its own clock.
    pub now: Instant,
    /// Its own stream of randomness.
    pub random: &'a mut dyn Random,
    /// What it wants done at once.
    pub effects: &'a mut Effects<P>,
}

/// The demands on one run of a system.
#[derive(Clone)]
pub struct Terms {
    /// The nodes that found the replicated log which the system's [`Observation`](env::Observation)s are about; none if it
    /// keeps no such log, and then no leader is demanded.
    pub log_founders: NodeSet,
    /// Whether clients' operations are entries of that log, and are judged by what became of those.
    pub answers_from_log: bool,
    /// Whether clients see one linearizable key-value store.
    pub is_linearizable: bool,
    /// The judge of this run by rules of the system's own, if it has any.
    pub judge: Option<Box<dyn Judge>>,
}

impl Terms {
    /// Those of a replicated log which all nodes found and from which clients are answered as from one key-value store.
    pub fn of_replicated_store(cluster: &Cluster) -> Terms {
        let log_founders = NodeSet::first(cluster.nodes);
        Terms { log_founders, answers_from_log: true, is_linearizable: true, judge: None }
    }

    /// Those of a system that has neither and is judged by this judge alone.
    pub fn of_judge(judge: impl Judge + 'static) -> Terms {
        Terms { judge: Some(Box::new(judge)), ..Terms::none() }
    }

    /// Nothing but that its operations end.
    pub fn none() -> Terms {
        Terms { log_founders: NodeSet::EMPTY, answers_from_log: false, is_linearizable: false, judge: None }
    }

    /// True if there is a replicated log, of which a leader and equal state can be demanded.
    pub fn keeps_log(&self) -> bool {
        !self.log_founders.is_empty()
    }
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
