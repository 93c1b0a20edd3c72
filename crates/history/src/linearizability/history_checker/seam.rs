//! Cuts where the value is not known, since other values come before the cut than after it.
//!
//! The operations of a record fall into *groups*, by the values that they make, see or replace. A *seam* is a moment
//! that no group lies across: each group that has an operation which returned before the seam has none that was invoked
//! after it. These groups, and every other operation that returned before the seam, are *before* it. The rest is after
//! it, even where it was invoked before. Then the record has an order if and only if both sides have one:
//! - An order of the one and, behind it, one of the other is an order of all: every operation before the seam was
//!   invoked before it, and every operation after it returned after it.
//! - An order of all, restricted to the operations after the seam, remains an order: an operation finds the value that
//!   the last change before it in its own group has left, and the restriction keeps that change. The same holds for the
//!   operations before the seam.
//!
//! For a register this is how Gibbons and Korach put zones in order. Three things that they leave out need care:
//! - *The future.* No operation to come may see a value from before the seam. None will, once some operation that was
//!   invoked after the seam has returned, and has made or seen a value of a group after it: that value was between. Only an
//!   operation that has not answered and was invoked before that return might, so that there must be none.
//! - *An absent value* is no group, since every delete makes it. An operation that sees it is before the seam if it returned
//!   before. Another must have been invoked after the return that rules out the past, or else the seam is not used.
//! - *A compare-and-swap that failed* sees that some value is not there, by the grace of any other. It is before the
//!   seam if it was invoked before. One that was invoked after, but before the return that rules out the past, has to
//!   be right at the end of the order before the seam too, and then is right wherever another order has it; unless the
//!   value that it misses was made by an operation that was open at the seam, which may have been in between.
//!
//! After the seam the record begins with the value that the order found before it ends with. Any other order would do.

use super::split::{End, Side, Split};
use super::values::{ABSENT, Step, ValueId, Values};

/// The seams of a record, the latest first; `unread` is the invocation of the first operation that may see a value and has
/// not answered.
pub(super) fn cuts<'a>(values: &'a Values<'a>, unread: u64) -> impl Iterator<Item = Split> + 'a {
    let seams = values.is_clear.then(|| Seams::new(values));
    seams.into_iter().flat_map(move |seams| {
        let places = (1..values.calls.len()).rev();
        places.filter_map(move |place| {
            let is_seam = seams.crossed[place] == 0 && seams.ruled_out[place] < unread;
            let is_later = values.calls[place].call.invoked.order > values.since;
            if is_seam && is_later { seams.split(place) } else { None }
        })
    })
}

/// The moments just before the invocations of calls, and how far they are seams.
struct Seams<'a> {
    groups: Groups<'a>,
    /// By call: how many reasons there are not to cut the record there. Until all are known, by how many there are more than
    /// before.
    crossed: Vec<isize>,
    /// By call: when the first operation returned that was invoked there or later, and rules out that a value from before is
    /// seen again; `u64::MAX` for never.
    ruled_out: Vec<u64>,
}

/// The groups of a record's operations.
struct Groups<'a> {
    values: &'a Values<'a>,
    /// By value: another value of its group, or itself.
    parents: Vec<ValueId>,
    /// By value, of groups at the one that is its own parent: when the first operation returned that surely belongs to it;
    /// `u64::MAX` for never.
    first: Vec<u64>,
    /// The same: when the last one was invoked. Of one that makes a value which others make too, when it returned.
    last: Vec<u64>,
}

impl<'a> Groups<'a> {
    fn new(values: &'a Values<'a>) -> Groups<'a> {
        let count = values.len();
        let parents = (0..count).collect();
        let mut groups = Groups { values, parents, first: vec![u64::MAX; count], last: vec![0; count] };
        for (place, step) in values.steps.iter().enumerate() {
            if let Step::Swaps(from, to) = *step
                && from != ABSENT
                && to != ABSENT
                && values.has_swapped(place)
            {
                let (from, to) = (groups.root(from), groups.root(to));
                groups.parents[from] = to;
            }
        }
        for (place, known) in values.calls.iter().enumerate() {
            let Some(group) = groups.of(place) else { continue };
            let returned = known.returned().unwrap_or(u64::MAX);
            groups.first[group] = groups.first[group].min(returned);
            groups.last[group] = groups.last[group].max(known.call.invoked.order);
            if let Step::Writes(made) | Step::Swaps(_, made) = values.steps[place]
                && values.is_repeated(made)
            {
                groups.last[group] = groups.last[group].max(returned);
            }
        }
        let initial = groups.root(values.initial);
        groups.first[initial] = 0;
        groups
    }

    fn root(&self, mut value: ValueId) -> ValueId {
        while self.parents[value] != value {
            value = self.parents[value];
        }
        value
    }

    /// The group that an operation surely belongs to if it took effect.
    fn of(&self, place: usize) -> Option<ValueId> {
        let value = match self.values.steps[place] {
            Step::Sees(value) | Step::Writes(value) => value,
            Step::Swaps(from, to) if self.values.has_swapped(place) => {
                if to == ABSENT {
                    from
                } else {
                    to
                }
            }
            Step::Swaps(..) | Step::Misses(_) | Step::Appends | Step::Waits | Step::Errs => ABSENT,
        };
        (value != ABSENT).then(|| self.root(value))
    }

    /// True if an operation belongs to a group in which one had returned by a moment.
    fn had_begun(&self, place: usize, at: u64) -> bool {
        self.of(place).is_some_and(|group| self.first[group] < at)
    }
}

