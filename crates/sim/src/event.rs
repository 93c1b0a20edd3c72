//! The event engine: a discrete-event loop over the nodes and clients of one system, and everything around them.
//!
//! The engine takes the next event from the queue, hands it to its node or client, and carries out the effects: files,
//! syncs, observations, messages, answers, wake-ups. There is no tick and no wall time; between two events nothing
//! happens, so a quiet second costs no more than its heartbeats. The checkers see every observation as it is made, and
//! the run stops at the event that broke a rule.
//!
//! The files: `host.rs` and `nodes.rs` run the nodes, `clients.rs` runs the clients, `network.rs` computes when a
//! message arrives; the disks are those of the crate's `disk.rs`.

use env::{Client, ClientId, Effects, Instant, NodeId, Process, RequestId, SyncId};

use crate::client::{ClientHost, EffectsOf};
use crate::disk::Medium;
use crate::disturbance::Marks;
use crate::generator::{OperationSource, read};
use crate::net::UntypedNet;
use crate::plan::{Plan, Value};
use crate::queue::{Queue, QueueSize};
use crate::run::{self, Due, OpOf, Run, Step, Stop, Stopping, TypedWorld, World};
use crate::system::{OperatorAction, Start, System};

mod clients;
mod host;
mod network;
mod nodes;

use host::{Delivery, Host};
use network::Network;
use nodes::Message;

/// The event engine's entries in a run's queue.
#[derive(Clone, Debug)]
pub(crate) enum Happening<P: Process> {
    /// An entry of the run's is due.
    Due(Due),
    /// A message arrives at a node.
    Message { from: NodeId, to: NodeId, marks: Marks, message: P::Message },
    /// A request arrives at a node.
    Request { from: ClientId, to: NodeId, marks: Marks, request: P::Request },
    /// An answer arrives at a client.
    Response { from: NodeId, to: ClientId, marks: Marks, response: P::Response },
    /// A delivery that a pause held back is handed over.
    Deliver { node: NodeId, life: u32, what: Delivery<P> },
    /// A node's wake-up may be due.
    NodeWake { node: NodeId, ticket: u32 },
    /// A client's wake-up may be due.
    ClientWake { client: ClientId, ticket: u32 },
    /// A client's pause is over.
    Invoke { client: ClientId },
    /// A node's oldest sync ends.
    SyncEnds { node: NodeId, life: u32, sync: SyncId },
}

/// Nodes and clients, and the links between them.
pub struct EventWorld<'a, S: System> {
    system: &'a S,
    /// The number of bytes of a message on a wire; `None` if they are not counted.
    wire_bytes: Option<fn(&Message<S>) -> u64>,
    /// By [`NodeId::index`]; the first is unused.
    hosts: Vec<Host<S::Process>>,
    /// By the client's number, less one.
    clients: Vec<ClientHost<S::Client>>,
    operations: OperationSource<<S::Client as Client>::Op>,
    net: S::Net,
    queue: Queue<Happening<S::Process>>,
    network: Network,
    scratch: Scratch<Effects<S::Process>>,
    client_scratch: Scratch<EffectsOf<S::Client>>,
}

/// Effects that are filled again and again, to keep their allocations. A copy of the world needs none of them.
struct Scratch<E>(Option<Box<E>>);

impl<E: Default> Scratch<E> {
    fn take(&mut self) -> Box<E> {
        self.0.take().unwrap_or_default()
    }

    fn put(&mut self, effects: Box<E>) {
        self.0 = Some(effects);
    }
}

impl<E> Clone for Scratch<E> {
    fn clone(&self) -> Self {
        Scratch(None)
    }
}

impl<'a, S: System> EventWorld<'a, S> {
    /// The same world, in which `wire_bytes` counts the bytes of messages on a wire, if they have an encoding.
    pub(crate) fn weighing(self, wire_bytes: Option<fn(&Message<S>) -> u64>) -> Self {
        EventWorld { wire_bytes, ..self }
    }

    /// The world of this plan, watched by this net, before anything has happened.
    pub fn new(system: &'a S, plan: &Plan, net: S::Net) -> EventWorld<'a, S> {
        let last_node = run::last_node(plan);
        let clients = (1..=plan.workload.clients).map(ClientId);
        EventWorld {
            system,
            wire_bytes: None,
            hosts: (0..=last_node.0).map(|id| Host::new(plan, NodeId(id))).collect(),
            clients: clients.map(|id| ClientHost::new(plan, id, system.client(plan, id))).collect(),
            operations: OperationSource::new(plan.seed, &plan.workload, || system.workload(plan)),
            net,
            queue: Queue::empty(),
            network: Network::new(&plan.link, last_node, run::operator_id(plan)),
            scratch: Scratch(None),
            client_scratch: Scratch(None),
        }
    }
}

/// A run can be copied if its nodes and clients can: several futures are tried from one state.
impl<S: System> Clone for EventWorld<'_, S>
where
    S::Process: Clone,
    S::Client: Clone,
{
    fn clone(&self) -> Self {
        EventWorld {
            system: self.system,
            wire_bytes: self.wire_bytes,
            hosts: self.hosts.clone(),
            clients: self.clients.clone(),
            operations: self.operations.clone(),
            net: self.net.clone(),
            queue: self.queue.clone(),
            network: self.network.clone(),
            scratch: self.scratch.clone(),
            client_scratch: self.client_scratch.clone(),
        }
    }
}

impl<S: System> TypedWorld for EventWorld<'_, S> {
    type Net = S::Net;

