//! The attempts of a counterexample: the operations that might have come next where the culprit could not be put off,
//! and the reason why none of them helps.

use std::collections::{BTreeMap, BTreeSet};

use crate::linearizability::counterexample::Attempt;
use crate::linearizability::model::Model;
use crate::linearizability::part::{Item, Part};
use crate::linearizability::search::{Budget, Order, StateId, dead_end};
use crate::linearizability::start::Start;

/// So many states are told in which an operation was attempted,
const STATES_MAX: usize = 64;
/// and so many attempts in each.
const ATTEMPTS_MAX: usize = 16;
/// The search for all ends takes so many steps at most.
const STEPS: u64 = 100_000;

/// The attempts at the end of each order of `part`; none if there are too many orders.
pub(super) fn at_every_end<M: Model>(
    part: &Part<'_, M>,
    culprit: usize,
    who: &dyn Fn(usize) -> String,
    budget: Budget<'_>,
) -> Vec<Attempt> {
    let mut budget = Budget { steps: STEPS.min(budget.steps), ..budget };
    let from = match &part.start {
        Start::At(state) => state.clone(),
        Start::Anywhere => part.model.initial(),
    };
    let attempts = part.interned(&from, budget.bytes, |problem, space, initial| {
        let tried = dead_end(problem, space, initial, &mut budget).map_or(Vec::new(), |dead_end| dead_end.tried);
        // By state, the calls that were attempted in it.
        let mut known: BTreeMap<StateId, BTreeSet<usize>> = BTreeMap::new();
        let mut attempts: Vec<Attempt> = Vec::new();
        for (state, left) in tried {
            let is_told = known.get(&state).map_or(known.len() == STATES_MAX, |known| known.len() == ATTEMPTS_MAX);
            if !is_told {
                let open = left.iter().map(|place| part.items[*place as usize]).collect();
                in_one_state(
                    part,
                    space.state(state),
                    open,
                    culprit,
                    who,
                    known.entry(state).or_default(),
                    &mut attempts,
                );
            }
        }
        attempts
    });
    attempts.unwrap_or_default()
}

/// The attempts at the end of one order of `passed`, where `failing` has one return more, the culprit's.
pub(super) fn at_one_end<M: Model>(
    passed: &Part<'_, M>,
    order: &Order,
    failing: &Part<'_, M>,
    culprit: usize,
    who: &dyn Fn(usize) -> String,
) -> Vec<Attempt> {
    let Start::At(first) = &passed.start else { return Vec::new() };
    let changes = order.changes.iter().map(|place| &passed.items[*place as usize]);
    let state =
        changes.clone().try_fold(first.clone(), |state, item| passed.model.step(&state, item.input, item.output));
    let Some(state) = state else { return Vec::new() };
    let done: BTreeSet<usize> = changes.map(|item| item.call).collect();
    let ends = failing.items.iter().find(|item| item.call == culprit).and_then(|item| item.until);
    let is_open =
        |item: &&Item<'_, M>| item.until.is_none_or(|until| Some(until) >= ends) && !done.contains(&item.call);
    let open = failing.items.iter().filter(is_open).copied().collect();
    let mut attempts = Vec::new();
    in_one_state(failing, &state, open, culprit, who, &mut BTreeSet::new(), &mut attempts);
    attempts
}

/// Adds an attempt for each open operation: the state that it leads to. `known` are the operations already added.
fn in_one_state<'a, M: Model>(
    part: &Part<'a, M>,
    state: &M::State,
    mut open: Vec<Item<'a, M>>,
    culprit: usize,
    who: &dyn Fn(usize) -> String,
    known: &mut BTreeSet<usize>,
    attempts: &mut Vec<Attempt>,
) {
    // The culprit is told of in any case.
    open.sort_by_key(|item| item.call != culprit);
    for item in open {
        if known.len() == ATTEMPTS_MAX {
            break;
        }
        let after = part.model.step(state, item.input, item.output);
        let is_culprit = item.call == culprit;
        let changes = after.as_ref().is_some_and(|after| after != state);
        if (is_culprit || changes) && known.insert(item.call) {
            attempts.push(Attempt {
                state: part.model.show(state),
                who: who(item.call),
                told: part.model.tell(item.input, item.output),
                leads_to: after.map(|after| part.model.show(&after)),
                is_culprit,
            });
        }
    }
}
