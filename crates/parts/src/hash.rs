//! Hashes: equal on every machine, no defence against an adversary.

use env::{Wire, mix};

/// The hash of some bytes.
pub fn hash_bytes(bytes: &[u8]) -> u64 {
    let (blocks, rest) = bytes.as_chunks::<8>();
    let hash = blocks.iter().fold(0, |hash, block| mix(hash, u64::from_le_bytes(*block)));
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    mix(mix(hash, u64::from_le_bytes(last)), bytes.len() as u64)
}

/// The hash of a value, by its encoding.
pub fn hash_of(value: &impl Wire) -> u64 {
    let mut bytes = Vec::new();
    value.to_wire(&mut bytes);
    hash_bytes(&bytes)
}
