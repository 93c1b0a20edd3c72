//! A mutex.

use env::Bytes;
use kv_types::{Operation, Output};

use super::cell;
use crate::linearizability::{CellOperation, Model};

/// Mutexes, one for each key, that no process holds at first: Jepsen's and Knossos' `mutex`. To acquire one is to swap no
/// value for a value, to release it is to swap that for no value, as [`read`](crate::format::read) makes it of a
/// recorded history. The model does not ask which process holds a mutex: a release by another process is right.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mutex;

impl Model for Mutex {
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
        if state.is_some() { "held".into() } else { "free".into() }
    }

    fn tell(&self, input: &Operation, output: Option<&Output>) -> String {
        let asked = match input {
            Operation::Cas { expected: None, value: Some(_), .. } => "acquire".to_string(),
            Operation::Cas { expected: Some(_), value: None, .. } => "release".to_string(),
            other => other.to_string(),
        };
        match output {
            Some(Output::Swapped) => asked,
            output => cell::tell(asked, output),
        }
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
