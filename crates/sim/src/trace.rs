//! The trace of a run, line by line, for a replay.
//!
//! Nothing is recorded while fuzzing: a run is deterministic, so a failing seed is run again with a [`Recorder`] on.
//! Lines carry simulated time and the event's number, never wall time, so that two traces of one run are equal byte for
//! byte.

use std::fmt;

use env::{ClientId, Completion, Instant, NodeId, RequestId};
use history::{History, Point};
use serde::Serialize;

use crate::logs::{KeptLogs, Listening, LogLevel};
use crate::net::{Answer, Moment, Op};
use crate::plan::Value;

/// Takes a run's trace, and the history of its clients.
pub trait Recorder {
    /// The next line.
    fn record(&mut self, line: &Line<'_>);

    /// The least important log events of the code under test that become lines, as [`What::Log`]; asked once, when the
    /// run begins. There are such lines only with the feature `tracing`.
    fn log_level(&self) -> LogLevel {
        LogLevel::default()
    }

    /// A client begins an operation. A line says so too.
    fn invoked(&mut self, _at: Moment, _request: RequestId, _operation: &Value) {}

    /// A client's operation has ended. A line says so too.
    fn completed(&mut self, _at: Moment, _request: RequestId, _completion: &Completion<Value>) {}
}

/// The history of a run's clients: operations and answers are plain values, as the system writes its own.
pub type RecordedHistory = History<Value, Value>;

/// Records the history of a run's clients, the probe of the calm phase among them: each is a process.
#[derive(Clone, Debug, Default)]
pub struct HistoryRecorder {
    history: RecordedHistory,
    /// Counts the recorded events of the history.
    order: u64,
}

impl HistoryRecorder {
    /// The recorded history.
    pub fn into_history(self) -> RecordedHistory {
        self.history
    }

    fn point(&mut self, at: Moment) -> Point {
        self.order += 1;
        Point { order: self.order, time: Some(at.time) }
    }
}

impl Recorder for HistoryRecorder {
    fn record(&mut self, _: &Line<'_>) {}

    fn log_level(&self) -> LogLevel {
        LogLevel::Off
    }

    fn invoked(&mut self, at: Moment, request: RequestId, operation: &Value) {
        let at = self.point(at);
        let begun = self.history.invoke(request.client.0.into(), operation.clone(), at);
        begun.expect("a client does one thing at a time");
    }

    fn completed(&mut self, at: Moment, request: RequestId, completion: &Completion<Value>) {
        let at = self.point(at);
        let ended = self.history.complete(request.client.0.into(), completion.clone(), at);
        ended.expect("a client completes what it has begun");
    }
}

/// One line of a trace.
#[derive(Clone, Copy)]
pub struct Line<'a> {
    /// The true simulated time, and the number of the event that it belongs to.
    pub at: Moment,
    /// The actor that it is about.
    pub actor: Actor,
    /// Its kind.
    pub what: What,
    /// Its text.
    pub text: fmt::Arguments<'a>,
}

/// The actor that a line is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Actor {
    /// A node.
    Node(NodeId),
    /// A client, or the probe of the calm phase.
    Client(ClientId),
    /// The operator, which asks nodes for administrative work.
    Operator,
    /// The nemesis, which breaks the cluster.
    Nemesis,
    /// The run itself: its phases and demands.
    Run,
}

/// The kind of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
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
    /// A node or a client noted a step that it took.
    Note,
    /// A node or a client made a log event.
    Log,
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

impl What {
    /// True of the steps of nodes, clients, faults and of the run itself; false of their causes and their means, such
    /// as messages, wake-ups and syncs.
    pub fn is_step(self) -> bool {
        match self {
            What::Note
            | What::Log
            | What::Lifecycle
            | What::Invocation
            | What::Completion
            | What::Fault
            | What::Phase => true,
            What::Message | What::Request | What::Response | What::Dropped | What::Wake | What::Sync | What::Disk => {
                false
            }
        }
    }
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

/// A client's operation that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The operation.
    pub request: RequestId,
    /// How it ended.
    pub completion: Completion<Value>,
    /// When it ended.
    pub at: Instant,
}

