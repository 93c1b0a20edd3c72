//! The randomness of expansion: one stream for each concern.

use env::Random;
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

use crate::plan::Seed;

/// The purpose of a stream. One more draw for one concern leaves the others as they were.
#[derive(Clone, Copy)]
pub(crate) enum Concern {
    /// The faults of this plan: which, how dense, how long.
    Recipe,
    /// The cluster's size and configuration.
    Cluster,
    /// The speed of network and disks.
    Hardware,
    /// The operations of clients.
    Workload,
    /// When which fault strikes.
    Schedule,
    /// The settings and the script of the system under test.
    System,
}

/// A stream of draws for one concern of a plan: equal seeds draw equal values, on any machine and in any version of any
/// dependency.
#[derive(Debug)]
pub struct Draw(ChaCha8Rng);

impl Draw {
    /// The stream of `concern` that `seed` grows. The key differs from that of the run's own streams in its second
    /// half, so that a plan tells nothing of the draws in its run.
    pub(crate) fn new(seed: Seed, concern: Concern) -> Draw {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.0.to_le_bytes());
        key[16..].copy_from_slice(b"stormglass/plan\0");
        let mut stream = ChaCha8Rng::from_seed(key);
        stream.set_stream(concern as u64);
        Draw(stream)
    }

    /// The stream from which a system draws its own part of the plan of `seed`.
    pub fn of_system(seed: Seed) -> Draw {
        Draw::new(seed, Concern::System)
    }

    /// True once in `count` times.
    pub fn one_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }

    /// One of these.
    ///
    /// # Panics
    /// If there is none.
    pub fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u64) as usize]
    }

    /// One of these, by weight.
    ///
    /// # Panics
    /// If all weights are 0.
    pub fn weighted<T: Copy>(&mut self, choices: &[(T, u32)]) -> T {
        let total = choices.iter().map(|(_, weight)| u64::from(*weight)).sum();
        let mut left = self.below(total);
        for (choice, weight) in choices {
            match left.checked_sub(u64::from(*weight)) {
                None => return *choice,
                Some(rest) => left = rest,
            }
        }
        unreachable!("{left} is beyond the sum of the weights");
    }

    /// A number from `low` to `high` whose order of magnitude is drawn first: 1 to 10 as often as 100 to 1000.
    ///
    /// # Panics
    /// If `low` is 0 or above `high`.
    pub fn magnitude(&mut self, low: u64, high: u64) -> u64 {
        assert!(0 < low && low <= high, "no magnitudes from {low} to {high}");
        let bits = self.between(low.ilog2().into(), high.ilog2().into());
        self.between(low.max(1 << bits), high.min((2 << bits) - 1))
    }
}

impl Random for Draw {
    fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_apart_and_repeat() {
        let first = |seed, concern| Draw::new(Seed(seed), concern).next_u64();
        assert_eq!(first(1, Concern::Cluster), first(1, Concern::Cluster));
        assert_ne!(first(1, Concern::Cluster), first(1, Concern::Schedule));
        assert_ne!(first(1, Concern::Cluster), first(2, Concern::Cluster));
    }

    #[test]
    fn magnitudes_are_even_over_the_orders_and_reach_both_ends() {
        let mut draw = Draw::new(Seed(7), Concern::Recipe);
        let drawn: Vec<u64> = (0..20_000).map(|_| draw.magnitude(3, 1_000)).collect();
        assert!(drawn.iter().all(|n| (3..=1_000).contains(n)));
        assert!(drawn.contains(&3) && drawn.contains(&1_000));
        let below_32 = drawn.iter().filter(|n| **n < 32).count();
        assert!((8_000..10_500).contains(&below_32), "{below_32} of 20000");
    }
}
