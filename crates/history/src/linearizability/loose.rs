//! Sets of loose operations, each kept once and known by a number.

use hashbrown::HashTable;

/// A set of loose operations, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LooseId(u32);

impl LooseId {
    /// The empty set.
    pub(super) const NONE: LooseId = LooseId(0);
}

/// All sets that came up, over so many operations, which are known by their places.
#[derive(Debug)]
pub(super) struct LooseSets {
    /// How many words one set takes.
    width: usize,
    /// Set by set, a bit for each operation.
    words: Vec<u64>,
    index: HashTable<u32>,
    scratch: Vec<u64>,
}

impl LooseSets {
    pub(super) fn new(operations: usize) -> LooseSets {
        let width = operations.div_ceil(64);
        LooseSets { width, words: vec![0; width], index: HashTable::new(), scratch: Vec::new() }
    }

    /// How many words one set takes.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// `set` and the operation at `place`, which is not in it.
    pub(super) fn with(&mut self, set: LooseId, place: usize) -> LooseId {
        let LooseSets { width, words, index, scratch } = self;
        scratch.clear();
        scratch.extend_from_slice(of(words, *width, set.0));
        scratch[place / 64] |= 1 << (place % 64);
        let hash = hash(scratch);
        if let Some(known) = index.find(hash, |known| of(words, *width, *known) == &scratch[..]) {
            return LooseId(*known);
        }
        let number = (words.len() / *width) as u32;
        words.extend_from_slice(scratch);
        index.insert_unique(hash, number, |number| self::hash(of(words, *width, *number)));
        LooseId(number)
    }

    pub(super) fn contains(&self, set: LooseId, place: usize) -> bool {
        set != LooseId::NONE && of(&self.words, self.width, set.0)[place / 64] >> (place % 64) & 1 == 1
    }

    /// True if `set` holds nothing that `of` does not.
    pub(super) fn is_subset(&self, set: LooseId, of: LooseId) -> bool {
        if set == LooseId::NONE || set == of {
            return true;
        }
        let words = |set: LooseId| self::of(&self.words, self.width, set.0);
        words(set).iter().zip(words(of)).all(|(word, of)| word & !of == 0)
    }

    /// The memory of the sets, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.words.len() * size_of::<u64>() + self.index.len() * size_of::<u32>()
    }
}

fn of(words: &[u64], width: usize, set: u32) -> &[u64] {
    &words[set as usize * width..(set as usize + 1) * width]
}

fn hash(words: &[u64]) -> u64 {
    words.iter().fold(0, |hash, word| env::mix(hash, *word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_sets_have_one_number_however_they_came_about() {
        let mut sets = LooseSets::new(130);
        let low = sets.with(LooseId::NONE, 3);
        let high = sets.with(LooseId::NONE, 129);
        let (one, other) = (sets.with(low, 129), sets.with(high, 3));
        assert_eq!(one, other);
        assert!(sets.contains(one, 3) && sets.contains(one, 129) && !sets.contains(one, 64));
    }

    #[test]
    fn a_subset_holds_nothing_more() {
        let mut sets = LooseSets::new(70);
        let one = sets.with(LooseId::NONE, 69);
        let two = sets.with(one, 0);
        assert!(sets.is_subset(LooseId::NONE, one) && sets.is_subset(one, two) && sets.is_subset(two, two));
        assert!(!sets.is_subset(two, one) && !sets.is_subset(one, LooseId::NONE));
    }
}
