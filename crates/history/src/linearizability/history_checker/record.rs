//! The operations that are held of one key.

use env::{Bytes, Completion, RequestId};
use kv_types::{Operation, Output};

use super::question::{Ending, Question};
use super::split::{End, Side, Split};
use super::stretch::Stretch;
use super::values::Values;
use super::{BUDGET, witness};
use crate::history::{Call, Point};
use crate::linearizability::counterexample::Before;
use crate::linearizability::explanation::explain;
use crate::linearizability::model::{CellOperation, Model};
use crate::linearizability::models::KeyValue;
use crate::linearizability::part::Item;
use crate::linearizability::search::{Budget, Found, Limit};
use crate::linearizability::{Counterexample, EXPLANATION};

/// The operations on one key that are not settled, and the value before them.
#[derive(Clone, Debug)]
pub(super) struct Record {
    /// The stretches before the value that could not be settled, in order.
    pub(super) stretches: Vec<Stretch>,
    /// The value before `calls`; at first there is none.
    pub(super) value: Option<Bytes>,
    /// When it was there: just before this place in the order of invocations and completions.
    pub(super) since: u64,
    /// The operation that has shown it, if it is not the first value.
    pub(super) shown_by: Option<Known>,
    /// In the order of their invocations.
    pub(super) calls: Vec<Known>,
    /// When the last operation on the key was invoked.
    pub(super) last_invoked: u64,
    /// How many of them are outstanding.
    open: usize,
    /// How many of them are [loose](Known::is_loose).
    pub(super) loose: usize,
    /// It is judged once it holds so many,
    pub(super) settle_at: usize,
    /// and never before it holds so many; 0 if it is judged at each completion.
    pub(super) settle_at_min: usize,
}

/// An operation, and the name that it has in the run.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) request: RequestId,
    pub(super) call: Call,
    /// It has not ended.
    pub(super) is_open: bool,
}

impl Known {
    /// True if it surely took effect.
    pub(super) fn is_sure(&self) -> bool {
        self.call.ok().is_some()
    }

    /// True if it ended as `info`: it may have taken effect, or may yet.
    pub(super) fn is_loose(&self) -> bool {
        !self.is_open && self.call.completed.is_none()
    }

    /// When it returned, if it did.
    pub(super) fn returned(&self) -> Option<u64> {
        self.call.ok().map(|(at, _)| at.order)
    }

    /// Its effect on the value, or its sight of it; `None` if no value would have answered so.
    pub(super) fn on_cell(&self) -> Option<CellOperation<'_>> {
        KeyValue.as_cell(&self.call.input, self.call.ok().map(|(_, output)| output))
    }

    /// The operation as one of a part, by this number; `None` if it does not count.
    pub(super) fn item(&self, number: usize) -> Option<Item<'_, KeyValue>> {
        Item::of(&KeyValue, number, &self.call)
    }
}

impl Record {
    /// Nothing yet, to be judged once it holds so many operations.
    pub(super) fn new(settle_at_min: usize) -> Record {
        Record {
            stretches: Vec::new(),
            value: KeyValue.initial(),
            since: 0,
            shown_by: None,
            calls: Vec::new(),
            last_invoked: 0,
            open: 0,
            loose: 0,
            settle_at: settle_at_min,
            settle_at_min,
        }
    }

    /// True if no operation is outstanding.
    pub(super) fn is_idle(&self) -> bool {
        self.open == 0
    }

    /// How many operations it holds.
    pub(super) fn held(&self) -> usize {
        self.calls.len() + self.stretches.iter().map(|stretch| stretch.calls.len()).sum::<usize>()
    }

    /// The key. The record holds an operation.
    pub(super) fn key(&self) -> &Bytes {
        self.calls[0].call.input.key()
    }

