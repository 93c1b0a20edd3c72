//! The operations of clients, and their answers: those of a key-value store, and the demotion of the primary.

use std::fmt;

use env::{Reader, Traced, Wire, WireError};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use sim::{Op, Value};
use stormglass::Ask;

/// An operation of a client. A plan has it as an operation on a key-value store, `{"get":{"key":"k0"}}`, or as
/// `"demote"`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// The primary is to hand its role over. The answer comes once that is done.
    Demote,
    /// An operation on the store.
    #[serde(untagged)]
    Store(kv_types::Operation),
}

/// The answer to an operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Output {
    /// The tenure in which the primary was to hand its role over has ended.
    Demoted,
    /// The answer of the store.
    #[serde(untagged)]
    Store(kv_types::Output),
}

impl<'de> Deserialize<'de> for Operation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Operation, D::Error> {
        let operation = Value::deserialize(deserializer)?;
        if operation == "demote" {
            return Ok(Operation::Demote);
        }
        let of_store = kv_types::Operation::deserialize(operation);
        of_store.map(Operation::Store).map_err(|error| {
            D::Error::custom(format_args!("{error}: give an operation on a key-value store, or `demote`"))
        })
    }
}

impl Operation {
    /// True if it may change something.
    pub(super) fn changes(&self) -> bool {
        match self {
            Operation::Demote => true,
            Operation::Store(operation) => !operation.is_read(),
        }
    }

    /// How many bytes of keys and values it carries.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Operation::Demote => 0,
            Operation::Store(operation) => operation.bytes(),
        }
    }

    /// The write by which a fresh client proves in the calm phase that clients are served.
    pub(super) fn probe(number: u64) -> Operation {
        Operation::Store(stormglass::put("probe", &format!("probe-{number}.")))
    }
}

impl From<kv_types::Operation> for Operation {
    fn from(operation: kv_types::Operation) -> Operation {
        Operation::Store(operation)
    }
}

impl From<kv_types::Output> for Output {
    fn from(output: kv_types::Output) -> Output {
        Output::Store(output)
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Operation::Demote => f.write_str("demote"),
            Operation::Store(operation) => operation.fmt(f),
        }
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Output::Demoted => f.write_str("demoted"),
            Output::Store(output) => output.fmt(f),
        }
    }
}

/// The digest of a demotion and of its answer.
const DEMOTION_DIGEST: u64 = 0xde;

impl Traced for Operation {
    fn digest(&self) -> u64 {
        match self {
            Operation::Demote => DEMOTION_DIGEST,
            Operation::Store(operation) => operation.digest(),
        }
    }

    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Traced for Output {
    fn digest(&self) -> u64 {
        match self {
            Output::Demoted => DEMOTION_DIGEST,
            Output::Store(output) => output.digest(),
        }
    }

    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Op for Operation {
    fn heap_bytes(&self) -> u64 {
        self.bytes() as u64
    }

    fn simpler(&self) -> Vec<Operation> {
        match self {
            Operation::Demote => Vec::new(),
            Operation::Store(operation) => operation.simpler().into_iter().map(Operation::Store).collect(),
        }
    }
}

impl Ask for Operation {
    type Answer = Output;
}

impl Wire for Operation {
    fn to_wire(&self, into: &mut Vec<u8>) {
        match self {
            Operation::Demote => into.push(1),
            Operation::Store(operation) => {
                into.push(2);
                operation.to_wire(into);
            }
        }
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<Operation, WireError> {
        let at = reader.at();
        match reader.u8("operation")? {
            1 => Ok(Operation::Demote),
            2 => Wire::read_wire(reader).map(Operation::Store),
            _ => Err(WireError::Invalid { at, what: "operation" }),
        }
    }
}

impl Wire for Output {
    fn to_wire(&self, into: &mut Vec<u8>) {
        match self {
            Output::Demoted => into.push(1),
            Output::Store(output) => {
                into.push(2);
                output.to_wire(into);
            }
        }
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<Output, WireError> {
        let at = reader.at();
        match reader.u8("answer")? {
            1 => Ok(Output::Demoted),
            2 => Wire::read_wire(reader).map(Output::Store),
            _ => Err(WireError::Invalid { at, what: "answer" }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read_back::{is_read_back, is_refused};

    #[test]
    fn operations_and_answers_of_the_store_are_read_as_they_are_and_demotions_beside_them() {
        is_read_back(&Operation::Demote, r#""demote""#, "demote");
        let put = stormglass::put("k", "1");
        is_read_back(&Operation::from(put), r#"{"put":{"key":"k","value":"1"}}"#, "put k 1");
        is_read_back(&Operation::probe(2), r#"{"put":{"key":"probe","value":"probe-2."}}"#, "put probe probe-2.");
        is_read_back(&Output::Demoted, r#""demoted""#, "demoted");
        is_read_back(&Output::from(kv_types::Output::Written), r#""written""#, "written");
        is_read_back(&Output::from(kv_types::Output::Value(None)), r#"{"value":null}"#, "(absent)");
    }

    #[test]
    fn what_is_no_operation_is_refused_with_what_would_be_right() {
        for (json, why) in [
            (r#""promote""#, "unknown variant `promote`, expected one of `get`, `put`, `append`, `delete`, `cas`"),
            (
                r#"{"swap":{"key":"k"}}"#,
                "unknown variant `swap`, expected one of `get`, `put`, `append`, `delete`, `cas`",
            ),
            (r#"{"put":{"key":"k"}}"#, "missing field `value`"),
        ] {
            is_refused::<Operation>(json, &format!("{why}: give an operation on a key-value store, or `demote`"));
        }
    }

    #[test]
    fn a_demotion_is_as_simple_as_can_be_and_an_operation_on_the_store_as_simple_as_there() {
        assert_eq!((Operation::Demote.simpler(), Operation::Demote.heap_bytes()), (vec![], 0));
        let append = stormglass::append("k0", "1.");
        assert_eq!(Operation::from(append).simpler(), [Operation::from(stormglass::put("k0", "1."))]);
        assert_eq!(Operation::from(stormglass::put("k0", "1.")).heap_bytes(), 4);
    }
}
