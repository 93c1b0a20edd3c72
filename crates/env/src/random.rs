//! Randomness that is handed in.

use std::fmt;

/// A source of randomness. A process draws from the one it is handed and from nothing else.
///
/// Ranges and choices are drawn here, by a few lines over `next_u64`, so that no version of a random-number library
/// changes the run of a seed. With the feature `rand`, which the simulator switches on, a `dyn Random` is a generator of
/// the crate `rand` too.
pub trait Random {
    /// The next 64 random bits.
    fn next_u64(&mut self) -> u64;

    /// A number from 0 to `bound - 1`, by multiplication and shift (Lemire 2019; the bias is below `bound` / 2^64).
    ///
    /// # Panics
    /// If `bound` is 0.
    fn below(&mut self, bound: u64) -> u64 {
        assert!(bound > 0, "a number below 0 was asked for");
        ((u128::from(self.next_u64()) * u128::from(bound)) >> 64) as u64
    }

    /// A number from `low` to `high`, both included.
    ///
    /// # Panics
    /// If `low` is above `high`.
    fn between(&mut self, low: u64, high: u64) -> u64 {
        assert!(low <= high, "the range {low}..={high} is empty");
        match (high - low).checked_add(1) {
            Some(span) => low + self.below(span),
            None => self.next_u64(),
        }
    }

    /// True with probability `ratio`. Draws once for any ratio.
    fn chance(&mut self, ratio: Ratio) -> bool {
        let drawn = self.next_u64();
        ratio.holds(drawn)
    }
}

/// A probability as a ratio of integers, in parts per million, so that no float decides a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct Ratio(pub u32);

impl Ratio {
    /// Never.
    pub const NEVER: Ratio = Ratio(0);
    /// Always.
    pub const ALWAYS: Ratio = Ratio(1_000_000);

    /// `percent` in a hundred.
    pub const fn percent(percent: u32) -> Ratio {
        Ratio(percent * 10_000)
    }

    /// True if an event of this probability happens, given 64 random bits.
    pub fn holds(self, drawn: u64) -> bool {
        ((u128::from(drawn) * 1_000_000) >> 64) < u128::from(self.0)
    }
}

impl fmt::Display for Ratio {
    /// In percent: `20%`, `0.5%`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (percent, rest) = (self.0 / 10_000, self.0 % 10_000);
        let decimals = format!("{rest:04}");
        match decimals.trim_end_matches('0') {
            "" => write!(f, "{percent}%"),
            decimals => write!(f, "{percent}.{decimals}%"),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Equal steps through all 64-bit numbers.
    pub(crate) struct Counter(pub(crate) u64);

    impl Random for Counter {
        fn next_u64(&mut self) -> u64 {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            self.0
        }
    }

    #[test]
    fn ratios_are_written_in_percent() {
        let written = [0, 200_000, 5_000, 12, 1_000_000].map(|ppm| Ratio(ppm).to_string());
        assert_eq!(written, ["0%", "20%", "0.5%", "0.0012%", "100%"]);
    }

    #[test]
    fn draws_stay_in_range_and_reach_both_ends() {
        let mut random = Counter(0);
        let drawn: Vec<u64> = (0..1_000).map(|_| random.between(3, 5)).collect();
        assert!(drawn.iter().all(|n| (3..=5).contains(n)));
        assert!(drawn.contains(&3) && drawn.contains(&5));
        assert_eq!(random.between(7, 7), 7);
    }

    #[test]
    fn ratios_mean_what_they_say() {
        let mut random = Counter(0);
        let hits = (0..100_000).filter(|_| random.chance(Ratio::percent(25))).count();
        assert!((24_000..26_000).contains(&hits), "{hits} of 100000");
        assert!(!Ratio::NEVER.holds(0) && Ratio::ALWAYS.holds(u64::MAX));
    }
}
