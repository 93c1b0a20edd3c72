//! A key-value store.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::Arc;

use env::Bytes;
use kv_types::{Operation, Output};
use rustc_hash::FxBuildHasher;

use super::cell;
use crate::linearizability::{CellOperation, Model};

/// A store with get, put, append, delete and compare-and-swap, empty at first. Keys share nothing, so each is judged by
/// itself, and the state is the value of one key.
#[derive(Clone, Copy, Debug, Default)]
pub struct KeyValue;

impl Model for KeyValue {
    type Input = Operation;
    type Output = Output;
    type State = Option<Bytes>;

    fn initial(&self) -> Option<Bytes> {
        None
    }

    fn step(&self, state: &Option<Bytes>, input: &Operation, output: Option<&Output>) -> Option<Option<Bytes>> {
        cell::step(state.as_ref(), input, output)
    }

    fn show(&self, state: &Option<Bytes>) -> String {
        cell::show(state.as_ref())
    }

    fn tell(&self, input: &Operation, output: Option<&Output>) -> String {
        cell::tell(input, output)
    }

    fn key(&self, input: &Operation) -> Option<Bytes> {
        Some(input.key().clone())
    }

    fn is_read(&self, input: &Operation, output: Option<&Output>) -> bool {
        cell::is_read(input, output)
    }

    fn state_len(&self, state: &Option<Bytes>) -> usize {
        cell::state_len(state.as_ref())
    }

    fn as_cell<'a>(&self, input: &'a Operation, output: Option<&'a Output>) -> Option<CellOperation<'a>> {
        cell::operation(input, output)
    }

    fn as_cell_value<'a>(&self, state: &'a Option<Bytes>) -> Option<Option<&'a [u8]>> {
        Some(state.as_deref())
    }

    fn cell_state(&self, value: Option<&[u8]>) -> Option<Option<Bytes>> {
        Some(value.map(Bytes::from))
    }
}

/// The same store judged as a whole, all keys at once. It gives the verdicts of [`KeyValue`] at far greater cost: tests
/// and benchmarks compare the two, to show that partitioning is right and how much it saves.
#[derive(Clone, Copy, Debug, Default)]
pub struct WholeStore;

/// The values of a whole store. Equal ones have an equal fingerprint, which is kept up to date key by key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    fingerprint: u64,
    values: Arc<BTreeMap<Bytes, Bytes>>,
}

impl Held {
    fn set(&mut self, key: &Bytes, value: Option<Bytes>) {
        let values = Arc::make_mut(&mut self.values);
        let before = match &value {
            Some(value) => values.insert(key.clone(), value.clone()),
            None => values.remove(key),
        };
        for value in [before, value].iter().flatten() {
            self.fingerprint ^= FxBuildHasher.hash_one((key, value));
        }
    }
}

impl Hash for Held {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.fingerprint);
    }
}

impl Model for WholeStore {
    type Input = Operation;
    type Output = Output;
    type State = Held;

    fn initial(&self) -> Held {
        Held::default()
    }

    fn step(&self, state: &Held, input: &Operation, output: Option<&Output>) -> Option<Held> {
        let before = state.values.get(input.key());
        let after = cell::step(before, input, output)?;
        let mut held = state.clone();
        if after.as_ref() != before {
            held.set(input.key(), after);
        }
        Some(held)
    }

    /// The size of the map alone: most values are shared with the store that it came from.
    fn state_len(&self, state: &Held) -> usize {
        size_of::<Held>() + state.values.len() * 4 * size_of::<Bytes>()
    }

    fn show(&self, state: &Held) -> String {
        let values: Vec<String> = state.values.iter().map(|(key, value)| format!("{key}={value}")).collect();
        if values.is_empty() { "empty store".into() } else { values.join(" ") }
    }

    fn tell(&self, input: &Operation, output: Option<&Output>) -> String {
        cell::tell(input, output)
    }

    fn is_read(&self, input: &Operation, output: Option<&Output>) -> bool {
        cell::is_read(input, output)
    }
}
