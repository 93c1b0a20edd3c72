//! The states of any model, each kept once and known by a number, with every step remembered.

use std::hash::BuildHasher;

use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;

use super::model::Model;
use super::search::{Crossing, Space, StateId};

/// Loose operations further apart than this are not recognized as asking the same.
const TWINS_APART: usize = 256;

/// A model's operation: what was asked, and what was answered if that is known.
pub(super) type Asked<'a, M> = (&'a <M as Model>::Input, Option<&'a <M as Model>::Output>);

/// The states that a model has come to.
pub(super) struct Interned<'a, M: Model> {
    model: &'a M,
    operations: &'a [Asked<'a, M>],
    states: Vec<M::State>,
    numbers: HashTable<StateId>,
    steps: HashTable<Step>,
    /// What the states take of memory.
    state_bytes: usize,
    /// By operation that has not returned: the last one before it that has not either, and asks the same.
    twins: Vec<Option<u32>>,
}

/// What an operation makes of a state.
#[derive(Clone, Copy)]
struct Step {
    from: StateId,
    operation: u32,
    to: Option<StateId>,
}

impl<'a, M: Model> Interned<'a, M> {
    /// For these operations, of which these are loose.
    pub(super) fn new(model: &'a M, operations: &'a [Asked<'a, M>], loose: &[u32]) -> Interned<'a, M> {
        let mut twins = vec![None; operations.len()];
        for (place, operation) in loose.iter().enumerate() {
            let asks_the_same = |other: &&u32| operations[**other as usize].0 == operations[*operation as usize].0;
            twins[*operation as usize] = loose[..place].iter().rev().take(TWINS_APART).find(asks_the_same).copied();
        }
        Interned {
            model,
            operations,
            states: Vec::new(),
            numbers: HashTable::new(),
            steps: HashTable::new(),
            state_bytes: 0,
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
        let state = self.model.step(&self.states[from as usize], input, output);
        let to = state.map(|state| if self.model.is_read(input, output) { from } else { self.number(state) });
        self.steps.insert_unique(hash, Step { from, operation, to }, |step| Step::hash(step.from, step.operation));
        to
    }

    fn bytes(&self) -> usize {
        self.state_bytes + self.states.len() * 2 * size_of::<StateId>() + self.steps.len() * size_of::<Step>()
    }

    fn is_read(&self, operation: u32) -> bool {
        let (input, output) = self.operations[operation as usize];
        self.model.is_read(input, output)
    }

    fn candidates(&self, at: &Crossing<'_>, next: &mut Vec<u32>) {
        let returning = at.at.operation;
        next.push(returning);
        let others = at.open.iter().chain(at.doubtful);
        next.extend(others.filter(|operation| **operation != returning && !self.is_read(**operation)));
        // Of loose operations that ask the same it is all one which is used: the first, then.
        let is_unused = |operation: u32| at.loose.binary_search(&operation).is_ok();
        next.extend(at.loose.iter().filter(|operation| !self.twins[**operation as usize].is_some_and(is_unused)));
    }
}
