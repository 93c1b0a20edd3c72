//! The trace of a run, line by line, for whoever replays it.
//!
//! Nothing is recorded while fuzzing: a run is deterministic, so a failing seed is run again with a [`Recorder`] on.
//! Lines carry simulated time and the event's number, never wall time, so that two traces of one run are equal byte for
//! byte.

use std::fmt;

use check::{History, Moment, Point};
use env::{ClientId, Completion, NodeId, Operation, RequestId};

/// Takes a run's trace, and what clients saw of it.
pub trait Recorder {
    /// The next line.
    fn record(&mut self, line: &Line<'_>);

    /// A client begins an operation. A line says so too.
    fn invoked(&mut self, _at: Moment, _request: RequestId, _operation: &Operation) {}

    /// A client's operation has ended. A line says so too.
    fn completed(&mut self, _at: Moment, _request: RequestId, _completion: &Completion) {}
}

/// Records the history of a run's clients, the probe of the calm phase among them: each is a process.
#[derive(Clone, Debug, Default)]
pub struct HistoryRecorder {
    history: History,
    /// Counts what was recorded.
    order: u64,
}

impl HistoryRecorder {
    /// What was recorded.
    pub fn into_history(self) -> History {
        self.history
    }

    fn point(&mut self, at: Moment) -> Point {
        self.order += 1;
        Point { order: self.order, time: Some(at.time) }
    }
}

impl Recorder for HistoryRecorder {
    fn record(&mut self, _: &Line<'_>) {}

    fn invoked(&mut self, at: Moment, request: RequestId, operation: &Operation) {
        let at = self.point(at);
        let begun = self.history.invoke(request.client.0.into(), operation.clone(), at);
        begun.expect("a client does one thing at a time");
    }

    fn completed(&mut self, at: Moment, request: RequestId, completion: &Completion) {
        let at = self.point(at);
        let ended = self.history.complete(request.client.0.into(), completion.clone(), at);
        ended.expect("a client completes what it has begun");
    }
}

/// One thing that happened.
#[derive(Clone, Copy)]
pub struct Line<'a> {
    /// The true simulated time and the number of the event in whose course it happened.
    pub at: Moment,
    /// To whom, or by whom.
    pub actor: Actor,
    /// What kind of thing.
    pub what: What,
    /// The thing itself.
    pub text: fmt::Arguments<'a>,
}

/// Whom a line is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A node.
    Node(NodeId),
    /// A client, or the probe of the calm phase.
    Client(ClientId),
    /// Whoever asks nodes for administrative work.
    Operator,
    /// Whatever breaks the cluster.
    Nemesis,
    /// The run itself: its phases and demands.
    Run,
}

/// What kind of thing a line tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A message was delivered.
    Message,
    /// A client's or an operator's request was delivered.
    Request,
    /// An answer was delivered.
    Response,
    /// A message, a request or an answer was lost.
    Dropped,
    /// A wake-up was due.
    Wake,
    /// A sync ended, well or badly.
    Sync,
    /// A node changed its files.
    Disk,
    /// A node said what it did.
    Observation,
    /// A node started, stopped, halted or refused to start.
    Lifecycle,
    /// A client began an operation.
    Invocation,
    /// A client's operation ended.
    Completion,
    /// A fault began, ended, or was refused.
    Fault,
    /// The run entered a phase, or a demand of the calm phase was met.
    Phase,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Actor::Node(node) => f.pad(&node.to_string()),
            Actor::Client(client) => f.pad(&client.to_string()),
            Actor::Operator => f.pad("operator"),
            Actor::Nemesis => f.pad("nemesis"),
            Actor::Run => f.pad("run"),
        }
    }
}

impl fmt::Display for Line<'_> {
    /// `  12.840301s     #1834  n4        leads term 7, log to 12@6`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Line { at, actor, text, .. } = self;
        let (time, event) = (at.time.to_string(), format_args!("#{}", at.event).to_string());
        write!(f, "{time:>12}  {event:>8}  {actor:<8}  {text}")
    }
}

/// The engine's side of a recorder: whether there is one is known when the engine is compiled, so that a run without
/// one pays nothing.
pub(crate) trait Trace {
    const IS_ON: bool;
    /// True if the history of a run goes on until the answer to a stale read has reached its client.
    const GOES_ON: bool = false;
    /// A message was delivered; how many bytes it has is told to whoever asks, since it costs something to know.
    fn delivered(&mut self, _bytes: impl FnOnce() -> u64) {}
    fn record(&mut self, line: &Line<'_>);
    fn invoked(&mut self, at: Moment, request: RequestId, operation: &Operation);
    fn completed(&mut self, at: Moment, request: RequestId, completion: &Completion);
}

/// No trace.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Off;

impl Trace for Off {
    const IS_ON: bool = false;
    fn record(&mut self, _: &Line<'_>) {}
    fn invoked(&mut self, _: Moment, _: RequestId, _: &Operation) {}
    fn completed(&mut self, _: Moment, _: RequestId, _: &Completion) {}
}

/// A trace for this recorder.
pub(crate) struct On<'a>(pub(crate) &'a mut dyn Recorder);

impl Trace for On<'_> {
    const IS_ON: bool = true;
    const GOES_ON: bool = true;
    fn record(&mut self, line: &Line<'_>) {
        self.0.record(line);
    }

    fn invoked(&mut self, at: Moment, request: RequestId, operation: &Operation) {
        self.0.invoked(at, request, operation);
    }

    fn completed(&mut self, at: Moment, request: RequestId, completion: &Completion) {
        self.0.completed(at, request, completion);
    }
}
