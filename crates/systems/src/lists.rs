//! The encoding of lists, the same in all messages and records.

use env::{Reader, Wire, WireError};

/// Encodes a list: the number of its items, then the items.
pub(crate) fn to_wire<T: Wire>(items: &[T], into: &mut Vec<u8>) {
    (items.len() as u64).to_wire(into);
    items.iter().for_each(|item| item.to_wire(into));
}

/// Reads a list whose items take at least `bytes_each_min` bytes each; `what` names the list in an error.
pub(crate) fn read_wire<T: Wire>(
    reader: &mut Reader<'_>,
    bytes_each_min: usize,
    what: &'static str,
) -> Result<Vec<T>, WireError> {
    let count = reader.item_count(bytes_each_min, what)?;
    (0..count).map(|_| T::read_wire(reader)).collect()
}
