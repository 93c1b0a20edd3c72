//! Cuts where the value is known.
//!
//! Two things prove a value:
//! - an operation that was alone with its key, from its invocation to its return, and shows the value. An operation of
//!   unknown end that took effect between it and the cut can take effect behind the cut as well;
//! - a *span*: two operations that made or saw the same value, the second invoked after the first had returned, if the value
//!   can have come about only once. Then it was there all the time between, in every order. Spans are the forward zones of
//!   Gibbons and Korach.
//!
//! So a record has an order if and only if the operations before the cut have one that leads to the value, and the others
//! have one that begins with it. The sides of the operations that are open at the cut follow from these rules, and a cut at
//! which one of them does not follow is of no use:
//! - An operation that looks, and finds the value of the cut right, can do so at the cut.
//! - One that was invoked after the beginning of the span, and changes the value or finds another, took effect after the cut.
//! - One that makes, sees or replaces another value that comes about only once is on the side of all others that do: the
//!   lifetime of that value was over before the cut, or began after it.
//! - One of unknown end may be used before the cut only if the operations there have no order without it (`settling`).

use env::Bytes;

use super::record::Record;
use super::split::{End, Side, Split};
use super::values::{Step, ValueId, Values};
use crate::linearizability::models::cell;

/// A moment at which the value is known.
struct Moment<'a> {
    values: &'a Values<'a>,
    at: u64,
    /// The value was there from here on.
    since: u64,
    value: ValueId,
    /// The operation that made it, if others saw it.
    maker: Option<usize>,
}

/// The cut behind the record's last operation, if that was alone with the key and shows the value.
pub(super) fn behind_last(record: &Record, values: &Values<'_>) -> Option<Split> {
    let shown_by = record.calls.len().checked_sub(1)?;
    let last = &record.calls[shown_by].call;
    let (returned, output) = last.ok()?;
    let value = cell::shown(&last.input, output)?;
    let (at, since) = (returned.order + 1, returned.order);
    let number = match values.steps[shown_by] {
        Step::Sees(value) | Step::Writes(value) | Step::Swaps(_, value) => value,
        Step::Misses(_) | Step::Appends | Step::Waits | Step::Errs => return None,
    };
    let moment = Moment { values, at, since, value: number, maker: None };
    Some(Split { at, sides: moment.sides()?, end: End::Is(value, shown_by) })
}

/// The cuts in spans, the latest first: of each value the last.
pub(super) fn cuts<'a>(values: &'a Values<'a>, unread: u64) -> impl Iterator<Item = Split> + 'a {
    let places = (0..values.calls.len()).rev();
    places.filter_map(move |shown_by| {
        let known = &values.calls[shown_by];
        let (Step::Sees(value) | Step::Swaps(value, _)) = values.steps[shown_by] else { return None };
        let at = known.call.invoked.order;
        if !known.is_sure() || values.sightings(value).last_seen != at {
            return None;
        }
        let lifetime = values.lifetime(value)?;
        let since = lifetime.first;
        // An operation invoked before the span that has not answered may have seen anything.
        if since >= at || since >= unread || at <= values.since {
            return None;
        }
        let moment = Moment { values, at, since, value, maker: lifetime.maker };
        let end = End::Is(values.sightings(value).bytes.map(Bytes::from), shown_by);
        Some(Split { at, sides: moment.sides()?, end })
    })
}

impl Moment<'_> {
    fn sides(&self) -> Option<Vec<Side>> {
        (0..self.values.calls.len()).map(|place| self.side(place)).collect()
    }

    fn side(&self, place: usize) -> Option<Side> {
        let known = &self.values.calls[place];
        let invoked = known.call.invoked.order;
        if known.is_loose() {
            let is_seen = || self.was_seen_before(place);
            return Some(if invoked > self.since {
                Side::After
            } else if is_seen() {
                Side::Before
            } else {
                Side::Either
            });
        }
        if invoked > self.at {
            return Some(Side::After);
        }
        if known.returned().is_some_and(|returned| returned < self.at) {
            return Some(Side::Before);
        }
        let step = self.values.steps[place];
        match step {
            Step::Sees(value) if value == self.value => return Some(Side::At),
            Step::Misses(value) if value != self.value => return Some(Side::At),
            Step::Misses(_) | Step::Sees(_) | Step::Writes(_) | Step::Swaps(..) | Step::Appends | Step::Waits => {}
            Step::Errs => return None,
        }
        if self.maker == Some(place) {
            return Some(Side::Before).filter(|_| !known.is_open && invoked < self.at);
        }
        if invoked > self.since {
            return Some(Side::After);
        }
        if known.is_open {
            return None;
        }
        match step {
            Step::Sees(value) | Step::Writes(value) => self.side_of(value),
            Step::Swaps(from, _) if from == self.value => Some(Side::After),
            Step::Swaps(from, to) => self.side_of(from).or_else(|| self.side_of(to)),
            Step::Appends if self.was_seen_before(place) => Some(Side::Before),
            Step::Appends | Step::Misses(_) | Step::Waits | Step::Errs => None,
        }
    }

    /// On which side of the cut a value was there that is not the cut's.
    fn side_of(&self, value: ValueId) -> Option<Side> {
        let lifetime = self.values.lifetime(value)?;
        if lifetime.first < self.at {
            Some(Side::Before)
        } else if lifetime.last_touched > self.since {
            Some(Side::After)
        } else {
            None
        }
    }

    /// True if the value that the operation at `place` makes, and no other, was seen before the cut.
    fn was_seen_before(&self, place: usize) -> bool {
        let has_made = |value: ValueId| {
            let lifetime = self.values.lifetime(value);
            lifetime.is_some_and(|lifetime| lifetime.maker == Some(place) && lifetime.first < self.at)
        };
        match self.values.steps[place] {
            Step::Writes(value) | Step::Swaps(_, value) => has_made(value),
            Step::Appends => self.values.steps.iter().zip(self.values.calls).any(|(step, known)| match step {
                Step::Sees(value) | Step::Swaps(value, _) => {
                    known.returned().is_some_and(|returned| returned < self.at) && has_made(*value)
                }
                _ => false,
            }),
            Step::Sees(_) | Step::Misses(_) | Step::Waits | Step::Errs => false,
        }
    }
}
