//! A point on one node's clock.

use std::fmt;
use std::ops::{Add, AddAssign, Sub};
use std::time::Duration;

/// A reading of one clock, in nanoseconds since an arbitrary start.
///
/// Two nodes' readings are not comparable: clocks may be skewed, drift or jump. A clock is not promised to be
/// monotonic either; a process that needs a monotonic clock keeps the highest reading it saw.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(pub u64);

impl Instant {
    /// The clock's start.
    pub const ZERO: Instant = Instant(0);
    /// Later than any reading: a deadline that never comes.
    pub const NEVER: Instant = Instant(u64::MAX);

    /// The time from `earlier` to `self`, zero if `earlier` is later.
    pub fn saturating_since(self, earlier: Instant) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Instant {
    type Output = Instant;

    fn add(self, duration: Duration) -> Instant {
        let nanos = duration.as_secs().saturating_mul(1_000_000_000).saturating_add(u64::from(duration.subsec_nanos()));
        Instant(self.0.saturating_add(nanos))
    }
}

impl AddAssign<Duration> for Instant {
    fn add_assign(&mut self, duration: Duration) {
        *self = *self + duration;
    }
}

impl Sub<Instant> for Instant {
    type Output = Duration;

    /// The time between two readings of one clock.
    ///
    /// # Panics
    /// If `earlier` is later than `self`.
    fn sub(self, earlier: Instant) -> Duration {
        assert!(earlier <= self, "{earlier} is later than {self}");
        self.saturating_since(earlier)
    }
}

impl fmt::Display for Instant {
    /// Seconds with microseconds, as timelines print them: `12.840301s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Instant::NEVER {
            return f.pad("never");
        }
        let micros = self.0 / 1_000;
        write!(f, "{}.{:06}s", micros / 1_000_000, micros % 1_000_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_saturates_at_never() {
        assert_eq!(Instant::NEVER + Duration::from_secs(1), Instant::NEVER);
        assert_eq!(Instant(5).saturating_since(Instant(7)), Duration::ZERO);
        assert_eq!(Instant(1_500) + Duration::from_micros(2), Instant(3_500));
    }

    #[test]
    fn readings_print_as_seconds() {
        assert_eq!(Instant(12_840_301_999).to_string(), "12.840301s");
        assert_eq!(Instant::NEVER.to_string(), "never");
    }
}
