//! The pair as a system under test.

use std::error::Error;
use std::ops::RangeInclusive;
use std::time::Duration;

use env::{ClientId, Effects, Random, RequestId};
use parts::ClientConfig;
use raft_kv::Settings;
use raft_types::Membership;
use sim::{
    Boot, Engine, Engines, FaultKind, Generator, OperatorAction, Overrides, Plan, PlanError, Profile, Seed, Start,
    StoreOperations, SubjectId, System,
};

use super::bug::Bug;
use super::coordinator::Coordinator;
use super::member::{Member, Setup};
use super::message::Request;
use super::net::PairNet;
use super::node::{Kind, Node};
use super::operation::Operation;
use super::rules::Rules;
use super::timing::Timing;
use super::{Client, members, plan};
use crate::identity;

/// A primary and its passive, and the coordinators that keep their lease: a cluster of five nodes.
///
/// ```
/// use std::time::Duration;
/// use sim::System;
/// use systems::pair::{Bug, LeasePair};
///
/// let pair = LeasePair::default().ttl(Duration::from_secs(5));
/// assert_eq!(pair.id().to_string(), "lease-pair(ttl_ms=5000)");
/// let as_many_have_shipped_it = pair.with_bug(Bug::Unfenced);
/// assert_eq!(LeasePair::of(&as_many_have_shipped_it.id()), Ok(as_many_have_shipped_it));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeasePair {
    ttl_ms: u64,
    bug: Option<Bug>,
}

/// The usual time to live of a lease.
const TTL_MS: u64 = 10_000;
/// The times that a lease may live: a slow network renews a shorter one too late, and a longer one makes storms of
/// days.
const TTLS_MS: RangeInclusive<u64> = 1_000..=600_000;
/// The setting of a pair whose lease has another time to live.
const TTL_SETTING: &str = "ttl_ms";

impl Default for LeasePair {
    /// A lease of 10 s, and no bug.
    fn default() -> LeasePair {
        LeasePair { ttl_ms: TTL_MS, bug: None }
    }
}

impl LeasePair {
    /// The name of the system.
    pub const NAME: &str = "lease-pair";

    /// The same pair with another time to live: a lease that was not renewed for so long may be taken.
    ///
    /// # Panics
    /// If this is no whole number of milliseconds from 1 s to 10 min.
    #[must_use]
    pub fn ttl(self, ttl: Duration) -> LeasePair {
        let ttl_ms = u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX);
        let is_whole = Duration::from_millis(ttl_ms) == ttl;
        assert!(
            is_whole && TTLS_MS.contains(&ttl_ms),
            "a lease of {ttl:?}: give whole milliseconds from 1 s to 10 min"
        );
        LeasePair { ttl_ms, ..self }
    }

    /// The same pair with a planted bug.
    #[must_use]
    pub fn with_bug(self, bug: Bug) -> LeasePair {
        LeasePair { bug: Some(bug), ..self }
    }

    /// The pair that an identity names: the inverse of [`id`](System::id).
    ///
    /// # Errors
    /// The part of the identity that is wrong, in one line.
    pub fn of(id: &SubjectId) -> Result<LeasePair, String> {
        let bug = identity::bug_of(id, LeasePair::NAME, &[TTL_SETTING])?;
        Ok(LeasePair { ttl_ms: identity::number_of(id, TTL_SETTING, TTLS_MS)?.unwrap_or(TTL_MS), bug })
    }
}

impl System for LeasePair {
    type Process = Node;
    type Client = Client;
    /// Those of the coordinators.
    type Settings = Settings;
    type Net = PairNet;

    fn boot(&self, boot: Boot<'_, Self>) -> Result<Node, Box<dyn Error>> {
        if super::coordinators().contains(boot.node) {
            return boot_coordinator(boot);
        }
        let Boot { cluster, settings, node, start, disk, now, random, effects } = boot;
        if !super::members().contains(node) {
            return Err(format!("{node} has no part in a pair: give a cluster of 5 nodes").into());
        }
        let setup = Setup {
            node,
            rules: Rules::with(self.bug),
            timing: Timing::new(Duration::from_millis(self.ttl_ms), cluster),
            ship_bytes_max: settings.append_bytes_max as usize,
        };
        let is_new = start != Start::Again;
        Ok(Node(Kind::Member(Box::new(Member::boot(setup, is_new, disk, now, random, effects)?))))
    }

    fn id(&self) -> SubjectId {
        let id = SubjectId::new(LeasePair::NAME);
        let id = if self.ttl_ms == TTL_MS { id } else { id.with_setting(TTL_SETTING, self.ttl_ms) };
        self.bug.map_or(id.clone(), |bug| id.with_bug(bug))
    }

    fn version(&self) -> Option<&str> {
        None
    }

    fn engines(&self) -> Engines<Self> {
        hosts::event_and_turmoil()
    }

    fn refuses(&self, _engine: Engine, fault: FaultKind) -> Option<&'static str> {
        plan::refusal(fault)
    }

    /// The storm lasts for several leases, and the faults in it are aimed at the members more often than at the
    /// coordinators.
    fn plan(&self, seed: Seed, profile: Profile, overrides: &Overrides) -> Result<Plan, PlanError> {
        plan::plan(&self.id(), self.ttl_ms, seed, profile, overrides)
    }

    fn client(&self, plan: &Plan, client: ClientId) -> Client {
        let workload = &plan.workload;
        let home = workload.homes.get(&client).copied();
        let nodes = home.map_or_else(members, |home| [home].into_iter().collect());
        let config = ClientConfig::new(nodes, Operation::changes)
            .moves(true)
            .retry(Duration::from_millis(workload.retry_ms))
            .timeout(Duration::from_millis(workload.timeout_ms));
        Client::new(client, config)
    }

    /// Clients ask for operations on the store alone. The scripts of [`plan`](LeasePair::plan) have demotions too.
    fn workload(&self, plan: &Plan) -> Box<dyn Generator<Operation>> {
        let mut operations = StoreOperations::new(&plan.workload);
        Box::new(move |client: ClientId, random: &mut dyn Random| Operation::Store(operations.next(client, random)))
    }

    fn probe(&self, number: u64) -> Option<Operation> {
        Some(Operation::probe(number))
    }

    fn net(&self, plan: &Plan) -> PairNet {
        PairNet::new(&plan.cluster)
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

fn boot_coordinator(boot: Boot<'_, LeasePair>) -> Result<Node, Box<dyn Error>> {
    let Boot { cluster, settings, node, start, disk, now, random, effects } = boot;
    let start = match start {
        Start::New => kv::Start::New(Membership::of(super::coordinators())),
        Start::Join => kv::Start::Join,
        Start::Again => kv::Start::Again,
    };
    let mut config = settings.config(cluster, node);
    // The lease that matters is the pair's.
    config.raft.reads = raft::ReadMode::ReadIndex;
    let mut wants = Effects::default();
    let node = kv::Node::boot(config, start, disk, kv::Paper, now, random, &mut wants)?;
    Ok(Node(Kind::Coordinator(Box::new(Coordinator::new(node, wants, effects)))))
}
