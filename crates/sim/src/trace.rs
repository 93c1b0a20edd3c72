//! The trace of a run, line by line, for whoever replays it.
//!
//! Nothing is recorded while fuzzing: a run is deterministic, so a failing seed is run again with a [`Recorder`] on.
//! Lines carry simulated time and the event's number, never wall time, so that two traces of one run are equal byte for
//! byte.

use std::fmt;

use check::Moment;
use env::{ClientId, NodeId};

/// Takes a run's trace.
pub trait Recorder {
    /// The next line.
    fn record(&mut self, line: &Line<'_>);
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
    fn record(&mut self, line: &Line<'_>);
}

/// No trace.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Off;

impl Trace for Off {
    const IS_ON: bool = false;
    fn record(&mut self, _: &Line<'_>) {}
}

/// A trace for this recorder.
pub(crate) struct On<'a>(pub(crate) &'a mut dyn Recorder);

impl Trace for On<'_> {
    const IS_ON: bool = true;
    fn record(&mut self, line: &Line<'_>) {
        self.0.record(line);
    }
}
