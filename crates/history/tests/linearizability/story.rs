//! Histories told by hand, an event a line.

use env::{Bytes, Completion};
use history::{History, Point};
use kv_types::{Operation, Output};

/// A history so far. Each invocation and each completion is a line of its own.
#[derive(Default)]
pub(crate) struct Story {
    history: History,
    line: u64,
}

impl Story {
    /// `process` begins an operation.
    pub(crate) fn invokes(&mut self, process: u64, operation: Operation) {
        self.line += 1;
        self.history.invoke(process, operation, Point::line(self.line)).expect("a story is well-formed");
    }

    /// The operation of `process` ends.
    pub(crate) fn ends(&mut self, process: u64, completion: Completion<Output>) {
        self.line += 1;
        self.history.complete(process, completion, Point::line(self.line)).expect("a story is well-formed");
    }

    /// The operation of `process` ends well.
    pub(crate) fn answers(&mut self, process: u64, output: Output) {
        self.ends(process, Completion::Ok(output));
    }

    /// An operation of `process`, while nothing else begins or ends.
    pub(crate) fn does(&mut self, process: u64, operation: Operation, output: Output) {
        self.invokes(process, operation);
        self.answers(process, output);
    }

    /// The whole of it.
    pub(crate) fn told(self) -> History {
        self.history
    }
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

pub(crate) fn cas(key: &str, expected: &str, value: &str) -> Operation {
    Operation::Cas { key: key.into(), expected: Some(expected.into()), value: Some(value.into()) }
}

pub(crate) fn value(value: &str) -> Output {
    Output::Value(Some(Bytes::from(value)))
}
