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

/// Runs a plan, and then once more with the recorder on: that must be the same run. Nothing is recorded of one that
/// takes more than it may. If the recorder hears the log events of the system, the first run is listened to as well: a
/// field of a log statement is evaluated only where somebody listens, and may have effects.
///
/// # Errors
/// Why the run has no verdict.
pub fn replay(runner: &Runner<'_>, plan: &Plan, recorder: &mut dyn Recorder) -> Result<Replay, Unfinished> {
    let mut discarding = Discarding(recorder.log_level());
    let first =
        Trailed::run(runner, plan, (discarding.0 != LogLevel::Off).then_some(&mut discarding as &mut dyn Recorder))?;
    let mut recorder = WithHistory { recorder, history: HistoryRecorder::default() };
    let second = Trailed::run(runner, plan, Some(&mut recorder))?;
    let failure = twice::difference(runner, plan, &first, &second);
    let failure = failure.or_else(|| Failure::of(plan.seed, &second.outcome));
    Ok(Replay { outcome: second.outcome, failure, history: recorder.history.into_history() })
}

/// Hears log events of this level and above, and keeps nothing.
struct Discarding(LogLevel);

impl Recorder for Discarding {
    fn record(&mut self, _: &Line<'_>) {}

    fn log_level(&self) -> LogLevel {
        self.0
    }
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
