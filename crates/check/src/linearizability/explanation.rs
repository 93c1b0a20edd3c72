//! Why a history is not linearizable: the few operations that cannot be put in order, whichever others took effect.

use std::collections::{BTreeMap, BTreeSet};

use super::counterexample::{Attempt, Before, Counterexample, Operation};
use super::model::Model;
use super::part::{Item, Part};
use super::search::{Budget, Found, StateId, dead_end};
use crate::history::Call;

/// So many operations of an order are told, the last ones.
const LAST_TOLD: usize = 5;
/// So many states are told in which something was attempted,
const STATES_MAX: usize = 64;
/// and so many attempts in each.
const ATTEMPTS_MAX: usize = 16;

/// Explains why `part` cannot be put in order, which was found out before. `who` names a call's process, `before` who had
/// shown the state that the part begins with. A small budget makes for more operations than are needed, and may not find
/// the first culprit.
pub(crate) fn explain<M: Model>(
    part: &Part<'_, M>,
    calls: &[&Call<M::Input, M::Output>],
    who: &dyn Fn(usize) -> String,
    before: Option<Before>,
    budget: Budget,
) -> Counterexample {
    let mut reduction = Reduction { budget };
    let (passed, failing) = reduction.shortest(part);
    let culprit =
        failing.items.iter().filter_map(|item| item.until.filter(|_| item.is_sure).map(|at| (at, item.call))).max();
    let culprit = culprit.expect("no operation is impossible unless one has returned").1;
    let core = reduction.core(&failing, culprit);

    let operation = |item: &Item<'_, M>| {
        let call = calls[item.call];
        Operation {
            who: who(item.call),
            told: part.model.tell(&call.input, call.ok().map(|(_, output)| output)),
            invoked: call.invoked,
            returned: call.ok().map(|(at, _)| at),
            is_culprit: item.call == culprit,
        }
    };
    let is_irreducible = reduction.budget.steps > 0;
    let (ordered, last) = told(&passed);
    let mut attempts = reduction.attempts(&failing, culprit, who);
    if attempts.is_empty() {
        attempts = reduction.attempts(&core, culprit, who);
    }
    attempts.sort_by(|one, other| one.state.cmp(&other.state).then(other.is_culprit.cmp(&one.is_culprit)));
    Counterexample {
        key: part.items.first().and_then(|item| part.model.key(item.input)).map(|key| key.to_string()),
        before,
        operations: core.items.iter().map(operation).collect(),
        is_irreducible,
        ordered,
        last: last.iter().map(operation).collect(),
        attempts,
    }
}

/// Makes a part smaller that cannot be put in order.
struct Reduction {
    budget: Budget,
}

/// One question of a reduction takes so many steps at most.
const STEPS: u64 = 100_000;

impl Reduction {
    /// What can be found out about `part` at a small price.
    fn decide<M: Model>(&mut self, part: &Part<'_, M>) -> Found {
        let steps = self.budget.steps.min(STEPS);
        let mut budget = Budget { steps, ..self.budget };
        let found = part.decide(&mut budget);
        // The work of setting it up counts too.
        let spent = (steps - budget.steps) + part.items.len() as u64 + 1;
        self.budget.steps = self.budget.steps.saturating_sub(spent);
        found
    }

    fn is_impossible<M: Model>(&mut self, part: &Part<'_, M>) -> bool {
        matches!(self.decide(part), Found::Nothing)
    }

