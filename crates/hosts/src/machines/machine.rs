//! One machine: the faults on it, its clock and its streams of randomness.

use std::cell::{Cell, RefCell};

use env::{Instant, NodeId};
use sim::world::{Clock, Consumer, Stream};
use sim::{Plan, Start};
use tokio::sync::Notify;

use super::report::Report;
use super::state::RunState;

/// One machine: the state that outlives the process on it, except the files.
#[derive(Debug)]
pub(crate) struct Machine {
    /// The node of this machine.
    pub(crate) node: NodeId,
    /// How its process is to start when its host is next bounced; `None` leaves the machine on with no process.
    pub(crate) start: Cell<Option<Start>>,
    /// The clock of the node.
    pub(crate) clock: RefCell<Clock>,
    /// The clock was changed, and has not been read since.
    pub(crate) is_clock_unread: Cell<bool>,
    /// Its process does not run.
    pub(crate) is_paused: Cell<bool>,
    /// No write reaches its disk.
    pub(crate) is_disk_full: Cell<bool>,
    /// Its syncs do not end.
    pub(crate) is_disk_stalled: Cell<bool>,
    /// Its syncs take so many times as long.
    pub(crate) disk_slowness: Cell<u64>,
    /// So many of its next syncs fail.
    pub(crate) syncs_to_fail: Cell<u32>,
    /// Notified when any of the above has changed. One task of the node waits for it: `notify_one`.
    pub(crate) changed: Notify,
    /// The choices of its process.
    pub(crate) random: RefCell<Stream>,
    /// The fates of its messages.
    pub(crate) link_random: RefCell<Stream>,
    /// How long its syncs take.
    pub(crate) disk_random: RefCell<Stream>,
}

impl Machine {
    /// A machine that was never used.
    pub(crate) fn new(plan: &Plan, node: NodeId) -> Machine {
        let stream = |consumer| RefCell::new(Stream::new(plan.seed, consumer));
        Machine {
            node,
            start: Cell::new(None),
            clock: RefCell::new(Clock::right()),
            is_clock_unread: Cell::new(false),
            is_paused: Cell::new(false),
            is_disk_full: Cell::new(false),
            is_disk_stalled: Cell::new(false),
            disk_slowness: Cell::new(1),
            syncs_to_fail: Cell::new(0),
            changed: Notify::new(),
            random: stream(Consumer::Process(node)),
            link_random: stream(Consumer::NodeLinks(node)),
            disk_random: stream(Consumer::Disk(node)),
        }
    }

    /// The time on the node's clock; tells the world if this is the first reading since the clock was changed.
    pub(crate) fn read_clock(&self, state: &RunState) -> Instant {
        if self.is_clock_unread.take() {
            state.report(Report::ClockRead { node: self.node });
        }
        self.clock.borrow().read(state.now.get())
    }
}
