//! Keys and values that are equal share their bytes: a store has few keys, and a value that is written is read.

use std::hash::Hasher;

use env::Bytes;
use rustc_hash::FxHasher;

/// Longer bytes are kept apart.
const LEN_MAX: usize = 64;

/// So many of the last keys and values are known.
const SLOTS: usize = 1 << 14;

/// The memory that the allocator and the count of owners take, of each allocation.
const OVERHEAD: usize = 32;

/// The last keys and values, one for each slot that a hash leads to.
pub(super) struct Shared {
    slots: Vec<Bytes>,
    bytes: usize,
}

impl Shared {
    pub(super) fn new() -> Shared {
        Shared { slots: vec![Bytes::default(); SLOTS], bytes: 0 }
    }

    pub(super) fn get(&mut self, bytes: &[u8]) -> Bytes {
        if bytes.len() > LEN_MAX {
            self.bytes += bytes.len() + OVERHEAD;
            return Bytes::from(bytes);
        }
        let mut hasher = FxHasher::default();
        hasher.write(bytes);
        let slot = &mut self.slots[(hasher.finish() >> 32) as usize % SLOTS];
        if **slot != *bytes {
            self.bytes += bytes.len() + OVERHEAD;
            *slot = Bytes::from(bytes);
        }
        slot.clone()
    }

    /// The memory of all keys and values that it gave out, as if none had been dropped.
    pub(super) fn bytes(&self) -> usize {
        self.bytes + SLOTS * size_of::<Bytes>()
    }
}
