//! The linearizability checker. A history is linearizable if its operations could have come one at a time, each at one
//! moment between its invocation and its completion, and have given the answers that they gave (Herlihy and Wing,
//! "Linearizability: A Correctness Condition for Concurrent Objects", 1990).
//!
//! [`check`] judges a history by a [`Model`] of the object. The system is a black box: the checker sees the operations
//! of its clients, and nothing else.
//!
//! The files:
//! - `model` (the trait of an object), `models` (a register, a key-value store, a mutex, and their common `cell`);
//! - `part`: the operations on one key, which are judged together; `start`: the states that they may begin in;
//! - `search`: the search for an order, over a `problem` (the deadline of each operation) in a space of states:
//!   `interned`, those of any model, or `versions`, those of a value that never takes the same bytes twice, where
//!   hardly anything has to be searched; `loose` keeps the sets of operations that may or may not have taken effect;
//! - `history_checker` judges the history of a run while it is made;
//! - `explanation` makes of a history that is not linearizable a `counterexample` that a person can read.
//!
//! Always true:
//! - a verdict is right or is [`Unknown`](Verdict::Unknown): the budget bounds the work, never the care;
//! - an operation that ended as `info`, or not at all, may take effect at any time after its invocation, or never; one that
//!   ended as `fail` never does;
//! - equal histories get equal verdicts and equal counterexamples.
//!
//! Not to be mixed up with this: sequential consistency, which lets an operation take effect before it was invoked or
//! after it returned. A history that is sequentially consistent and no more is not linearizable.

use std::collections::BTreeMap;

use env::Bytes;

use crate::Deadline;
use crate::history::{Call, History};

mod counterexample;
mod explanation;
mod history_checker;
mod interned;
mod loose;
mod model;
mod models;
mod part;
mod problem;
mod search;
mod start;
mod versions;

pub use counterexample::{Attempt, Before, Counterexample, Operation};
pub use history_checker::HistoryChecker;
pub use model::{CellOperation, Model};
pub use models::{Held, KeyValue, Mutex, Register, WholeStore};
pub use search::{Budget, Limit};
pub use start::Start;

use part::{Item, Part};
use search::Found;

/// The judgement on a history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Its operations can be put in order.
    Linearizable,
    /// The operations cannot be put in order; the counterexample shows why.
    NotLinearizable(Box<Counterexample>),
    /// The search ran into a limit before it could decide.
    Unknown(Limit),
}

/// The budget for the explanation of a violation in a run.
const EXPLANATION: Budget<'_> = Budget { steps: 2_000_000, bytes: 256 << 20, deadline: Deadline::NEVER };

/// Judges a history by a model, from the model's first state on. The budget is for the verdict, all parts together; an
/// explanation takes as much again, and no more than ten times the steps of the verdict.
pub fn check<M: Model>(model: &M, history: &History<M::Input, M::Output>, budget: Budget<'_>) -> Verdict {
    check_from(model, &Start::At(model.initial()), history, budget)
}

/// Judges a history as [`check`] does, from another start.
pub fn check_from<M: Model>(
    model: &M,
    start: &Start<M::State>,
    history: &History<M::Input, M::Output>,
    budget: Budget<'_>,
) -> Verdict {
    let parts = parts(model, start, history.calls());
    let mut left = budget;
    let Refuted { part, reached } = match judge(&parts, &mut left) {
        Ok(None) => return Verdict::Linearizable,
        Ok(Some(refuted)) => refuted,
        Err(limit) => return Verdict::Unknown(limit),
    };
    let calls: Vec<_> = history.calls().iter().collect();
    let who = |call: usize| format!("p{}", history.calls()[call].process);
    let spent = (budget.steps - left.steps).max(part.items.len() as u64);
    let steps = (10 * spent).max(STEPS_TO_EXPLAIN).min(budget.steps.max(1));
    let budget = Budget { steps, ..budget };
    Verdict::NotLinearizable(Box::new(explanation::explain(part, reached, &calls, &who, None, budget)))
}

/// An explanation may take so many steps however fast the verdict was.
const STEPS_TO_EXPLAIN: u64 = 1_000_000;

/// Judges a history by a model as [`check`] does, and does not explain: `None` for unknown.
pub fn is_linearizable<M: Model>(
    model: &M,
    history: &History<M::Input, M::Output>,
    budget: Budget<'_>,
) -> Option<bool> {
    is_linearizable_from(model, &Start::At(model.initial()), history, budget)
}