    pub(super) fn invoked(&mut self, invoked: Point, request: RequestId, operation: &Operation) {
        self.open += 1;
        self.last_invoked = invoked.order;
        let call = Call { process: request.client.0.into(), input: operation.clone(), invoked, completed: None };
        self.calls.push(Known { request, call, is_open: true });
    }

    /// The operation that was invoked at `invoked` has ended, and it is known how.
    pub(super) fn completed(&mut self, invoked: u64, at: Point, completion: &Completion<Output>) {
        let place = self.end(invoked);
        if *completion == Completion::Fail {
            self.remove(place);
        } else {
            self.calls[place].call.completed = Some((at, completion.clone()));
        }
    }

    /// The operation that was invoked at `invoked` ended as `info`.
    pub(super) fn lost_sight(&mut self, invoked: u64) {
        let place = self.end(invoked);
        if self.calls[place].call.input.is_read() {
            self.remove(place);
        } else {
            self.loose += 1;
        }
    }

    fn end(&mut self, invoked: u64) -> usize {
        self.open -= 1;
        let place = self.calls.partition_point(|known| known.call.invoked.order < invoked);
        let known = &mut self.calls[place];
        assert!(known.call.invoked.order == invoked, "the operation invoked at {invoked} was outstanding and is gone");
        known.is_open = false;
        place
    }

    fn remove(&mut self, place: usize) {
        self.calls.remove(place);
    }

    /// When the first of the outstanding operations was invoked that may see a value; `u64::MAX` if there is none.
    pub(super) fn unread(&self) -> u64 {
        let may_see = |known: &&Known| {
            known.is_open && !matches!(known.call.input, Operation::Put { .. } | Operation::Delete { .. })
        };
        self.calls.iter().find(may_see).map_or(u64::MAX, |known| known.call.invoked.order)
    }

    /// True if all operations can be put in order: as is guessed, or without those of unknown end, or with them.
    pub(super) fn has_order(&self, budget: &mut Budget<'_>) -> Result<bool, Limit> {
        let (split, ending) = (self.uncut(), Ending::default());
        if witness::find(&Values::of(self), &split).is_some() {
            return Ok(true);
        }
        let is_sure_enough = Question::new(self, &split, &ending, &[]).order(|_| false, budget);
        if matches!(is_sure_enough, Ok(Some(_))) {
            return Ok(true);
        }
        Ok(Question::new(self, &split, &ending, &self.past()).order(|_| true, budget)?.is_some())
    }

    /// All of the record before a cut.
    fn uncut(&self) -> Split {
        let side = |known: &Known| if known.is_sure() { Side::Before } else { Side::Either };
        Split { at: u64::MAX / 8, sides: self.calls.iter().map(side).collect(), end: End::Any(Vec::new()) }
    }

    /// Why the operations cannot be put in order.
    #[cold]
    pub(super) fn explained(&self) -> Box<Counterexample> {
        let (split, ending) = (self.uncut(), Ending::default());
        let mut past = Vec::new();
        let mut part = Question::new(self, &split, &ending, &past).part(|_| true);
        let mut found = part.decide(&mut { BUDGET });
        if !matches!(found, Found::Nothing { .. }) {
            past = self.past();
            part = Question::new(self, &split, &ending, &past).part(|_| true);
            found = part.decide(&mut { BUDGET });
        }
        let reached = if let Found::Nothing { reached } = found { reached } else { None };
        let knowns: Vec<&Known> = self.calls.iter().chain(past.iter().map(|placed| &placed.known)).collect();
        let calls: Vec<_> = knowns.iter().map(|known| &known.call).collect();
        let who = |call: usize| knowns[call].request.to_string();
        let shown_by = self.shown_by.as_ref().filter(|_| past.is_empty());
        let before = shown_by.map(|known| Before {
            state: KeyValue.show(&self.value),
            who: known.request.to_string(),
            at: known.call.completed.as_ref().map_or(known.call.invoked, |(at, _)| *at),
        });
        Box::new(explain(&part, reached, &calls, &who, before, EXPLANATION))
    }
}
