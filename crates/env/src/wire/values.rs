//! The encodings of plain values and of those that this crate defines.

use std::time::Duration;

use super::{Reader, Wire, WireError};
use crate::{Bytes, ClientId, NodeId, NodeSet, RequestId};

impl Wire for () {
    fn to_wire(&self, _: &mut Vec<u8>) {}

    fn read_wire(_: &mut Reader<'_>) -> Result<(), WireError> {
        Ok(())
    }
}

impl Wire for bool {
    fn to_wire(&self, into: &mut Vec<u8>) {
        into.push(u8::from(*self));
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<bool, WireError> {
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
    fn to_wire(&self, into: &mut Vec<u8>) {
        let mut rest = *self;
        while rest >= 0x80 {
            into.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        into.push(rest as u8);
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<u64, WireError> {
        reader.varint("number")
    }
}

impl<T: Wire> Wire for Option<T> {
    fn to_wire(&self, into: &mut Vec<u8>) {
        self.is_some().to_wire(into);
        if let Some(value) = self {
            value.to_wire(into);
        }
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<Option<T>, WireError> {
        if bool::read_wire(reader)? { T::read_wire(reader).map(Some) } else { Ok(None) }
    }
}

fn encode_bytes(bytes: &[u8], into: &mut Vec<u8>) {
    (bytes.len() as u64).to_wire(into);
    into.extend_from_slice(bytes);
}

impl Wire for Vec<u8> {
    fn to_wire(&self, into: &mut Vec<u8>) {
        encode_bytes(self, into);
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<Vec<u8>, WireError> {
        reader.bytes("bytes").map(<[u8]>::to_vec)
    }
}

impl Wire for Bytes {
    fn to_wire(&self, into: &mut Vec<u8>) {
        encode_bytes(self, into);
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<Bytes, WireError> {
        reader.bytes("bytes").map(Bytes::from)
    }
}

impl Wire for String {
    fn to_wire(&self, into: &mut Vec<u8>) {
        encode_bytes(self.as_bytes(), into);
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<String, WireError> {
        let at = reader.at();
        let text = std::str::from_utf8(reader.bytes("text")?);
        text.map(str::to_owned).map_err(|_| WireError::Invalid { at, what: "text" })
    }
}

impl Wire for Duration {
    /// As seconds and nanoseconds: the longest duration in nanoseconds has more than 64 bits.
    fn to_wire(&self, into: &mut Vec<u8>) {
        self.as_secs().to_wire(into);
        u64::from(self.subsec_nanos()).to_wire(into);
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<Duration, WireError> {
        let secs = reader.varint("seconds")?;
        let at = reader.at();
        match u32::try_from(reader.varint("nanoseconds")?) {
            Ok(nanos) if nanos < 1_000_000_000 => Ok(Duration::new(secs, nanos)),
            _ => Err(WireError::Invalid { at, what: "nanoseconds" }),
        }
    }
}

impl Wire for NodeId {
    /// Any byte is taken: the receiver judges whether there is such a node.
    fn to_wire(&self, into: &mut Vec<u8>) {
        into.push(self.0);
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<NodeId, WireError> {
        reader.u8("node").map(NodeId)
    }
}

impl Wire for ClientId {
    fn to_wire(&self, into: &mut Vec<u8>) {
        u64::from(self.0).to_wire(into);
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<ClientId, WireError> {
        let at = reader.at();
        let id = u32::try_from(reader.varint("client")?);
        id.map(ClientId).map_err(|_| WireError::Invalid { at, what: "client" })
    }
}

impl Wire for RequestId {
    fn to_wire(&self, into: &mut Vec<u8>) {
        self.client.to_wire(into);
        self.seq.to_wire(into);
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<RequestId, WireError> {
        Ok(RequestId { client: Wire::read_wire(reader)?, seq: reader.varint("request")? })
    }
}

impl Wire for NodeSet {
    /// As a number with bit `i` for node `i`: one byte for the nodes 1 to 6.
    fn to_wire(&self, into: &mut Vec<u8>) {
        self.bits().to_wire(into);
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<NodeSet, WireError> {
        let at = reader.at();
        NodeSet::from_bits(reader.varint("set of nodes")?).ok_or(WireError::Invalid { at, what: "set of nodes" })
    }
}
