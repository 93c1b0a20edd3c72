//! A history of client operations, in Jepsen's terms: the invocations and completions of each process, with times.
//!
//! A [`History`] is written down as it happens: [`invoke`](History::invoke), then [`complete`](History::complete) for
//! the same process. It refuses an event that no client can have caused, so every history is well-formed. `format`
//! reads and writes histories as text; `linearizability` judges them.
//!
//! Always true:
//! - a process has one operation outstanding at a time;
//! - points in time are strictly ascending in the order in which they were written down;
//! - an operation that ended as `info`, or has not ended, may take effect at any time after its invocation, or never;
//!   one that ended as `fail` has not taken effect and never will.

use std::fmt;

use env::{Completion, Instant};
use hashbrown::HashMap;
use hashbrown::hash_map::Entry;
use kv_types::{Operation, Output};
use rustc_hash::FxBuildHasher;
use serde::Deserialize;

/// The place of an invocation or a completion in its history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Point {
    /// The rank among all invocations and completions: the line of a file, or a count. The lower number came first.
    pub order: u64,
    /// The time, if it is known. It orders nothing.
    pub time: Option<Instant>,
}

impl Point {
    /// A line of a file, counted from 1, that tells no time.
    pub fn line(number: u64) -> Point {
        Point { order: number, time: None }
    }
}

/// One operation of one process, from its invocation to its completion. `I` is the request, `O` the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call<I = Operation, O = Output> {
    /// The process that invoked it.
    pub process: u64,
    /// The request.
    pub input: I,
    /// The point of the invocation.
    pub invoked: Point,
    /// The completion and its point; `None` while the operation is outstanding, which means the same as `info`.
    pub completed: Option<(Point, Completion<O>)>,
}

impl<I, O> Call<I, O> {
    /// The answer and its point, if the operation surely took effect.
    pub fn ok(&self) -> Option<(Point, &O)> {
        match &self.completed {
            Some((at, Completion::Ok(output))) => Some((*at, output)),
            _ => None,
        }
    }

    /// True if the operation surely did not take effect.
    pub fn has_failed(&self) -> bool {
        matches!(self.completed, Some((_, Completion::Fail)))
    }
}

/// An event that no client can have caused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HistoryError {
    /// The process invoked a second operation before the first completed.
    #[error("expected a completion of process {process}, which has an operation outstanding, found an invocation")]
    Outstanding {
        /// The client.
        process: u64,
    },
    /// The process completed an operation that it had not invoked.
    #[error("expected an invocation by process {process}, which has no operation outstanding, found a completion")]
    NothingOutstanding {
        /// The client.
        process: u64,
    },
    /// The event's order is not above that of the event recorded before it.
    #[error("expected an order above {last}, found {order}")]
    OutOfOrder {
        /// The order of the event.
        order: u64,
        /// The order of the event recorded before it.
        last: u64,
    },
}

/// Operations in the order of their invocations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History<I = Operation, O = Output> {
    calls: Vec<Call<I, O>>,
    /// The outstanding call of each process that has one. The table is never gone through.
    outstanding: HashMap<u64, usize, FxBuildHasher>,
    last: Option<u64>,
}

impl<I, O> Default for History<I, O> {
    fn default() -> History<I, O> {
        History { calls: Vec::new(), outstanding: HashMap::default(), last: None }
    }
}

impl<I, O> History<I, O> {
    /// No operations.
    pub fn new() -> History<I, O> {
        History::default()
    }

    /// All operations, in the order of their invocations.
    pub fn calls(&self) -> &[Call<I, O>] {
        &self.calls
    }

    /// The operation that this process has outstanding.
    pub fn outstanding(&self, process: u64) -> Option<&Call<I, O>> {
        self.outstanding.get(&process).map(|call| &self.calls[*call])
    }

    /// A process begins an operation.
    ///
    /// # Errors
    /// If the process has one outstanding, or the point is not after every recorded point.
    pub fn invoke(&mut self, process: u64, input: I, at: Point) -> Result<(), HistoryError> {
        self.pass(at)?;
        match self.outstanding.entry(process) {
            Entry::Occupied(_) => return Err(HistoryError::Outstanding { process }),
            Entry::Vacant(place) => place.insert(self.calls.len()),
        };
        self.calls.push(Call { process, input, invoked: at, completed: None });
        Ok(())
    }

    /// The operation that a process has outstanding has ended.
    ///
    /// # Errors
    /// If the process has none, or the point is not after every recorded point.
    pub fn complete(&mut self, process: u64, completion: Completion<O>, at: Point) -> Result<(), HistoryError> {
        self.pass(at)?;
        let call = self.outstanding.remove(&process).ok_or(HistoryError::NothingOutstanding { process })?;
        self.calls[call].completed = Some((at, completion));
        Ok(())
    }

    /// The same history in other words: each operation and each answer read anew.
    ///
    /// # Errors
    /// The first that cannot be read.
    pub fn try_map<J, P, E>(
        &self,
        input: impl Fn(&I) -> Result<J, E>,
        output: impl Fn(&O) -> Result<P, E>,
    ) -> Result<History<J, P>, E> {
        let completed = |(at, completion): &(Point, Completion<O>)| {
            Ok((
                *at,
                match completion {
                    Completion::Ok(answer) => Completion::Ok(output(answer)?),
                    Completion::Fail => Completion::Fail,
                    Completion::Info => Completion::Info,
                },
            ))
        };
        let read = |call: &Call<I, O>| {
            let completed = call.completed.as_ref().map(completed).transpose()?;
            Ok(Call { process: call.process, input: input(&call.input)?, invoked: call.invoked, completed })
        };
        let calls = self.calls.iter().map(read).collect::<Result<Vec<_>, E>>()?;
        Ok(History { calls, outstanding: self.outstanding.clone(), last: self.last })
    }

    fn pass(&mut self, at: Point) -> Result<(), HistoryError> {
        if let Some(last) = self.last.filter(|last| *last >= at.order) {
            return Err(HistoryError::OutOfOrder { order: at.order, last });
        }
        self.last = Some(at.order);
        Ok(())
    }
}

impl History<serde_json::Value, serde_json::Value> {
    /// The same history as one of a key-value store; `None` if it is of another object.
    pub fn of_store(&self) -> Option<History> {
        self.try_map(|asked| Operation::deserialize(asked), |answer| Output::deserialize(answer)).ok()
    }
}

impl fmt::Display for Point {
    /// The time, or else the line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.time {
            Some(time) => f.pad(&time.to_string()),
            None => f.pad(&format!("line {}", self.order)),
        }
    }
}
