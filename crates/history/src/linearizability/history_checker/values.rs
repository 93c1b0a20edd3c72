//! The values of a record: how they came about, and when they were seen.

use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;

use super::record::{Known, Record};
use crate::linearizability::model::CellOperation;

/// The bytes of a value; `None` stands for no value.
pub(super) type Value<'a> = Option<&'a [u8]>;

/// A value of a record, by its number.
pub(super) type ValueId = usize;

/// No value.
pub(super) const ABSENT: ValueId = 0;

/// An operation in terms of a record's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Sees that the value is this one.
    Sees(ValueId),
    /// Sees that it is not this one.
    Misses(ValueId),
    /// Makes this one of any.
    Writes(ValueId),
    /// Makes the second of the first.
    Swaps(ValueId, ValueId),
    /// Adds to the end of any.
    Appends,
    /// Has not answered yet.
    Waits,
    /// Has answered as no value would.
    Errs,
}

/// The values of a record, and its operations in terms of them.
pub(super) struct Values<'a> {
    pub(super) calls: &'a [Known],
    /// By call.
    pub(super) steps: Vec<Step>,
    /// The record's first value,
    pub(super) initial: ValueId,
    /// and the moment at which it was there.
    pub(super) since: u64,
    numbers: HashMap<Value<'a>, ValueId, FxBuildHasher>,
    values: Vec<Sightings<'a>>,
    appends: Appends<'a>,
    /// True if it is known of every value that was seen by which operations it may have come about.
    pub(super) is_clear: bool,
}

/// The sightings of one value.
#[derive(Clone, Copy)]
pub(super) struct Sightings<'a> {
    pub(super) bytes: Value<'a>,
    /// How many operations write it as a whole, and the place of the last one.
    pub(super) makers: usize,
    maker: usize,
    /// When the first operation returned that surely made it or saw it; `u64::MAX` for never.
    pub(super) first: u64,
    /// When the last operation was invoked that saw it; 0 for never.
    pub(super) last_seen: u64,
    /// When the last operation was invoked that makes it or saw it.
    last_touched: u64,
    /// True if it was there.
    is_seen: bool,
}

/// A value may have come about in more than one way.
struct Unclear;

/// The time of a value that comes about once at most, so that nothing else can have been there between two sightings.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lifetime {
    /// The place of the one operation that can make it; `None` for the record's first value.
    pub(super) maker: Option<usize>,
    /// The value was there by then, if it ever was; `u64::MAX` if that time is unknown.
    pub(super) first: u64,
    /// The invocation of the last operation that makes it or saw it.
    pub(super) last_touched: u64,
}

/// Appends, by the bytes that they add.
#[derive(Default)]
pub(super) struct Appends<'a> {
    /// Their places; `None` if several add the same.
    places: HashMap<&'a [u8], Option<usize>, FxBuildHasher>,
    /// The lengths of the bytes that they add, ascending.
    lens: Vec<usize>,
}

