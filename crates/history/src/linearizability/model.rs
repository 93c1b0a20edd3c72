//! The sequential specification of an object: its states, when operations come one at a time.

use std::fmt::Display;
use std::hash::Hash;

use env::Bytes;

/// A sequential specification: the object's first state, and the effect of each operation on a state. These two decide
/// whether a history is linearizable (Herlihy and Wing, "Linearizability: A Correctness Condition for Concurrent
/// Objects", 1990); the methods with a default make the decision faster.
pub trait Model {
    /// A request.
    type Input: PartialEq + Display;
    /// An answer.
    type Output: Display;
    /// A state: later answers depend on nothing else of the past.
    type State: Clone + Eq + Hash;

    /// The state before the first operation.
    fn initial(&self) -> Self::State;

    /// The state after `input` took effect in `state` and answered `output`; `None` if it cannot have answered that there.
    /// An `output` of `None` is not known, and so any. Equal arguments give equal results.
    fn step(&self, state: &Self::State, input: &Self::Input, output: Option<&Self::Output>) -> Option<Self::State>;

    /// A state, for a person to read: `value 7`.
    fn show(&self, state: &Self::State) -> String;

    /// An operation and its answer, if that is known, for a person to read: `read -> 7`.
    fn tell(&self, input: &Self::Input, output: Option<&Self::Output>) -> String {
        match output {
            Some(output) => format!("{input} -> {output}"),
            None => format!("{input} (no answer)"),
        }
    }

    /// The part of the object that `input` is about. Parts that share no state are judged one by one, which is sound,
    /// since linearizability is local (Herlihy and Wing, theorem 1), and far cheaper. Every part begins in the initial
    /// state.
    fn key(&self, _input: &Self::Input) -> Option<Bytes> {
        None
    }

    /// True if `input`, if it answered `output`, leaves every state as it is. Such an operation is put in order as soon
    /// as its answer is right, and does not count if its end is unknown.
    fn is_read(&self, _input: &Self::Input, _output: Option<&Self::Output>) -> bool {
        false
    }

    /// About how many bytes of memory a state takes.
    fn state_len(&self, _state: &Self::State) -> usize {
        size_of::<Self::State>()
    }

    /// The operation, with `output` if it is known, as one on a single value of bytes; `None` if the object is no such
    /// value. Where no two operations write the same bytes, a value that is read names its write, and the order of most
    /// operations follows without a search.
    fn as_cell<'a>(&self, _input: &'a Self::Input, _output: Option<&'a Self::Output>) -> Option<CellOperation<'a>> {
        None
    }

    /// A state as the bytes of such an object; `None` if it is no such object.
    fn as_cell_value<'a>(&self, _state: &'a Self::State) -> Option<Option<&'a [u8]>> {
        None
    }

    /// The state that holds these bytes, if the object is such a one: the inverse of `as_cell_value`. Histories whose
    /// first state is not known are judged by it.
    fn cell_state(&self, _value: Option<&[u8]>) -> Option<Self::State> {
        None
    }
}

/// The effect of an operation on a single value of bytes, or its reading of it. `None` stands for no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CellOperation<'a> {
    /// Sees that the value is this one.
    Is(Option<&'a [u8]>),
    /// Sees that the value is another than this one.
    IsNot(Option<&'a [u8]>),
    /// Replaces any value.
    Write(Option<&'a [u8]>),
    /// Adds to the end of the value; to no value as to an empty one.
    Append(&'a [u8]),
    /// Replaces the value `expected`; if its answer is not known, perhaps nothing.
    Swap {
        /// The value before.
        expected: Option<&'a [u8]>,
        /// The value after.
        value: Option<&'a [u8]>,
    },
    /// Anything may have been answered, and nothing was changed.
    Nothing,
}
