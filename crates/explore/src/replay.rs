//! One seed again: with its trace and its history, and twice, to see that it is the same run.

use check::{History, Moment};
use env::{Completion, Operation, RequestId};
use sim::{Engine, HistoryRecorder, Line, Outcome, Plan, Recorder, System};

use crate::failure::Failure;

/// What came of a replay.
#[derive(Clone, Debug)]
pub struct Replay {
    /// The run's outcome.
    pub outcome: Outcome,
    /// What was wrong with it; that a second run was another one comes before all else.
    pub failure: Option<Failure>,
    /// What its clients saw.
    pub history: History,
}

/// Runs a plan with the recorder on, and then once more without: that must be the same run, as it was when it was found.
pub fn replay<S: System>(engine: Engine, system: &S, plan: &Plan, recorder: &mut dyn Recorder) -> Replay {
    let mut recorder = WithHistory { recorder, history: HistoryRecorder::default() };
    let outcome = engine.run_recorded(system, plan, &mut recorder);
    let again = engine.run(system, plan);
    let failure = Failure::of_digests(plan.seed, &outcome, &again).or_else(|| Failure::of(plan.seed, &outcome));
    Replay { outcome, failure, history: recorder.history.into_history() }
}

/// What comes of a plan, and what its clients see.
pub(crate) fn recorded<S: System>(engine: Engine, system: &S, plan: &Plan) -> (Outcome, History) {
    let mut recorder = HistoryRecorder::default();
    let outcome = engine.run_recorded(system, plan, &mut recorder);
    (outcome, recorder.into_history())
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

    fn invoked(&mut self, at: Moment, request: RequestId, operation: &Operation) {
        self.history.invoked(at, request, operation);
    }

    fn completed(&mut self, at: Moment, request: RequestId, completion: &Completion) {
        self.history.completed(at, request, completion);
    }
}