impl<'a> Values<'a> {
    pub(super) fn of(record: &'a Record) -> Values<'a> {
        let mut values = Values {
            calls: &record.calls,
            steps: Vec::with_capacity(record.calls.len()),
            initial: ABSENT,
            since: record.since,
            numbers: HashMap::with_capacity_and_hasher(record.calls.len(), FxBuildHasher),
            values: Vec::with_capacity(record.calls.len()),
            appends: Appends::default(),
            is_clear: true,
        };
        values.number(None);
        values.initial = values.number(record.value.as_deref());
        for (place, known) in record.calls.iter().enumerate() {
            let step = values.step(place, known);
            values.note(place, known, step);
            values.steps.push(step);
        }
        values.is_clear = values.resolve();
        values
    }

    /// Finds out which appends made the values that were seen and that nothing wrote as a whole. True if the origin of
    /// every value that was seen is known.
    fn resolve(&mut self) -> bool {
        let calls = self.calls;
        let uncertain = |place: &usize| !calls[*place].is_sure() && matches!(self.steps[*place], Step::Swaps(..));
        let uncertain: Vec<usize> = (0..calls.len()).filter(uncertain).collect();
        let mut unresolved: Vec<ValueId> = (1..self.len()).filter(|value| self.values[*value].is_seen).collect();
        loop {
            while let Some(value) = unresolved.pop() {
                match self.resolve_one(value) {
                    Ok(before) => unresolved.extend(before),
                    Err(Unclear) => return false,
                }
            }
            // A swap of unknown end has seen the value that it replaced if its new value was seen.
            for place in &uncertain {
                let Step::Swaps(from, to) = self.steps[*place] else { continue };
                if self.values[to].is_seen && self.is_repeated(to) {
                    return false;
                }
                if self.values[to].is_seen && !std::mem::replace(&mut self.values[from].is_seen, true) && from != ABSENT
                {
                    unresolved.push(from);
                }
            }
            if unresolved.is_empty() {
                return true;
            }
        }
    }

    /// Finds the append that made a value, and the value that it was added to, if that was not known to have been seen.
    fn resolve_one(&mut self, value: ValueId) -> Result<Option<ValueId>, Unclear> {
        let Sightings { bytes, makers, .. } = self.values[value];
        let mut appends = self.last_appends(value);
        let (last, others) = (appends.next(), appends.next());
        drop(appends);
        if makers > 0 || value == self.initial {
            return if last.is_none() { Ok(None) } else { Err(Unclear) };
        }
        let (Some((Some(place), len)), None) = (last, others) else { return Err(Unclear) };
        let bytes = bytes.unwrap_or_default();
        let before = &bytes[..bytes.len() - len];
        // An append to an empty value has the same effect as one to no value.
        if self.steps[place] != Step::Appends || before.is_empty() && self.numbers.contains_key(&Some(before)) {
            return Err(Unclear);
        }
        let before = self.number(Some(before).filter(|before| !before.is_empty()));
        self.steps[place] = Step::Swaps(before, value);
        let known = &self.calls[place];
        let was_seen = self.values[before].is_seen;
        if known.is_sure() {
            self.values[before].saw(known);
        }
        self.values[before].is_seen = true;
        Ok(Some(before).filter(|_| !was_seen && before != ABSENT))
    }

    /// True if the operation at `place`, which swaps, has surely done so. An absence that was seen tells so of the swap that
    /// made it, since no record is clear in which something else may have made it too.
    pub(super) fn has_swapped(&self, place: usize) -> bool {
        match self.steps[place] {
            Step::Swaps(_, made) => self.calls[place].is_sure() || self.values[made].is_seen,
            _ => false,
        }
    }

    /// True if several operations can make a value.
    pub(super) fn is_repeated(&self, value: ValueId) -> bool {
        self.values[value].makers + usize::from(value == self.initial) > 1
    }

    /// The number of a value, which is new perhaps.
    pub(super) fn number(&mut self, bytes: Value<'a>) -> ValueId {
        let Values { numbers, values, .. } = self;
        *numbers.entry(bytes).or_insert_with(|| {
            let unseen = Sightings {
                bytes,
                makers: 0,
                maker: 0,
                first: u64::MAX,
                last_seen: 0,
                last_touched: 0,
                is_seen: false,
            };
            values.push(unseen);
            values.len() - 1
        })
    }

    fn step(&mut self, place: usize, known: &'a Known) -> Step {
        match known.on_cell() {
            Some(CellOperation::Is(bytes)) => Step::Sees(self.number(bytes)),
            Some(CellOperation::IsNot(bytes)) => Step::Misses(self.number(bytes)),
            Some(CellOperation::Write(bytes)) => Step::Writes(self.number(bytes)),
            Some(CellOperation::Swap { expected, value }) => Step::Swaps(self.number(expected), self.number(value)),
            Some(CellOperation::Append(bytes)) => {
                self.appends.add(bytes, place);
                Step::Appends
            }
            Some(CellOperation::Nothing) => Step::Waits,
            None => Step::Errs,
        }
    }

    fn note(&mut self, place: usize, known: &Known, step: Step) {
        let invoked = known.call.invoked.order;
        let returned = known.returned().unwrap_or(u64::MAX);
        if let Step::Sees(seen) | Step::Swaps(seen, _) = step
            && known.is_sure()
        {
            self.values[seen].saw(known);
        }
        if let Step::Writes(made) | Step::Swaps(_, made) = step {
            let value = &mut self.values[made];
            value.makers += 1;
            value.maker = place;
            value.first = value.first.min(returned);
            value.last_touched = value.last_touched.max(invoked);
        }
    }

    /// How many values there are.
    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    /// The sightings of a value.
    pub(super) fn sightings(&self, value: ValueId) -> &Sightings<'a> {
        &self.values[value]
    }

    /// The appends that a value can end with.
    pub(super) fn last_appends(&self, value: ValueId) -> impl Iterator<Item = (Option<usize>, usize)> {
        self.appends.of(self.values[value].bytes.unwrap_or_default())
    }

    /// When a value was there; `None` if it can have come about more than once, or not at all.
    pub(super) fn lifetime(&self, value: ValueId) -> Option<Lifetime> {
        let Sightings { makers, maker, mut first, mut last_touched, .. } = self.values[value];
        if makers > 1 {
            return None;
        }
        let mut maker = Some(maker).filter(|_| makers == 1);
        for (append, _) in self.last_appends(value) {
            let append = append.filter(|_| maker.is_none())?;
            let known = &self.calls[append];
            first = first.min(known.returned().unwrap_or(u64::MAX));
            last_touched = last_touched.max(known.call.invoked.order);
            maker = Some(append);
        }
        match (value == self.initial, maker) {
            (true, None) => Some(Lifetime { maker, first: 0, last_touched }),
            (false, Some(_)) => Some(Lifetime { maker, first, last_touched }),
            (true, Some(_)) | (false, None) => None,
        }
    }
}

impl Sightings<'_> {
    fn saw(&mut self, known: &Known) {
        let invoked = known.call.invoked.order;
        self.first = self.first.min(known.returned().unwrap_or(u64::MAX));
        self.last_seen = self.last_seen.max(invoked);
        self.last_touched = self.last_touched.max(invoked);
        self.is_seen = true;
    }
}

impl<'a> Appends<'a> {
    fn add(&mut self, bytes: &'a [u8], place: usize) {
        // Adding nothing makes a value of the same value, again and again.
        let place = Some(place).filter(|_| !bytes.is_empty());
        self.places.entry(bytes).and_modify(|place| *place = None).or_insert(place);
        if let Err(at) = self.lens.binary_search(&bytes.len()) {
            self.lens.insert(at, bytes.len());
        }
    }

    /// The places of the appends that these bytes can end with, and the number of bytes that each adds.
    fn of<'b>(&'b self, bytes: &'b [u8]) -> impl Iterator<Item = (Option<usize>, usize)> + 'b {
        let lens = self.lens.iter().take_while(move |len| **len <= bytes.len());
        lens.filter_map(move |len| Some((*self.places.get(&bytes[bytes.len() - len..])?, *len)))
    }
}
