//! A single value of bytes: the state of a register, and of each key of a store.

use std::fmt::Display;

use env::Bytes;
use kv_types::{Operation, Output};

use crate::linearizability::CellOperation;

/// The value after `operation` took effect and answered `output`; `None` if it cannot have answered that.
pub(super) fn step(state: Option<&Bytes>, operation: &Operation, output: Option<&Output>) -> Option<Option<Bytes>> {
    let kept = || state.cloned();
    match (operation, output) {
        (Operation::Get { .. }, None) => Some(kept()),
        (Operation::Get { .. }, Some(Output::Value(value))) => (value.as_ref() == state).then(kept),
        (Operation::Put { value, .. }, None | Some(Output::Written)) => Some(Some(value.clone())),
        (Operation::Append { value, .. }, None | Some(Output::Written)) => Some(Some(match state {
            Some(state) => Bytes::from([&state[..], &value[..]].concat()),
            None => value.clone(),
        })),
        (Operation::Delete { .. }, None | Some(Output::Written)) => Some(None),
        (Operation::Cas { expected, value, .. }, output) => match (expected.as_ref() == state, output) {
            (true, None | Some(Output::Swapped)) => Some(value.clone()),
            (false, None | Some(Output::Mismatch)) => Some(kept()),
            _ => None,
        },
        _ => None,
    }
}

/// `operation` as one on a single value; `None` if it cannot have answered `output` in any state.
pub(super) fn operation<'a>(operation: &'a Operation, output: Option<&'a Output>) -> Option<CellOperation<'a>> {
    Some(match (operation, output) {
        (Operation::Get { .. }, None) => CellOperation::Nothing,
        (Operation::Get { .. }, Some(Output::Value(value))) => CellOperation::Is(value.as_deref()),
        (Operation::Put { value, .. }, None | Some(Output::Written)) => CellOperation::Write(Some(value)),
        (Operation::Append { value, .. }, None | Some(Output::Written)) => CellOperation::Append(value),
        (Operation::Delete { .. }, None | Some(Output::Written)) => CellOperation::Write(None),
        (Operation::Cas { expected, value, .. }, None | Some(Output::Swapped)) => {
            CellOperation::Swap { expected: expected.as_deref(), value: value.as_deref() }
        }
        (Operation::Cas { expected, .. }, Some(Output::Mismatch)) => CellOperation::IsNot(expected.as_deref()),
        _ => return None,
    })
}

/// True if an operation that answered `output` has left the value as it was.
pub(super) fn is_read(operation: &Operation, output: Option<&Output>) -> bool {
    operation.is_read() || output == Some(&Output::Mismatch)
}

/// About how much memory a value takes.
pub(super) fn state_len(state: Option<&Bytes>) -> usize {
    size_of::<Option<Bytes>>() + state.map_or(0, |value| value.len() + 2 * size_of::<usize>())
}

/// The value after an operation that nothing overlapped, if the answer alone shows it.
pub(crate) fn shown(operation: &Operation, output: &Output) -> Option<Option<Bytes>> {
    match (operation, output) {
        (Operation::Get { .. }, Output::Value(value)) => Some(value.clone()),
        (Operation::Put { value, .. }, Output::Written) => Some(Some(value.clone())),
        (Operation::Cas { value, .. }, Output::Swapped) => Some(value.clone()),
        (Operation::Delete { .. }, Output::Written) => Some(None),
        _ => None,
    }
}

/// A value, for a person to read.
pub(super) fn show(state: Option<&Bytes>) -> String {
    match state {
        Some(value) => format!("value {}", text(value)),
        None => "no value".into(),
    }
}

/// A value, for a person to read: one without bytes too.
pub(super) fn text(value: &Bytes) -> String {
    if value.is_empty() { "\"\"".into() } else { value.to_string() }
}

/// An operation, called as `asked`, and its answer, for a person to read. The answer of a write goes without saying.
pub(super) fn tell(asked: impl Display, output: Option<&Output>) -> String {
    match output {
        Some(Output::Written) => asked.to_string(),
        Some(Output::Value(Some(value))) => format!("{asked} -> {}", text(value)),
        Some(output) => format!("{asked} -> {output}"),
        None => format!("{asked} (no answer)"),
    }
}
