//! An order that is guessed, and then held against the rules: cheaper than a search, and right nearly always.
//!
//! A *stay* is the time from one change of the value to the next, with the operations that see it; stays that swaps lead
//! through are a chain. Chains are put in order by the time at which each can have been over at the earliest: the first
//! return or the last invocation of its operations, whichever came first. For a register that is an order if there is one
//! (Gibbons and Korach). Two things are guesses: the delete that made the value absent, and the place of an operation that
//! misses a value. The order is walked from the first value on, and given up where an operation would take effect after its return.
//! A wrong guess says nothing.

use env::Bytes;

use super::split::{End, Side, Split};
use super::values::{ABSENT, Step, ValueId, Values};
use crate::linearizability::model::CellOperation;

/// In place of a number: there is none.
const NONE: usize = usize::MAX;

/// The value at the end of an order of the operations before a cut; `None` if no order was guessed.
pub(super) fn find(values: &Values<'_>, split: &Split) -> Option<Option<Bytes>> {
    let stays = Stays::new(values, split)?;
    let mut walk =
        Walk { stays: &stays, stay: stays.first, latest: 0, unseen: Vec::new(), misses: 0, pending: Vec::new() };
    let mut placed = 0;
    for (_, chain) in stays.chains() {
        placed += walk.through(chain)?;
    }
    let is_whole = placed + stays.misses.len() == split.sides.iter().filter(|side| **side == Side::Before).count();
    let value = walk.end().filter(|_| is_whole)?;
    match &split.end {
        End::Is(shown, _) => (value == *shown).then_some(value),
        End::Any(misses) => {
            let is_missed = |place: &usize| matches!(values.steps[*place], Step::Misses(missed) if walk.may_be(missed));
            (!misses.iter().any(is_missed)).then_some(value)
        }
    }
}

/// The time from one change of the value to the next.
#[derive(Clone, Copy)]
struct Stay {
    /// The value; `NONE` if an append that no operation saw has made it.
    value: ValueId,
    /// The change before it and the one behind it, if it is known.
    made_by: usize,
    left_by: usize,
    /// The first and the last operation that sees the value.
    seen: (usize, usize),
}

struct Stays<'a> {
    values: &'a Values<'a>,
    /// Those of values have the value's number, those of deletes come behind.
    stays: Vec<Stay>,
    /// The stay of the first value.
    first: usize,
    /// By call: the stay that it makes.
    makes: Vec<usize>,
    /// By call: the next one that sees the same stay.
    next: Vec<usize>,
    /// The places of the operations that miss a value.
    misses: Vec<usize>,
}

