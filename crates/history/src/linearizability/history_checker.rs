//! Judges the history of a key-value store while it is made, and forgets the operations that are settled.
//!
//! Each key has a [`Record`] of its own: the value that is known to have been there at some moment, and the operations
//! that may have taken effect since. A later moment at which the history can be cut, a [`Split`](split::Split), makes two
//! histories of a record: the operations before the cut are judged by themselves and forgotten, and the rest begins with
//! the value that they lead to. So the memory that a run takes follows the operations that are under way, not the length of
//! the run.
//!
//! A record can be cut where the value is known ([`span`]), and where no value from before is seen behind ([`seam`]).
//! Both come from the zones of Gibbons and Korach ("Testing Shared Memories", 1997), and both files say to which side
//! the operations belong that are open at the cut, and why no verdict changes by it. Operations of unknown end may take
//! effect at any later time, so that they are kept until another operation has seen them ([`stretch`]).
//!
//! Always true:
//! - the operations of a record can be put in order from its value on if and only if the whole history of its key can be,
//!   as long as no judgement was given up;
//! - each operation is judged once, but for those of unknown end.
//!
//! Left out: values that several operations write. Such a value proves nothing by itself, and a record in which no other
//! is read grows until an operation is alone.

use env::{Bytes, Completion, Instant, RequestId};
use hashbrown::HashMap;
use kv_types::{Operation, Output};
use rustc_hash::FxBuildHasher;

use super::Counterexample;
use super::search::Budget;
use crate::Deadline;
use crate::history::Point;
use record::Record;

mod question;
mod record;
mod seam;
mod settling;
mod span;
mod split;
mod stretch;
mod values;
mod witness;

/// A key's operations are judged once there are so many.
const SETTLED_AT: usize = 64;

/// The budget of one judgement. Records are short.
const BUDGET: Budget<'_> = Budget { steps: 500_000, bytes: 256 << 20, deadline: Deadline::NEVER };

/// Judges the history of a key-value store while it is made: whether it is linearizable.
///
/// It is told each invocation and each completion, in order, and at last that there is nothing more. After the first
/// violation it must not be told anything more.
#[derive(Clone, Debug)]
pub struct HistoryChecker {
    keys: HashMap<Bytes, usize, FxBuildHasher>,
    records: Vec<Record>,
    /// By client: the operation that it waits for.
    outstanding: HashMap<u32, Outstanding, FxBuildHasher>,
    /// Counts invocations and completions.
    order: u64,
    undecided: u64,
    settle_at: usize,
}

#[derive(Clone, Copy, Debug)]
struct Outstanding {
    seq: u64,
    /// The number of the key's record.
    record: usize,
    /// The order of its invocation.
    invoked: u64,
    /// No other operation on the key was outstanding when it was invoked.
    is_alone: bool,
}

impl Default for HistoryChecker {
    fn default() -> HistoryChecker {
        HistoryChecker::settling_at(SETTLED_AT)
    }
}

impl HistoryChecker {
    /// Judges a key's operations once it holds so many, and again when they are twice as many as could not be settled; at
    /// each completion if that is 0. The verdict does not depend on it: only memory, time, and how soon a violation is found.
    pub fn settling_at(operations: usize) -> HistoryChecker {
        HistoryChecker {
            keys: HashMap::default(),
            records: Vec::new(),
            outstanding: HashMap::default(),
            order: 0,
            undecided: 0,
            settle_at: operations,
        }
    }

    /// A client begins an operation.
    pub fn invoked(&mut self, at: Instant, request: RequestId, operation: &Operation) {
        let invoked = self.point(at);
        let HistoryChecker { keys, records, outstanding, settle_at, .. } = self;
        let number = match keys.get(operation.key()) {
            Some(number) => *number,
            None => {
                keys.insert(operation.key().clone(), records.len());
                records.push(Record::new(*settle_at));
                records.len() - 1
            }
        };
        let record = &mut records[number];
        let waits =
            Outstanding { seq: request.seq, record: number, invoked: invoked.order, is_alone: record.is_idle() };
        record.invoked(invoked, request, operation);
        if let Some(given_up) = outstanding.insert(request.client.0, waits) {
            records[given_up.record].lost_sight(given_up.invoked);
        }
    }

    /// A client's operation has ended.
    ///
    /// # Errors
    /// A counterexample, if the history so far is not linearizable.
    pub fn completed(
        &mut self,
        at: Instant,
        request: RequestId,
        completion: &Completion<Output>,
    ) -> Result<(), Box<Counterexample>> {
        let completed = self.point(at);
        let Some(outstanding) = self.outstanding.get(&request.client.0).filter(|waits| waits.seq == request.seq) else {
            return Ok(());
        };
        let Outstanding { record, invoked, is_alone, .. } = *outstanding;
        self.outstanding.remove(&request.client.0);
        let record = &mut self.records[record];
        if *completion == Completion::Info {
            record.lost_sight(invoked);
            return Ok(());
        }
        record.completed(invoked, completed, completion);
        record.settle(invoked, is_alone, &mut self.undecided)
    }

    /// Nothing more will be told.
    ///
    /// # Errors
    /// A counterexample, if the history is not linearizable.
    pub fn finished(&mut self) -> Result<(), Box<Counterexample>> {
        for record in &self.records {
            match record.has_order(&mut { BUDGET }) {
                Ok(true) => {}
                Ok(false) => return Err(record.explained()),
                Err(_) => self.undecided += 1,
            }
        }
        Ok(())
    }

    /// The number of judgements that the budget did not suffice for. Nothing is known of the operations in them.
    pub fn undecided(&self) -> u64 {
        self.undecided
    }

    /// How many operations it remembers now.
    pub fn held(&self) -> usize {
        self.records.iter().map(Record::held).sum()
    }

    fn point(&mut self, at: Instant) -> Point {
        self.order += 1;
        Point { order: self.order, time: Some(at) }
    }
}
