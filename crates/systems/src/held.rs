//! The items that a node has said it holds on its disk, and whether it says so again after a restart.

use std::collections::BTreeSet;

/// The items of one node, as a judge knows them. A node notes each item once it is durable; after a start it notes each
/// item that it found, and then their number.
#[derive(Clone, Debug)]
pub(crate) struct Held<T> {
    items: BTreeSet<T>,
    said: BTreeSet<T>,
    has_recovered: bool,
}

impl<T> Default for Held<T> {
    fn default() -> Held<T> {
        Held { items: BTreeSet::new(), said: BTreeSet::new(), has_recovered: false }
    }
}

impl<T: Copy + Ord> Held<T> {
    /// All that it holds, on its disk if it is down.
    pub(crate) fn items(&self) -> &BTreeSet<T> {
        &self.items
    }

    /// The items that it has noted in this life: all that it holds, once it has recovered.
    pub(crate) fn said(&self) -> &BTreeSet<T> {
        &self.said
    }

    /// True if it has noted all items that it found.
    pub(crate) fn has_recovered(&self) -> bool {
        self.has_recovered
    }

    /// It notes that it has this item.
    pub(crate) fn has(&mut self, item: T) {
        self.items.insert(item);
        self.said.insert(item);
    }

    /// It notes that it has started and has found so many items.
    ///
    /// # Errors
    /// It has forgotten some items, or has noted another number of them.
    pub(crate) fn recovered(&mut self, count: u64) -> Result<(), String> {
        let forgotten = self.items.difference(&self.said).count();
        if forgotten > 0 {
            return Err(format!("has forgotten {forgotten} of {} that it had", self.items.len()));
        }
        if count != self.said.len() as u64 {
            return Err(format!("says that it has recovered {count}, and has noted {}", self.said.len()));
        }
        self.has_recovered = true;
        Ok(())
    }

    /// Its process is gone; its disk is not.
    pub(crate) fn stopped(&mut self) {
        self.said.clear();
        self.has_recovered = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_that_says_less_after_a_restart_has_forgotten_it() {
        let mut held = Held::default();
        assert_eq!(held.recovered(0), Ok(()));
        [1, 2, 3].into_iter().for_each(|item| held.has(item));
        held.stopped();
        assert!(!held.has_recovered() && held.items().len() == 3);
        held.has(1);
        assert_eq!(held.recovered(1), Err("has forgotten 2 of 3 that it had".into()));
        [2, 3].into_iter().for_each(|item| held.has(item));
        assert_eq!(held.recovered(2), Err("says that it has recovered 2, and has noted 3".into()));
        assert_eq!(held.recovered(3), Ok(()));
    }
}