/// The listeners of a run: a recorder, a driver, both or neither.
pub(crate) struct Trace<'a> {
    recorder: Option<&'a mut dyn Recorder>,
    driver: Option<Heard>,
    /// The log events of the code under test, if the recorder wants any.
    logs: Option<KeptLogs>,
}

/// The part of a run that its driver hears of.
#[derive(Debug, Default)]
struct Heard {
    /// The operations that have ended since it last asked.
    ended: Vec<Ended>,
    /// How many bytes the messages had that were delivered.
    message_bytes: u64,
}

impl<'a> Trace<'a> {
    /// For this recorder, if there is one.
    pub(crate) fn to(recorder: Option<&'a mut dyn Recorder>) -> Trace<'a> {
        let logs = recorder.as_ref().and_then(|recorder| KeptLogs::of(recorder.log_level()));
        Trace { recorder, driver: None, logs }
    }

    /// For a driver, and for this recorder, if there is one.
    pub(crate) fn to_driver(recorder: Option<&'a mut dyn Recorder>) -> Trace<'a> {
        Trace { driver: Some(Heard::default()), ..Trace::to(recorder) }
    }

    /// The operations that have ended since the driver last asked.
    pub(crate) fn take_ended(&mut self) -> Vec<Ended> {
        self.driver.as_mut().map(|driver| std::mem::take(&mut driver.ended)).unwrap_or_default()
    }

    /// How many bytes the messages had that the driver has heard of.
    pub(crate) fn message_bytes(&self) -> u64 {
        self.driver.as_ref().map_or(0, |driver| driver.message_bytes)
    }

    /// True if a recorder takes the lines of this run.
    #[inline]
    pub(crate) fn is_on(&self) -> bool {
        self.recorder.is_some()
    }

    /// The least important log events that become lines.
    pub(crate) fn log_level(&self) -> LogLevel {
        self.recorder.as_ref().map_or(LogLevel::Off, |recorder| recorder.log_level())
    }

    /// The log events that become lines, if any do.
    pub(crate) fn logs(&self) -> Option<&KeptLogs> {
        self.logs.as_ref()
    }

    /// Begins to listen to the log events of this thread, if any become lines.
    #[inline]
    pub(crate) fn listen(&self) -> Option<Listening> {
        self.logs.as_ref().map(KeptLogs::listen)
    }

    /// The log events that have no line yet.
    pub(crate) fn take_logs(&self) -> Vec<String> {
        self.logs.as_ref().map(KeptLogs::take).unwrap_or_default()
    }

    /// True if the history of the run goes on until the answer to a stale read has reached its client.
    #[inline]
    pub(crate) fn goes_on(&self) -> bool {
        self.recorder.is_some() && self.driver.is_none()
    }

    /// A message was delivered. `bytes` gives its size, and is called only if a driver counts bytes.
    #[inline]
    pub(crate) fn delivered(&mut self, bytes: impl FnOnce() -> u64) {
        if let Some(driver) = &mut self.driver {
            driver.message_bytes += bytes();
        }
    }

    pub(crate) fn record(&mut self, line: &Line<'_>) {
        if let Some(recorder) = &mut self.recorder {
            recorder.record(line);
        }
    }

    pub(crate) fn invoked(&mut self, at: Moment, request: RequestId, operation: &impl Op) {
        if let Some(recorder) = &mut self.recorder {
            recorder.invoked(at, request, &value_of(operation));
        }
    }

    pub(crate) fn completed(&mut self, at: Moment, request: RequestId, completion: &Completion<impl Answer>) {
        if self.driver.is_none() && self.recorder.is_none() {
            return;
        }
        let completion = match completion {
            Completion::Ok(answer) => Completion::Ok(value_of(answer)),
            Completion::Fail => Completion::Fail,
            Completion::Info => Completion::Info,
        };
        if let Some(recorder) = &mut self.recorder {
            recorder.completed(at, request, &completion);
        }
        if let Some(driver) = &mut self.driver {
            driver.ended.push(Ended { request, completion, at: at.time });
        }
    }
}

/// An operation or an answer as a plain value.
///
/// # Panics
/// If the system's own type cannot be written as JSON.
pub(crate) fn value_of(said: &impl Serialize) -> Value {
    serde_json::to_value(said).unwrap_or_else(|error| panic!("what a client says cannot be written as JSON: {error}"))
}
