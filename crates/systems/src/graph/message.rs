//! The messages between nodes and the relay.

use env::{Reader, Traced, Wire, WireError};
use parts::hash_of;

use super::replica::Versions;
use super::update::Update;
use crate::lists;

/// A message between a node and the relay. It may be lost, come twice or late: its versions tell which updates the
/// sender held durably when it sent the message, and the receiver skips updates that it has, or cannot add yet.
#[derive(Clone, Debug)]
pub struct Message(pub(crate) Sync);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sync {
    /// A node holds `have`, and asks for the updates that it lacks.
    Pull { have: Versions },
    /// The relay holds `have`, and sends the updates that the node lacks, or the first of them.
    Offer { have: Versions, updates: Vec<Update> },
    /// A node sends updates that the relay lacks.
    Push { updates: Vec<Update> },
}

fn read_updates(reader: &mut Reader<'_>) -> Result<Vec<Update>, WireError> {
    lists::read_wire(reader, 8, "updates")
}

impl Wire for Message {
    fn to_wire(&self, into: &mut Vec<u8>) {
        match &self.0 {
            Sync::Pull { have } => {
                into.push(1);
                have.to_wire(into);
            }
            Sync::Offer { have, updates } => {
                into.push(2);
                have.to_wire(into);
                lists::to_wire(updates, into);
            }
            Sync::Push { updates } => {
                into.push(3);
                lists::to_wire(updates, into);
            }
        }
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<Message, WireError> {
        let at = reader.at();
        Ok(Message(match reader.u8("message")? {
            1 => Sync::Pull { have: Wire::read_wire(reader)? },
            2 => Sync::Offer { have: Wire::read_wire(reader)?, updates: read_updates(reader)? },
            3 => Sync::Push { updates: read_updates(reader)? },
            _ => return Err(WireError::Invalid { at, what: "message" }),
        }))
    }
}

impl Traced for Message {
    fn digest(&self) -> u64 {
        hash_of(self)
    }
}
