//! A model that keeps to itself that its object is a cell, so that it is judged by search alone.

use env::Bytes;
use history::linearizability::Model;

/// The same object, without foresight.
pub(crate) struct Plain<M>(pub(crate) M);

impl<M: Model> Model for Plain<M> {
    type Input = M::Input;
    type Output = M::Output;
    type State = M::State;

    fn initial(&self) -> M::State {
        self.0.initial()
    }

    fn step(&self, state: &M::State, input: &M::Input, output: Option<&M::Output>) -> Option<M::State> {
        self.0.step(state, input, output)
    }

    fn show(&self, state: &M::State) -> String {
        self.0.show(state)
    }

    fn key(&self, input: &M::Input) -> Option<Bytes> {
        self.0.key(input)
    }

    fn is_read(&self, input: &M::Input, output: Option<&M::Output>) -> bool {
        self.0.is_read(input, output)
    }
}
