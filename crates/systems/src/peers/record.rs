//! The records in the journal of a node.

use env::{NodeId, Reader, RequestId, Wire, WireError};
use parts::Answer;

use super::behaviour::Behaviour;
use super::catalogue::Entry;
use super::output::Output;
use crate::lists;

/// A record of the journal.
#[derive(Clone, Debug)]
pub(crate) enum Record {
    /// A client wants an entry to be in the catalogue.
    Add(RequestId, Entry),
    /// A client has set the peer's behaviour.
    Behave(RequestId, Behaviour),
    /// A client has left a note.
    Note(RequestId, String, String),
    /// The new entries of a peer's catalogue: all of them, or nothing.
    Pulled(NodeId, Vec<Entry>),
    /// The answer to a client's run; it is the same whenever the client asks again.
    Answered(RequestId, Answer<Output>),
}

impl Wire for Record {
    fn to_wire(&self, into: &mut Vec<u8>) {
        match self {
            Record::Add(request, entry) => {
                into.push(1);
                request.to_wire(into);
                entry.to_wire(into);
            }
            Record::Behave(request, behaviour) => {
                into.push(2);
                request.to_wire(into);
                behaviour.to_wire(into);
            }
            Record::Note(request, name, value) => {
                into.push(3);
                request.to_wire(into);
                name.to_wire(into);
                value.to_wire(into);
            }
            Record::Pulled(peer, entries) => {
                into.push(4);
                peer.to_wire(into);
                lists::to_wire(entries, into);
            }
            Record::Answered(request, answer) => {
                into.push(5);
                request.to_wire(into);
                answer.to_wire(into);
            }
        }
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<Record, WireError> {
        let at = reader.at();
        Ok(match reader.u8("record")? {
            1 => Record::Add(Wire::read_wire(reader)?, Wire::read_wire(reader)?),
            2 => Record::Behave(Wire::read_wire(reader)?, Wire::read_wire(reader)?),
            3 => Record::Note(Wire::read_wire(reader)?, Wire::read_wire(reader)?, Wire::read_wire(reader)?),
            4 => Record::Pulled(Wire::read_wire(reader)?, lists::read_wire(reader, 3, "entries")?),
            5 => Record::Answered(Wire::read_wire(reader)?, Wire::read_wire(reader)?),
            _ => return Err(WireError::Invalid { at, what: "record" }),
        })
    }
}
