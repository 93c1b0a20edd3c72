//! The state that the programs of one run share with its world.
//!
//! A run has one thread, so no lock is ever waited for; there are locks so that a program may move its handle into a
//! task that it gives to `tokio::spawn`, which wants to be able to send it.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use env::{ClientId, NodeId, Random, RequestId};
use sim::world::{Consumer, Stream, index, operator_id};
use sim::{Actor, Plan};
use tokio::sync::Notify;

use crate::os::lock;

/// The shared state of one run.
#[derive(Debug)]
pub(super) struct RunState {
    pub(super) plan: Plan,
    is_storm_over: AtomicBool,
    /// The storm is over, or a client of a driven run is to begin an operation.
    pub(super) news: Notify,
    /// By [`NodeId::index`]; the first is unused.
    node_streams: Vec<Mutex<Stream>>,
    /// By the client's number, less one.
    client_streams: Vec<Mutex<Stream>>,
    pub(super) operator_stream: Mutex<Stream>,
    /// By the client's number, less one: how many operations it has begun, and how often it was called.
    begun: Vec<AtomicU64>,
    called: Vec<AtomicU64>,
}

impl RunState {
    /// The shared state of this plan's run.
    pub(super) fn new(plan: &Plan) -> RunState {
        let stream = |consumer| Mutex::new(Stream::new(plan.seed, consumer));
        let clients = (1..=plan.workload.clients).map(ClientId);
        RunState {
            plan: plan.clone(),
            is_storm_over: AtomicBool::new(false),
            news: Notify::new(),
            node_streams: (0..=plan.cluster.nodes).map(|id| stream(Consumer::Process(NodeId(id)))).collect(),
            client_streams: clients.clone().map(|id| stream(Consumer::Client(id))).collect(),
            operator_stream: stream(Consumer::Client(operator_id(plan))),
            begun: clients.clone().map(|_| AtomicU64::new(0)).collect(),
            called: clients.map(|_| AtomicU64::new(0)).collect(),
        }
    }

    /// A client begins its next operation, which has this id.
    pub(super) fn begin(&self, client: ClientId) -> RequestId {
        let before = self.begun[index(client)].fetch_add(1, Ordering::Relaxed);
        RequestId { client, seq: before + 1 }
    }

    /// A client is called, for the time of this number; earlier calls of it are over.
    pub(super) fn next_call(&self, client: ClientId) -> u64 {
        self.called[index(client)].fetch_add(1, Ordering::Relaxed) + 1
    }

    /// True if this is the last call of the client, and is not over.
    pub(super) fn is_call(&self, client: ClientId, call: u64) -> bool {
        self.called[index(client)].load(Ordering::Relaxed) == call
    }

    pub(super) fn end_storm(&self) {
        self.is_storm_over.store(true, Ordering::Relaxed);
        self.news.notify_waiters();
    }

    pub(super) fn is_storm_over(&self) -> bool {
        self.is_storm_over.load(Ordering::Relaxed)
    }

    pub(super) fn draw(&self, who: Actor) -> u64 {
        match who {
            Actor::Node(node) => lock(&self.node_streams[node.index()]).next_u64(),
            Actor::Client(client) => lock(&self.client_streams[index(client)]).next_u64(),
            _ => unreachable!("{who} is no program"),
        }
    }

    /// The host that a client is at home on, if it is on one.
    pub(super) fn home(&self, client: ClientId) -> Option<NodeId> {
        self.plan.workload.homes.get(&client).copied()
    }
}
