//! The state that the hosts of one run share with its world.
//!
//! A run has one thread, so these are cells. The world writes between two ticks and the hosts read within one; reports
//! go the other way. Nothing in here is a channel that a production shell would not have: a host reads its clock, its
//! pause and its disk's condition from its [`Machine`](super::machine::Machine) as a process would read them from the
//! machine it runs on.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeMap;

use env::{Instant, NodeId, Shown, Traced};
use sim::world::{Cuts, Disturbances, KeptLogs, Marks, caught};
use sim::{Actor, Plan};

use super::report::{Report, Said};

/// The shared state of one run.
#[derive(Debug)]
pub(crate) struct RunState {
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
    /// The reports since the world last looked, in order.
    pub(crate) reports: RefCell<Vec<Report>>,
    /// True if the run is recorded, and texts are wanted.
    pub(crate) is_recorded: bool,
    /// The log events of the code under test, if the recorder of the run wants any.
    pub(crate) logs: OnceCell<KeptLogs>,
}

impl RunState {
    /// A run of this plan, at its beginning.
    pub(crate) fn new(plan: Plan, is_recorded: bool) -> RunState {
        RunState {
            plan,
            now: Cell::new(Instant::ZERO),
            cuts: RefCell::new(Cuts::none()),
            disturbances: RefCell::new(Disturbances::none()),
            frames: Cell::new(0),
            marks: RefCell::default(),
            reports: RefCell::default(),
            is_recorded,
            logs: OnceCell::new(),
        }
    }

    /// True if there is a machine of this id.
    pub(crate) fn has_node(&self, node: NodeId) -> bool {
        let machines = self.plan.cluster.nodes + self.plan.cluster.spares;
        (1..=machines).contains(&node.0)
    }

    /// Tells the world.
    pub(crate) fn report(&self, report: Report) {
        self.reports.borrow_mut().push(report);
    }

    /// Calls `act`, which is code under test of `who`, and reports its log events.
    ///
    /// # Errors
    /// The message of its panic.
    pub(crate) fn code_under_test<R>(&self, who: Actor, act: impl FnOnce() -> R) -> Result<R, String> {
        let (result, lines) = self.heard(act);
        self.logged(who, lines);
        result
    }

    /// Calls `act`, which is code under test, and returns the lines of its log events beside its result.
    pub(crate) fn heard<R>(&self, act: impl FnOnce() -> R) -> (Result<R, String>, Vec<String>) {
        let Some(logs) = self.logs.get() else { return (caught(act), Vec::new()) };
        let listening = logs.listen();
        let result = caught(act);
        drop(listening);
        (result, logs.take())
    }

    /// Reports log events.
    pub(crate) fn logged(&self, who: Actor, lines: Vec<String>) {
        self.reports.borrow_mut().extend(lines.into_iter().map(|line| Report::Logged { who, line }));
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

    /// A message as the world needs it.
    pub(crate) fn said<M: Traced>(&self, message: &M) -> Said {
        Said { digest: message.digest(), text: self.is_recorded.then(|| Shown(message).to_string()) }
    }
}
