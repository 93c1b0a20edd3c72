//! What the programs of one run share with whoever directs it.
//!
//! A run has one thread, so no lock is ever waited for; there are locks so that a program may move its handle into a
//! task that it gives to `tokio::spawn`, which wants to be able to send it.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use env::{ClientId, Completion, Instant, NodeId, Observation, Operation, Random};
use tokio::sync::Notify;

use crate::client::index;
use crate::generator::Generator;
use crate::plan::Plan;
use crate::rng::{Consumer, Stream};
use crate::trace::Actor;

/// One thing that happened in a program.
#[derive(Debug)]
pub(super) enum Report<N> {
    /// In the program's own words.
    Noted { who: Actor, note: N },
    /// In the words of a replicated log.
    Observed { node: NodeId, observation: Observation },
    /// All that it observed so far is durable.
    Synced { node: NodeId },
    /// A server has returned.
    Halted { node: NodeId, reason: String },
    /// A client begins an operation.
    Invoked { client: ClientId, operation: Operation },
    /// Its operation has ended.
    Completed { client: ClientId, completion: Completion },
    /// A client has returned an error, and is called again.
    ClientFailed { client: ClientId, reason: String },
    /// A client has returned for good.
    ClientEnded { client: ClientId, reason: Option<String> },
    /// A server or a client panicked.
    Panicked { who: Actor, message: String },
}

/// The operations that clients of a driven run are to begin.
#[derive(Debug, Default)]
struct Orders {
    pending: Mutex<BTreeMap<ClientId, Operation>>,
    news: Notify,
}

/// One run's common ground.
#[derive(Debug)]
pub(super) struct Stage<N> {
    pub(super) timeout: Duration,
    pub(super) nodes: u8,
    /// What happened since the director last looked, in order.
    reports: Mutex<Vec<Report<N>>>,
    is_storm_over: AtomicBool,
    generator: Mutex<Generator>,
    /// Of a run that is driven: the operations that clients are to begin, and the news that there is one.
    orders: Option<Orders>,
    homes: BTreeMap<ClientId, NodeId>,
    /// By [`NodeId::index`]; the first is nobody's.
    node_streams: Vec<Mutex<Stream>>,
    /// By the client's number, less one.
    client_streams: Vec<Mutex<Stream>>,
    /// Whose tasks were dropped last, other than by being stopped from outside: if turmoil has just panicked, one of
    /// them did.
    pub(super) shut_down: Mutex<Option<Actor>>,
}

impl<N> Stage<N> {
    /// Of a run that is driven, clients begin the operations that they are [ordered](Stage::order) to, and no others.
    pub(super) fn new(plan: &Plan, is_driven: bool) -> Stage<N> {
        let stream = |consumer| Mutex::new(Stream::new(plan.seed, consumer));
        let clients = (1..=plan.workload.clients).map(ClientId);
        Stage {
            timeout: Duration::from_millis(plan.workload.timeout_ms),
            nodes: plan.cluster.nodes,
            reports: Mutex::new(Vec::new()),
            is_storm_over: AtomicBool::new(false),
            generator: Mutex::new(Generator::new(plan.seed, &plan.workload)),
            orders: is_driven.then(Orders::default),
            homes: plan.workload.homes.clone(),
            node_streams: (0..=plan.cluster.nodes).map(|id| stream(Consumer::Process(NodeId(id)))).collect(),
            client_streams: clients.map(|id| stream(Consumer::Client(id))).collect(),
            shut_down: Mutex::new(None),
        }
    }

    /// Tells the director.
    pub(super) fn report(&self, report: Report<N>) {
        lock(&self.reports).push(report);
    }

    pub(super) fn take_reports(&self) -> Vec<Report<N>> {
        std::mem::take(&mut *lock(&self.reports))
    }

    pub(super) fn end_storm(&self) {
        self.is_storm_over.store(true, Ordering::Relaxed);
        if let Some(orders) = &self.orders {
            orders.news.notify_waiters();
        }
    }

    pub(super) fn is_storm_over(&self) -> bool {
        self.is_storm_over.load(Ordering::Relaxed)
    }

    pub(super) fn draw(&self, who: Actor) -> u64 {
        match who {
            Actor::Node(node) => lock(&self.node_streams[node.index()]).next_u64(),
            Actor::Client(client) => lock(&self.client_streams[index(client)]).next_u64(),
            Actor::Operator | Actor::Nemesis | Actor::Run => unreachable!("{who} is no program"),
        }
    }

    /// The host that a client is at home on, if it is on one.
    pub(super) fn home(&self, client: ClientId) -> Option<NodeId> {
        self.homes.get(&client).copied()
    }

    /// Has a client of a driven run begin an operation, when it next asks for one.
    pub(super) fn order(&self, client: ClientId, operation: Operation) {
        let orders = self.orders.as_ref().expect("the run is driven");
        lock(&orders.pending).insert(client, operation);
        orders.news.notify_waiters();
    }

    /// The next operation of a client, once it is time for it; `None` if there is none before the storm is over.
    pub(super) async fn next(&self, client: ClientId) -> Option<Operation> {
        match &self.orders {
            None if self.is_storm_over() => None,
            None => {
                tokio::time::sleep(self.pause(client)?).await;
                if self.is_storm_over() { None } else { Some(lock(&self.generator).next(client)) }
            }
            Some(orders) => loop {
                // It hears of news from here on.
                let news = orders.news.notified();
                if self.is_storm_over() {
                    return None;
                }
                if let Some(operation) = lock(&orders.pending).remove(&client) {
                    return Some(operation);
                }
                news.await;
            },
        }
    }

    /// How long a client waits before its next operation; `None` if it has none.
    fn pause(&self, client: ClientId) -> Option<Duration> {
        // Turmoil counts it anew for a host that crashes, which clients never do.
        let now = Instant::ZERO + turmoil::sim_elapsed().expect("clients run in a simulation");
        lock(&self.generator).next_at(client, now).map(|at| at - now)
    }
}

/// A panic in a program that holds one of these ends the run; what it guards is whole all the same.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
