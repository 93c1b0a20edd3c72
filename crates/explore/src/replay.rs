//! One seed again: with its trace, and twice, to see that it is the same run.

use sim::{Engine, Outcome, Plan, Recorder, System};

use crate::failure::Failure;

/// What came of a replay.
#[derive(Clone, Debug)]
pub struct Replay {
    /// The run's outcome.
    pub outcome: Outcome,
    /// What was wrong with it; that a second run was another one comes before all else.
    pub failure: Option<Failure>,
}

/// Runs a plan with the recorder on, and then once more without: that must be the same run, as it was when it was found.
pub fn replay<S: System>(engine: Engine, system: &S, plan: &Plan, recorder: &mut dyn Recorder) -> Replay {
    let outcome = engine.run_recorded(system, plan, recorder);
    let again = engine.run(system, plan);
    let failure = Failure::of_digests(plan.seed, &outcome, &again).or_else(|| Failure::of(plan.seed, &outcome));
    Replay { outcome, failure }
}
