//! The pair as a system under test.

use std::error::Error;
use std::time::Duration;

use env::{ClientId, Disk, Effects, Instant, NodeId, NodeSet, Random, RequestId};
use sim::{Cluster, Judge, OperatorAction, Plan, Start, System};

use super::coordinator::Coordinator;
use super::judge::PairJudge;
use super::member::{Member, Setup};
use super::message::Request;
use super::node::{Kind, Node};
use super::rules::Rules;
use super::timing::Timing;
use super::{Client, members};
use crate::client::{self, ClientConfig};

/// A primary and its passive, and the coordinators that keep their lease: a cluster of five nodes.
///
/// ```
/// use std::time::Duration;
/// use systems::pair::LeasePair;
///
/// let pair = LeasePair::default().ttl(Duration::from_secs(5));
/// let as_many_have_shipped_it = pair.without_fencing();
/// # let _ = as_many_have_shipped_it;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeasePair {
    ttl: Duration,
    rules: Rules,
}

impl Default for LeasePair {
    /// A lease of 10 s, and every rule kept.
    fn default() -> LeasePair {
        LeasePair { ttl: Duration::from_secs(10), rules: Rules::default() }
    }
}

impl LeasePair {
    /// The lease may be taken when it has not been renewed for so long.
    #[must_use]
    pub fn ttl(self, ttl: Duration) -> LeasePair {
        LeasePair { ttl, ..self }
    }

    /// Nobody looks at the token of what is shipped, and a primary looks after its lease only when it renews it: two nodes can
    /// take themselves for the primary, and both get their writes accepted.
    #[must_use]
    pub fn without_fencing(self) -> LeasePair {
        LeasePair { rules: Rules { fencing: false, ..self.rules }, ..self }
    }

    /// A primary takes a write for accepted once it is durable on its own disk, though its passive is in sync: who takes over
    /// may lack it.
    #[must_use]
    pub fn acknowledging_alone(self) -> LeasePair {
        LeasePair { rules: Rules { waits_for_passive: false, ..self.rules }, ..self }
    }

    /// A primary answers reads though its lease has run out, until it learns that another has it: cut off, it answers with
    /// what the other has overwritten. It takes no writes.
    #[must_use]
    pub fn reading_without_lease(self) -> LeasePair {
        LeasePair { rules: Rules { reads_under_lease: false, ..self.rules }, ..self }
    }
}

impl System for LeasePair {
    type Process = Node;
    type Client = Client;

    fn boot(
        &self,
        cluster: &Cluster,
        node: NodeId,
        start: Start,
        disk: &dyn Disk,
        now: Instant,
        random: &mut dyn Random,
        effects: &mut Effects<Node>,
    ) -> Result<Node, Box<dyn Error>> {
        if super::coordinators().contains(node) {
            return boot_coordinator(cluster, node, start, disk, now, random, effects);
        }
        if !super::members().contains(node) {
            return Err(format!("{node} has no part in a pair: give a cluster of 5 nodes").into());
        }
        let setup = Setup {
            node,
            rules: self.rules,
            timing: Timing::new(self.ttl, cluster),
            ship_bytes_max: cluster.append_bytes_max as usize,
        };
        let is_new = start != Start::Again;
        Ok(Node(Kind::Member(Box::new(Member::boot(setup, is_new, disk, now, random, effects)?))))
    }

    fn client(&self, plan: &Plan, client: ClientId) -> Client {
        let workload = &plan.workload;
        let home = workload.homes.get(&client).copied();
        Client::new(
            client,
            ClientConfig {
                nodes: home.map_or_else(members, |home| [home].into_iter().collect()),
                moves: true,
                retry: Duration::from_millis(workload.retry_ms),
                timeout: Duration::from_millis(workload.timeout_ms),
                changes: client::writes,
            },
        )
    }

    fn log_founders(&self, _: &Cluster) -> NodeSet {
        super::coordinators()
    }

    fn answers_from_log(&self) -> bool {
        false
    }

    fn judge(&self, _: &Plan) -> Option<Box<dyn Judge>> {
        Some(Box::new(PairJudge::default()))
    }

    /// Of coordinators, leadership and snapshots can be asked; their membership stays.
    fn operator_request(&self, from: RequestId, action: OperatorAction) -> Option<Request> {
        let request = match action {
            OperatorAction::TransferLeadership(to) if super::coordinators().contains(to) => {
                kv::AdminRequest::TransferLeadership(to)
            }
            OperatorAction::TakeSnapshot => kv::AdminRequest::TakeSnapshot,
            _ => return None,
        };
        Some(Request::Coordinator(kv::Request::admin(from, request)))
    }
}

fn boot_coordinator(
    cluster: &Cluster,
    node: NodeId,
    start: Start,
    disk: &dyn Disk,
    now: Instant,
    random: &mut dyn Random,
    effects: &mut Effects<Node>,
) -> Result<Node, Box<dyn Error>> {
    let start = match start {
        Start::New(membership) => kv::Start::New(membership),
        Start::Join => kv::Start::Join,
        Start::Again => kv::Start::Again,
    };
    let mut wants = Effects::default();
    let node = kv::Node::boot(config(cluster, node), start, disk, kv::Paper, now, random, &mut wants)?;
    Ok(Node(Kind::Coordinator(Box::new(Coordinator::new(node, wants, effects)))))
}

fn config(cluster: &Cluster, node: NodeId) -> kv::Config {
    kv::Config {
        raft: raft::Config {
            id: node,
            election_timeout_min: Duration::from_millis(cluster.election_timeout_min_ms),
            election_timeout_max: Duration::from_millis(cluster.election_timeout_max_ms),
            heartbeat: Duration::from_millis(cluster.heartbeat_ms),
            // The lease that matters is the pair's.
            reads: raft::ReadMode::ReadIndex,
            clock_drift_max_ppm: cluster.clock_drift_max_ppm,
            append_bytes_max: cluster.append_bytes_max as usize,
            snapshot_chunk_bytes: cluster.snapshot_chunk_bytes as usize,
            log_tail: cluster.log_tail,
            ..raft::Config::new(node)
        },
        snapshot_every: cluster.snapshot_every,
        session_ttl: Duration::from_millis(cluster.session_ttl_ms),
    }
}
