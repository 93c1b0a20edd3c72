//! How bytes came about: as a whole, or by appends to something.

use std::collections::BTreeMap;

use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;

use super::ABSENT;
use crate::linearizability::model::CellOperation;
use crate::linearizability::search::StateId;

/// How a value can have come about.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// It cannot.
    None,
    /// By these appends, one after the other, to this version: each with the length of the value behind it.
    One { base: StateId, appended: Vec<(u32, usize)> },
    /// In more than one way.
    Many,
}

/// The version of some bytes, if there is one, and whether they were written as a whole.
type Known<'f> = dyn Fn(&[u8]) -> Option<(StateId, bool)> + 'f;

/// The appends among some operations, by the bytes that they add.
pub(super) struct Appends<'a> {
    by_bytes: HashMap<&'a [u8], u32, FxBuildHasher>,
    /// The lengths of these bytes, ascending.
    lens: Vec<usize>,
    are_distinct: bool,
}

impl<'a> Appends<'a> {
    pub(super) fn of(operations: &[CellOperation<'a>]) -> Appends<'a> {
        let mut appends =
            Appends { by_bytes: HashMap::with_hasher(FxBuildHasher), lens: Vec::new(), are_distinct: true };
        for (place, operation) in operations.iter().enumerate() {
            let CellOperation::Append(bytes) = *operation else { continue };
            appends.are_distinct &= !bytes.is_empty() && appends.by_bytes.insert(bytes, place as u32).is_none();
            if let Err(at) = appends.lens.binary_search(&bytes.len())
                && !bytes.is_empty()
            {
                appends.lens.insert(at, bytes.len());
            }
        }
        appends
    }

    /// True if each adds other bytes, and none adds nothing.
    pub(super) fn are_distinct(&self) -> bool {
        self.are_distinct
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lens.is_empty()
    }

    /// How `value` can have come about. `known` is the version of some bytes, and whether these were written as a whole:
    /// if not, that version is how they came about.
    ///
    /// From the end on, each length that appends lead back to is looked at; then, from the beginning on, in how many
    /// ways the value came to each. Where one append ends in another's bytes, most often a single way is left all the
    /// same.
    pub(super) fn origin(&self, value: &[u8], known: &Known<'_>) -> Origin {
        let mut left = BTreeMap::from([(value.len(), Way::default())]);
        let mut lens = Vec::new();
        while let Some((len, _)) = left.pop_last() {
            let mut way = Way::default();
            match known(&value[..len]) {
                Some((version, is_whole)) => {
                    way.base = Some(version);
                    if !is_whole {
                        lens.push((len, way));
                        continue;
                    }
                }
                None if len == 0 => way.base = Some(ABSENT),
                None => {}
            }
            for append_len in self.lens.iter().take_while(|append_len| **append_len <= len) {
                if let Some(append) = self.by_bytes.get(&value[len - append_len..len]) {
                    way.appends.push((*append, len - append_len));
                    left.insert(len - append_len, Way::default());
                }
            }
            lens.push((len, way));
        }
        counted(&lens)
    }
}

/// How a value came to a length: as the base that it is, or by appends to shorter ones.
#[derive(Default)]
struct Way {
    base: Option<StateId>,
    appends: Vec<(u32, usize)>,
}

/// The origin of the longest of these, which come in descending order.
fn counted(lens: &[(usize, Way)]) -> Origin {
    let mut ways: BTreeMap<usize, u32> = BTreeMap::new();
    for (len, way) in lens.iter().rev() {
        let count: u32 = way.appends.iter().map(|(_, before)| ways[before]).sum();
        ways.insert(*len, (count + u32::from(way.base.is_some())).min(2));
    }
    match lens.first().map(|(len, _)| ways[len]) {
        Some(1) => {}
        Some(2) => return Origin::Many,
        _ => return Origin::None,
    }
    let mut appended = Vec::new();
    let mut at = 0;
    loop {
        let (len, way) = &lens[at];
        if let Some(base) = way.base {
            appended.reverse();
            return Origin::One { base, appended };
        }
        let (append, before) = way.appends.iter().find(|(_, before)| ways[before] > 0).expect("there is a way");
        appended.push((*append, *len));
        at += lens[at..].iter().position(|(len, _)| len == before).expect("it was looked at");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(appends: &[&str], whole: &[&str], value: &str) -> Origin {
        let operations: Vec<_> = appends.iter().map(|bytes| CellOperation::Append(bytes.as_bytes())).collect();
        let known = |bytes: &[u8]| {
            let place = whole.iter().position(|whole| whole.as_bytes() == bytes)?;
            Some((place as StateId + 1, true))
        };
        Appends::of(&operations).origin(value.as_bytes(), &known)
    }

    #[test]
    fn an_append_that_ends_in_another_leaves_one_way() {
        let one = Origin::One { base: 1, appended: vec![(1, 5)] };
        assert_eq!(origin(&["2.", "12."], &["5."], "5.12."), one);
    }

    #[test]
    fn two_ways_are_told_from_one_and_from_none() {
        assert_eq!(origin(&["2", "12"], &["51", "5"], "512"), Origin::Many);
        assert_eq!(origin(&["2", "12"], &["51"], "512"), Origin::One { base: 1, appended: vec![(0, 3)] });
        assert_eq!(origin(&["2", "12"], &["7"], "512"), Origin::None);
        assert_eq!(origin(&["a"], &["ba", "b"], "ba"), Origin::Many);
    }

    #[test]
    fn appends_begin_with_no_value() {
        let two = Origin::One { base: ABSENT, appended: vec![(0, 2), (1, 4)] };
        assert_eq!(origin(&["a.", "b."], &[], "a.b."), two);
    }
}
