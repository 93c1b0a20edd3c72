//! The messages of the nodes of a pair and of their clients. Their encoding is in `wire.rs`.

use env::{RequestId, Traced, mix};
use parts::Answer;

use super::operation::{Operation, Output};
use super::record::{Lsn, Mark, Record, Token};

/// A message between two nodes.
#[derive(Clone, Debug)]
pub enum Message {
    /// Among coordinators.
    Raft(raft::Message),
    /// A member asks a coordinator, as a client of the coordination service does.
    Ask(kv::Request),
    /// A coordinator answers a member.
    Answered(kv::Response),
    /// A primary ships records.
    Ship(Shipment),
    /// The log of the sender agrees with that of the primary of this tenure, and is durable, up to here.
    Ack {
        /// The primary's token.
        token: Token,
        /// The last position that agrees and is durable.
        synced: Lsn,
    },
    /// The sender has no record like the one that a shipment follows.
    Behind {
        /// The primary's token.
        token: Token,
        /// The last position that may agree.
        last: Lsn,
    },
    /// The sender has seen a higher token than that of a shipment.
    Refused {
        /// The highest that it has seen.
        highest: Token,
    },
    /// The lease names the receiver: it has only to take it.
    TakeOver,
}

/// Records on their way from a primary, and the position up to which it has committed. Without records it is a
/// heartbeat.
#[derive(Clone, Debug)]
pub struct Shipment {
    /// The token of the primary's tenure.
    pub(super) token: Token,
    /// The record that these follow.
    pub(super) prev: Mark,
    pub(super) records: Vec<Record>,
    pub(super) committed: Lsn,
}

/// A request of a client or an operator to a node.
#[derive(Clone, Debug)]
pub enum Request {
    /// A client's operation, of the primary.
    Operation(parts::Request<Operation>),
    /// An operator's request, of a coordinator.
    Coordinator(kv::Request),
}

/// A node's answer.
#[derive(Clone, Debug)]
pub enum Response {
    /// A member to a client.
    Operation(parts::Response<Output>),
    /// A coordinator to an operator.
    Coordinator(kv::Response),
}

impl Response {
    /// A member's answer to this request.
    pub(super) fn to(id: RequestId, answer: Answer<Output>) -> Response {
        Response::Operation(parts::Response { id, answer })
    }
}

impl From<parts::Request<Operation>> for Request {
    fn from(request: parts::Request<Operation>) -> Request {
        Request::Operation(request)
    }
}

impl From<Response> for Option<parts::Response<Output>> {
    fn from(response: Response) -> Option<parts::Response<Output>> {
        match response {
            Response::Operation(response) => Some(response),
            Response::Coordinator(_) => None,
        }
    }
}

impl Message {
    /// The number of the message's kind, on the wire too.
    pub(super) fn kind(&self) -> u8 {
        match self {
            Message::Raft(_) => 1,
            Message::Ask(_) => 2,
            Message::Answered(_) => 3,
            Message::Ship(_) => 4,
            Message::Ack { .. } => 5,
            Message::Behind { .. } => 6,
            Message::Refused { .. } => 7,
            Message::TakeOver => 8,
        }
    }
}

impl Traced for Message {
    fn digest(&self) -> u64 {
        let content = match self {
            Message::Raft(message) => message.digest(),
            Message::Ask(request) => request.digest(),
            Message::Answered(response) => response.digest(),
            Message::Ship(shipment) => shipment.digest(),
            Message::Ack { token, synced: lsn } | Message::Behind { token, last: lsn } => mix(token.0, lsn.0),
            Message::Refused { highest } => highest.0,
            Message::TakeOver => 0,
        };
        mix(self.kind().into(), content)
    }
}

impl Traced for Shipment {
    fn digest(&self) -> u64 {
        let head = mix(mix(self.token.0, self.prev.lsn.0), mix(self.prev.token.0, self.committed.0));
        self.records.iter().fold(head, |hash, record| mix(hash, record.digest()))
    }
}

impl Traced for Request {
    fn digest(&self) -> u64 {
        match self {
            Request::Operation(request) => request.digest(),
            Request::Coordinator(request) => mix(1, request.digest()),
        }
    }
}

impl Traced for Response {
    fn digest(&self) -> u64 {
        match self {
            Response::Operation(response) => response.digest(),
            Response::Coordinator(response) => mix(1, response.digest()),
        }
    }
}
