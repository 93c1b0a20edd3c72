//! The reasons outside a run to give it up while it goes: it is stopped, its time is over, or the process takes too
//! much memory.
//!
//! A run counts by itself the events, operations and bytes that it takes ([`Limits`](sim::Limits)), and that count
//! decides: it is the same on every machine. The memory of the process is looked at beside it, since a run cannot count
//! all memory, such as the tables of a system under test. It is the memory of all that the process does, so a sentry
//! looks at it only where the process does nothing else.

use std::cell::Cell;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::cost::{self, CpuClock, WallClock};

/// A file of `/proc` is read at most once in this time: that costs about a two-hundredth of it.
const READ_EVERY: Duration = Duration::from_millis(4);

/// The memory that the process may take besides that of a run.
const PROCESS_KIB: u64 = 16 << 10;

/// Asked by a run under way whether it is over. It belongs to the thread of that run.
#[derive(Clone, Debug)]
pub struct Sentry<'a> {
    stop: Option<&'a AtomicBool>,
    /// A run goes on for so long after `stop` was set.
    grace: Duration,
    /// When `stop` was first seen to be set, since `clock` began.
    stopped_at: Cell<Option<Duration>>,
    time: Option<(CpuClock, Duration)>,
    memory_max_kib: Option<u64>,
    clock: WallClock,
    /// When `/proc` was last read.
    read_at: Cell<Option<Duration>>,
    over: Cell<Option<Over>>,
}

/// Why a run is to be given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// The run is to stop.
    Stopped,
    /// It has had its CPU time.
    Time(Duration),
    /// The process takes too much memory.
    Memory {
        /// So much, in KiB,
        resident_kib: u64,
        /// which is more than this.
        limit_kib: u64,
    },
}

impl Default for Sentry<'_> {
    fn default() -> Self {
        Sentry::new()
    }
}

impl<'a> Sentry<'a> {
    /// Lets every run go on.
    pub fn new() -> Sentry<'a> {
        Sentry {
            stop: None,
            grace: Duration::ZERO,
            stopped_at: Cell::new(None),
            time: None,
            memory_max_kib: None,
            clock: WallClock::start(),
            read_at: Cell::new(None),
            over: Cell::new(None),
        }
    }

    /// Gives a run up once `stop` has been set for as long as `grace`.
    #[must_use]
    pub fn stopped_by(self, stop: &'a AtomicBool, grace: Duration) -> Sentry<'a> {
        Sentry { stop: Some(stop), grace, ..self }
    }

    /// Gives a run up when this clock has come to so much.
    #[must_use]
    pub(crate) fn timed(self, clock: CpuClock, limit: Duration) -> Sentry<'a> {
        Sentry { time: Some((clock, limit)), over: Cell::new(None), read_at: Cell::new(None), ..self }
    }

    /// Gives a run up when the process takes so many bytes of memory more than now, and 16 MiB for the process itself. Where
    /// the machine does not say how much it takes, none is given up for that.
    #[must_use]
    pub fn of_memory(self, bytes: u64) -> Sentry<'a> {
        let memory_max_kib =
            cost::memory_kib().map(|now| now.saturating_add((bytes >> 10).saturating_add(PROCESS_KIB)));
        Sentry { memory_max_kib, ..self }
    }

    /// True if the run is to be given up.
    pub fn is_over(&self) -> bool {
        if self.over.get().is_none() {
            self.over.set(self.look());
        }
        self.over.get().is_some()
    }

    /// Why it is, if it is.
    pub fn over(&self) -> Option<Over> {
        self.over.get()
    }

    fn look(&self) -> Option<Over> {
        let now = self.clock.elapsed();
        if self.stop.is_some_and(|stop| stop.load(Ordering::Relaxed)) {
            let since = self.stopped_at.get().unwrap_or(now);
            self.stopped_at.set(Some(since));
            if now - since >= self.grace {
                return Some(Over::Stopped);
            }
        }
        if self.read_at.get().is_some_and(|read_at| now - read_at < READ_EVERY) {
            return None;
        }
        self.read_at.set(Some(now));
        if let Some((clock, limit)) = &self.time
            && clock.elapsed() >= *limit
        {
            return Some(Over::Time(*limit));
        }
        let limit_kib = self.memory_max_kib?;
        let resident_kib = cost::memory_kib().filter(|resident| *resident > limit_kib)?;
        Some(Over::Memory { resident_kib, limit_kib })
    }
}

impl fmt::Display for Over {
    /// In a few words, of a run.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Over::Stopped => f.write_str("it was stopped"),
            Over::Time(limit) => write!(f, "it takes more than {limit:?} of CPU time"),
            Over::Memory { resident_kib, limit_kib } => {
                let [resident, limit] = [resident_kib, limit_kib].map(|kib| kib.div_ceil(1 << 10));
                write!(f, "the process takes {resident} MiB, more than {limit} MiB")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_who_does_not_ask_for_it_is_stopped() {
        assert!(!Sentry::new().is_over());
        assert!(!Sentry::new().stopped_by(&AtomicBool::new(false), Duration::ZERO).is_over());
    }

    #[test]
    fn a_stop_waits_for_the_grace_that_it_was_given() {
        let stop = AtomicBool::new(true);
        assert!(!Sentry::new().stopped_by(&stop, Duration::from_secs(3_600)).is_over());
        let sentry = Sentry::new().stopped_by(&stop, Duration::ZERO);
        assert!(sentry.is_over());
        assert_eq!(sentry.over(), Some(Over::Stopped));
    }

    #[test]
    fn time_and_memory_are_over_when_they_are_used_up() {
        let spent = Sentry::new().timed(CpuClock::start(), Duration::ZERO);
        assert!(spent.is_over());
        assert_eq!(spent.over().expect("it is over").to_string(), "it takes more than 0ns of CPU time");
        if cost::memory_kib().is_some() {
            let sentry = Sentry::new().of_memory(16 << 20);
            assert!(!sentry.is_over());
            let much: Vec<u64> = (0..8 << 20).collect();
            let full = Sentry { read_at: Cell::new(None), ..sentry };
            assert!(full.is_over(), "{} numbers", much.len());
            let said = full.over().expect("it is over").to_string();
            assert!(said.starts_with("the process takes ") && said.contains(" MiB, more than "), "{said}");
        }
    }
}
