//! The search for an order before a cut, and the operations of unknown end that it takes.

use env::Bytes;
use kv_types::{Operation, Output};

use super::record::Record;
use super::split::{End, Side, Split};
use super::stretch::{Placed, behind};
use crate::linearizability::model::Model;
use crate::linearizability::models::KeyValue;
use crate::linearizability::part::{Item, Part};
use crate::linearizability::search::{Budget, Found, Limit};
use crate::linearizability::start::Start;

/// The questions that have to be answered right at a cut, with their answers.
#[derive(Default)]
pub(super) struct Ending(Vec<(Operation, Output)>);

impl Ending {
    pub(super) fn new(record: &Record, split: &Split) -> Ending {
        Ending(match &split.end {
            End::Is(value, _) => {
                vec![(Operation::Get { key: record.key().clone() }, Output::Value(value.clone()))]
            }
            End::Any(misses) => {
                let misses = misses.iter().map(|place| &record.calls[*place].call);
                misses.filter_map(|call| Some((call.input.clone(), call.ok()?.1.clone()))).collect()
            }
        })
    }
}

/// An order of the operations before a cut.
pub(super) struct Order {
    /// The value that it leads to.
    pub(super) value: Option<Bytes>,
    /// The operations of unknown end that it uses, by their places, ascending.
    pub(super) used: Vec<usize>,
}

/// The operations of unknown end that it takes to put in order those before a cut.
pub(super) enum Needed {
    /// Every order uses these, and this one uses no others.
    These(Order),
    /// One or another.
    Some,
    /// All of them are not enough.
    More,
}

/// The operations before a cut, and those that may be needed there.
pub(super) struct Question<'a> {
    record: &'a Record,
    /// The value that it begins with.
    first: Option<Bytes>,
    /// When the cut is, in the times of the items.
    at: u64,
    is_seam: bool,
    /// The operations that surely took effect before the cut, and the answers that have to be right at it.
    sure: Part<'a, KeyValue>,
    /// The operations of unknown end that may have taken effect before the cut.
    either: Vec<Item<'a, KeyValue>>,
    /// Those that are after a seam and may have been between others before it.
    open: Vec<Item<'a, KeyValue>>,
}

impl<'a> Question<'a> {
    /// About the operations before a cut of the record, from its value on; or, with a `past`, from the past's beginning
    /// on.
    pub(super) fn new(record: &'a Record, split: &Split, ending: &'a Ending, past: &'a [Placed]) -> Question<'a> {
        let (at, is_seam) = (4 * split.at, matches!(split.end, End::Any(_)));
        let first = if past.is_empty() { &record.value } else { record.past_from() };
        let mut sure = Part { model: &KeyValue, start: Start::At(first.clone()), items: Vec::new() };
        sure.items.reserve(past.len() + record.calls.len() + ending.0.len());
        let (mut either, mut open) = (Vec::new(), Vec::new());
        let other = record.calls.len();
        sure.items.extend(past.iter().enumerate().filter_map(|(place, placed)| {
            let item = placed.known.item(other + place)?;
            Some(Item { invoked: placed.invoked, until: Some(placed.until), is_sure: true, ..item })
        }));
        for (place, (side, known)) in split.sides.iter().zip(&record.calls).enumerate() {
            let Some(item) = known.item(place) else { continue };
            let until = item.until.map_or(at, |until| at.min(4 * until));
            let invoked = behind(record.since, item.invoked);
            let doubted = |invoked| item.doubted(&KeyValue).map(|item| Item { invoked, until: None, ..item });
            match side {
                Side::Before => sure.items.push(Item { invoked, until: Some(until), is_sure: true, ..item }),
                Side::Either => either.extend(doubted(4 * item.invoked)),
                Side::After if is_seam && 4 * item.invoked < at => open.extend(doubted(invoked)),
                Side::After | Side::At => {}
            }
        }
        sure.items.extend(ending.0.iter().map(|(input, output)| {
            let call = other + past.len();
            Item { call, input, invoked: at, until: Some(at + 1), output: Some(output), is_sure: true }
        }));
        let first = first.clone();
        Question { record, first, at, is_seam, sure, either, open }
    }

    /// An order that uses no operations of unknown end but those that are `allowed`; `None` if there is none.
    pub(super) fn order(
        &self,
        allowed: impl Fn(usize) -> bool,
        budget: &mut Budget<'_>,
    ) -> Result<Option<Order>, Limit> {
        let part = self.part(allowed);
        match part.decide(budget) {
            Found::Order(order) => {
                let changes: Vec<_> = order.changes.iter().map(|place| part.items[*place as usize]).collect();
                let calls = changes.iter().map(|item| item.call);
                let mut used: Vec<usize> = calls.filter(|call| self.is_either(*call)).collect();
                used.sort_unstable();
                let mut value = self.first.clone();
                for item in changes {
                    value = KeyValue.step(&value, item.input, item.output).expect("an order is one of the model");
                }
                Ok(Some(Order { value, used }))
            }
            Found::Nothing { .. } => Ok(None),
            Found::GivenUp(limit) => Err(limit),
        }
    }

    /// The operations that have to be put in order, and those of unknown end that are `allowed`.
    pub(super) fn part(&self, allowed: impl Fn(usize) -> bool) -> Part<'a, KeyValue> {
        let mut items = self.sure.items.clone();
        items.extend(self.either.iter().filter(|item| allowed(item.call)));
        items.sort_by_key(|item| item.invoked);
        self.sure.with(items)
    }

