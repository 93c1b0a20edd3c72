//! The messages between the puller and the peers.

use env::{Bytes, Reader, Traced, Wire, WireError};
use parts::hash_of;

/// A message between the puller and a peer. Each names its pull by a drawn number, so that a late message is not taken
/// for an answer of another pull.
#[derive(Clone, Debug)]
pub struct Message(pub(crate) Pulling);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Pulling {
    /// The puller wants this page of the catalogue's first `len` entries; of all entries, if `len` is `None`.
    Ask { pull: u64, len: Option<u64>, page: u64 },
    /// The peer's page: a [`Page`](super::page::Page), or bytes that are none.
    Answer { pull: u64, page: u64, payload: Bytes },
    /// The peer refuses.
    Refusal { pull: u64, why: String },
}

impl Wire for Message {
    fn to_wire(&self, into: &mut Vec<u8>) {
        match &self.0 {
            Pulling::Ask { pull, len, page } => {
                into.push(1);
                pull.to_wire(into);
                len.to_wire(into);
                page.to_wire(into);
            }
            Pulling::Answer { pull, page, payload } => {
                into.push(2);
                pull.to_wire(into);
                page.to_wire(into);
                payload.to_wire(into);
            }
            Pulling::Refusal { pull, why } => {
                into.push(3);
                pull.to_wire(into);
                why.to_wire(into);
            }
        }
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<Message, WireError> {
        let at = reader.at();
        let kind = reader.u8("message")?;
        let pull = reader.varint("pull")?;
        Ok(Message(match kind {
            1 => Pulling::Ask { pull, len: Wire::read_wire(reader)?, page: reader.varint("page")? },
            2 => Pulling::Answer { pull, page: reader.varint("page")?, payload: Wire::read_wire(reader)? },
            3 => Pulling::Refusal { pull, why: Wire::read_wire(reader)? },
            _ => return Err(WireError::Invalid { at, what: "message" }),
        }))
    }
}

impl Traced for Message {
    fn digest(&self) -> u64 {
        hash_of(self)
    }
}
