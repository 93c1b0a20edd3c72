//! Whether a history is linearizable: whether its operations could have come one at a time, each at one moment between its
//! invocation and its completion, and have given the answers that they gave (Herlihy and Wing, "Linearizability: A
//! Correctness Condition for Concurrent Objects", 1990).
//!
//! [`check`] judges a history by a [`Model`] of the object. This is a black box's judge: it knows what clients saw, and
//! nothing else.
//!
//! Where what is:
//! - `model` (what an object does), `models` (a register, a key-value store, and what both are made of);
//! - `part`: what is judged at a time, a key's operations;
//! - `search`: the search for an order, over a `problem` (who has to come by when) in a space of states: `interned`, those of
//!   any model, or `versions`, those of a value that never takes the same bytes twice, where hardly anything has to be
//!   searched; `loose` keeps the sets of operations that may or may not have taken effect;
//! - `history_checker` judges the history of a run while it is made;
//! - `explanation` makes of a history that is not linearizable a `counterexample` that a person can read.
//!
//! Always true:
//! - a verdict is right or is [`Unknown`](Verdict::Unknown): the budget bounds the work, never the care;
//! - an operation that ended as `info`, or not at all, may take effect at any time after its invocation, or never; one that
//!   ended as `fail` never does;
//! - equal histories get equal verdicts and equal counterexamples.
//!
//! Not to be mixed up with this: sequential consistency, which lets an operation take effect before it was invoked or after
//! it returned. What satisfies that and no more is found not linearizable here.

use std::collections::BTreeMap;

use env::Bytes;

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
mod versions;

pub use counterexample::{Attempt, Before, Counterexample, Operation};
pub use history_checker::HistoryChecker;
pub use model::{CellOperation, Model};
pub use models::{Held, KeyValue, Register, WholeStore};
pub use search::{Budget, Limit};

use part::{Item, Part};
use search::Found;

/// What was found out about a history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Its operations can be put in order.
    Linearizable,
    /// They cannot, and this is why.
    NotLinearizable(Box<Counterexample>),
    /// It was too much to tell.
    Unknown(Limit),
}

/// What an explanation may take, whatever the verdict took.
const EXPLANATION: Budget = Budget { steps: 10_000_000, bytes: 256 << 20 };

/// Judges a history by a model. The budget is for all parts together, and for the verdict; an explanation takes some
/// seconds at most.
pub fn check<M: Model>(model: &M, history: &History<M::Input, M::Output>, budget: Budget) -> Verdict {
    let parts = parts(model, history.calls());
    let mut left = budget;
    let mut verdict = Verdict::Linearizable;
    for part in &parts {
        match part.decide(&mut left) {
            Found::Order(_) => {}
            Found::Nothing => {
                let calls: Vec<_> = history.calls().iter().collect();
                let who = |call: usize| format!("p{}", history.calls()[call].process);
                return Verdict::NotLinearizable(Box::new(explanation::explain(part, &calls, &who, None, EXPLANATION)));
            }
            Found::GivenUp(limit) => verdict = Verdict::Unknown(limit),
        }
    }
    verdict
}

/// Judges a history by a model as [`check`] does, and does not explain: `None` for unknown.
pub fn is_linearizable<M: Model>(
    model: &M,
    history: &History<M::Input, M::Output>,
    mut budget: Budget,
) -> Option<bool> {
    let mut verdict = Some(true);
    for part in &parts(model, history.calls()) {
        match part.decide(&mut budget) {
            Found::Order(_) => {}
            Found::Nothing => return Some(false),
            Found::GivenUp(_) => verdict = None,
        }
    }
    verdict
}

/// The operations by what they are about, in the order of their keys.
fn parts<'a, M: Model>(model: &'a M, calls: &'a [Call<M::Input, M::Output>]) -> Vec<Part<'a, M>> {
    let mut parts: BTreeMap<Option<Bytes>, Vec<Item<'a, M>>> = BTreeMap::new();
    for (number, call) in calls.iter().enumerate() {
        if let Some(item) = Item::of(model, number, call) {
            parts.entry(model.key(&call.input)).or_default().push(item);
        }
    }
    parts.into_values().map(|items| Part { model, initial: model.initial(), items }).collect()
}
