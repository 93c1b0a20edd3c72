//! The operations before a cut are judged, and then forgotten.

use env::Bytes;

use super::question::{Ending, Needed, Order, Question};
use super::record::Record;
use super::split::{End, Side, Split};
use super::stretch::Stretch;
use super::values::Values;
use super::{BUDGET, seam, span, witness};
use crate::linearizability::Counterexample;
use crate::linearizability::model::{CellOperation, Model};
use crate::linearizability::models::KeyValue;

/// So many times longer a record has to be if none of its operations was alone.
const CUT_AT: usize = 2;
/// So many cuts of a record are judged at most, before it is left until it has grown.
const SPLITS_MAX: usize = 4;

/// The judgement of the operations before a cut.
enum Judged {
    /// They can be put in order, and lead to this value. Every order has to use these of the operations of unknown end, and
    /// some order uses no others.
    Settled(Option<Bytes>, Vec<usize>),
    /// Nothing follows: they can be put in order by using one operation or another, or by one that is on the other side.
    Ambiguous,
    /// They cannot be put in order.
    Impossible,
    /// It was too much to tell.
    GivenUp,
}

impl Record {
    /// The operation that was invoked at `invoked` has completed. If none was outstanding then, it `was_alone` as long
    /// as none was invoked since. The record is judged where it can be cut, and the operations before the cut are
    /// forgotten.
    pub(super) fn settle(
        &mut self,
        invoked: u64,
        was_alone: bool,
        undecided: &mut u64,
    ) -> Result<(), Box<Counterexample>> {
        let is_last = self.calls.last().is_some_and(|last| last.call.invoked.order == invoked);
        let is_alone = was_alone && is_last && self.last_invoked == invoked;
        if is_alone && self.settle_last() {
            return Ok(());
        }
        let is_due = if is_alone {
            self.calls.len() == 1 || self.calls.len() >= self.settle_at
        } else {
            self.calls.len() >= CUT_AT * self.settle_at
        };
        if !is_due {
            return Ok(());
        }
        if let Some((split, judged)) = self.settled(is_alone, undecided)? {
            self.forget(&split, judged);
        }
        self.settle_at = if self.settle_at_min == 0 { 0 } else { self.settle_at_min.max(2 * self.calls.len()) };
        Ok(())
    }

    /// Settles the last operation, which was alone, if nothing else is known to have taken effect. True if that is done.
    fn settle_last(&mut self) -> bool {
        let others = self.calls.len() - 1;
        let last = &self.calls[others];
        if others != self.loose || others > 0 && matches!(last.on_cell(), Some(CellOperation::Append(_))) {
            return false;
        }
        // Nothing can be known better than that nothing else took effect, if that explains the answer.
        let output = last.call.ok().map(|(_, output)| output);
        let Some(value) = KeyValue.step(&self.value, &last.call.input, output) else { return false };
        (self.value, self.since) = (value, last.returned().map_or(self.since, |returned| returned + 1));
        self.shown_by = self.calls.pop();
        true
    }

    /// A cut of the record before which the operations have an order, or need one operation of unknown end or another.
    fn settled(&self, is_alone: bool, undecided: &mut u64) -> Result<Option<(Split, Judged)>, Box<Counterexample>> {
        let values = Values::of(self);
        let unread = self.unread();
        let last = is_alone.then(|| span::behind_last(self, &values)).flatten();
        let splits = last.into_iter().chain(seam::cuts(&values, unread)).chain(span::cuts(&values, unread));
        // The first cut whose value is known, and where nothing else follows.
        let mut unsettled = None;
        let mut is_suspect = false;
        for split in splits.take(SPLITS_MAX) {
            match self.judge(&values, &split) {
                judged @ Judged::Settled(..) => return Ok(Some((split, judged))),
                Judged::Impossible => return Err(self.explained()),
                judged if matches!(split.end, End::Is(..)) => {
                    unsettled.get_or_insert((split, judged));
                }
                Judged::Ambiguous | Judged::GivenUp => is_suspect = true,
            }
        }
        if unsettled.is_none() && is_suspect && matches!(self.has_order(&mut { BUDGET }), Ok(false)) {
            return Err(self.explained());
        }
        *undecided += u64::from(matches!(unsettled, Some((_, Judged::GivenUp))));
        Ok(unsettled)
    }

    /// Judges the operations before the cut.
    fn judge(&self, values: &Values<'_>, split: &Split) -> Judged {
        let mut budget = BUDGET;
        let ending = Ending::new(self, split);
        let mut order = witness::find(values, split).map(|value| Order { value, used: Vec::new() });
        if order.is_none() {
            match Question::new(self, split, &ending, &[]).order(|_| false, &mut budget) {
                Ok(found) => order = found,
                Err(_) => return Judged::GivenUp,
            }
        }
        let past = self.past();
        let takes_from_past = || split.takes(&self.calls) && !past.is_empty();
        if let Some(order) = &order
            && !takes_from_past()
        {
            return Judged::Settled(order.value.clone(), Vec::new());
        }
        let question = Question::new(self, split, &ending, &past);
        let needed = match order {
            // An operation that is taken from the past must not be missed there.
            Some(order) => match question.order(|_| true, &mut budget) {
                Ok(Some(_)) => return Judged::Settled(order.value, Vec::new()),
                Ok(None) => Ok(Needed::More),
                Err(limit) => Err(limit),
            },
            None => question.needed(&mut budget),
        };
        match needed {
            Ok(Needed::These(order)) => Judged::Settled(order.value, order.used),
            Ok(Needed::Some) => Judged::Ambiguous,
            // The operations before a seam may have been put in order by those that are open at it.
            Ok(Needed::More) if matches!(split.end, End::Any(_)) => Judged::Ambiguous,
            Ok(Needed::More) => Judged::Impossible,
            Err(_) => Judged::GivenUp,
        }
    }

    /// Forgets the operations before the cut, and those of unknown end that were used there; or puts them aside.
    fn forget(&mut self, split: &Split, judged: Judged) {
        let (at, is_before) = (split.at, |place: usize| split.sides[place] == Side::Before);
        let mut used = Vec::new();
        let value = match (judged, &split.end) {
            (Judged::Settled(value, needed), _) => {
                if !needed.is_empty() {
                    // They were needed in the past too, or not there.
                    self.stretches.clear();
                }
                used = needed;
                value
            }
            (Judged::Ambiguous, End::Is(value, _)) => {
                let calls = self.calls.iter().enumerate().filter(|(place, _)| is_before(*place));
                let calls = calls.map(|(_, known)| known.clone()).collect();
                let (since, from, to) = (self.since, self.value.clone(), value.clone());
                self.stretches.push(Stretch { since, from, calls, at, to });
                value.clone()
            }
            // Any operation may be used again then: too much is allowed, never too little.
            (_, End::Is(value, _)) => value.clone(),
            (_, End::Any(_)) => unreachable!("nothing is forgotten that has no order and leads to no value"),
        };
        self.shown_by = match split.end {
            End::Is(_, shown_by) => Some(self.calls[shown_by].clone()),
            End::Any(_) => None,
        };
        (self.value, self.since) = (value, at);
        let mut place = 0;
        self.calls.retain(|_| {
            let side = split.sides[place];
            let is_kept = side == Side::After || side == Side::Either && !used.contains(&place);
            place += 1;
            is_kept
        });
        self.loose = self.calls.iter().filter(|known| known.is_loose()).count();
    }
}
