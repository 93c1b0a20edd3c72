//! Calls as a test spells them, and a text read as a list of them.

use env::{Bytes, Completion};
use history::format::{self, Limits, Parsed};
use history::{Call, Point};
use kv_types::{Operation, Output};

pub(crate) fn parsed(text: &str) -> Parsed {
    format::read(text.as_bytes(), &Limits::default()).unwrap_or_else(|error| panic!("{error} in\n{text}"))
}

/// The error that reading a text ends with.
pub(crate) fn refusal(text: impl AsRef<[u8]>) -> String {
    match format::read(text.as_ref(), &Limits::default()) {
        Ok(parsed) => panic!("it was read: {parsed:?}"),
        Err(error) => error.to_string(),
    }
}

/// A call between two lines of a file.
pub(crate) fn call(process: u64, input: Operation, lines: (u64, u64), completion: Completion<Output>) -> Call {
    let completed = Some((Point::line(lines.1), completion));
    Call { process, input, invoked: Point::line(lines.0), completed }
}

/// A call that has not ended.
pub(crate) fn unfinished(process: u64, input: Operation, line: u64) -> Call {
    Call { process, input, invoked: Point::line(line), completed: None }
}

pub(crate) fn get(key: &str) -> Operation {
    Operation::Get { key: key.into() }
}

pub(crate) fn put(key: &str, value: &str) -> Operation {
    Operation::Put { key: key.into(), value: value.into() }
}

pub(crate) fn append(key: &str, value: &str) -> Operation {
    Operation::Append { key: key.into(), value: value.into() }
}

pub(crate) fn delete(key: &str) -> Operation {
    Operation::Delete { key: key.into() }
}

pub(crate) fn cas(key: &str, expected: Option<&str>, value: &str) -> Operation {
    Operation::Cas { key: key.into(), expected: expected.map(Bytes::from), value: Some(value.into()) }
}

/// The `ok` of a read.
pub(crate) fn found(value: &str) -> Completion<Output> {
    Completion::Ok(Output::Value(Some(value.into())))
}

pub(crate) const ABSENT: Completion<Output> = Completion::Ok(Output::Value(None));
pub(crate) const WRITTEN: Completion<Output> = Completion::Ok(Output::Written);
pub(crate) const SWAPPED: Completion<Output> = Completion::Ok(Output::Swapped);
pub(crate) const MISMATCH: Completion<Output> = Completion::Ok(Output::Mismatch);
