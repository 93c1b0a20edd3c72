//! A line about a client's operation. As it stands here it is written as JSON; the other formats are read into it.
//!
//! ```text
//! {"process":2,"type":"invoke","f":"cas","key":"k1","value":[null,"c2-1."],"time":1300,"order":57}
//! {"process":2,"type":"ok","f":"cas","key":"k1","swapped":false,"time":2000,"order":61}
//! ```
//!
//! Bytes that are no UTF-8 are an array of numbers. A completion need not repeat what its invocation wrote; if it does,
//! that must be the same.

use env::{Bytes, Operation};
use serde::{Deserialize, Serialize};

use super::error::{Problem, unexpected};

/// A line.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
    pub(super) process: u64,
    #[serde(rename = "type")]
    pub(super) event: Event,
    pub(super) f: Function,
    /// `None` if the operation is on a register.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) key: Option<Bytes>,
    #[serde(default, skip_serializing_if = "Value::is_untold")]
    pub(super) value: Value,
    /// Of the `ok` of a compare-and-swap, and of no other line: whether it found the expected value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) swapped: Option<bool>,
    /// In nanoseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) time: Option<u64>,
    /// `None` if it is the number of the line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) order: Option<u64>,
}

/// What happened to the operation: Jepsen's `type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Event {
    Invoke,
    Ok,
    Fail,
    Info,
}

/// What the operation does: Jepsen's `f`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Function {
    Read,
    Write,
    Get,
    Put,
    Append,
    Delete,
    Cas,
}

/// What is read or written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "the value is no string, array of bytes, null or [expected, new]")]
pub(super) enum Value {
    /// The line does not say.
    #[default]
    #[serde(skip)]
    Untold,
    One(Bytes),
    /// The value that a compare-and-swap expects and the one that it sets; `None` is the absence of a value.
    Pair(Option<Bytes>, Option<Bytes>),
    /// The absence of a value.
    Nil,
}

/// Reads a JSON object.
pub(super) fn read(line: &str) -> Result<Line, Problem> {
    // An array with one element for each field would do for serde.
    if !line.trim_ascii_start().starts_with('{') {
        return Err(unexpected("a JSON object", format_args!("'{}'", line.trim())));
    }
    Ok(serde_json::from_str(line)?)
}

impl Event {
    pub(super) fn named(name: &str) -> Option<Event> {
        match name {
            "invoke" => Some(Event::Invoke),
            "ok" => Some(Event::Ok),
            "fail" => Some(Event::Fail),
            "info" => Some(Event::Info),
            _ => None,
        }
    }

    /// Whether a completion says why it failed where its value would stand.
    pub(super) fn gives_reason(self) -> bool {
        matches!(self, Event::Fail | Event::Info)
    }
}

impl Function {
    pub(super) fn named(name: &str) -> Option<Function> {
        match name {
            "read" => Some(Function::Read),
            "write" => Some(Function::Write),
            "get" => Some(Function::Get),
            "put" => Some(Function::Put),
            "append" => Some(Function::Append),
            "delete" => Some(Function::Delete),
            "cas" => Some(Function::Cas),
            _ => None,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Function::Read => "read",
            Function::Write => "write",
            Function::Get => "get",
            Function::Put => "put",
            Function::Append => "append",
            Function::Delete => "delete",
            Function::Cas => "cas",
        }
    }
}

impl Value {
    /// What an operation is invoked with.
    pub(super) fn of(operation: &Operation) -> Value {
        match operation {
            Operation::Get { .. } => Value::Untold,
            Operation::Delete { .. } => Value::Nil,
            Operation::Put { value, .. } | Operation::Append { value, .. } => Value::One(value.clone()),
            Operation::Cas { expected, value, .. } => Value::Pair(expected.clone(), value.clone()),
        }
    }

    /// Whether a completion with this value may be of an operation: if it has one, it is what the operation writes.
    pub(super) fn repeats(&self, operation: &Operation) -> bool {
        match (self, operation) {
            (Value::Untold, _) | (_, Operation::Get { .. }) | (Value::Nil, Operation::Delete { .. }) => true,
            (Value::One(told), Operation::Put { value, .. } | Operation::Append { value, .. }) => told == value,
            (Value::Pair(from, to), Operation::Cas { expected, value, .. }) => from == expected && to == value,
            _ => false,
        }
    }

    fn is_untold(&self) -> bool {
        *self == Value::Untold
    }
}

impl From<Option<Bytes>> for Value {
    fn from(value: Option<Bytes>) -> Value {
        value.map_or(Value::Nil, Value::One)
    }
}
