//! The encodings of operations and answers; docs/wire-format.md has their layout.

use env::{Reader, Wire, WireError};

use crate::{Operation, Output};

const GET: u8 = 1;
const PUT: u8 = 2;
const APPEND: u8 = 3;
const DELETE: u8 = 4;
const CAS: u8 = 5;
const CAS_TO_ABSENT: u8 = 6;

impl Wire for Operation {
    fn to_wire(&self, into: &mut Vec<u8>) {
        into.push(match self {
            Operation::Get { .. } => GET,
            Operation::Put { .. } => PUT,
            Operation::Append { .. } => APPEND,
            Operation::Delete { .. } => DELETE,
            Operation::Cas { value: Some(_), .. } => CAS,
            Operation::Cas { value: None, .. } => CAS_TO_ABSENT,
        });
        self.key().to_wire(into);
        match self {
            Operation::Get { .. } | Operation::Delete { .. } => {}
            Operation::Put { value, .. } | Operation::Append { value, .. } => value.to_wire(into),
            Operation::Cas { expected, value, .. } => {
                expected.to_wire(into);
                if let Some(value) = value {
                    value.to_wire(into);
                }
            }
        }
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<Operation, WireError> {
        let at = reader.at();
        Ok(match reader.u8("operation kind")? {
            GET => Operation::Get { key: Wire::read_wire(reader)? },
            PUT => Operation::Put { key: Wire::read_wire(reader)?, value: Wire::read_wire(reader)? },
            APPEND => Operation::Append { key: Wire::read_wire(reader)?, value: Wire::read_wire(reader)? },
            DELETE => Operation::Delete { key: Wire::read_wire(reader)? },
            CAS => {
                let (key, expected) = (Wire::read_wire(reader)?, Wire::read_wire(reader)?);
                Operation::Cas { key, expected, value: Some(Wire::read_wire(reader)?) }
            }
            CAS_TO_ABSENT => {
                Operation::Cas { key: Wire::read_wire(reader)?, expected: Wire::read_wire(reader)?, value: None }
            }
            _ => return Err(WireError::Invalid { at, what: "operation kind" }),
        })
    }
}

const VALUE: u8 = 1;
const WRITTEN: u8 = 2;
const SWAPPED: u8 = 3;
const MISMATCH: u8 = 4;

impl Wire for Output {
    fn to_wire(&self, into: &mut Vec<u8>) {
        match self {
            Output::Value(value) => {
                into.push(VALUE);
                value.to_wire(into);
            }
            Output::Written => into.push(WRITTEN),
            Output::Swapped => into.push(SWAPPED),
            Output::Mismatch => into.push(MISMATCH),
        }
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<Output, WireError> {
        let at = reader.at();
        Ok(match reader.u8("output kind")? {
            VALUE => Output::Value(Wire::read_wire(reader)?),
            WRITTEN => Output::Written,
            SWAPPED => Output::Swapped,
            MISMATCH => Output::Mismatch,
            _ => return Err(WireError::Invalid { at, what: "output kind" }),
        })
    }
}