    fn typed_net(&mut self) -> &mut S::Net {
        &mut self.net
    }
}

impl<S: System> World for EventWorld<'_, S> {
    fn net(&self) -> &dyn UntypedNet {
        &self.net
    }

    fn net_mut(&mut self) -> &mut dyn UntypedNet {
        &mut self.net
    }

    fn push(&mut self, at: Instant, due: Due) {
        self.queue.push(at, Happening::Due(due));
    }

    fn queue_size(&self) -> QueueSize {
        self.queue.size()
    }

    fn set_up(&mut self, run: &mut Run<'_>) {
        for client in 1..=run.plan.workload.clients {
            self.pause_client(run, ClientId(client));
        }
    }

    fn next_at(&self, _: &Run<'_>) -> Option<Instant> {
        self.queue.next_at()
    }

    fn advance(&mut self, run: &mut Run<'_>) -> Step {
        let Some((at, happening)) = self.queue.pop() else { return Err(Stop::Over) };
        run.pass_time(at);
        // A wake-up that was replaced, or that was put off meanwhile, is no event.
        match happening {
            Happening::NodeWake { node, ticket } if !self.node_wake_is_due(run, node, ticket) => Ok(()),
            Happening::ClientWake { client, ticket } if !self.client_wake_is_due(run, client, ticket) => Ok(()),
            happening => {
                run.count_event(self)?;
                let step = self.happen(run, happening);
                run.after_event(self, step)
            }
        }
    }

    fn start(&mut self, run: &mut Run<'_>, node: NodeId, start: Start) -> Step {
        self.boot(run, node, start)
    }

    fn stopped(&mut self, _: &mut Run<'_>, node: NodeId, _: Stopping) {
        self.hosts[node.index()].process_gone();
    }

    fn check_operation(&self, operation: &Value) -> Result<(), String> {
        read::<OpOf<Self>>(operation).map(|_| ()).map_err(|error| error.to_string())
    }

    fn invoke(&mut self, run: &mut Run<'_>, client: ClientId, operation: &Value) -> Step {
        let operation = read(operation).expect("the operation was read before");
        self.invoke_operation(run, client, operation)
    }

    fn invoke_probe(&mut self, run: &mut Run<'_>, probe: ClientId, number: u64) -> Result<bool, Stop> {
        let Some(operation) = self.system.probe(number) else { return Ok(false) };
        self.invoke_operation(run, probe, operation)?;
        Ok(true)
    }

    fn can_ask(&self, request: RequestId, action: OperatorAction) -> bool {
        self.system.operator_request(request, action).is_some()
    }

    fn ask(&mut self, run: &mut Run<'_>, from: RequestId, to: NodeId, action: OperatorAction, drawn: u64) {
        let request = self.system.operator_request(from, action).expect("the system said that it has a request");
        self.put_on_link(run, from.client, to, request, drawn);
    }

    fn storm_is_over(&mut self) {}

    fn cuts_change(&mut self, _: &mut Run<'_>) {}

    fn disturbances_change(&mut self, _: &Run<'_>) {}

    fn clock_changes(&mut self, run: &Run<'_>, node: NodeId) {
        self.arm_node(run, node);
    }

    fn pause_changes(&mut self, run: &Run<'_>, node: NodeId) {
        if run.machines[node.index()].pauses == 0 {
            self.hand_over_held(run, node);
        }
    }

    fn disk_changes(&mut self, run: &Run<'_>, node: NodeId) {
        self.disk_goes_on(run, node);
    }

    fn disk(&self, node: NodeId) -> &dyn Medium {
        &self.hosts[node.index()].disk
    }

    fn disk_mut(&mut self, node: NodeId) -> &mut dyn Medium {
        &mut self.hosts[node.index()].disk
    }
}

impl<S: System> EventWorld<'_, S> {
    #[inline]
    fn happen(&mut self, run: &mut Run<'_>, happening: Happening<S::Process>) -> Step {
        match happening {
            Happening::Due(due) => run.carry_out(self, due),
            Happening::Message { from, to, marks, message } => self.message_arrives(run, from, to, marks, message),
            Happening::Request { from, to, marks, request } => self.request_arrives(run, from, to, marks, request),
            Happening::Response { from, to, marks, response } => self.response_arrives(run, from, to, marks, response),
            Happening::Deliver { node, life, what } => self.deliver_held(run, node, life, what),
            Happening::NodeWake { node, .. } => self.wake_node(run, node),
            Happening::ClientWake { client, .. } => self.wake_client(run, client),
            Happening::Invoke { client } => self.client_goes_on(run, client),
            Happening::SyncEnds { node, life, sync } => self.sync_ends(run, node, life, sync),
        }
    }
}