/// Judges a history as [`is_linearizable`] does, from another start.
pub fn is_linearizable_from<M: Model>(
    model: &M,
    start: &Start<M::State>,
    history: &History<M::Input, M::Output>,
    mut budget: Budget<'_>,
) -> Option<bool> {
    match judge(&parts(model, start, history.calls()), &mut budget) {
        Ok(refuted) => Some(refuted.is_none()),
        Err(_) => None,
    }
}

/// Another start than the model's first state from which a history is linearizable: one state in which every part begins,
/// or else anywhere; `None` if there is none.
///
/// # Errors
/// The limit that the search ran into first.
pub fn other_start<M: Model>(
    model: &M,
    history: &History<M::Input, M::Output>,
    mut budget: Budget<'_>,
) -> Result<Option<Start<M::State>>, Limit> {
    let parts = parts(model, &Start::Anywhere, history.calls());
    if judge(&parts, &mut budget)?.is_some() {
        return Ok(None);
    }
    // A state that all parts may have begun in is one that each of them may have begun in.
    let first = model.initial();
    let is_right = |part: &Part<'_, M>, state: &M::State, budget: &mut Budget<'_>| {
        matches!(part.from(state.clone()).decide(budget), Found::Order(_))
    };
    let wrong = parts.iter().find(|part| !is_right(part, &first, &mut budget));
    let common = wrong.and_then(Part::firsts).unwrap_or_default().into_iter().find(|state| {
        model.as_cell_value(state).is_some() && parts.iter().all(|part| is_right(part, state, &mut budget))
    });
    Ok(Some(common.map_or(Start::Anywhere, Start::At)))
}

/// A part that cannot be put in order, and the return at which that was found out, if it took a search.
struct Refuted<'p, 'a, M: Model> {
    part: &'p Part<'a, M>,
    reached: Option<u64>,
}

/// Looks for a part that cannot be put in order. Each round gives the undecided parts more steps, so a hard part does
/// not delay a violation that is easy to find in another.
///
/// # Errors
/// The limit, if no part was refuted and some are undecided.
fn judge<'p, 'a, M: Model>(
    parts: &'p [Part<'a, M>],
    budget: &mut Budget<'_>,
) -> Result<Option<Refuted<'p, 'a, M>>, Limit> {
    const STEPS_AT_FIRST: u64 = 20_000;
    const STEPS_AN_OPERATION: u64 = 4;
    let mut undecided: Vec<&Part<'a, M>> = parts.iter().collect();
    undecided.sort_by_key(|part| part.items.len());
    let (mut round, mut gave_up) = (STEPS_AT_FIRST, None);
    while !undecided.is_empty() {
        let mut harder = Vec::new();
        for part in &undecided {
            let wanted = round.saturating_add(STEPS_AN_OPERATION * part.items.len() as u64);
            let allowed = if undecided.len() == 1 { budget.steps } else { wanted.min(budget.steps) };
            let mut allowance = Budget { steps: allowed, ..*budget };
            let found = part.decide(&mut allowance);
            budget.steps -= allowed - allowance.steps;
            match found {
                Found::Order(_) => {}
                Found::Nothing { reached } => return Ok(Some(Refuted { part, reached })),
                Found::GivenUp(Limit::Steps) if budget.steps > 0 => harder.push(*part),
                Found::GivenUp(limit @ Limit::Time) => return Err(limit),
                Found::GivenUp(limit) => gave_up = Some(limit),
            }
        }
        undecided = harder;
        round = round.saturating_mul(8);
    }
    gave_up.map_or(Ok(None), Err)
}

/// The operations by their keys, in the order of the keys.
fn parts<'a, M: Model>(
    model: &'a M,
    start: &Start<M::State>,
    calls: &'a [Call<M::Input, M::Output>],
) -> Vec<Part<'a, M>> {
    let mut parts: BTreeMap<Option<Bytes>, Vec<Item<'a, M>>> = BTreeMap::new();
    for (number, call) in calls.iter().enumerate() {
        if let Some(item) = Item::of(model, number, call) {
            parts.entry(model.key(&call.input)).or_default().push(item);
        }
    }
    parts.into_values().map(|items| Part { model, start: start.clone(), items }).collect()
}
