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
use crate::disk::Disk;
use crate::disturbance::{Disturbances, Marks};
use crate::generator::OperationSource;
use crate::plan::Plan;
use crate::run::{self, OpOf, Run, Step, Stopping, World};
use crate::system::{OperatorAction, Start, System};
use crate::trace::Trace;

mod clients;
mod host;
mod network;
mod nodes;

use host::{Delivery, Host};
use network::Network;
use nodes::Message;

/// The event engine's entries in a run's queue.
#[derive(Clone, Debug)]
pub enum Happening<P: Process> {
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

    /// The world of this plan, before anything has happened.
    pub fn new(system: &'a S, plan: &Plan) -> EventWorld<'a, S> {
        let last_node = run::last_node(plan);
        let clients = (1..=plan.workload.clients).map(ClientId);
        EventWorld {
            system,
            wire_bytes: None,
            hosts: (0..=last_node.0).map(|id| Host::new(plan, NodeId(id))).collect(),
            clients: clients.map(|id| ClientHost::new(plan, id, system.client(plan, id))).collect(),
            operations: OperationSource::new(plan.seed, &plan.workload, || system.workload(plan)),
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
            network: self.network.clone(),
            scratch: self.scratch.clone(),
            client_scratch: self.client_scratch.clone(),
        }
    }
}

impl<S: System> World for EventWorld<'_, S> {
    type Net = S::Net;
    type Happening = Happening<S::Process>;
    type Request = <S::Process as Process>::Request;
    type Disk = Disk;

    fn set_up<T: Trace>(run: &mut Run<'_, T, Self>) {
        for client in 1..=run.plan.workload.clients {
            run.pause_client(ClientId(client));
        }
    }

    fn next_at<T: Trace>(run: &Run<'_, T, Self>) -> Option<Instant> {
        run.queue.next_at()
    }

    #[inline]
    fn advance<T: Trace>(run: &mut Run<'_, T, Self>) -> Step {
        let Some((at, happening)) = run.queue.pop() else { return Err(run::Stop::Over) };
        run.pass_time(at);
        // A wake-up that was replaced, or that was put off meanwhile, is no event.
        match happening {
            run::Happening::World(Happening::NodeWake { node, ticket }) if !run.node_wake_is_due(node, ticket) => {
                Ok(())
            }
            run::Happening::World(Happening::ClientWake { client, ticket })
                if !run.client_wake_is_due(client, ticket) =>
            {
                Ok(())
            }
            happening => run.event(|run| run.happen(happening)),
        }
    }

    #[inline]
    fn happen<T: Trace>(run: &mut Run<'_, T, Self>, happening: Self::Happening) -> Step {
        match happening {
            Happening::Message { from, to, marks, message } => run.message_arrives(from, to, marks, message),
            Happening::Request { from, to, marks, request } => run.request_arrives(from, to, marks, request),
            Happening::Response { from, to, marks, response } => run.response_arrives(from, to, marks, response),
            Happening::Deliver { node, life, what } => run.deliver_held(node, life, what),
            Happening::NodeWake { node, .. } => run.wake_node(node),
            Happening::ClientWake { client, .. } => run.wake_client(client),
            Happening::Invoke { client } => run.client_goes_on(client),
            Happening::SyncEnds { node, life, sync } => run.sync_ends(node, life, sync),
        }
    }

    fn start<T: Trace>(run: &mut Run<'_, T, Self>, node: NodeId, start: Start) -> Step {
        run.boot(node, start)
    }

    fn stopped<T: Trace>(run: &mut Run<'_, T, Self>, node: NodeId, _: Stopping) {
        run.world.hosts[node.index()].process_gone();
    }

    fn invoke<T: Trace>(run: &mut Run<'_, T, Self>, client: ClientId, operation: OpOf<Self>) -> Step {
        run.invoke_operation(client, operation)
    }

    fn probe(&self, number: u64) -> Option<OpOf<Self>> {
        self.system.probe(number)
    }

    fn operator_request(&self, from: RequestId, action: OperatorAction) -> Option<Self::Request> {
        self.system.operator_request(from, action)
    }

    fn send_request<T: Trace>(
        run: &mut Run<'_, T, Self>,
        from: ClientId,
        to: NodeId,
        request: Self::Request,
        drawn: u64,
    ) {
        run.put_on_link(from, to, request, drawn);
    }

    fn storm_is_over<T: Trace>(_: &mut Run<'_, T, Self>) {}

    fn cuts_change<T: Trace>(_: &mut Run<'_, T, Self>) {}

    fn clock_changes<T: Trace>(run: &mut Run<'_, T, Self>, node: NodeId) {
        run.arm_node(node);
    }

    fn pause_changes<T: Trace>(run: &mut Run<'_, T, Self>, node: NodeId) {
        if run.machines[node.index()].pauses == 0 {
            run.hand_over_held(node);
        }
    }

    fn disk_changes<T: Trace>(run: &mut Run<'_, T, Self>, node: NodeId) {
        run.disk_goes_on(node);
    }

    fn with_disturbances<R>(&mut self, act: impl FnOnce(&mut Disturbances) -> R) -> R {
        act(&mut self.network.disturbances)
    }

    fn disk(&self, node: NodeId) -> &Disk {
        &self.hosts[node.index()].disk
    }

    fn disk_mut(&mut self, node: NodeId) -> &mut Disk {
        &mut self.hosts[node.index()].disk
    }
}
