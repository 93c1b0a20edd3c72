//! Hashes of bytes, for digests: equal on every machine, no defence against an adversary.
//!
//! Bytes are folded in blocks of eight, the last one padded. The fold over complete blocks can be kept and carried on,
//! so that the cost of a value's digest grows with the bytes appended to it, not with its length.

use env::mix;

const BLOCK: usize = 8;

/// The fold over the complete blocks of some bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct BlockHash(u64);

impl BlockHash {
    /// Carries on, now that `bytes` has grown from its first `covered` bytes.
    pub(crate) fn extend(&mut self, bytes: &[u8], covered: usize) {
        let len = bytes.len();
        assert!(covered <= len, "{covered} bytes were folded in, and {len} are left of them");
        let first = covered / BLOCK * BLOCK;
        let (blocks, _) = bytes[first..].as_chunks::<BLOCK>();
        for block in blocks {
            self.0 = mix(self.0, u64::from_le_bytes(*block));
        }
    }

    /// The hash of `bytes`; all of its complete blocks have been folded in.
    pub(crate) fn finish(self, bytes: &[u8]) -> u64 {
        let rest = &bytes[bytes.len() / BLOCK * BLOCK..];
        let mut last = [0; BLOCK];
        last[..rest.len()].copy_from_slice(rest);
        mix(mix(self.0, u64::from_le_bytes(last)), bytes.len() as u64)
    }
}

/// The hash of some bytes.
pub(crate) fn hash_bytes(bytes: &[u8]) -> u64 {
    let mut blocks = BlockHash::default();
    blocks.extend(bytes, 0);
    blocks.finish(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn growing_in_steps_hashes_as_growing_at_once(parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..20), 0..6)) {
            let mut grown = Vec::new();
            let mut blocks = BlockHash::default();
            for part in &parts {
                let covered = grown.len();
                grown.extend_from_slice(part);
                blocks.extend(&grown, covered);
            }
            prop_assert_eq!(blocks.finish(&grown), hash_bytes(&grown));
        }
    }

    #[test]
    fn padding_is_not_confused_with_zeros() {
        assert_ne!(hash_bytes(b"a"), hash_bytes(b"a\0"));
        assert_ne!(hash_bytes(b""), hash_bytes(b"\0"));
    }
}
