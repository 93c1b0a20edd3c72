//! The state that the hosts of one run share with its director.
//!
//! A run has one thread, so these are cells. The director writes between two ticks and the hosts read within one;
//! reports go the other way. Nothing in here is a channel that a production shell would not have: a host reads its
//! clock, its pause and its disk's condition from its [`Site`] as a process would read them from the machine it runs
//! on.

use sim::world::{Clock, Consumer, Cuts, Disturbances, Marks, Stream};
use sim::{Plan, Start};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use env::{Instant, NodeId, Shown, Traced};
use tokio::sync::Notify;

use super::report::{Report, Said};

/// The shared state of one run.
#[derive(Debug)]
pub(crate) struct Stage {
    /// The plan of the run.
    pub(crate) plan: Plan,
    /// True time, at the beginning of the present tick: all acts of a host in a tick happen then.
    pub(crate) now: Cell<Instant>,
    /// The cuts between nodes.
    pub(crate) cuts: RefCell<Cuts>,
    /// The faults that disturb messages; the sending side of a host applies them.
    pub(crate) disturbances: RefCell<Disturbances>,
    /// How many frames were numbered.
    frames: Cell<u64>,
    /// By number, the marks of the frames on their way that bear any: beside the wire, never on it.
    marks: RefCell<BTreeMap<u64, Marks>>,
    /// The reports since the director last looked, in order.
    pub(crate) reports: RefCell<Vec<Report>>,
    /// Whether the run is recorded, and texts are wanted.
    pub(crate) is_recorded: bool,
}

impl Stage {
    /// A run of this plan, at its beginning.
    pub(crate) fn new(plan: Plan, is_recorded: bool) -> Stage {
        Stage {
            plan,
            now: Cell::new(Instant::ZERO),
            cuts: RefCell::new(Cuts::none()),
            disturbances: RefCell::new(Disturbances::none()),
            frames: Cell::new(0),
            marks: RefCell::default(),
            reports: RefCell::default(),
            is_recorded,
        }
    }

    /// Whether there is a machine of this id.
    pub(crate) fn has_node(&self, node: NodeId) -> bool {
        let machines = self.plan.cluster.nodes + self.plan.cluster.spares;
        (1..=machines).contains(&node.0)
    }

    /// Tells the director.
    pub(crate) fn report(&self, report: Report) {
        self.reports.borrow_mut().push(report);
    }

    /// The number of the next frame of the run; the frame bears these marks.
    pub(crate) fn number_frame(&self, marks: Marks) -> u64 {
        let number = self.frames.get() + 1;
        self.frames.set(number);
        if marks != 0 {
            self.marks.borrow_mut().insert(number, marks);
        }
        number
    }

    /// The marks of a frame that has arrived, or never will.
    pub(crate) fn take_marks(&self, number: u64) -> Marks {
        let mut marks = self.marks.borrow_mut();
        if marks.is_empty() { 0 } else { marks.remove(&number).unwrap_or(0) }
    }

    /// A message as the director needs it.
    pub(crate) fn said<M: Traced>(&self, message: &M) -> Said {
        Said { digest: message.digest(), text: self.is_recorded.then(|| Shown(message).to_string()) }
    }
}

/// One machine: the state that outlives the process on it, except the files.
#[derive(Debug)]
pub(crate) struct Site {
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

impl Site {
    /// A machine that was never used.
    pub(crate) fn new(plan: &Plan, node: NodeId) -> Site {
        let stream = |consumer| RefCell::new(Stream::new(plan.seed, consumer));
        Site {
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

    /// The time on the node's clock; tells the director if this is the first reading since the clock was changed.
    pub(crate) fn read_clock(&self, stage: &Stage) -> Instant {
        if self.is_clock_unread.take() {
            stage.report(Report::ClockRead { node: self.node });
        }
        self.clock.borrow().read(stage.now.get())
    }
}
