//! The bounds of a run, and the end of a run that exceeds them.
//!
//! A plan can ask for more than any machine has: each of its fields is within its own range, and their product is not.
//! So a run may be given [`Bounds`]. The run itself counts its [`Limits`], and they depend on nothing else: equal plan,
//! system, engine, version and limits cut a run at the same event. A [`Deadline`] is a question to the caller, which
//! may answer by a clock, by the memory of the process, or by a user's wish to stop. A run that completes is the same
//! run under any bounds.
//!
//! A plan that is sure to exceed the limits is refused before it is run: see `foresight.rs`.

use std::fmt;

use history::Deadline;

use crate::net::Moment;

use crate::foresight::Foreseen;
use crate::outcome::Outcome;
use crate::trail::Trail;

/// On turmoil a tick of 1 ms counts as so many events, which is about its cost.
pub(crate) const EVENTS_A_TICK: u64 = 10;

/// How much a run may take, by its own count. All are inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Events; on turmoil a tick of 1 ms counts as ten. The plan's own `events_max` holds as well, and is a verdict.
    pub events: u64,
    /// Operations that clients begin, the probe's among them.
    pub operations: u64,
    /// Bytes that are [held](Held).
    pub heap: u64,
}

impl Limits {
    /// No limits.
    pub const NONE: Limits = Limits { events: u64::MAX, operations: u64::MAX, heap: u64::MAX };
}

impl Default for Limits {
    /// 50,000,000 events, 2,000,000 operations and 256 MiB: an hour and more of `chaos5`.
    fn default() -> Limits {
        Limits { events: 50_000_000, operations: 2_000_000, heap: 256 << 20 }
    }
}

/// The bounds of a run while it goes.
#[derive(Clone, Copy, Debug)]
pub struct Bounds<'a> {
    /// The most that it may take, by its own count.
    pub limits: Limits,
    /// Asked every few thousand events and every few megabytes whether to give the run up.
    pub deadline: Deadline<'a>,
    /// Takes the digest at every event, for the comparison of two runs; `None` for no comparison.
    pub trail: Option<&'a Trail>,
}

impl Bounds<'static> {
    /// Nothing but the plan's own `events_max`.
    pub const NONE: Bounds<'static> = Bounds { limits: Limits::NONE, deadline: Deadline::NEVER, trail: None };
}

/// The memory of a run, in bytes. It is an estimate by the run's own knowledge: files, values and queues, and none of
/// the tables that a process keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// The files of all nodes, be they durable or not.
    pub disks: u64,
    /// The keys and values of all operations that were begun: logs, histories and stores share these. They count even
    /// after all of these have let go of them.
    pub operations: u64,
    /// The event queue, without the values that messages carry.
    pub queue: u64,
}

impl Held {
    /// All of it.
    pub fn total(&self) -> u64 {
        self.disks + self.operations + self.queue
    }
}

impl fmt::Display for Held {
    /// `257 MiB, of which 193 on disks, 64 in operations and 0 in the queue`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Held { disks, operations, queue } = *self;
        let [all, disks, operations, queue] = [self.total(), disks, operations, queue].map(mib);
        write!(f, "{all} MiB, of which {disks} on disks, {operations} in operations and {queue} in the queue")
    }
}

/// Whole mebibytes, rounded up: a size above a limit shows as such.
fn mib(bytes: u64) -> u64 {
    bytes.div_ceil(1 << 20)
}

/// Which limit a run has exceeded, and where it stood then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Exceeded {
    /// [`Limits::events`].
    Events {
        /// The limit.
        limit: u64,
        /// Where the run stood.
        at: Moment,
    },
    /// [`Limits::operations`].
    Operations {
        /// The limit.
        limit: u64,
        /// Where the run stood.
        at: Moment,
    },
    /// [`Limits::heap`].
    Heap {
        /// The limit.
        limit: u64,
        /// The bytes that it held.
        held: Held,
        /// Where the run stood.
        at: Moment,
    },
}

impl fmt::Display for Exceeded {
    /// In one line: the count, its value, and the limit.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Exceeded::Events { limit, at } => {
                write!(f, "the run takes more than {limit} events, and has simulated no more than {}", at.time)
            }
            Exceeded::Operations { limit, at } => {
                write!(f, "clients begin more than {limit} operations in {}", at.time)
            }
            Exceeded::Heap { limit, held, at } => {
                write!(
                    f,
                    "the run holds {held}, after {} events at {}: more than {} MiB",
                    at.event,
                    at.time,
                    mib(*limit)
                )
            }
        }
    }
}

/// A run that was cut short by its bounds, or never begun. It has no verdict.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Cut {
    /// The plan alone shows that its run would exceed a limit.
    Foreseen(Foreseen),
    /// The run has exceeded a limit.
    Exceeded {
        /// The limit, and where the run stood.
        exceeded: Exceeded,
        /// The outcome if the system is to blame: [stalled](crate::Verdict::Stalled).
        outcome: Box<Outcome>,
    },
    /// The answer to the deadline's question was yes.
    Stopped {
        /// Where the run stood.
        at: Moment,
        /// The bytes that it held, as far as it knows.
        held: Held,
    },
}

impl Cut {
    /// The limit that was exceeded, by its name: `events`, `operations` or `heap`.
    pub fn limit(&self) -> Option<&'static str> {
        match self {
            Cut::Foreseen(foreseen) => Some(foreseen.limit()),
            Cut::Exceeded { exceeded: Exceeded::Events { .. }, .. } => Some("events"),
            Cut::Exceeded { exceeded: Exceeded::Operations { .. }, .. } => Some("operations"),
            Cut::Exceeded { exceeded: Exceeded::Heap { .. }, .. } => Some("heap"),
            Cut::Stopped { .. } => None,
        }
    }

    /// Blames the system for the limit that its run exceeded: the run has stalled. The caller does so where the plan
    /// asks for nothing unusual.
    ///
    /// # Errors
    /// The cut, if the run itself exceeded no limit.
    pub fn blamed(self) -> Result<Outcome, Cut> {
        match self {
            Cut::Exceeded { outcome, .. } => Ok(*outcome),
            cut => Err(cut),
        }
    }
}

impl fmt::Display for Cut {
    /// In one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cut::Foreseen(foreseen) => foreseen.fmt(f),
            Cut::Exceeded { exceeded, .. } => exceeded.fmt(f),
            Cut::Stopped { at, .. } => write!(f, "the run was stopped after {} events at {}", at.event, at.time),
        }
    }
}

impl std::error::Error for Cut {}

#[cfg(test)]
mod tests {
    use env::Instant;

    use super::*;

    #[test]
    fn what_grew_is_said_in_one_line_with_the_limit() {
        let held = Held { disks: 193 << 20, operations: (63 << 20) + 1, queue: 5_000 };
        let at = Moment { time: Instant(400_000_000), event: 1_234 };
        let line = Exceeded::Heap { limit: 256 << 20, held, at }.to_string();
        assert_eq!(
            line,
            "the run holds 257 MiB, of which 193 on disks, 64 in operations and 1 in the queue, after 1234 events at \
             0.400000s: more than 256 MiB"
        );
    }
}
