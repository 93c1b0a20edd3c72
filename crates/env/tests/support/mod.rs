//! The laws that every encoding keeps. The tests of the crates that define messages use them too.

use std::fmt::Debug;

use env::{Wire, WireError};
use proptest::prelude::*;
use proptest::sample::Index;

pub(crate) fn encoded<T: Wire>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    value.to_wire(&mut bytes);
    bytes
}

/// A value comes back from its bytes, but not from a prefix of them, nor with more bytes behind them.
pub(crate) fn assert_comes_back<T: Wire + PartialEq + Debug>(value: &T) {
    let mut bytes = encoded(value);
    assert_eq!(T::from_wire(&bytes).as_ref(), Ok(value));
    for len in 0..bytes.len() {
        let cut = T::from_wire(&bytes[..len]);
        assert!(matches!(cut, Err(WireError::Truncated { .. })), "{value:?} cut to {len} bytes: {cut:?}");
    }
    let at = bytes.len();
    bytes.push(0);
    assert_eq!(T::from_wire(&bytes), Err(WireError::Trailing { at, what: "end of the message" }));
}

/// Bytes are refused, or are the encoding of the value that they decode to.
pub(crate) fn assert_refused_or_canonical<T: Wire + Debug>(bytes: &[u8]) {
    if let Ok(value) = T::from_wire(bytes) {
        assert_eq!(encoded(&value), bytes, "{value:?} has two encodings");
    }
}

/// The damage that a bug or an enemy may do to bytes.
#[derive(Clone, Debug)]
pub(crate) enum Damage {
    Replace(Index, u8),
    Insert(Index, u8),
    Remove(Index),
    /// Removes bytes in the middle, or repeats them.
    Splice(Index, Index),
}

pub(crate) fn damage() -> impl Strategy<Value = Vec<Damage>> {
    // Small numbers (kinds, lengths) and the edges of a varint's byte matter most.
    let byte = || prop_oneof![0_u8..12, prop::sample::select(vec![0x7f, 0x80, 0x81, 0xff]), any::<u8>()];
    let one = prop_oneof![
        (any::<Index>(), byte()).prop_map(|(at, byte)| Damage::Replace(at, byte)),
        (any::<Index>(), byte()).prop_map(|(at, byte)| Damage::Insert(at, byte)),
        any::<Index>().prop_map(Damage::Remove),
        (any::<Index>(), any::<Index>()).prop_map(|(to, from)| Damage::Splice(to, from)),
    ];
    prop::collection::vec(one, 1..4)
}

pub(crate) fn damaged(mut bytes: Vec<u8>, damages: &[Damage]) -> Vec<u8> {
    for damage in damages {
        let len = bytes.len();
        match damage {
            Damage::Insert(at, byte) => bytes.insert(at.index(len + 1), *byte),
            _ if len == 0 => {}
            Damage::Replace(at, byte) => bytes[at.index(len)] = *byte,
            Damage::Remove(at) => {
                bytes.remove(at.index(len));
            }
            Damage::Splice(to, from) => {
                let tail = bytes[from.index(len)..].to_vec();
                bytes.truncate(to.index(len));
                bytes.extend(tail);
            }
        }
    }
    bytes
}
