//! A line about a client's operation. As it stands here it is written as JSON; all formats are read into it.
//!
//! ```text
//! {"process":2,"type":"invoke","f":"cas","key":"k1","value":[null,"c2-1."],"time":1300,"order":57}
//! {"process":2,"type":"ok","f":"cas","key":"k1","swapped":false,"time":2000,"order":61}
//! ```
//!
//! Bytes that are no UTF-8 are an array of numbers. A completion need not repeat the value of its invocation; if it
//! does, the two must be equal.

use env::Bytes;
use kv_types::Operation;
use serde::Serialize;

/// A line.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Line {
    pub(super) process: u64,
    #[serde(rename = "type")]
    pub(super) event: Event,
    pub(super) f: Function,
    /// `None` if the operation is on a register.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) key: Option<Bytes>,
    #[serde(skip_serializing_if = "Value::is_untold")]
    pub(super) value: Value,
    /// Of the `ok` of a compare-and-swap, and of no other line: whether it found the expected value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) swapped: Option<bool>,
    /// In nanoseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) time: Option<u64>,
    /// `None` if it is the number of the line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) order: Option<u64>,
    /// Jepsen's `:index`.
    #[serde(skip)]
    pub(super) index: Option<u64>,
    /// True if the value was written as text. In the place of a number, the completion of an operation that is no `ok`
    /// gives a reason in text.
    #[serde(skip)]
    pub(super) is_text: bool,
}

/// The event of the operation: Jepsen's `type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Event {
    Invoke,
    Ok,
    Fail,
    Info,
}

/// The function of the operation: Jepsen's `f`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Function {
    Read,
    Write,
    Get,
    Put,
    Append,
    Delete,
    Cas,
    /// Of a mutex.
    Acquire,
    Release,
}

/// The value that is read or written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(super) enum Value {
    /// None: the line does not say.
    #[default]
    #[serde(skip)]
    Untold,
    One(Bytes),
    /// The value that a compare-and-swap expects and the one that it sets, each `None` for none.
    Pair(Option<Bytes>, Option<Bytes>),
    /// The absence of a value.
    Nil,
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

    /// True if a completion says why it failed where its value would stand.
    pub(super) fn gives_reason(self) -> bool {
        matches!(self, Event::Fail | Event::Info)
    }
}

impl Function {
    pub(super) fn named(name: &str) -> Option<Function> {
        match name {
            "read" | "r" => Some(Function::Read),
            "write" | "w" => Some(Function::Write),
            "get" => Some(Function::Get),
            "put" => Some(Function::Put),
            "append" => Some(Function::Append),
            "delete" => Some(Function::Delete),
            "cas" => Some(Function::Cas),
            "acquire" => Some(Function::Acquire),
            "release" => Some(Function::Release),
            _ => None,
        }
    }

    /// True of the functions of the objects that Jepsen has models of.
    pub(super) fn is_logged(self) -> bool {
        !matches!(self, Function::Get | Function::Put | Function::Append | Function::Delete)
    }

    /// The function of a register that does the same.
    pub(super) fn plain(self) -> Function {
        match self {
            Function::Get => Function::Read,
            Function::Put => Function::Write,
            function => function,
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
            Function::Acquire => "acquire",
            Function::Release => "release",
        }
    }
}

impl Value {
    /// The value that an operation is invoked with.
    pub(super) fn of(operation: &Operation) -> Value {
        match operation {
            Operation::Get { .. } => Value::Untold,
            Operation::Delete { .. } => Value::Nil,
            Operation::Put { value, .. } | Operation::Append { value, .. } => Value::One(value.clone()),
            Operation::Cas { expected, value, .. } => Value::Pair(expected.clone(), value.clone()),
        }
    }

    /// True if a completion with this value may be of an operation: a value repeats the one that the operation writes.
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