impl<'a> Stays<'a> {
    fn new(values: &'a Values<'a>, split: &Split) -> Option<Stays<'a>> {
        let calls = values.calls.len();
        let mut stays = Stays {
            values,
            stays: Vec::with_capacity(values.len() + calls / 4),
            first: values.initial,
            makes: vec![NONE; calls],
            next: vec![NONE; calls],
            misses: Vec::new(),
        };
        stays.stays.extend((0..values.len()).map(Stay::of));
        let mut looking = Vec::new();
        // When the value may have become absent, and for which stay.
        let mut absences = Vec::new();
        if values.initial == ABSENT {
            absences.push((0, ABSENT));
        }
        for place in (0..calls).filter(|place| split.sides[*place] == Side::Before) {
            let invoked = values.calls[place].call.invoked.order;
            match values.steps[place] {
                Step::Sees(ABSENT) => looking.push(place),
                Step::Sees(value) => stays.see(value, place),
                Step::Misses(_) => stays.misses.push(place),
                Step::Writes(ABSENT) => absences.push((invoked, stays.make_new(ABSENT, place))),
                Step::Writes(value) => stays.make(value, place)?,
                Step::Swaps(from, to) => {
                    if from == ABSENT {
                        looking.push(place);
                    } else {
                        stays.leave(from, place)?;
                    }
                    if to == ABSENT {
                        absences.push((invoked, stays.make_new(ABSENT, place)));
                    } else {
                        stays.make(to, place)?;
                    }
                }
                Step::Appends => {
                    stays.make_new(NONE, place);
                }
                Step::Waits | Step::Errs => return None,
            }
        }
        // Those that replace the absence first, since nothing may see it behind them.
        for (is_swap, place) in
            [true, false].into_iter().flat_map(|is_swap| looking.iter().map(move |place| (is_swap, *place)))
        {
            let known = &values.calls[place];
            let returned = known.returned().unwrap_or(u64::MAX);
            match values.steps[place] {
                Step::Swaps(_, to) if is_swap => {
                    let seen = if to == ABSENT { u64::MAX } else { values.sightings(to).first };
                    let absence = last_before(&absences, returned.min(seen), |stay| stays.stays[stay].left_by == NONE)?;
                    stays.leave(absence, place)?;
                }
                Step::Sees(_) if !is_swap => {
                    let invoked = known.call.invoked.order;
                    let absence = last_before(&absences, returned, |stay| {
                        let left_by = stays.stays[stay].left_by;
                        left_by == NONE || values.calls[left_by].returned().is_none_or(|returned| invoked < returned)
                    })?;
                    stays.see(absence, place);
                }
                _ => {}
            }
        }
        Some(stays)
    }

    fn see(&mut self, stay: usize, place: usize) {
        let (first, last) = &mut self.stays[stay].seen;
        if *first == NONE {
            *first = place;
        } else {
            self.next[*last] = place;
        }
        *last = place;
    }

    fn make(&mut self, value: ValueId, place: usize) -> Option<()> {
        self.makes[place] = value;
        let is_first = std::mem::replace(&mut self.stays[value].made_by, place) == NONE && value != self.first;
        is_first.then_some(())
    }

    fn make_new(&mut self, value: ValueId, place: usize) -> usize {
        let stay = self.stays.len();
        self.makes[place] = stay;
        self.stays.push(Stay { made_by: place, ..Stay::of(value) });
        stay
    }

    fn leave(&mut self, stay: usize, place: usize) -> Option<()> {
        (std::mem::replace(&mut self.stays[stay].left_by, place) == NONE).then_some(())
    }

    /// The first stay of each chain, by the time at which it can have been over at the earliest.
    fn chains(&self) -> Vec<(u64, usize)> {
        let is_begin = |stay: &usize| {
            let Stay { made_by, .. } = self.stays[*stay];
            *stay == self.first || made_by != NONE && !matches!(self.values.steps[made_by], Step::Swaps(..))
        };
        let mut chains: Vec<(u64, usize)> =
            (0..self.stays.len()).filter(is_begin).map(|stay| (self.over_at(stay), stay)).collect();
        chains.sort_unstable();
        chains
    }

    fn over_at(&self, chain: usize) -> u64 {
        if chain == self.first {
            return 0;
        }
        let (mut returned, mut invoked) = (u64::MAX, 0);
        self.each(chain, |place, _| {
            let known = &self.values.calls[place];
            returned = returned.min(known.returned().unwrap_or(u64::MAX));
            invoked = invoked.max(known.call.invoked.order);
            Some(())
        });
        returned.min(invoked)
    }

    /// Does something to each operation of a chain, in order, and to the stay that it makes; `None` where that is given up.
    fn each(&self, chain: usize, mut act: impl FnMut(usize, Option<usize>) -> Option<()>) -> Option<()> {
        let mut stay = chain;
        let mut made_by = self.stays[chain].made_by;
        loop {
            if made_by != NONE {
                act(made_by, Some(stay))?;
            }
            let mut place = self.stays[stay].seen.0;
            while place != NONE {
                act(place, None)?;
                place = self.next[place];
            }
            made_by = self.stays[stay].left_by;
            if made_by == NONE {
                return Some(());
            }
            stay = self.makes[made_by];
        }
    }
}

