//! One seed again: with its trace and its history, and twice, to see that it is the same run.

use env::{Completion, RequestId};
use sim::{HistoryRecorder, Line, LogLevel, Moment, Outcome, Plan, RecordedHistory, Recorder, Value};

use crate::failure::Failure;
use crate::runner::{Runner, Unfinished};
use crate::twice::{self, Trailed};

/// The result of a replay.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Replay {
    /// The run's outcome.
    pub outcome: Outcome,
    /// The run's failure, if any; a second run that was another one comes before any other failure.
    pub failure: Option<Failure>,
    /// The history of its clients.
    pub history: RecordedHistory,
}

/// Runs a plan, and then once more with the recorder on: that must be the same run. Nothing is recorded of one that takes
/// more than it may.
///
/// # Errors
/// Why the run has no verdict.
pub fn replay(runner: &Runner<'_>, plan: &Plan, recorder: &mut dyn Recorder) -> Result<Replay, Unfinished> {
    let first = Trailed::run(runner, plan, None)?;
    let mut recorder = WithHistory { recorder, history: HistoryRecorder::default() };
    let second = Trailed::run(runner, plan, Some(&mut recorder))?;
    let failure = twice::difference(runner, plan, &first, &second);
    let failure = failure.or_else(|| Failure::of(plan.seed, &second.outcome));
    Ok(Replay { outcome: second.outcome, failure, history: recorder.history.into_history() })
}

/// A recorder, and one for the history beside it.
struct WithHistory<'a> {
    recorder: &'a mut dyn Recorder,
    history: HistoryRecorder,
}

impl Recorder for WithHistory<'_> {
    fn record(&mut self, line: &Line<'_>) {
        self.recorder.record(line);
    }

    fn log_level(&self) -> LogLevel {
        self.recorder.log_level()
    }

    fn invoked(&mut self, at: Moment, request: RequestId, operation: &Value) {
        self.history.invoked(at, request, operation);
    }

    fn completed(&mut self, at: Moment, request: RequestId, completion: &Completion<Value>) {
        self.history.completed(at, request, completion);
    }
}
