//! The first state of an object, and the candidates for it if it is unknown.

use std::collections::{BTreeSet, VecDeque};

use super::model::{CellOperation, Model};
use super::part::Part;

/// The state before the first operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start<S> {
    /// It is this one.
    At(S),
    /// It is unknown: the history begins in the middle. Each part may begin in a state of its own.
    Anywhere,
}

/// More states than these are not tried.
const FIRSTS_MAX: usize = 1_000;

impl<M: Model> Part<'_, M> {
    /// The states in which the part may have begun, one of each kind that its operations can tell apart; `None` if the
    /// model does not give the bytes of a state, or if there are too many.
    ///
    /// A first value is of no use to an operation that was invoked after another one had surely replaced the value. So
    /// only the values that the other operations saw matter, and one value that none has seen. Values that no operation
    /// makes come first: only a first value explains that they were seen.
    pub(super) fn firsts(&self) -> Option<Vec<M::State>> {
        let operations = self.cell_operations()?;
        let replaced = operations.iter().zip(&self.items).filter_map(|(operation, item)| match operation {
            CellOperation::Write(_) | CellOperation::Swap { .. } if item.is_sure => item.until,
            _ => None,
        });
        let replaced = replaced.min().unwrap_or(u64::MAX);
        let mut values: BTreeSet<Option<&[u8]>> = BTreeSet::from([None]);
        for (operation, item) in operations.iter().zip(&self.items) {
            if let CellOperation::Is(seen) | CellOperation::Swap { expected: seen, .. } = *operation
                && item.invoked < replaced
            {
                values.insert(seen);
            }
        }
        let appends: BTreeSet<&[u8]> = operations
            .iter()
            .filter_map(|operation| if let CellOperation::Append(bytes) = *operation { Some(bytes) } else { None })
            .collect();
        if !appends.is_empty() {
            continued(&mut values, &appends);
        }
        if values.len() > FIRSTS_MAX {
            return None;
        }
        let unseen = unseen(&operations);
        values.insert(Some(&unseen));
        let made: BTreeSet<Option<&[u8]>> = operations
            .iter()
            .filter_map(|operation| match *operation {
                CellOperation::Write(value) | CellOperation::Swap { value, .. } => Some(value),
                _ => None,
            })
            .collect();
        let (made, unmade): (Vec<_>, Vec<_>) = values.into_iter().partition(|value| made.contains(value));
        unmade.into_iter().chain(made).map(|value| self.model.cell_state(value)).collect()
    }
}

/// Adds the values that appends can have made these of.
fn continued<'a>(values: &mut BTreeSet<Option<&'a [u8]>>, appends: &BTreeSet<&'a [u8]>) {
    let mut left: VecDeque<&[u8]> = values.iter().filter_map(|value| *value).collect();
    while let Some(value) = left.pop_front() {
        for before in appends.iter().filter(|bytes| !bytes.is_empty()).filter_map(|bytes| value.strip_suffix(*bytes)) {
            if values.len() <= FIRSTS_MAX && values.insert(Some(before)) {
                left.push_back(before);
            }
        }
    }
}

/// Bytes that no operation has anything to do with.
fn unseen(operations: &[CellOperation<'_>]) -> Vec<u8> {
    let bytes = operations.iter().flat_map(|operation| match *operation {
        CellOperation::Is(value) | CellOperation::IsNot(value) | CellOperation::Write(value) => [value, None],
        CellOperation::Append(value) => [Some(value), None],
        CellOperation::Swap { expected, value } => [expected, value],
        CellOperation::Nothing => [None, None],
    });
    let len_max = bytes.flatten().map(<[u8]>::len).max().unwrap_or(0);
    b"?".repeat(len_max + 1)
}