    /// The longest beginning of `part` that can be put in order, as far as that can be told, and the same with one return
    /// more.
    fn shortest<'a, M: Model>(&mut self, part: &Part<'a, M>) -> (Part<'a, M>, Part<'a, M>) {
        let mut returns: Vec<u64> = part.items.iter().filter_map(|item| item.until).collect();
        returns.sort_unstable();
        let until = |returns_passed: usize| match returns_passed.checked_sub(1) {
            Some(last) => part.until(returns[last]),
            None => part.with(Vec::new()),
        };
        let (mut passed, mut failing) = (0, returns.len());
        while failing - passed > 1 {
            let middle = passed.midpoint(failing);
            if self.is_impossible(&until(middle)) {
                failing = middle;
            } else {
                passed = middle;
            }
        }
        (until(passed), until(failing))
    }

    /// The operations of `part` that contradict one another, and those that must have been for it to come to that: so few
    /// that none can be left out.
    fn core<'a, M: Model>(&mut self, part: &Part<'a, M>, culprit: usize) -> Part<'a, M> {
        let mut core = self.smaller(part, culprit);
        if self.budget.steps == 0 {
            return core;
        }
        while let Some(smaller) = self.without_one(part, &core, culprit) {
            core = smaller;
        }
        core
    }

    /// A smaller core, if one of the operations of this one can be left out once all others are believed.
    fn without_one<'a, M: Model>(
        &mut self,
        part: &Part<'a, M>,
        core: &Part<'a, M>,
        culprit: usize,
    ) -> Option<Part<'a, M>> {
        let is_core = |call: usize| core.items.binary_search_by_key(&call, |item| item.call).is_ok();
        core.items.iter().map(|item| item.call).filter(|call| *call != culprit).find_map(|left_out| {
            if self.budget.steps == 0 {
                return None;
            }
            let is_believed = |call: usize| is_core(call) && call != left_out;
            let items = part
                .items
                .iter()
                .filter_map(|item| if is_believed(item.call) { Some(*item) } else { item.doubted(part.model) });
            let without = part.with(items.collect());
            let smaller = self.is_impossible(&without).then(|| self.smaller(&without, culprit))?;
            (smaller.items.len() < core.items.len()).then_some(smaller)
        })
    }

    fn smaller<'a, M: Model>(&mut self, part: &Part<'a, M>, culprit: usize) -> Part<'a, M> {
        // Of which it makes no difference whether they took effect. Reads first: one that is left out may have been the only
        // one to see a dozen writes.
        let mut doubted = part.with(part.items.clone());
        for is_read in [true, false] {
            doubted = self.thin(
                doubted,
                &|item| item.call != culprit && item.is_sure && part.model.is_read(item.input, item.output) == is_read,
                &|item| item.doubted(part.model),
                &|reduction, smaller| reduction.is_impossible(smaller),
            );
        }
        // Of which it makes none that they were there at all: what comes before the culprit goes without them.
        self.thin(doubted, &|item| !item.is_sure, &|_| None, &|reduction, smaller| {
            let before = smaller.items.iter().filter(|item| item.call != culprit).copied().collect();
            matches!(reduction.decide(&smaller.with(before)), Found::Order(_))
        })
    }

    /// Replaces, chunk by chunk, as many of the operations that `which` names as it can while the rest `will_do`.
    fn thin<'a, M: Model>(
        &mut self,
        mut part: Part<'a, M>,
        which: &dyn Fn(&Item<'a, M>) -> bool,
        replace: &dyn Fn(Item<'a, M>) -> Option<Item<'a, M>>,
        will_do: &dyn Fn(&mut Reduction, &Part<'a, M>) -> bool,
    ) -> Part<'a, M> {
        let mut chunk = part.items.iter().filter(|item| which(item)).count();
        while chunk > 0 && self.budget.steps > 0 {
            // So many of the candidates stay.
            let mut kept = 0;
            loop {
                let places = (0..part.items.len()).filter(|place| which(&part.items[*place]));
                let chosen: Vec<usize> = places.skip(kept).take(chunk).collect();
                if chosen.is_empty() || self.budget.steps == 0 {
                    break;
                }
                let items = part.items.iter().enumerate().filter_map(|(place, item)| {
                    if chosen.binary_search(&place).is_ok() { replace(*item) } else { Some(*item) }
                });
                let smaller = part.with(items.collect());
                if will_do(self, &smaller) {
                    part = smaller;
                } else {
                    kept += chosen.len();
                }
            }
            chunk /= 2;
        }
        part
    }

    /// What was tried at the end of each order of `part`, and why it fails; nothing if there are too many.
    fn attempts<M: Model>(&self, part: &Part<'_, M>, culprit: usize, who: &dyn Fn(usize) -> String) -> Vec<Attempt> {
        let mut budget = Budget { steps: STEPS, ..self.budget };
        let attempts = part.interned(budget.bytes, |problem, space, initial| {
            let tried = dead_end(problem, space, initial, &mut budget).map_or(Vec::new(), |dead_end| dead_end.tried);
            // By state, the calls that were attempted in it.
            let mut known: BTreeMap<StateId, BTreeSet<usize>> = BTreeMap::new();
            let mut attempts: Vec<Attempt> = Vec::new();
            for (state, mut left) in tried {
                let is_told = known.get(&state).map_or(known.len() == STATES_MAX, |known| known.len() == ATTEMPTS_MAX);
                if is_told {
                    continue;
                }
                let known = known.entry(state).or_default();
                // The culprit is told of in any case.
                left.sort_by_key(|place| part.items[*place as usize].call != culprit);
                for item in left.iter().map(|place| part.items[*place as usize]) {
                    if known.len() == ATTEMPTS_MAX {
                        break;
                    }
                    let after = part.model.step(space.state(state), item.input, item.output);
                    let is_culprit = item.call == culprit;
                    let changes = after.as_ref().is_some_and(|after| after != space.state(state));
                    if (is_culprit || changes) && known.insert(item.call) {
                        attempts.push(Attempt {
                            state: part.model.show(space.state(state)),
                            who: who(item.call),
                            told: part.model.tell(item.input, item.output),
                            leads_to: after.map(|after| part.model.show(&after)),
                            is_culprit,
                        });
                    }
                }
            }
            attempts
        });
        attempts.unwrap_or_default()
    }
}

/// How many operations of `part` are in order, and the last of those that change anything; `None` if it was too much to
/// find an order.
fn told<'a, M: Model>(part: &Part<'a, M>) -> (Option<usize>, Vec<Item<'a, M>>) {
    let mut budget = Budget { steps: 10 * STEPS, ..Budget::default() };
    let Found::Order(order) = part.decide(&mut budget) else { return (None, Vec::new()) };
    let sure = part.items.iter().filter(|item| item.is_sure).count();
    let last = &order.changes[order.changes.len().saturating_sub(LAST_TOLD)..];
    (Some(sure), last.iter().map(|place| part.items[*place as usize]).collect())
}

impl<'a, M: Model> Part<'a, M> {
    /// What had been invoked by `time`; what had not returned by then may or may not have taken effect.
    fn until(&self, time: u64) -> Part<'a, M> {
        let begun = self.items.iter().filter(|item| item.invoked < time);
        let known = begun.filter_map(|item| match item.until {
            Some(until) if until > time => Item { until: None, output: None, ..*item }.doubted(self.model),
            _ => Some(*item),
        });
        self.with(known.collect())
    }
}
