//! Hashes of bytes and of encoded values, for digests: equal on every machine and in every version, no defence against
//! an adversary.

use env::{Wire, mix};

/// The hash of some bytes. Their number goes in, so that trailing zeros count.
pub fn hash_bytes(bytes: &[u8]) -> u64 {
    let (blocks, rest) = bytes.as_chunks::<8>();
    let hash = blocks.iter().fold(0, |hash, block| mix(hash, u64::from_le_bytes(*block)));
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    mix(mix(hash, u64::from_le_bytes(last)), bytes.len() as u64)
}

/// The hash of a value, by its encoding: a [`Traced::digest`](env::Traced::digest) that is cheaper than the default,
/// which hashes the `Debug` text.
pub fn hash_of(value: &impl Wire) -> u64 {
    let mut bytes = Vec::new();
    value.to_wire(&mut bytes);
    hash_bytes(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_their_number_and_their_order_matter() {
        let texts: [&[u8]; 7] = [b"", b"\0", b"a", b"a\0", b"12345678", b"12345678\0", b"87654321"];
        for (place, text) in texts.iter().enumerate() {
            assert!(texts[..place].iter().all(|other| hash_bytes(other) != hash_bytes(text)), "{text:?}");
        }
    }

    #[test]
    fn the_hash_of_a_version_is_the_hash_of_the_next() {
        assert_eq!(
            (hash_bytes(b"stormglass"), hash_of(&7_u64)),
            (4_013_307_751_822_302_046, 7_746_682_429_616_078_483)
        );
    }
}
