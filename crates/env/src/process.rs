//! A node as a state machine.

use crate::{ClientId, DiskError, DiskOp, FileName, Instant, NodeId, Random, SyncId, Traced, Wire};

/// A running node. Each system makes its nodes in its own way (configuration, files); from then on a node lives by this
/// one call.
pub trait Process: Sized {
    /// A message from node to node.
    type Message: Clone + Traced;
    /// A request from a client or an operator to a node.
    type Request: Clone + Traced;
    /// A node's answer to a request.
    type Response: Clone + Traced;
    /// A node's report of a step that it took, in the system's own words. Checkers read notes; no node does.
    type Note: Clone + Traced + 'static;

    /// Takes one event. `now` is this node's own clock; the effects are carried out in the order of [`Effects`]' fields
    /// after the call returns.
    fn handle(&mut self, event: Event<Self>, now: Instant, random: &mut dyn Random, effects: &mut Effects<Self>);
}

/// A process that can run behind sockets, since its messages, requests and responses have an encoding.
pub trait Networked: Process<Message: Wire, Request: Wire, Response: Wire> {
    /// The version of the three encodings. It goes up whenever an earlier version would misread the bytes; two versions
    /// do not talk to each other.
    const WIRE_VERSION: u16;
}

/// An input to a node.
#[derive(Debug)]
pub enum Event<P: Process> {
    /// A peer's message has arrived. The network may have delayed, duplicated or reordered it.
    Message {
        /// The sender.
        from: NodeId,
        /// The message.
        message: P::Message,
    },
    /// A client's or an operator's request has arrived, under the same conditions.
    Request {
        /// The client or operator to answer.
        client: ClientId,
        /// The request.
        request: P::Request,
    },
    /// The wake-up last asked for is due.
    Wake,
    /// Everything written before this sync was asked for is durable.
    Synced(SyncId),
    /// The sync failed. Its writes are not durable, nor are any since, and another sync would not make them so.
    SyncFailed(SyncId, DiskError),
}

/// The actions that a node asks for after one event, carried out in the order of the fields.
#[derive(Debug)]
pub struct Effects<P: Process> {
    /// Changes to its files, in order.
    pub disk: Vec<DiskOp>,
    /// Asks for one sync that covers `disk` above and everything before it.
    pub sync: Option<SyncId>,
    /// Notes of the node's steps, in order.
    pub notes: Vec<P::Note>,
    /// Messages to peers, in order.
    pub sends: Vec<(NodeId, P::Message)>,
    /// Answers to clients, in order.
    pub replies: Vec<(ClientId, P::Response)>,
    /// When to be woken by [`Event::Wake`]; replaces the wake-up asked for before. `None` keeps that one.
    pub wake_at: Option<Instant>,
    /// The node cannot go on and stops here, for this reason; its supervisor may start it again from its files.
    pub halt: Option<String>,
}

impl<P: Process> Effects<P> {
    /// Adds `bytes` to the end of `file`.
    pub fn append(&mut self, file: &FileName, bytes: Vec<u8>) {
        self.disk.push(DiskOp::Append { file: file.clone(), bytes });
    }

    /// Notes a step that the node took.
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
