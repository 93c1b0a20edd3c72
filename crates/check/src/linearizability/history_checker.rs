//! Judges the history of a key-value store while it is made, and forgets what is settled.
//!
//! Each key has a record of its own: the value that is known to have been there at some moment, and the operations since.
//! An operation that was alone with its key and shows what the value is afterwards makes such a moment: all that came
//! before is judged by itself, and is then forgotten. So the memory that a long run takes hardly grows with it, as long as
//! operations on a key are alone now and then and few of them end without anybody knowing how.
//!
//! Operations that may yet take effect are carried over such a moment. That is right as long as what came before could
//! be put in order without those of them that nobody has seen; else the record waits for the next such moment.

use env::{Bytes, Completion, Instant, NodeSet, Operation, RequestId};
use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;

use super::counterexample::Before;
use super::explanation::explain;
use super::models::{KeyValue, cell};
use super::part::{Item, Part};
use super::search::{Budget, Found, Order};
use super::start::Start;
use super::{Counterexample, EXPLANATION, Model};
use crate::history::{Call, Point};
use crate::{Deadline, Invariant, Moment, Violation};

/// A record is judged once it has so many operations, and ends with a known value.
const SETTLED_AT: usize = 64;

/// What one judgement may take. Records are short.
const BUDGET: Budget<'_> = Budget { steps: 500_000, bytes: 256 << 20, deadline: Deadline::NEVER };

/// Judges the history of a key-value store while it is made: see [`Linearizability`](Invariant::Linearizability).
///
/// It is told each invocation and each completion, in order, and at last that there is nothing more. After the first
/// violation it must not be told anything more.
#[derive(Clone, Debug, Default)]
pub struct HistoryChecker {
    keys: HashMap<Bytes, usize, FxBuildHasher>,
    records: Vec<Record>,
    /// By client, what it waits for: which record, and where in it.
    outstanding: HashMap<u32, Outstanding, FxBuildHasher>,
    /// Counts invocations and completions.
    order: u64,
    undecided: u64,
}

#[derive(Clone, Copy, Debug)]
struct Outstanding {
    seq: u64,
    record: usize,
    call: usize,
    /// No other operation on the key was outstanding when it was invoked.
    is_alone: bool,
}

/// What is known of one key.
#[derive(Clone, Debug)]
struct Record {
    /// The value before `calls`.
    value: Option<Bytes>,
    /// The operation that has shown it, if it is not the first value.
    shown_by: Option<Known>,
    calls: Vec<Known>,
    /// How many of them are outstanding.
    open: usize,
    /// How many of them have ended without anybody knowing how.
    loose: usize,
    /// It is judged when it has grown to so many.
    settle_at: usize,
}

/// An operation, and what it is called in the run.
#[derive(Clone, Debug)]
struct Known {
    request: RequestId,
    call: Call,
}

impl HistoryChecker {
    /// A client begins an operation.
    pub fn invoked(&mut self, at: Moment, request: RequestId, operation: &Operation) {
        let invoked = self.point(at.time);
        let HistoryChecker { keys, records, outstanding, .. } = self;
        let number = match keys.get(operation.key()) {
            Some(number) => *number,
            None => {
                keys.insert(operation.key().clone(), records.len());
                records.push(Record::new());
                records.len() - 1
            }
        };
        let record = &mut records[number];
        let waits =
            Outstanding { seq: request.seq, record: number, call: record.calls.len(), is_alone: record.open == 0 };
        record.open += 1;
        let call = Call { process: request.client.0.into(), input: operation.clone(), invoked, completed: None };
        record.calls.push(Known { request, call });
        if let Some(given_up) = outstanding.insert(request.client.0, waits) {
            records[given_up.record].lost_sight(given_up.call);
        }
    }

    /// A client's operation has ended.
    ///
    /// # Errors
    /// What shows that the history so far is not linearizable.
    pub fn completed(&mut self, at: Moment, request: RequestId, completion: &Completion) -> Result<(), Violation> {
        let completed = self.point(at.time);
        let Some(outstanding) = self.outstanding.get(&request.client.0).filter(|waits| waits.seq == request.seq) else {
            return Ok(());
        };
        let Outstanding { record, call, is_alone, .. } = *outstanding;
        self.outstanding.remove(&request.client.0);
        let record = &mut self.records[record];
        match completion {
            Completion::Info => record.lost_sight(call),
            Completion::Ok(_) | Completion::Fail => {
                record.open -= 1;
                record.calls[call].call.completed = Some((completed, completion.clone()));
            }
        }
        // What is last was alone to its end, if it was at its beginning.
        if is_alone && call + 1 == record.calls.len() && matches!(completion, Completion::Ok(_)) {
            record.settle(&mut self.undecided).map_err(|found| violation(at, &found))
        } else {
            Ok(())
        }
    }

