//! The randomness of a script: draws that depend on the plan's seed alone.

use env::Random;
use sim::Seed;

/// A stream of draws (SplitMix64; Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA '14).
#[derive(Clone, Debug)]
pub(crate) struct Draw(u64);

impl Draw {
    /// The stream of this seed.
    pub(crate) fn new(seed: Seed) -> Draw {
        Draw(seed.0)
    }
}

impl Random for Draw {
    fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