/// The last absence that may have begun before a time and `will_do`.
fn last_before(absences: &[(u64, usize)], time: u64, will_do: impl Fn(usize) -> bool) -> Option<usize> {
    let before = absences.partition_point(|(invoked, _)| *invoked < time);
    absences[..before].iter().rev().map(|(_, stay)| *stay).find(|stay| will_do(*stay))
}

impl Stay {
    fn of(value: ValueId) -> Stay {
        Stay { value, made_by: NONE, left_by: NONE, seen: (NONE, NONE) }
    }
}

/// A walk through the stays in order.
struct Walk<'a> {
    stays: &'a Stays<'a>,
    /// The place of the present stay.
    stay: usize,
    /// The last invocation of the operations so far.
    latest: u64,
    /// The appends since the value was last known that no operation saw.
    unseen: Vec<usize>,
    /// How many of the operations that miss a value were looked at.
    misses: usize,
    /// Those of them that are not in order yet.
    pending: Vec<usize>,
}

impl Walk<'_> {
    /// Walks through a chain. How many operations there were; `None` if one of them came too late.
    fn through(&mut self, chain: usize) -> Option<usize> {
        let mut placed = 0;
        self.stays.each(chain, |place, made| {
            let known = &self.stays.values.calls[place];
            let invoked = known.call.invoked.order;
            if let Some(stay) = made {
                self.miss(invoked)?;
                self.enter(stay, place);
            }
            if known.returned().is_some_and(|returned| returned < self.latest) {
                return None;
            }
            self.latest = self.latest.max(invoked);
            placed += 1;
            Some(())
        })?;
        Some(placed)
    }

    fn enter(&mut self, stay: usize, place: usize) {
        if self.stays.stays[stay].value == NONE {
            if self.unseen.is_empty() {
                // The run of unseen values begins with the value before them.
                self.unseen.push(self.stay);
            }
            self.unseen.push(place);
        } else {
            self.unseen.clear();
        }
        self.stay = stay;
    }

    /// Puts in order those that miss a value and find another here, before one comes that was invoked then; `None` if one
    /// cannot wait for another value.
    fn miss(&mut self, invoked: u64) -> Option<()> {
        let (calls, steps) = (self.stays.values.calls, &self.stays.values.steps);
        let time = invoked.max(self.latest);
        let known = |place: usize| &calls[place];
        while let Some(place) =
            self.stays.misses.get(self.misses).filter(|place| known(**place).call.invoked.order < time)
        {
            self.pending.push(*place);
            self.misses += 1;
        }
        let mut pending = std::mem::take(&mut self.pending);
        pending.retain(|place| matches!(steps[*place], Step::Misses(missed) if self.may_be(missed)));
        let is_late = |place: &usize| known(*place).returned().is_some_and(|returned| returned < time);
        let can_wait = !pending.iter().any(is_late);
        self.pending = pending;
        can_wait.then_some(())
    }

    /// True if the value may be this one.
    fn may_be(&self, value: ValueId) -> bool {
        let here = self.stays.stays[self.stay].value;
        if here == NONE { self.stays.values.last_appends(value).next().is_some() } else { here == value }
    }

    /// The value at the end; `None` if some operation has found no other than the one that it misses.
    fn end(&mut self) -> Option<Option<Bytes>> {
        self.miss(u64::MAX)?;
        let values = self.stays.values;
        let bytes = |stay: usize| values.sightings(self.stays.stays[stay].value).bytes;
        let Some((before, appends)) = self.unseen.split_first() else { return Some(bytes(self.stay).map(Bytes::from)) };
        let mut bytes = bytes(*before).unwrap_or_default().to_vec();
        for append in appends {
            let Some(CellOperation::Append(added)) = values.calls[*append].on_cell() else { return None };
            bytes.extend(added);
        }
        Some(Some(Bytes::from(bytes)))
    }
}
