//! The states of any model, each kept once and known by a number, with every step remembered.

use std::hash::BuildHasher;

use hashbrown::{HashMap, HashTable};
use rustc_hash::FxBuildHasher;

use super::model::Model;
use super::problem::Problem;
use super::search::{Crossing, Space, StateId};

/// Loose operations further apart than this are not recognized as asking the same.
const TWINS_APART: usize = 256;

/// A model's operation: the request, and the answer if it is known.
pub(super) type Asked<'a, M> = (&'a <M as Model>::Input, Option<&'a <M as Model>::Output>);

/// The states that a model has come to.
pub(super) struct Interned<'a, M: Model> {
    model: &'a M,
    operations: &'a [Asked<'a, M>],
    states: Vec<M::State>,
    numbers: HashTable<StateId>,
    steps: HashTable<Step>,
    /// The memory of the states, in bytes.
    state_bytes: usize,
    /// How much of states was looked at, in words.
    work: u64,
    /// By operation: its kind. Operations of one kind do the same in every state.
    kinds: Vec<u32>,
    /// By operation: when it must have taken effect.
    until: &'a [u64],
    /// By loose operation: the last one of its kind before it.
    twins: Vec<Option<u32>>,
}

/// The transition of one operation from one state.
#[derive(Clone, Copy)]
struct Step {
    from: StateId,
    operation: u32,
    to: Option<StateId>,
}

impl<'a, M: Model> Interned<'a, M> {
    /// For the operations of a problem.
    pub(super) fn new(model: &'a M, operations: &'a [Asked<'a, M>], problem: &'a Problem) -> Interned<'a, M> {
        let kinds = kinds(model, operations).unwrap_or_else(|| kinds_of_loose::<M>(operations, &problem.loose));
        let mut twins = vec![None; operations.len()];
        let mut last = HashMap::with_hasher(FxBuildHasher);
        for operation in &problem.loose {
            twins[*operation as usize] = last.insert(kinds[*operation as usize], *operation);
        }
        Interned {
            model,
            operations,
            states: Vec::new(),
            numbers: HashTable::new(),
            steps: HashTable::new(),
            state_bytes: 0,
            work: 0,
            kinds,
            until: &problem.until,
            twins,
        }
    }

    /// The number of a state.
    pub(super) fn number(&mut self, state: M::State) -> StateId {
        let Interned { states, numbers, .. } = self;
        let hash = FxBuildHasher.hash_one(&state);
        if let Some(number) = numbers.find(hash, |number| states[*number as usize] == state) {
            return *number;
        }
        let number = states.len() as StateId;
        self.state_bytes += self.model.state_len(&state);
        states.push(state);
        numbers.insert_unique(hash, number, |number| FxBuildHasher.hash_one(&states[*number as usize]));
        number
    }

    pub(super) fn state(&self, number: StateId) -> &M::State {
        &self.states[number as usize]
    }
}

/// The kinds of operations on a single value.
fn kinds<'a, M: Model>(model: &M, operations: &[Asked<'a, M>]) -> Option<Vec<u32>> {
    let mut known = HashMap::with_capacity_and_hasher(operations.len(), FxBuildHasher);
    let kind = |(input, output): &Asked<'a, M>| {
        let (cell, next) = (model.as_cell(input, *output)?, known.len() as u32);
        Some(*known.entry(cell).or_insert(next))
    };
    operations.iter().map(kind).collect()
}

/// The kinds of operations whose answers cannot be compared: loose ones, which have no answers, are of one kind if
/// their requests are equal.
fn kinds_of_loose<M: Model>(operations: &[Asked<'_, M>], loose: &[u32]) -> Vec<u32> {
    let mut kinds: Vec<u32> = (0..operations.len() as u32).collect();
    for (place, operation) in loose.iter().enumerate() {
        let asks_the_same = |other: &&u32| operations[**other as usize].0 == operations[*operation as usize].0;
        if let Some(twin) = loose[..place].iter().rev().take(TWINS_APART).find(asks_the_same) {
            kinds[*operation as usize] = kinds[*twin as usize];
        }
    }
    kinds
}

impl Step {
    fn hash(from: StateId, operation: u32) -> u64 {
        env::mix(u64::from(from), u64::from(operation))
    }
}

impl<M: Model> Space for Interned<'_, M> {
    fn step(&mut self, from: StateId, operation: u32) -> Option<StateId> {
        let hash = Step::hash(from, operation);
        if let Some(step) = self.steps.find(hash, |step| step.from == from && step.operation == operation) {
            return step.to;
        }
        let (input, output) = self.operations[operation as usize];
        self.work += (self.model.state_len(&self.states[from as usize]) / size_of::<u64>()) as u64;
        let state = self.model.step(&self.states[from as usize], input, output);
        let to = state.map(|state| if self.model.is_read(input, output) { from } else { self.number(state) });
        self.steps.insert_unique(hash, Step { from, operation, to }, |step| Step::hash(step.from, step.operation));
        to
    }

    fn bytes(&self) -> usize {
        self.state_bytes + self.states.len() * 2 * size_of::<StateId>() + self.steps.len() * size_of::<Step>()
    }

    fn work(&self) -> u64 {
        self.work
    }

    fn is_read(&self, operation: u32) -> bool {
        let (input, output) = self.operations[operation as usize];
        self.model.is_read(input, output)
    }

    /// Of operations of one kind, the first to return comes first: where another of them comes in its place, the two can
    /// change places, since both are open.
    fn candidates(&self, at: &Crossing<'_>, next: &mut Vec<u32>) {
        let returning = at.at.operation;
        next.push(returning);
        for operations in [at.open, at.doubtful] {
            let first = next.len();
            let is_returning_of = |operation: u32| {
                operations.contains(&returning) && self.kinds[operation as usize] == self.kinds[returning as usize]
            };
            next.extend(operations.iter().filter(|open| !self.is_read(**open) && !is_returning_of(**open)));
            first_of_each_kind(next, first, |open| (self.kinds[open as usize], self.until[open as usize]));
        }
        let is_unused = |operation: u32| at.loose.binary_search(&operation).is_ok();
        next.extend(at.loose.iter().filter(|operation| !self.twins[**operation as usize].is_some_and(is_unused)));
    }
}

/// Keeps of the operations from `first` on the first to return of each kind, and puts the first to return first.
fn first_of_each_kind(operations: &mut Vec<u32>, first: usize, kind_and_until: impl Fn(u32) -> (u32, u64)) {
    operations[first..].sort_unstable_by_key(|operation| kind_and_until(*operation));
    let mut kept = first;
    for place in first..operations.len() {
        let operation = operations[place];
        if kept == first || kind_and_until(operations[kept - 1]).0 != kind_and_until(operation).0 {
            operations[kept] = operation;
            kept += 1;
        }
    }
    operations.truncate(kept);
    operations[first..].sort_unstable_by_key(|operation| kind_and_until(*operation).1);
}