    fn is_either(&self, call: usize) -> bool {
        self.either.binary_search_by_key(&call, |item| item.call).is_ok()
    }

    /// The operations that it takes besides those that surely took effect before the cut, if these are not enough.
    pub(super) fn needed(&self, budget: &mut Budget<'_>) -> Result<Needed, Limit> {
        match self.order(|_| true, budget)? {
            None => Ok(Needed::More),
            // A budget that does not suffice to tell more leaves nothing known.
            Some(order) => Ok(self.all_needed(order, budget).unwrap_or(Needed::Some)),
        }
    }

    fn all_needed(&self, mut order: Order, budget: &mut Budget<'_>) -> Result<Needed, Limit> {
        // Those in front of this place cannot be left out.
        let mut place = 0;
        while let Some(left_out) = order.used.get(place).copied() {
            match self.order(|call| call != left_out && order.used.contains(&call), budget)? {
                Some(fewer) => order = fewer,
                None => place += 1,
            }
        }
        for call in &order.used {
            // The earliest of its twins can do all that later ones can.
            let twins = |other: &usize| self.are_twins(*call, *other);
            let spared = order.used.iter().copied().filter(twins).count() - 1;
            let left_out: Vec<usize> = self.either.iter().map(|item| item.call).filter(twins).skip(spared).collect();
            if !self.is_impossible_without(&left_out, budget)? {
                return Ok(Needed::Some);
            }
        }
        Ok(Needed::These(order))
    }

    /// True if there is no order without these, even with the operations after a seam that were open at it. Operations that
    /// only looked then, or later, may have been right for that reason.
    fn is_impossible_without(&self, left_out: &[usize], budget: &mut Budget<'_>) -> Result<bool, Limit> {
        let mut part = self.part(|call| !left_out.contains(&call));
        if self.is_seam {
            part.items.retain(|item| item.until < Some(self.at) || !KeyValue.is_read(item.input, item.output));
            part.items.extend(&self.open);
            part.items.sort_by_key(|item| item.invoked);
        }
        match part.decide(budget) {
            Found::Order(_) => Ok(false),
            Found::Nothing { .. } => Ok(true),
            Found::GivenUp(limit) => Err(limit),
        }
    }

    /// True if it is all one which of two operations of unknown end is used before the cut, and which after it.
    fn are_twins(&self, one: usize, other: usize) -> bool {
        self.record.calls[one].call.input == self.record.calls[other].call.input
    }
}
