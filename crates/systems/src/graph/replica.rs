//! The updates that a node or the relay holds, and those that another one lacks.

use std::collections::BTreeMap;

use env::{NodeId, Reader, Wire, WireError};

use super::update::{Update, UpdateId};

/// How many updates of each origin a node holds: a version vector. They are the first ones of the origin, with no gap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Versions(BTreeMap<NodeId, u64>);

impl Versions {
    /// How many of this origin.
    pub(crate) fn of(&self, origin: NodeId) -> u64 {
        self.0.get(&origin).copied().unwrap_or(0)
    }

    /// Adds the next update of its origin; `false` if this is not the next one.
    pub(crate) fn add(&mut self, id: UpdateId) -> bool {
        let is_next = id.seq == self.of(id.origin) + 1;
        if is_next {
            self.0.insert(id.origin, id.seq);
        }
        is_next
    }

    /// Of each origin the greater count of the two.
    pub(crate) fn max(mut self, other: &Versions) -> Versions {
        for (origin, seq) in &other.0 {
            let own = self.0.entry(*origin).or_default();
            *own = (*own).max(*seq);
        }
        self
    }

    /// How many of all origins.
    pub(crate) fn total(&self) -> u64 {
        self.0.values().sum()
    }

    /// How many of these `other` lacks.
    pub(crate) fn beyond(&self, other: &Versions) -> u64 {
        self.0.iter().map(|(origin, seq)| seq.saturating_sub(other.of(*origin))).sum()
    }
}

impl Wire for Versions {
    fn to_wire(&self, into: &mut Vec<u8>) {
        (self.0.len() as u64).to_wire(into);
        for (origin, seq) in &self.0 {
            origin.to_wire(into);
            seq.to_wire(into);
        }
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<Versions, WireError> {
        let (at, mut versions) = (reader.at(), BTreeMap::new());
        for _ in 0..reader.item_count(2, "versions")? {
            let (origin, seq) = (NodeId::read_wire(reader)?, reader.varint("version")?);
            if versions.last_key_value().is_some_and(|(last, _)| *last >= origin) {
                return Err(WireError::Invalid { at, what: "versions" });
            }
            versions.insert(origin, seq);
        }
        Ok(Versions(versions))
    }
}

/// Durable updates, of each origin all up to some number.
#[derive(Clone, Debug, Default)]
pub(crate) struct Replica {
    by_origin: BTreeMap<NodeId, Vec<Update>>,
    versions: Versions,
    /// The sum of the digests: equal for equal sets.
    digest: u64,
}

impl Replica {
    pub(crate) fn versions(&self) -> &Versions {
        &self.versions
    }

    /// A hash of the set.
    pub(crate) fn digest(&self) -> u64 {
        self.digest
    }

    /// Adds the next update of its origin.
    pub(crate) fn add(&mut self, update: Update) {
        assert!(self.versions.add(update.id), "{} is not the next of its origin", update.id);
        self.digest = self.digest.wrapping_add(update.digest());
        self.by_origin.entry(update.id.origin).or_default().push(update);
    }

    /// Updates that a node with these `versions` lacks, in an order in which they can be added; one, or as many as fit.
    pub(crate) fn lacking(&self, versions: &Versions, bytes_max: usize) -> Vec<Update> {
        let mut bytes = 0;
        let lacking = self.by_origin.iter().flat_map(|(origin, updates)| {
            let has = usize::try_from(versions.of(*origin)).unwrap_or(usize::MAX);
            updates.iter().skip(has)
        });
        let fits = |update: &&Update| {
            let is_first = bytes == 0;
            bytes += update.bytes();
            is_first || bytes <= bytes_max
        };
        lacking.take_while(fits).cloned().collect()
    }
}