impl<'a> Seams<'a> {
    fn new(values: &'a Values<'a>) -> Seams<'a> {
        let count = values.calls.len();
        let mut seams =
            Seams { groups: Groups::new(values), crossed: vec![0; count + 1], ruled_out: vec![u64::MAX; count] };
        let mut first = u64::MAX;
        for (place, known) in values.calls.iter().enumerate().rev() {
            if let Step::Sees(value) | Step::Writes(value) | Step::Swaps(_, value) = values.steps[place]
                && value != ABSENT
            {
                first = first.min(known.returned().unwrap_or(u64::MAX));
            }
            seams.ruled_out[place] = first;
        }
        for group in 1..values.len() {
            let (first, last) = (seams.groups.first[group], seams.groups.last[group]);
            if seams.groups.parents[group] == group && first < last {
                seams.forbid(seams.behind(first), seams.behind(last));
            }
        }
        seams.forbid_absences();
        let mut across = 0;
        for place in &mut seams.crossed {
            across += *place;
            *place = across;
        }
        seams
    }

    /// The first place whose call was invoked after a time.
    fn behind(&self, time: u64) -> usize {
        self.groups.values.calls.partition_point(|known| known.call.invoked.order <= time)
    }

    /// Forbids the seams before the calls from one place to another.
    fn forbid(&mut self, from: usize, to: usize) {
        if from < to {
            self.crossed[from] += 1;
            self.crossed[to] -= 1;
        }
    }

    /// Forbids the seams at which an operation may see an absence from before that has not returned then.
    fn forbid_absences(&mut self) {
        let values = self.groups.values;
        let makes_absent = |step: &Step| matches!(step, Step::Writes(ABSENT) | Step::Swaps(_, ABSENT));
        let first = match values.steps.iter().position(makes_absent) {
            _ if values.initial == ABSENT => 0,
            Some(place) => place + 1,
            None => return,
        };
        for (place, known) in values.calls.iter().enumerate() {
            let sees_absent = match values.steps[place] {
                Step::Sees(value) => value == ABSENT,
                Step::Swaps(from, _) => from == ABSENT && values.has_swapped(place),
                _ => false,
            };
            if sees_absent {
                let from = self.ruled_out.partition_point(|time| *time <= known.call.invoked.order);
                let to = known.returned().map_or(values.calls.len(), |returned| self.behind(returned));
                self.forbid(from.max(first), to);
            }
        }
    }

    /// The record cut just before the invocation at `place`; `None` if it does not follow on which side something is.
    fn split(&self, place: usize) -> Option<Split> {
        let values = self.groups.values;
        let at = values.calls[place].call.invoked.order;
        let mut sides = Vec::with_capacity(values.calls.len());
        for open in 0..place {
            sides.push(self.side(open, at)?);
        }
        let late = place..values.calls.len();
        let late = late.take_while(|late| values.calls[*late].call.invoked.order < self.ruled_out[place]);
        let misses: Vec<usize> = late.filter(|late| matches!(values.steps[*late], Step::Misses(_))).collect();
        let is_between =
            |late: &usize| matches!(values.steps[*late], Step::Misses(value) if self.may_be_between(value, &sides));
        if misses.iter().any(is_between) || !sides.contains(&Side::Before) {
            return None;
        }
        sides.resize(values.calls.len(), Side::After);
        Some(Split { at, sides, end: End::Any(misses) })
    }

    /// The side of an operation that was invoked before the seam.
    fn side(&self, place: usize, at: u64) -> Option<Side> {
        let values = self.groups.values;
        let known = &values.calls[place];
        if known.returned().is_some_and(|returned| returned < at) {
            return Some(Side::Before);
        }
        if self.groups.had_begun(place, at) {
            return match values.steps[place] {
                // It need not be the one that others have seen the effect of.
                Step::Writes(made) | Step::Swaps(_, made) if known.is_loose() && values.is_repeated(made) => {
                    Some(Side::Either)
                }
                _ => Some(Side::Before).filter(|_| !known.is_open),
            };
        }
        match values.steps[place] {
            Step::Misses(_) => Some(Side::Before),
            Step::Waits | Step::Errs => None,
            _ if known.is_loose() => Some(Side::Either),
            _ => Some(Side::After),
        }
    }

    /// True if an operation that was open at the seam and may be after it makes this value.
    fn may_be_between(&self, value: ValueId, sides: &[Side]) -> bool {
        let values = self.groups.values;
        let open = sides.iter().zip(&values.steps).filter(|(side, _)| matches!(side, Side::Either | Side::After));
        let mut steps = open.map(|(_, step)| *step);
        steps.any(|step| match step {
            Step::Writes(made) | Step::Swaps(_, made) => made == value,
            Step::Appends => values.last_appends(value).next().is_some(),
            Step::Sees(_) | Step::Misses(_) | Step::Waits | Step::Errs => false,
        })
    }
}
