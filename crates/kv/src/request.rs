//! The requests of clients and operators, and a node's responses.

use std::fmt;
use std::time::Duration;

use env::{NodeId, RequestId, Traced, mix};
use kv_types::{Operation, Output};
use raft::ProposeError;

use crate::hash::hash_bytes;

/// A client's session: the index of the log entry that opened it. No two sessions ever have the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub u64);

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s{}", self.0)
    }
}

/// A request of a client or an operator to a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The client and its operation that this is about; of a retry, the same as of the first try.
    pub from: RequestId,
    /// The session that a write belongs to. Reads, registrations and an operator's requests need none.
    pub session: Option<SessionId>,
    /// The body.
    pub body: RequestBody,
}

/// The body of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestBody {
    /// A session, for the operation that this request is about and those to come.
    Register,
    /// A read, of any member; or a write, of the leader.
    Operation(Operation),
    /// An operator's request, of the leader unless it says otherwise.
    Admin(AdminRequest),
}

/// The requests of an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdminRequest {
    /// Hand leadership over to this node.
    TransferLeadership(NodeId),
    /// Bring this node in: as a learner, then as a voter.
    AddMember(NodeId),
    /// Take this node out.
    RemoveMember(NodeId),
    /// Bring one node in and take another out, in one joint change.
    ReplaceMember {
        /// The node that goes.
        old: NodeId,
        /// The node that comes.
        new: NodeId,
    },
    /// Take a snapshot now. Asked of any node, about itself.
    TakeSnapshot,
}

impl Request {
    /// A request for a session.
    pub fn register(from: RequestId) -> Request {
        Request { from, session: None, body: RequestBody::Register }
    }

    /// A read.
    pub fn read(from: RequestId, operation: Operation) -> Request {
        Request { from, session: None, body: RequestBody::Operation(operation) }
    }

    /// A write within a session.
    pub fn write(from: RequestId, session: SessionId, operation: Operation) -> Request {
        Request { from, session: Some(session), body: RequestBody::Operation(operation) }
    }

    /// An operator's request.
    pub fn admin(from: RequestId, request: AdminRequest) -> Request {
        Request { from, session: None, body: RequestBody::Admin(request) }
    }
}

impl Traced for Request {
    /// The client operation, the session and the kind: the operation's id names its bytes.
    fn digest(&self) -> u64 {
        let body = match &self.body {
            RequestBody::Register => 1,
            RequestBody::Operation(operation) => 2 + u64::from(operation.is_read()),
            RequestBody::Admin(AdminRequest::TransferLeadership(to)) => mix(4, u64::from(to.0)),
            RequestBody::Admin(AdminRequest::AddMember(node)) => mix(5, u64::from(node.0)),
            RequestBody::Admin(AdminRequest::RemoveMember(node)) => mix(6, u64::from(node.0)),
            RequestBody::Admin(AdminRequest::ReplaceMember { old, new }) => {
                mix(mix(7, u64::from(old.0)), u64::from(new.0))
            }
            RequestBody::Admin(AdminRequest::TakeSnapshot) => 8,
        };
        mix(mix(fingerprint_of(self.from), self.session.map_or(0, |session| session.0)), body)
    }
}

/// A node's answer to one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The operation it answers.
    pub to: RequestId,
    /// The answer.
    pub body: ResponseBody,
}

/// The body of a node's response.
///
/// Only the first three settle anything. The others are about the copy of the request that was answered: another copy, sent
/// earlier or duplicated by the network, may have taken effect, or may yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResponseBody {
    /// The operation took place, once, with this output.
    Done(Output),
    /// The session asked for.
    Registered {
        /// Its id.
        session: SessionId,
        /// Unused for so long, by the cluster's clock, it expires.
        ttl: Duration,
    },
    /// The operator's request is under way.
    Accepted,
    /// This node has not taken the request up: it does not lead.
    NotLeader {
        /// The node to ask, if it knows.
        hint: Option<NodeId>,
    },
    /// This node leads, has not taken the request up, and will soon be able to.
    Unavailable,
    /// This node took the request up and lost leadership. It does not know the outcome: ask again, under the same id.
    Deposed {
        /// The node to ask, if it knows.
        hint: Option<NodeId>,
    },
    /// The session has expired or never was. This copy of the request was not executed; whether an earlier one was
    /// cannot be known any more.
    SessionExpired,
    /// A later request of the session has been executed; this copy was not.
    Superseded,
    /// The operator's request makes no sense now, and was not taken up.
    Refused(ProposeError),
}

impl Traced for Response {
    fn digest(&self) -> u64 {
        let node = |node: Option<NodeId>| node.map_or(0, |node| u64::from(node.0));
        let body = match &self.body {
            ResponseBody::Done(Output::Value(Some(value))) => mix(1, hash_bytes(value)),
            ResponseBody::Done(Output::Value(None)) => 2,
            ResponseBody::Done(Output::Written) => 3,
            ResponseBody::Done(Output::Swapped) => 4,
            ResponseBody::Done(Output::Mismatch) => 5,
            ResponseBody::Registered { session, ttl } => mix(mix(6, session.0), ttl.as_nanos() as u64),
            ResponseBody::Accepted => 7,
            ResponseBody::NotLeader { hint } => mix(8, node(*hint)),
            ResponseBody::Unavailable => 9,
            ResponseBody::Deposed { hint } => mix(10, node(*hint)),
            ResponseBody::SessionExpired => 11,
            ResponseBody::Superseded => 12,
            ResponseBody::Refused(_) => 13,
        };
        mix(fingerprint_of(self.to), body)
    }
}

fn fingerprint_of(request: RequestId) -> u64 {
    mix(u64::from(request.client.0), request.seq)
}
