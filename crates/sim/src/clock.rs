//! A node's clock: its reading at each true time.
//!
//! A reading is an affine function of true time, exact in integers: `origin_reading + (time - origin) * rate`. Faults
//! shift it (skew, jump) or change its rate (drift, freeze). The end of a skew takes its shift back. Time lost or
//! gained at another rate stays when the rate is right again: taking it back would be a jump, and a drifting clock
//! never jumps.

use env::Instant;

/// The reading of a right clock at the run's start, in nanoseconds: far enough from zero that a clock can be set back.
const START: i128 = 10_000_000 * 1_000_000_000;

/// The rate of a right clock, in parts per million of true time.
const RIGHT_PPM: i128 = 1_000_000;

/// The clock of one node.
#[derive(Clone, Debug)]
pub struct Clock {
    /// The true time from which on `rate_ppm` holds.
    origin: Instant,
    /// The reading at `origin`, in nanoseconds; below zero the clock reads zero.
    origin_reading: i128,
    rate_ppm: i128,
    /// The clock reads `START` above true time, as if no fault had ever touched it.
    is_right: bool,
}

impl Clock {
    /// A right clock.
    pub fn right() -> Clock {
        Clock { origin: Instant::ZERO, origin_reading: START, rate_ppm: RIGHT_PPM, is_right: true }
    }

    /// The reading at `time`, which must not lie before the last change.
    pub fn read(&self, time: Instant) -> Instant {
        if self.is_right {
            return Instant(time.0 + START as u64);
        }
        Instant(self.exact(time).clamp(0, i128::from(u64::MAX)) as u64)
    }

    /// True if it reads as if no fault had ever touched it.
    pub(crate) fn is_right(&self) -> bool {
        self.is_right
    }

    /// False if it stands still.
    pub fn is_running(&self) -> bool {
        self.rate_ppm > 0
    }

    /// Moves it by so many nanoseconds.
    pub fn shift(&mut self, by_ns: i128) {
        self.origin_reading += by_ns;
        self.judge();
    }

    /// Lets it run at so many parts per million above the right rate, from `now` on; `None` stops it.
    pub fn set_drift(&mut self, now: Instant, drift_ppm: Option<i64>) {
        self.origin_reading = self.exact(now);
        self.origin = now;
        // A clock may stand still, but never runs backwards.
        self.rate_ppm = drift_ppm.map_or(0, |drift| (RIGHT_PPM + i128::from(drift)).max(0));
        self.judge();
    }

    /// The first true time, not before `now`, at which it reads `reading` or later; `None` if it never does as it goes
    /// now.
    pub fn when(&self, now: Instant, reading: Instant) -> Option<Instant> {
        if reading == Instant::NEVER {
            return None;
        }
        if self.is_right {
            return Some(now.max(Instant(reading.0.saturating_sub(START as u64))));
        }
        let missing = i128::from(reading.0) - self.exact(now);
        if missing <= 0 {
            return Some(now);
        }
        if self.rate_ppm == 0 {
            return None;
        }
        // Counted from the origin, since that is where `exact` rounds.
        let since_origin = i128::from(reading.0) - self.origin_reading;
        let nanos = (since_origin * RIGHT_PPM + self.rate_ppm - 1).div_euclid(self.rate_ppm);
        u64::try_from(i128::from(self.origin.0) + nanos).ok().map(Instant)
    }

    fn exact(&self, time: Instant) -> i128 {
        debug_assert!(time >= self.origin, "{time} is before the clock's last change at {}", self.origin);
        let passed = i128::from(time.0) - i128::from(self.origin.0);
        self.origin_reading + (passed * self.rate_ppm).div_euclid(RIGHT_PPM)
    }

    fn judge(&mut self) {
        self.is_right = self.rate_ppm == RIGHT_PPM && self.origin_reading - i128::from(self.origin.0) == START;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: i128 = 1_000_000;

    fn ms(ms: u64) -> Instant {
        Instant(ms * MS as u64)
    }

    /// How far the clock is off, in nanoseconds.
    fn off(clock: &Clock, time: Instant) -> i128 {
        i128::from(clock.read(time).0) - i128::from(Clock::right().read(time).0)
    }

    #[test]
    fn a_shift_is_taken_back_exactly() {
        let mut clock = Clock::right();
        clock.shift(-20_000 * MS);
        assert_eq!(off(&clock, ms(3)), -20_000 * MS);
        clock.shift(500 * MS);
        clock.shift(20_000 * MS);
        assert_eq!(off(&clock, ms(7)), 500 * MS);
        clock.shift(-500 * MS);
        assert!(clock.is_right);
    }

    #[test]
    fn what_a_drift_gained_stays_and_nothing_jumps() {
        let mut clock = Clock::right();
        clock.set_drift(ms(1_000), Some(100_000));
        assert_eq!(off(&clock, ms(1_000)), 0);
        assert_eq!(off(&clock, ms(2_000)), 100 * MS);
        clock.set_drift(ms(3_000), Some(0));
        assert_eq!(off(&clock, ms(3_000)), 200 * MS);
        assert_eq!(off(&clock, ms(9_000)), 200 * MS);
    }

    #[test]
    fn a_frozen_clock_reads_the_same_and_a_deadline_never_comes() {
        let mut clock = Clock::right();
        let deadline = clock.read(ms(150));
        clock.set_drift(ms(100), None);
        assert_eq!(clock.read(ms(100)), clock.read(ms(900)));
        assert_eq!(clock.when(ms(200), deadline), None);
        assert_eq!(clock.when(ms(200), clock.read(ms(200))), Some(ms(200)));
        clock.set_drift(ms(300), Some(0));
        assert_eq!(clock.when(ms(300), deadline), Some(ms(350)));
    }

    #[test]
    fn a_deadline_is_the_first_moment_at_which_the_clock_reads_it() {
        for drift in [-999_999, -500_000, -333_333, -1, 1, 7, 333_333, 5_000_000] {
            let mut clock = Clock::right();
            clock.shift(-17);
            clock.set_drift(Instant(12_345), Some(drift));
            for ahead in [1, 2, 999, 1_000_000, 123_456_789] {
                let now = Instant(50_000);
                let deadline = Instant(clock.read(now).0 + ahead);
                let when = clock.when(now, deadline).expect("the clock runs");
                assert!(clock.read(when) >= deadline, "drift {drift}, {ahead} ns ahead: too early");
                assert!(clock.read(Instant(when.0 - 1)) < deadline, "drift {drift}, {ahead} ns ahead: too late");
            }
        }
    }

    #[test]
    fn a_deadline_that_has_passed_is_now() {
        let mut clock = Clock::right();
        assert_eq!(clock.when(ms(9), clock.read(ms(5))), Some(ms(9)));
        clock.shift(10 * MS);
        assert_eq!(clock.when(ms(9), clock.read(ms(9))), Some(ms(9)));
        assert_eq!(clock.when(ms(9), Instant::NEVER), None);
    }

    #[test]
    fn no_clock_reads_below_zero() {
        let mut clock = Clock::right();
        clock.shift(-START - 5);
        assert_eq!(clock.read(Instant(3)), Instant::ZERO);
        assert_eq!(clock.when(Instant(3), Instant(10)), Some(Instant(15)));
    }
}
