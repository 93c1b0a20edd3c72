//! The randomness that is handed in, as a generator of the crate `rand`.

use std::convert::Infallible;

use rand_core::TryRng;
use rand_core::utils::fill_bytes_via_next_word;

use crate::Random;

/// A [`Random`] is a generator of `rand` 0.10: the distributions and shuffles of that crate work on it.
///
/// A new version of `rand` or of a distribution may draw otherwise, and so change the runs of all seeds. The methods of
/// [`Random`] draw the same in every version. Any other source becomes one by its type: `let random: &mut dyn Random =
/// &mut source;`.
///
/// ```
/// use rand::seq::SliceRandom;
/// use rand::RngExt;
/// # mod stormglass { pub use stormglass_core as core; }
/// use stormglass::core::Random;
///
/// fn shuffled(random: &mut dyn Random) -> (Vec<u32>, f64) {
///     let mut order: Vec<u32> = (0..5).collect();
///     order.shuffle(random);
///     (order, random.random_range(0.0..1.0))
/// }
/// ```
impl TryRng for dyn Random + '_ {
    type Error = Infallible;

    /// The upper half of the next 64 bits.
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok((self.next_u64() >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.next_u64())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        fill_bytes_via_next_word(bytes, || Ok(self.next_u64()))
    }
}

#[cfg(test)]
mod tests {
    use rand::RngExt;
    use rand::seq::SliceRandom;

    use super::*;
    use crate::random::tests::Counter;

    fn shuffled(random: &mut dyn Random) -> Vec<u32> {
        let mut order: Vec<u32> = (0..52).collect();
        order.shuffle(random);
        order
    }

    #[test]
    fn a_shuffle_is_as_its_seed_says() {
        assert_eq!(shuffled(&mut Counter(1)), shuffled(&mut Counter(1)));
        assert_ne!(shuffled(&mut Counter(1)), shuffled(&mut Counter(u64::MAX / 2)));
    }

    #[test]
    fn ranges_are_drawn_evenly() {
        let (mut random, mut counts) = (Counter(7), [0_u32; 6]);
        let random: &mut dyn Random = &mut random;
        for _ in 0..60_000 {
            counts[random.random_range(0..6_usize)] += 1;
        }
        assert!(counts.iter().all(|count| (9_500..10_500).contains(count)), "{counts:?}");
    }

    #[test]
    fn bytes_and_words_are_those_of_the_source() {
        let (mut words, mut bytes) = (Counter(3), [0; 20]);
        let expected: Vec<u8> = [words.next_u64(), words.next_u64(), words.next_u64()].map(u64::to_le_bytes).concat();
        let mut random = Counter(3);
        let random: &mut dyn Random = &mut random;
        random.fill(&mut bytes[..]);
        assert_eq!(bytes, expected[..20]);
        assert_eq!(rand_core::Rng::next_u32(random), (words.next_u64() >> 32) as u32);
    }
}
