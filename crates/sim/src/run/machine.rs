//! The machine that a node runs on, as the nemesis and the checkers see it.

use std::collections::VecDeque;

use env::{Instant, NodeId};

use crate::clock::Clock;

/// One machine: its process, if one runs, and the faults on it.
#[derive(Clone, Debug)]
pub struct Machine {
    pub(crate) id: NodeId,
    /// A process runs on it, paused or not, or is about to.
    pub is_up: bool,
    /// The process has booted.
    pub has_booted: bool,
    /// When it booted; `None` of a machine without a process that has booted.
    pub(crate) up_since: Option<Instant>,
    pub(crate) condition: Condition,
    /// How often a process stopped here; it tells the events of an earlier process from those of this one.
    pub(crate) life: u32,
    /// How many faults keep it down.
    pub(crate) holds: u32,
    /// How many faults keep its process from running.
    pub pauses: u32,
    /// The clock of its node.
    pub clock: Clock,
    /// Faults of the clock that no event has yet felt.
    pub(crate) clock_faults_unread: Vec<usize>,
    /// The present faults of its disk.
    pub disk: DiskCondition,
    /// Faults that have flipped a bit of its disk and were not noticed.
    pub(crate) bit_flips: Vec<usize>,
    /// Faults that each let one sync fail.
    pub sync_faults: VecDeque<usize>,
    /// A sync has failed in this life: nothing that the process syncs from then on is to be relied upon.
    pub(crate) is_tainted: bool,
    /// The fault that cuts its power in the middle of its next write.
    pub(crate) trap: Option<usize>,
}

/// The condition of a machine's disk across the lives of its processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    /// Nothing was ever durable on it: its next start is its first.
    Blank,
    /// It has been in use.
    Used,
    /// It never comes back: its disk is gone or unreadable.
    Lost,
}

/// The present faults of a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiskCondition {
    /// No write reaches it.
    pub is_full: bool,
    /// Syncs do not end.
    pub is_stalled: bool,
    /// Syncs take so many times as long.
    pub slowness: u64,
}

impl DiskCondition {
    /// No fault.
    pub(crate) const GOOD: DiskCondition = DiskCondition { is_full: false, is_stalled: false, slowness: 1 };
}

impl Machine {
    /// A machine that was never used.
    pub(crate) fn new(id: NodeId) -> Machine {
        Machine {
            id,
            is_up: false,
            has_booted: false,
            up_since: None,
            condition: Condition::Blank,
            life: 0,
            holds: 0,
            pauses: 0,
            clock: Clock::right(),
            clock_faults_unread: Vec::new(),
            disk: DiskCondition::GOOD,
            bit_flips: Vec::new(),
            sync_faults: VecDeque::new(),
            is_tainted: false,
            trap: None,
        }
    }

    /// True if its process runs unpaused, with a running clock and a disk that is neither full nor stalled.
    pub(crate) fn is_able(&self) -> bool {
        self.is_up && !self.is_hampered()
    }

    /// True if a fault keeps any process on it from its work: by a pause, a full or stalled disk, or a clock that stands
    /// still.
    pub(crate) fn is_hampered(&self) -> bool {
        self.pauses > 0 || self.disk.is_full || self.disk.is_stalled || !self.clock.is_running()
    }

    /// Forgets the state that only a running process can have.
    pub(crate) fn process_gone(&mut self) {
        self.is_up = false;
        self.has_booted = false;
        self.up_since = None;
        self.life += 1;
        self.pauses = 0;
        self.is_tainted = false;
    }
}
