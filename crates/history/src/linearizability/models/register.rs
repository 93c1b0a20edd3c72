//! A register with compare-and-swap.

use env::Bytes;
use kv_types::{Operation, Output};

use super::cell;
use crate::linearizability::{CellOperation, Model};

/// One register, to read, write and compare-and-swap: Jepsen's `cas-register`. It holds nothing at first. The keys of
/// operations are ignored.
#[derive(Clone, Copy, Debug, Default)]
pub struct Register;

impl Model for Register {
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
        match input {
            Operation::Get { .. } => cell::tell("read", output),
            Operation::Put { value, .. } => cell::tell(format_args!("write {}", cell::text(value)), output),
            Operation::Append { value, .. } => cell::tell(format_args!("append {value}"), output),
            Operation::Delete { .. } => cell::tell("write nothing", output),
            Operation::Cas { expected, value, .. } => {
                let text = |value: &Option<Bytes>| value.as_ref().map_or("(absent)".into(), cell::text);
                cell::tell(format_args!("cas {} {}", text(expected), text(value)), output)
            }
        }
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
