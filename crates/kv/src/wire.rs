//! The encodings of requests and responses, and the version of all messages, requests and responses.
//! docs/wire-format.md has the layout.

use env::{Reader, Wire, WireError};

use crate::request::{AdminRequest, Request, RequestBody, Response, ResponseBody, SessionId};

/// The version of the wire format, which both ends of a connection name before anything else and must have in common.
///
/// It goes up by one with any change of the bytes of a message, a request or a response, or of their meaning; and so
/// with a change of the bytes that they carry: commands in entries, the state in a snapshot. A new kind is such a
/// change too, for an older node refuses it.
pub const WIRE_VERSION: u16 = 1;

impl Wire for SessionId {
    fn to_wire(&self, into: &mut Vec<u8>) {
        self.0.to_wire(into);
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<SessionId, WireError> {
        reader.varint("session").map(SessionId)
    }
}

const REGISTER: u8 = 1;
const OPERATION: u8 = 2;
const TRANSFER_LEADERSHIP: u8 = 3;
const ADD_MEMBER: u8 = 4;
const REMOVE_MEMBER: u8 = 5;
const REPLACE_MEMBER: u8 = 6;
const TAKE_SNAPSHOT: u8 = 7;

impl Wire for Request {
    fn to_wire(&self, into: &mut Vec<u8>) {
        into.push(match &self.body {
            RequestBody::Register => REGISTER,
            RequestBody::Operation(_) => OPERATION,
            RequestBody::Admin(AdminRequest::TransferLeadership(_)) => TRANSFER_LEADERSHIP,
            RequestBody::Admin(AdminRequest::AddMember(_)) => ADD_MEMBER,
            RequestBody::Admin(AdminRequest::RemoveMember(_)) => REMOVE_MEMBER,
            RequestBody::Admin(AdminRequest::ReplaceMember { .. }) => REPLACE_MEMBER,
            RequestBody::Admin(AdminRequest::TakeSnapshot) => TAKE_SNAPSHOT,
        });
        self.from.to_wire(into);
        self.session.to_wire(into);
        match &self.body {
            RequestBody::Register | RequestBody::Admin(AdminRequest::TakeSnapshot) => {}
            RequestBody::Operation(operation) => operation.to_wire(into),
            RequestBody::Admin(
                AdminRequest::TransferLeadership(node)
                | AdminRequest::AddMember(node)
                | AdminRequest::RemoveMember(node),
            ) => node.to_wire(into),
            RequestBody::Admin(AdminRequest::ReplaceMember { old, new }) => {
                old.to_wire(into);
                new.to_wire(into);
            }
        }
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<Request, WireError> {
        let at = reader.at();
        let kind = reader.u8("request kind")?;
        let (from, session) = (Wire::read_wire(reader)?, Wire::read_wire(reader)?);
        let body = match kind {
            REGISTER => RequestBody::Register,
            OPERATION => RequestBody::Operation(Wire::read_wire(reader)?),
            TRANSFER_LEADERSHIP => RequestBody::Admin(AdminRequest::TransferLeadership(Wire::read_wire(reader)?)),
            ADD_MEMBER => RequestBody::Admin(AdminRequest::AddMember(Wire::read_wire(reader)?)),
            REMOVE_MEMBER => RequestBody::Admin(AdminRequest::RemoveMember(Wire::read_wire(reader)?)),
            REPLACE_MEMBER => RequestBody::Admin(AdminRequest::ReplaceMember {
                old: Wire::read_wire(reader)?,
                new: Wire::read_wire(reader)?,
            }),
            TAKE_SNAPSHOT => RequestBody::Admin(AdminRequest::TakeSnapshot),
            _ => return Err(WireError::Invalid { at, what: "request kind" }),
        };
        Ok(Request { from, session, body })
    }
}

const DONE: u8 = 1;
const REGISTERED: u8 = 2;
const ACCEPTED: u8 = 3;
const NOT_LEADER: u8 = 4;
const UNAVAILABLE: u8 = 5;
const DEPOSED: u8 = 6;
const SESSION_EXPIRED: u8 = 7;
const SUPERSEDED: u8 = 8;
const REFUSED: u8 = 9;

impl Wire for Response {
    fn to_wire(&self, into: &mut Vec<u8>) {
        into.push(match &self.body {
            ResponseBody::Done(_) => DONE,
            ResponseBody::Registered { .. } => REGISTERED,
            ResponseBody::Accepted => ACCEPTED,
            ResponseBody::NotLeader { .. } => NOT_LEADER,
            ResponseBody::Unavailable => UNAVAILABLE,
            ResponseBody::Deposed { .. } => DEPOSED,
            ResponseBody::SessionExpired => SESSION_EXPIRED,
            ResponseBody::Superseded => SUPERSEDED,
            ResponseBody::Refused(_) => REFUSED,
        });
        self.to.to_wire(into);
        match &self.body {
            ResponseBody::Accepted
            | ResponseBody::Unavailable
            | ResponseBody::SessionExpired
            | ResponseBody::Superseded => {}
            ResponseBody::Done(output) => output.to_wire(into),
            ResponseBody::Registered { session, ttl } => {
                session.to_wire(into);
                ttl.to_wire(into);
            }
            ResponseBody::NotLeader { hint } | ResponseBody::Deposed { hint } => hint.to_wire(into),
            ResponseBody::Refused(why) => why.to_wire(into),
        }
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<Response, WireError> {
        let at = reader.at();
        let kind = reader.u8("response kind")?;
        let to = Wire::read_wire(reader)?;
        let body = match kind {
            DONE => ResponseBody::Done(Wire::read_wire(reader)?),
            REGISTERED => ResponseBody::Registered { session: Wire::read_wire(reader)?, ttl: Wire::read_wire(reader)? },
            ACCEPTED => ResponseBody::Accepted,
            NOT_LEADER => ResponseBody::NotLeader { hint: Wire::read_wire(reader)? },
            UNAVAILABLE => ResponseBody::Unavailable,
            DEPOSED => ResponseBody::Deposed { hint: Wire::read_wire(reader)? },
            SESSION_EXPIRED => ResponseBody::SessionExpired,
            SUPERSEDED => ResponseBody::Superseded,
            REFUSED => ResponseBody::Refused(Wire::read_wire(reader)?),
            _ => return Err(WireError::Invalid { at, what: "response kind" }),
        };
        Ok(Response { to, body })
    }
}