    /// Nothing more will be told.
    ///
    /// # Errors
    /// What shows that the history is not linearizable.
    pub fn finished(&mut self, at: Moment) -> Result<(), Violation> {
        for record in &mut self.records {
            match record.part().decide(&mut { BUDGET }) {
                Found::Order(_) => {}
                Found::Nothing { reached } => return Err(violation(at, &record.explained(reached))),
                Found::GivenUp(_) => self.undecided += 1,
            }
        }
        Ok(())
    }

    /// How often the budget did not suffice to tell: of what is counted here nothing is known.
    pub fn undecided(&self) -> u64 {
        self.undecided
    }

    fn point(&mut self, at: Instant) -> Point {
        self.order += 1;
        Point { order: self.order, time: Some(at) }
    }
}

impl Record {
    fn new() -> Record {
        Record {
            value: KeyValue.initial(),
            shown_by: None,
            calls: Vec::new(),
            open: 0,
            loose: 0,
            settle_at: SETTLED_AT,
        }
    }

    /// Nobody will know how a call ended.
    fn lost_sight(&mut self, call: usize) {
        self.open -= 1;
        let known = &mut self.calls[call];
        if known.call.input.is_read() {
            known.call.completed = Some((known.call.invoked, Completion::Fail));
        } else {
            self.loose += 1;
        }
    }

    /// The last call was alone and has completed. If it shows what the value is now, what came before can be judged and
    /// forgotten.
    fn settle(&mut self, undecided: &mut u64) -> Result<(), Box<Counterexample>> {
        let last = &self.calls.last().expect("a call has completed").call;
        let Some((_, output)) = last.ok() else { return Ok(()) };
        let shown = cell::shown(&last.input, output);
        let others = self.calls.len() - 1;
        if others == self.loose && (others == 0 || shown.is_some()) {
            // Nothing can be known better than that nothing else took effect, if that explains the answer.
            if let Some(value) = KeyValue.step(&self.value, &last.input, Some(output)) {
                self.value = value;
                self.shown_by = self.calls.pop();
                return Ok(());
            }
        }
        let Some(value) = shown.filter(|_| others == 0 || self.calls.len() >= self.settle_at) else { return Ok(()) };
        let mut budget = BUDGET;
        let used = match self.decide(&mut budget) {
            Found::Order(order) => self.surely_used(&order.changes, &mut budget),
            Found::Nothing { reached } => return Err(self.explained(reached)),
            Found::GivenUp(_) => {
                // Whatever may have been used may be used again: too much is allowed then, never too little.
                *undecided += 1;
                Some(Vec::new())
            }
        };
        if let Some(used) = used {
            self.value = value;
            self.shown_by = self.calls.last().cloned();
            let mut number = 0;
            self.calls.retain(|known| {
                number += 1;
                known.call.completed.is_none() && !used.contains(&(number - 1))
            });
            self.loose = self.calls.len();
        }
        self.settle_at = SETTLED_AT.max(2 * self.calls.len());
        Ok(())
    }

    /// Looks for an order that uses no loose call, of which no changes are told then, and only then for one that may.
    fn decide(&self, budget: &mut Budget<'_>) -> Found {
        let part = self.part();
        if self.loose > 0 {
            let sure = part.with(part.items.iter().filter(|item| item.is_sure).copied().collect());
            if matches!(sure.decide(budget), Found::Order(_)) {
                return Found::Order(Order { changes: Vec::new() });
            }
        }
        part.decide(budget)
    }

    /// The loose calls among `changes`, if every order has to use them.
    fn surely_used(&self, changes: &[u32], budget: &mut Budget<'_>) -> Option<Vec<usize>> {
        let part = self.part();
        let used: Vec<usize> = changes
            .iter()
            .map(|place| part.items[*place as usize])
            .filter(|item| !item.is_sure)
            .map(|item| item.call)
            .collect();
        let mut is_needed = |call: &usize| {
            let without = part.items.iter().filter(|item| item.call != *call).copied().collect();
            matches!(part.with(without).decide(budget), Found::Nothing { .. })
        };
        used.iter().all(&mut is_needed).then_some(used)
    }

    fn part(&self) -> Part<'_, KeyValue> {
        let calls = self.calls.iter().enumerate();
        let items = calls.filter_map(|(number, known)| Item::of(&KeyValue, number, &known.call)).collect();
        Part { model: &KeyValue, start: Start::At(self.value.clone()), items }
    }

    #[cold]
    fn explained(&self, reached: Option<u64>) -> Box<Counterexample> {
        let calls: Vec<_> = self.calls.iter().map(|known| &known.call).collect();
        let who = |call: usize| self.calls[call].request.to_string();
        let before = self.shown_by.as_ref().map(|known| Before {
            state: KeyValue.show(&self.value),
            who: known.request.to_string(),
            at: known.call.completed.as_ref().map_or(known.call.invoked, |(at, _)| *at),
        });
        Box::new(explain(&self.part(), reached, &calls, &who, before, EXPLANATION))
    }
}

#[cold]
fn violation(at: Moment, found: &Counterexample) -> Violation {
    Violation {
        invariant: Invariant::Linearizability,
        message: found.headline(),
        nodes: NodeSet::EMPTY,
        at,
        explanation: Some(found.to_string()),
    }
}
