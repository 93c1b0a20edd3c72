//! The server's clock, made monotonic.

use env::Instant;

/// Readings of the server's own clock, none before an earlier one.
///
/// When the clock jumps back, time stands still for the length of the jump and goes on from there, so that timers still
/// run out. How long the jump really took is unknown; a duration measured across it (a lease) is worth nothing, and
/// [`read`](Clock::read) says so.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    latest: Instant,
    /// How much all jumps back add up to.
    behind: u64,
}

impl Clock {
    pub(crate) fn new(reading: Instant) -> Clock {
        Clock { latest: reading, behind: 0 }
    }

    /// Takes a reading of the machine's clock; true if it has jumped back.
    pub(crate) fn read(&mut self, reading: Instant) -> bool {
        let now = Instant(reading.0.saturating_add(self.behind));
        if now < self.latest {
            self.behind += self.latest.0 - now.0;
            return true;
        }
        self.latest = now;
        false
    }

    /// Now, in the server's own monotonic time.
    pub(crate) fn now(&self) -> Instant {
        self.latest
    }

    /// The reading of the machine's clock at `at`.
    pub(crate) fn reading_at(&self, at: Instant) -> Instant {
        if at == Instant::NEVER { at } else { Instant(at.0.saturating_sub(self.behind)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_goes_on_after_a_jump_back() {
        let mut clock = Clock::new(Instant(100));
        assert!(!clock.read(Instant(120)));
        assert!(clock.read(Instant(50)), "back by 70");
        assert_eq!(clock.now(), Instant(120));
        assert!(!clock.read(Instant(60)));
        assert_eq!(clock.now(), Instant(130));
        assert_eq!(clock.reading_at(Instant(140)), Instant(70));
        assert_eq!(clock.reading_at(Instant::NEVER), Instant::NEVER);
    }
}
