//! The encodings of plain values and of those that this crate defines.

use std::time::Duration;

use super::{Reader, Wire, WireError};
use crate::{Bytes, ClientId, EntryId, LogIndex, Membership, NodeId, NodeSet, Operation, Output, RequestId, Term};

impl Wire for () {
    fn encode(&self, _: &mut Vec<u8>) {}

    fn read(_: &mut Reader<'_>) -> Result<(), WireError> {
        Ok(())
    }
}

impl Wire for bool {
    fn encode(&self, into: &mut Vec<u8>) {
        into.push(u8::from(*self));
    }

    fn read(reader: &mut Reader<'_>) -> Result<bool, WireError> {
        let at = reader.at();
        match reader.u8("flag")? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(WireError::Invalid { at, what: "flag" }),
        }
    }
}

impl Wire for u64 {
    #[inline]
    fn encode(&self, into: &mut Vec<u8>) {
        let mut rest = *self;
        while rest >= 0x80 {
            into.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        into.push(rest as u8);
    }

    fn read(reader: &mut Reader<'_>) -> Result<u64, WireError> {
        reader.varint("number")
    }
}

impl<T: Wire> Wire for Option<T> {
    fn encode(&self, into: &mut Vec<u8>) {
        self.is_some().encode(into);
        if let Some(value) = self {
            value.encode(into);
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Option<T>, WireError> {
        if bool::read(reader)? { T::read(reader).map(Some) } else { Ok(None) }
    }
}

fn encode_bytes(bytes: &[u8], into: &mut Vec<u8>) {
    (bytes.len() as u64).encode(into);
    into.extend_from_slice(bytes);
}

impl Wire for Vec<u8> {
    fn encode(&self, into: &mut Vec<u8>) {
        encode_bytes(self, into);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Vec<u8>, WireError> {
        reader.bytes("bytes").map(<[u8]>::to_vec)
    }
}

impl Wire for Bytes {
    fn encode(&self, into: &mut Vec<u8>) {
        encode_bytes(self, into);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Bytes, WireError> {
        reader.bytes("bytes").map(Bytes::from)
    }
}

impl Wire for String {
    fn encode(&self, into: &mut Vec<u8>) {
        encode_bytes(self.as_bytes(), into);
    }

    fn read(reader: &mut Reader<'_>) -> Result<String, WireError> {
        let at = reader.at();
        let text = std::str::from_utf8(reader.bytes("text")?);
        text.map(str::to_owned).map_err(|_| WireError::Invalid { at, what: "text" })
    }
}

impl Wire for Duration {
    /// In two parts, since the whole of the longest one in nanoseconds is more than 64 bits.
    fn encode(&self, into: &mut Vec<u8>) {
        self.as_secs().encode(into);
        u64::from(self.subsec_nanos()).encode(into);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Duration, WireError> {
        let secs = reader.varint("seconds")?;
        let at = reader.at();
        match u32::try_from(reader.varint("nanoseconds")?) {
            Ok(nanos) if nanos < 1_000_000_000 => Ok(Duration::new(secs, nanos)),
            _ => Err(WireError::Invalid { at, what: "nanoseconds" }),
        }
    }
}

impl Wire for NodeId {
    /// Any byte is taken: a node answers by itself that there is no such node.
    fn encode(&self, into: &mut Vec<u8>) {
        into.push(self.0);
    }

    fn read(reader: &mut Reader<'_>) -> Result<NodeId, WireError> {
        reader.u8("node").map(NodeId)
    }
}

impl Wire for ClientId {
    fn encode(&self, into: &mut Vec<u8>) {
        u64::from(self.0).encode(into);
    }

    fn read(reader: &mut Reader<'_>) -> Result<ClientId, WireError> {
        let at = reader.at();
        let id = u32::try_from(reader.varint("client")?);
        id.map(ClientId).map_err(|_| WireError::Invalid { at, what: "client" })
    }
}

impl Wire for RequestId {
    fn encode(&self, into: &mut Vec<u8>) {
        self.client.encode(into);
        self.seq.encode(into);
    }

    fn read(reader: &mut Reader<'_>) -> Result<RequestId, WireError> {
        Ok(RequestId { client: Wire::read(reader)?, seq: reader.varint("request")? })
    }
}

impl Wire for Term {
    #[inline]
    fn encode(&self, into: &mut Vec<u8>) {
        self.0.encode(into);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Term, WireError> {
        reader.varint("term").map(Term)
    }
}

impl Wire for LogIndex {
    #[inline]
    fn encode(&self, into: &mut Vec<u8>) {
        self.0.encode(into);
    }

    fn read(reader: &mut Reader<'_>) -> Result<LogIndex, WireError> {
        reader.varint("index").map(LogIndex)
    }
}

impl Wire for EntryId {
    #[inline]
    fn encode(&self, into: &mut Vec<u8>) {
        self.index.encode(into);
        self.term.encode(into);
    }

    fn read(reader: &mut Reader<'_>) -> Result<EntryId, WireError> {
        Ok(EntryId { index: Wire::read(reader)?, term: Wire::read(reader)? })
    }
}

impl Wire for NodeSet {
    /// As a number with bit `i` for node `i`: one byte for the nodes 1 to 6.
    fn encode(&self, into: &mut Vec<u8>) {
        self.bits().encode(into);
    }

    fn read(reader: &mut Reader<'_>) -> Result<NodeSet, WireError> {
        let at = reader.at();
        NodeSet::from_bits(reader.varint("set of nodes")?).ok_or(WireError::Invalid { at, what: "set of nodes" })
    }
}

impl Wire for Membership {
    fn encode(&self, into: &mut Vec<u8>) {
        self.voters.encode(into);
        self.outgoing.encode(into);
        self.learners.encode(into);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Membership, WireError> {
        let (voters, outgoing, learners) = (Wire::read(reader)?, Wire::read(reader)?, Wire::read(reader)?);
        Ok(Membership { voters, outgoing, learners })
    }
}

const GET: u8 = 1;
const PUT: u8 = 2;
const APPEND: u8 = 3;
const DELETE: u8 = 4;
const CAS: u8 = 5;
const CAS_TO_ABSENT: u8 = 6;

impl Wire for Operation {
    fn encode(&self, into: &mut Vec<u8>) {
        into.push(match self {
            Operation::Get { .. } => GET,
            Operation::Put { .. } => PUT,
            Operation::Append { .. } => APPEND,
            Operation::Delete { .. } => DELETE,
            Operation::Cas { value: Some(_), .. } => CAS,
            Operation::Cas { value: None, .. } => CAS_TO_ABSENT,
        });
        self.key().encode(into);
        match self {
            Operation::Get { .. } | Operation::Delete { .. } => {}
            Operation::Put { value, .. } | Operation::Append { value, .. } => value.encode(into),
            Operation::Cas { expected, value, .. } => {
                expected.encode(into);
                if let Some(value) = value {
                    value.encode(into);
                }
            }
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Operation, WireError> {
        let at = reader.at();
        Ok(match reader.u8("operation kind")? {
            GET => Operation::Get { key: Wire::read(reader)? },
            PUT => Operation::Put { key: Wire::read(reader)?, value: Wire::read(reader)? },
            APPEND => Operation::Append { key: Wire::read(reader)?, value: Wire::read(reader)? },
            DELETE => Operation::Delete { key: Wire::read(reader)? },
            CAS => {
                let (key, expected) = (Wire::read(reader)?, Wire::read(reader)?);
                Operation::Cas { key, expected, value: Some(Wire::read(reader)?) }
            }
            CAS_TO_ABSENT => Operation::Cas { key: Wire::read(reader)?, expected: Wire::read(reader)?, value: None },
            _ => return Err(WireError::Invalid { at, what: "operation kind" }),
        })
    }
}

const VALUE: u8 = 1;
const WRITTEN: u8 = 2;
const SWAPPED: u8 = 3;
const MISMATCH: u8 = 4;

impl Wire for Output {
    fn encode(&self, into: &mut Vec<u8>) {
        match self {
            Output::Value(value) => {
                into.push(VALUE);
                value.encode(into);
            }
            Output::Written => into.push(WRITTEN),
            Output::Swapped => into.push(SWAPPED),
            Output::Mismatch => into.push(MISMATCH),
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Output, WireError> {
        let at = reader.at();
        Ok(match reader.u8("output kind")? {
            VALUE => Output::Value(Wire::read(reader)?),
            WRITTEN => Output::Written,
            SWAPPED => Output::Swapped,
            MISMATCH => Output::Mismatch,
            _ => return Err(WireError::Invalid { at, what: "output kind" }),
        })
    }
}
