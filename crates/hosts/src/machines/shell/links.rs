//! The connections of a node: one to each peer that it sends to, and the one over which clients have asked.

use std::rc::Rc;

use env::{ClientId, Instant, NodeId, Random, Traced, Wire};
use sim::Actor;
use sim::world::{Link, operator_id};

use crate::machines::connections::Dialled;
use crate::machines::machine::Machine;
use crate::machines::report::Report;
use crate::machines::sending::{Links, Sending};
use crate::machines::state::RunState;
use crate::machines::transport::{Inbound, Refused};

/// The sending side of a node.
pub(super) struct Sender {
    state: Rc<RunState>,
    machine: Rc<Machine>,
    sending: Sending<NodeLinks>,
}

struct NodeLinks {
    inbound: Inbound,
    peers: Dialled,
}

impl Sender {
    /// Answers over `inbound`, and sends over the connections that it dials.
    pub(super) fn new(state: &Rc<RunState>, machine: &Rc<Machine>, inbound: Inbound, peers: Dialled) -> Sender {
        let sending = Sending::new(Rc::clone(state), NodeLinks { inbound, peers });
        Sender { state: Rc::clone(state), machine: Rc::clone(machine), sending }
    }

    /// Lets go of the frames that were kept beside their connections until now.
    pub(super) fn release(&mut self) {
        self.sending.release();
    }

    /// When the next kept frame is to be let go of.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.sending.next_due()
    }

    /// Sends a message to a peer.
    pub(super) fn send<M: Wire + Traced>(&mut self, to: NodeId, message: &M) {
        let from = self.machine.node;
        if to == from || !self.state.has_node(to) {
            let why = "there is no such peer";
            return self.state.report(Report::Dropped { by: Actor::Node(from), frames: 1, why });
        }
        let drawn = self.machine.link_random.borrow_mut().next_u64();
        self.sending.send(Link::Nodes { from, to }, drawn, message);
    }

    /// Answers a client, or the operator.
    pub(super) fn reply<M: Wire + Traced>(&mut self, to: ClientId, response: &M) {
        if to.0 == 0 || to > operator_id(&self.state.plan) {
            return;
        }
        let drawn = self.machine.link_random.borrow_mut().next_u64();
        self.sending.send(Link::ToClient { node: self.machine.node, client: to }, drawn, response);
    }
}

impl Links for NodeLinks {
    fn put(
        &mut self,
        link: Link,
        number: u64,
        not_before: Option<tokio::time::Instant>,
        encode: &mut dyn FnMut(&mut Vec<u8>),
    ) -> Result<(), Refused> {
        match link {
            Link::Nodes { to, .. } => self.peers.to(to, || None).send_message(number, not_before, encode),
            Link::ToClient { client, .. } => self.inbound.send_response(client, number, not_before, encode),
            Link::ToNode { .. } => unreachable!("a node asks no node as a client does"),
        }
    }
}
