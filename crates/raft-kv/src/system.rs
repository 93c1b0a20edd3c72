//! The Raft key-value cluster as a system under test.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use env::{Bytes, ClientId, NodeSet, RequestId};
use kv_types::{Operation, Output};
use raft_rules::RaftNet;
use raft_types::{Membership, Observation};
use sim::{
    Boot, Cluster, Draw, Engine, Engines, FaultKind, Generator, LinearizableStore, Net, OperatorAction, Overrides,
    Plan, PlanError, Profile, Seed, Start, StoreOperations, SubjectId, System, expand, validate,
};

use crate::Settings;

/// The net around the cluster: Raft's, and that clients see one linearizable store.
pub type RaftKvNet = (RaftNet<Operation, Output>, LinearizableStore<Observation>);

/// Raft's net around a cluster of these founders from whose log clients of a store are answered.
fn raft_net(founders: NodeSet, cluster: &Cluster) -> RaftNet<Operation, Output> {
    let election_timeout = Duration::from_millis(cluster.suspicion_min_ms);
    let has_changed = |output: &Output| matches!(output, Output::Written | Output::Swapped);
    RaftNet::new(founders, election_timeout).answering(Operation::is_read, has_changed)
}

/// The write that proves in the calm phase that a store's clients are served.
fn probe(number: u64) -> Operation {
    Operation::Put { key: Bytes::from("probe"), value: Bytes::from(&*format!("probe-{number}.")) }
}

/// The name of the cluster, under any rules.
const NAME: &str = "raft-kv";

/// A cluster of [`kv::Node`]s that keeps the rules `R`.
///
/// `RaftKv::default()` keeps the paper's. Another `R` is how a planted bug is run: the cores are the same code.
#[derive(Clone, Debug)]
pub struct RaftKv<R = kv::Paper> {
    id: SubjectId,
    rules: R,
}

impl Default for RaftKv {
    /// A cluster that keeps the paper's rules.
    fn default() -> RaftKv {
        RaftKv { id: SubjectId::new(NAME), rules: kv::Paper }
    }
}

impl<R: kv::Rules> RaftKv<R> {
    /// A cluster whose nodes decide by these rules; one of the rules is the bug of this name.
    ///
    /// # Panics
    /// If the name is none: see [`SubjectId::with_bug`].
    pub fn with_bug(name: impl fmt::Display, rules: R) -> RaftKv<R> {
        RaftKv { id: SubjectId::new(NAME).with_bug(name), rules }
    }
}

impl<R: kv::Rules + Send + Sync + 'static> System for RaftKv<R> {
    type Process = kv::Node<R>;
    type Client = kv::Client;
    type Settings = Settings;
    type Net = RaftKvNet;

    fn id(&self) -> SubjectId {
        self.id.clone()
    }

    fn version(&self) -> Option<&str> {
        None
    }

    fn engines(&self) -> Engines<Self> {
        hosts::event_and_turmoil()
    }

    fn refuses(&self, _: Engine, _: FaultKind) -> Option<&'static str> {
        None
    }

    fn plan(&self, seed: Seed, profile: Profile, overrides: &Overrides) -> Result<Plan, PlanError> {
        let mut plan = expand(seed, profile, overrides, &RaftKvNet::aims())?;
        Settings::draw_into(&mut Draw::of_system(seed), &mut plan);
        validate(&plan)?;
        Ok(plan)
    }

    fn boot(&self, boot: Boot<'_, Self>) -> Result<kv::Node<R>, Box<dyn Error>> {
        let Boot { cluster, settings, node, start, disk, now, random, effects } = boot;
        let start = match start {
            Start::New => kv::Start::New(Membership::of(NodeSet::first(cluster.nodes))),
            Start::Join => kv::Start::Join,
            Start::Again => kv::Start::Again,
        };
        Ok(kv::Node::boot(settings.config(cluster, node), start, disk, self.rules.clone(), now, random, effects)?)
    }

    fn client(&self, plan: &Plan, client: ClientId) -> kv::Client {
        let workload = &plan.workload;
        let all = NodeSet::first(plan.cluster.nodes + plan.cluster.spares);
        kv::Client::new(
            client,
            kv::ClientConfig {
                nodes: workload.homes.get(&client).map_or(all, |home| [*home].into_iter().collect()),
                follower_reads: workload.follower_reads,
                retry: Duration::from_millis(workload.retry_ms),
                timeout: Duration::from_millis(workload.timeout_ms),
            },
        )
    }

    fn workload(&self, plan: &Plan) -> Box<dyn Generator<Operation>> {
        Box::new(StoreOperations::new(&plan.workload))
    }

    fn probe(&self, number: u64) -> Option<Operation> {
        Some(probe(number))
    }

    fn net(&self, plan: &Plan) -> RaftKvNet {
        (raft_net(NodeSet::first(plan.cluster.nodes), &plan.cluster), LinearizableStore::default())
    }

    fn operator_request(&self, from: RequestId, action: OperatorAction) -> Option<kv::Request> {
        let action = match action {
            OperatorAction::TransferLeadership(to) => kv::AdminRequest::TransferLeadership(to),
            OperatorAction::AddMember(node) => kv::AdminRequest::AddMember(node),
            OperatorAction::RemoveMember(node) => kv::AdminRequest::RemoveMember(node),
            OperatorAction::ReplaceMember { old, new } => kv::AdminRequest::ReplaceMember { old, new },
            OperatorAction::TakeSnapshot => kv::AdminRequest::TakeSnapshot,
            _ => return None,
        };
        Some(kv::Request::admin(from, action))
    }
}
