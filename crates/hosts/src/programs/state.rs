//! The state that the programs of one run share with its world.
//!
//! A run has one thread, so no lock is ever waited for; there are locks so that a program may move its handle into a
//! task that it gives to `tokio::spawn`, which wants to be able to send it.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use env::{ClientId, NodeId, Random};
use sim::world::{Consumer, Stream, index};
use sim::{Actor, Plan};
use tokio::runtime::{self, Handle};
use tokio::sync::Notify;

/// A note, an operation or a completion, of a type that only the system and its world know.
pub(super) type Word = Box<dyn Any + Send>;

/// One thing that happened in a program.
#[derive(Debug)]
pub(super) enum Report {
    /// A program notes something, in the words of its system.
    Noted { who: Actor, note: Word },
    /// All that the host has noted so far is durable.
    Synced { node: NodeId },
    /// A server has returned.
    Halted { node: NodeId, reason: String },
    /// A client begins an operation.
    Invoked { client: ClientId, operation: Word },
    /// A program has made a log event.
    Logged { who: Actor, line: String },
    /// Its operation has ended.
    Completed { client: ClientId, completion: Word },
    /// A client has let go of its operation, which has ended as `info`.
    LetGo { client: ClientId },
    /// A client has returned an error, and is called again.
    ClientFailed { client: ClientId, reason: String },
    /// A client has returned for good.
    ClientEnded { client: ClientId, reason: Option<String> },
    /// A server or a client panicked.
    Panicked { who: Actor, message: String },
}

/// The shared state of one run.
#[derive(Debug)]
pub(super) struct RunState {
    pub(super) timeout: Duration,
    pub(super) nodes: u8,
    /// The reports since the world last looked, in order.
    reports: Mutex<Vec<Report>>,
    is_storm_over: AtomicBool,
    /// The storm is over, or a client of a driven run is to begin an operation.
    pub(super) news: Notify,
    homes: BTreeMap<ClientId, NodeId>,
    /// By [`NodeId::index`]; the first is unused.
    node_streams: Vec<Mutex<Stream>>,
    /// By the client's number, less one.
    client_streams: Vec<Mutex<Stream>>,
    /// The actor whose tasks were dropped last, other than by being stopped from outside: if turmoil has just panicked,
    /// one of these tasks did.
    pub(super) shut_down: Mutex<Option<Actor>>,
    /// By runtime, the actor whose tasks run there: a host has one of its own, and a new one after each start.
    runtimes: Mutex<Vec<(runtime::Id, Actor)>>,
}

impl RunState {
    /// The shared state of this plan's run.
    pub(super) fn new(plan: &Plan) -> RunState {
        let stream = |consumer| Mutex::new(Stream::new(plan.seed, consumer));
        let clients = (1..=plan.workload.clients).map(ClientId);
        RunState {
            timeout: Duration::from_millis(plan.workload.timeout_ms),
            nodes: plan.cluster.nodes,
            reports: Mutex::new(Vec::new()),
            is_storm_over: AtomicBool::new(false),
            news: Notify::new(),
            homes: plan.workload.homes.clone(),
            node_streams: (0..=plan.cluster.nodes).map(|id| stream(Consumer::Process(NodeId(id)))).collect(),
            client_streams: clients.map(|id| stream(Consumer::Client(id))).collect(),
            shut_down: Mutex::new(None),
            runtimes: Mutex::default(),
        }
    }

    /// The tasks of the present runtime are those of `who`. The id of a runtime that is gone may come again.
    pub(super) fn runs_here(&self, who: Actor) {
        let here = Handle::current().id();
        let mut runtimes = lock(&self.runtimes);
        runtimes.retain(|(id, of)| *id != here && *of != who);
        runtimes.push((here, who));
    }

    /// The actor whose task runs at present, if one does.
    pub(super) fn actor_here(&self) -> Option<Actor> {
        let here = Handle::try_current().ok()?.id();
        lock(&self.runtimes).iter().find(|(id, _)| *id == here).map(|(_, who)| *who)
    }

    /// Tells the world.
    pub(super) fn report(&self, report: Report) {
        lock(&self.reports).push(report);
    }

    /// Drops the reports of a server that a fault has stopped: the drop of its tasks may have made some.
    pub(super) fn discard(&self, gone: NodeId) {
        lock(&self.reports).retain(|report| match report {
            Report::Noted { who, .. } => *who != Actor::Node(gone),
            Report::Synced { node } => *node != gone,
            _ => true,
        });
    }

    pub(super) fn take_reports(&self) -> Vec<Report> {
        std::mem::take(&mut *lock(&self.reports))
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
        self.homes.get(&client).copied()
    }
}

/// A panic in a program that holds one of these locks ends the run; the guarded data is whole all the same.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
