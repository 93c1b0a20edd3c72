//! A node as a state machine.

use crate::{ClientId, DiskError, DiskOp, FileName, Instant, NodeId, Random, SyncId, Traced, Wire};

/// A running node. How one is made differs from system to system (its configuration, its files); from then on it lives
/// by this one call.
pub trait Process: Sized {
    /// What nodes send one another.
    type Message: Clone + Traced;
    /// What clients and operators send to a node.
    type Request: Clone + Traced;
    /// What a node answers them.
    type Response: Clone + Traced;
    /// What nodes say of what they did, in the system's own words. Notes are for whoever watches; no node reads them.
    type Note: Clone + Traced + 'static;

    /// Takes one event. `now` is this node's own clock; the effects are carried out in the order of [`Effects`]' fields
    /// after the call returns.
    fn handle(&mut self, event: Event<Self>, now: Instant, random: &mut dyn Random, effects: &mut Effects<Self>);
}

/// A process that can run behind sockets, since all that is sent has an encoding.
pub trait Networked: Process<Message: Wire, Request: Wire, Response: Wire> {
    /// The version of the three encodings. It goes up whenever an earlier one would misread what is sent; two versions do not
    /// talk to each other.
    const WIRE_VERSION: u16;
}

/// What can happen to a node.
#[derive(Debug)]
pub enum Event<P: Process> {
    /// A peer's message has arrived. The network may have delayed, duplicated or reordered it.
    Message {
        /// Who sent it.
        from: NodeId,
        /// What it says.
        message: P::Message,
    },
    /// A client's or an operator's request has arrived, under the same conditions.
    Request {
        /// Whom to answer.
        client: ClientId,
        /// What is asked.
        request: P::Request,
    },
    /// The wake-up last asked for is due.
    Wake,
    /// Everything written before this sync was asked for is durable.
    Synced(SyncId),
    /// It is not, nor is anything written since, and asking again would not make it so.
    SyncFailed(SyncId, DiskError),
}

/// What a node wants done after one event. The fields are carried out in this order.
#[derive(Debug)]
pub struct Effects<P: Process> {
    /// Changes to its files, in order.
    pub disk: Vec<DiskOp>,
    /// Asks for one sync that covers `disk` above and everything before it.
    pub sync: Option<SyncId>,
    /// Notes of what it did, in order.
    pub notes: Vec<P::Note>,
    /// Messages to peers, in order.
    pub sends: Vec<(NodeId, P::Message)>,
    /// Answers to clients, in order.
    pub replies: Vec<(ClientId, P::Response)>,
    /// When to be woken by [`Event::Wake`]; replaces the wake-up asked for before. `None` leaves that as it is.
    pub wake_at: Option<Instant>,
    /// The node cannot go on and stops here, for this reason; its supervisor may start it again from its files.
    pub halt: Option<String>,
}

impl<P: Process> Effects<P> {
    /// Adds `bytes` to the end of `file`.
    pub fn append(&mut self, file: &FileName, bytes: Vec<u8>) {
        self.disk.push(DiskOp::Append { file: file.clone(), bytes });
    }

    /// Notes something that the node did.
    pub fn note(&mut self, note: P::Note) {
        self.notes.push(note);
    }

    /// Sends `message` to the peer `to`.
    pub fn send(&mut self, to: NodeId, message: P::Message) {
        self.sends.push((to, message));
    }

    /// Answers `client`.
    pub fn reply(&mut self, client: ClientId, response: P::Response) {
        self.replies.push((client, response));
    }

    /// Empties everything and keeps the allocations.
    pub fn clear(&mut self) {
        self.disk.clear();
        self.sync = None;
        self.notes.clear();
        self.sends.clear();
        self.replies.clear();
        self.wake_at = None;
        self.halt = None;
    }
}

impl<P: Process> Default for Effects<P> {
    fn default() -> Self {
        Effects {
            disk: Vec::new(),
            sync: None,
            notes: Vec::new(),
            sends: Vec::new(),
            replies: Vec::new(),
            wake_at: None,
            halt: None,
        }
    }
}
