//! The records in the journal of a node, or of the relay.

use env::{Reader, RequestId, Wire, WireError};

use super::update::Update;

/// A record of the journal.
#[derive(Clone, Debug)]
pub(crate) enum Record {
    Update(Update),
    /// The history up to here is forgotten.
    HistoryCleared(RequestId),
}

impl Wire for Record {
    fn to_wire(&self, into: &mut Vec<u8>) {
        match self {
            Record::Update(update) => {
                into.push(1);
                update.to_wire(into);
            }
            Record::HistoryCleared(request) => {
                into.push(2);
                request.to_wire(into);
            }
        }
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<Record, WireError> {
        let at = reader.at();
        match reader.u8("record")? {
            1 => Wire::read_wire(reader).map(Record::Update),
            2 => Wire::read_wire(reader).map(Record::HistoryCleared),
            _ => Err(WireError::Invalid { at, what: "record" }),
        }
    }
}
