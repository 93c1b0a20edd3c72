//! The encodings of the messages of the nodes of a pair and of their clients.
//!
//! Messages between coordinators, and those with their clients, are encoded as [`raft`] and [`kv`] do.

use env::{Reader, Wire, WireError};

use super::message::{Message, Request, Response, Shipment};
use crate::lists;

/// The version of all encodings. It goes up whenever an earlier version would misread a message.
pub(super) const VERSION: u16 = 3;

impl Wire for Message {
    fn to_wire(&self, into: &mut Vec<u8>) {
        into.push(self.kind());
        match self {
            Message::Raft(message) => message.to_wire(into),
            Message::Ask(request) => request.to_wire(into),
            Message::Answered(response) => response.to_wire(into),
            Message::Ship(shipment) => shipment.to_wire(into),
            Message::Ack { token, synced: lsn } | Message::Behind { token, last: lsn } => {
                token.to_wire(into);
                lsn.to_wire(into);
            }
            Message::Refused { highest } => highest.to_wire(into),
            Message::TakeOver => {}
        }
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<Message, WireError> {
        let at = reader.at();
        Ok(match reader.u8("message kind")? {
            1 => Message::Raft(Wire::read_wire(reader)?),
            2 => Message::Ask(Wire::read_wire(reader)?),
            3 => Message::Answered(Wire::read_wire(reader)?),
            4 => Message::Ship(Wire::read_wire(reader)?),
            5 => Message::Ack { token: Wire::read_wire(reader)?, synced: Wire::read_wire(reader)? },
            6 => Message::Behind { token: Wire::read_wire(reader)?, last: Wire::read_wire(reader)? },
            7 => Message::Refused { highest: Wire::read_wire(reader)? },
            8 => Message::TakeOver,
            _ => return Err(WireError::Invalid { at, what: "message kind" }),
        })
    }
}

impl Wire for Shipment {
    fn to_wire(&self, into: &mut Vec<u8>) {
        self.token.to_wire(into);
        self.prev.to_wire(into);
        self.committed.to_wire(into);
        lists::to_wire(&self.records, into);
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<Shipment, WireError> {
        let (token, prev, committed) = (Wire::read_wire(reader)?, Wire::read_wire(reader)?, Wire::read_wire(reader)?);
        Ok(Shipment { token, prev, records: lists::read_wire(reader, 3, "records")?, committed })
    }
}

impl Wire for Request {
    fn to_wire(&self, into: &mut Vec<u8>) {
        match self {
            Request::Operation(request) => {
                into.push(1);
                request.to_wire(into);
            }
            Request::Coordinator(request) => {
                into.push(2);
                request.to_wire(into);
            }
        }
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<Request, WireError> {
        let at = reader.at();
        Ok(match reader.u8("request kind")? {
            1 => Request::Operation(Wire::read_wire(reader)?),
            2 => Request::Coordinator(Wire::read_wire(reader)?),
            _ => return Err(WireError::Invalid { at, what: "request kind" }),
        })
    }
}

impl Wire for Response {
    fn to_wire(&self, into: &mut Vec<u8>) {
        match self {
            Response::Operation(response) => {
                into.push(1);
                response.to_wire(into);
            }
            Response::Coordinator(response) => {
                into.push(2);
                response.to_wire(into);
            }
        }
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<Response, WireError> {
        let at = reader.at();
        Ok(match reader.u8("response kind")? {
            1 => Response::Operation(Wire::read_wire(reader)?),
            2 => Response::Coordinator(Wire::read_wire(reader)?),
            _ => return Err(WireError::Invalid { at, what: "response kind" }),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pair::operation::{Operation, Output};
    use crate::pair::record::{Lsn, Mark, Record, Token};
    use env::{ClientId, RequestId};
    use parts::Answer;

    fn comes_back<T: Wire + std::fmt::Debug>(value: &T) {
        let mut bytes = Vec::new();
        value.to_wire(&mut bytes);
        let read = T::from_wire(&bytes).expect("own bytes");
        assert_eq!(format!("{read:?}"), format!("{value:?}"));
        for len in 0..bytes.len() {
            T::from_wire(&bytes[..len]).expect_err("a beginning is no value");
        }
    }

    #[test]
    fn all_that_is_said_comes_back_as_it_was() {
        let (token, lsn) = (Token(300), Lsn(7));
        let from = RequestId { client: ClientId(1), seq: 9 };
        let write = super::super::record::Write { request: from, operation: Operation::Demote };
        let records = vec![
            Record { at: Mark { lsn, token }, write: None },
            Record { at: Mark { lsn: lsn.next(), token }, write: Some(write) },
        ];
        comes_back(&Message::Ship(Shipment { token, prev: Mark { lsn: Lsn(6), token }, records, committed: lsn }));
        comes_back(&Message::Ack { token, synced: lsn });
        comes_back(&Message::Behind { token, last: lsn });
        comes_back(&Message::Refused { highest: token });
        comes_back(&Message::TakeOver);
        comes_back(&Message::Ask(kv::Request::register(from)));
        comes_back(&Message::Answered(kv::Response { to: from, body: kv::ResponseBody::Unavailable }));
        let operation = stormglass::get("k").into();
        comes_back(&Request::Operation(parts::Request { id: from, operation }));
        comes_back(&Request::Coordinator(kv::Request::register(from)));
        let answers = [
            Answer::Done(Output::Demoted),
            Answer::Refused("no".into()),
            Answer::NotHere { hint: Some(crate::pair::MEMBERS[0]) },
            Answer::Later,
            Answer::Superseded,
        ];
        for answer in answers {
            comes_back(&Response::to(from, answer));
        }
        comes_back(&Response::Coordinator(kv::Response { to: from, body: kv::ResponseBody::Accepted }));
    }
}
