//! The connections of a node: one to each peer that it sends to, and the one over which clients have asked.

use sim::Actor;
use sim::world::{Link, operator_id};
use std::rc::Rc;

use env::{ClientId, Instant, NodeId, Random, Traced, Wire};

use crate::machines::connections::Dialled;
use crate::machines::report::Report;
use crate::machines::sending::Outlets;
use crate::machines::sending::Sending;
use crate::machines::stage::Site;
use crate::machines::stage::Stage;
use crate::machines::transport::Inbound;
use crate::machines::transport::Refused;

/// The sending side of a node.
pub(super) struct Sender {
    stage: Rc<Stage>,
    site: Rc<Site>,
    sending: Sending<NodeOutlets>,
}

struct NodeOutlets {
    inbound: Inbound,
    peers: Dialled,
}

impl Sender {
    /// Answers over `inbound`, and sends over the connections that it dials.
    pub(super) fn new(stage: &Rc<Stage>, site: &Rc<Site>, inbound: Inbound, peers: Dialled) -> Sender {
        let sending = Sending::new(Rc::clone(stage), NodeOutlets { inbound, peers });
        Sender { stage: Rc::clone(stage), site: Rc::clone(site), sending }
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
        let from = self.site.node;
        if to == from || !self.stage.has_node(to) {
            let why = "there is no such peer";
            return self.stage.report(Report::Dropped { by: Actor::Node(from), frames: 1, why });
        }
        let drawn = self.site.link_random.borrow_mut().next_u64();
        self.sending.send(Link::Nodes { from, to }, drawn, message);
    }

    /// Answers a client, or the operator.
    pub(super) fn reply<M: Wire + Traced>(&mut self, to: ClientId, response: &M) {
        if to.0 == 0 || to > operator_id(&self.stage.plan) {
            return;
        }
        let drawn = self.site.link_random.borrow_mut().next_u64();
        self.sending.send(Link::ToClient { node: self.site.node, client: to }, drawn, response);
    }
}

impl Outlets for NodeOutlets {
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
