//! Why a history is not linearizable: the few operations that cannot be put in order, whichever others took effect.

use std::collections::{BTreeMap, BTreeSet};

use super::counterexample::{Attempt, Before, Counterexample, Operation};
use super::model::Model;
use super::part::{Item, Part};
use super::search::{Budget, Found, StateId, dead_end};
use super::start::Start;
use crate::history::Call;

/// So many operations of a contradiction are told, the last ones,
const OPERATIONS_TOLD: usize = 12;
/// and so many of an order.
const LAST_TOLD: usize = 5;
/// So many states are told in which something was attempted,
const STATES_MAX: usize = 64;
/// and so many attempts in each.
const ATTEMPTS_MAX: usize = 16;

/// Explains why `part` cannot be put in order, which was found out before, by a search that ended at the return `reached`.
/// `who` names a call's process, `before` who had shown the state that the part begins with. A small budget makes for more
/// operations than are needed, and may not find the first culprit.
pub(crate) fn explain<M: Model>(
    part: &Part<'_, M>,
    reached: Option<u64>,
    calls: &[&Call<M::Input, M::Output>],
    who: &dyn Fn(usize) -> String,
    before: Option<Before>,
    budget: Budget<'_>,
) -> Counterexample {
    let mut reduction = Reduction { budget };
    let Contradiction { passed, failing, culprit, core } = reduction.contradiction(part, reached);

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
    let (ordered, last) = told(&passed, budget);
    let mut attempts = reduction.attempts(&failing, culprit, who);
    if attempts.is_empty() {
        attempts = reduction.attempts(&core, culprit, who);
    }
    attempts.sort_by(|one, other| one.state.cmp(&other.state).then(other.is_culprit.cmp(&one.is_culprit)));
    Counterexample {
        key: part.items.first().and_then(|item| part.model.key(item.input)).map(|key| key.to_string()),
        before,
        left_out: core.items.len().saturating_sub(OPERATIONS_TOLD),
        operations: nearest(&core, culprit).map(operation).collect(),
        is_irreducible,
        ordered,
        last: last.iter().map(operation).collect(),
        attempts,
    }
}

/// Of a contradiction the operations that are told: the culprit and the last of the others, in their order.
fn nearest<'p, 'a, M: Model>(core: &'p Part<'a, M>, culprit: usize) -> impl Iterator<Item = &'p Item<'a, M>> {
    let mut places: Vec<usize> = (0..core.items.len()).collect();
    places.sort_by_key(|place| (core.items[*place].call != culprit, usize::MAX - place));
    places.truncate(OPERATIONS_TOLD);
    places.sort_unstable();
    places.into_iter().map(|place| &core.items[place])
}

/// Why a part cannot be put in order.
struct Contradiction<'a, M: Model> {
    /// A beginning that can be put in order, as far as that can be told.
    passed: Part<'a, M>,
    /// The same with one return more.
    failing: Part<'a, M>,
    /// The call that returned then.
    culprit: usize,
    /// The operations that contradict one another.
    core: Part<'a, M>,
}

/// Makes a part smaller that cannot be put in order.
struct Reduction<'b> {
    budget: Budget<'b>,
}

/// One question of a reduction takes so many steps at most,
const STEPS: u64 = 100_000;
/// and so many more for each operation.
const STEPS_AN_OPERATION: u64 = 4;

impl<'b> Reduction<'b> {
    /// What can be found out about `part` at a small price.
    fn decide<M: Model>(&mut self, part: &Part<'_, M>) -> Found {
        let steps = self.budget.steps.min(STEPS + STEPS_AN_OPERATION * part.items.len() as u64);
        let mut budget = Budget { steps, ..self.budget };
        let found = part.decide(&mut budget);
        // The work of setting it up counts too.
        let spent = (steps - budget.steps) + part.items.len() as u64 + 1;
        self.budget.steps = self.budget.steps.saturating_sub(spent);
        found
    }

    fn contradiction<'a, M: Model>(&mut self, part: &Part<'a, M>, reached: Option<u64>) -> Contradiction<'a, M> {
        if let Some(item) = part.impossible().map(|place| part.items[place])
            && let Some(returned) = item.until
        {
            let (passed, failing) = (part.until(returned - 1), part.until(returned));
            if self.is_impossible(&passed) {
                return self.contradiction(&passed, None);
            }
            return Contradiction { passed, failing, culprit: item.call, core: part.with(vec![item]) };
        }
        let (passed, failing) = self.shortest(part, reached);
        let ends =
            failing.items.iter().filter_map(|item| item.until.filter(|_| item.is_sure).map(|at| (at, item.call)));
        let culprit = ends.max().expect("no operation is impossible unless one has returned").1;
        let last = self.last(failing.with(failing.items.clone()));
        let core = self.core(&last, culprit);
        Contradiction { passed, failing, culprit, core }
    }

    fn is_impossible<M: Model>(&mut self, part: &Part<'_, M>) -> bool {
        matches!(self.decide(part), Found::Nothing { .. })
    }

    /// The longest beginning of `part` that can be put in order, as far as that can be told, and the same with one return
    /// more. `reached` is the return at which a search of the whole has ended: the one that is looked for is near.
    fn shortest<'a, M: Model>(&mut self, part: &Part<'a, M>, reached: Option<u64>) -> (Part<'a, M>, Part<'a, M>) {
        let mut returns: Vec<u64> = part.items.iter().filter_map(|item| item.until).collect();
        returns.sort_unstable();
        let until = |returns_passed: usize| match returns_passed.checked_sub(1) {
            Some(last) => part.until(returns[last]),
            None => part.with(Vec::new()),
        };
        let (mut passed, mut failing) = (0, returns.len());
        if let Some(reached) = reached {
            let near = returns.partition_point(|returned| *returned < reached);
            (passed, failing) =
                self.around(near, returns.len(), &mut |reduction, count| reduction.is_impossible(&until(count)));
        }
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

    /// Two counts, of which the lower is possible and the higher, at most `all`, is not: as close to `near` as they are
    /// found in steps that double.
    fn around(
        &mut self,
        near: usize,
        all: usize,
        is_impossible: &mut dyn FnMut(&mut Reduction<'b>, usize) -> bool,
    ) -> (usize, usize) {
        let mut distance = 1;
        if is_impossible(self, near) {
            let mut failing = near;
            loop {
                let passed = failing.saturating_sub(distance);
                if passed == 0 || !is_impossible(self, passed) {
                    return (passed, failing);
                }
                (failing, distance) = (passed, 2 * distance);
            }
        }
        let mut passed = near;
        loop {
            let failing = passed + distance;
            if failing >= all {
                return (passed, all);
            }
            if is_impossible(self, failing) {
                return (passed, failing);
            }
            (passed, distance) = (failing, 2 * distance);
        }
    }

    /// The last operations of `part`, so few that they contradict one another wherever the object stood before them; the
    /// whole part if there are none such.
    fn last<'a, M: Model>(&mut self, part: Part<'a, M>) -> Part<'a, M> {
        const RETURNS_AT_FIRST: usize = 8;
        let mut returns: Vec<u64> = part.items.iter().filter_map(|item| item.until).collect();
        returns.sort_unstable();
        let mut count = RETURNS_AT_FIRST;
        while count < returns.len() && self.budget.steps > 0 {
            let last = part.since(returns[returns.len() - count]);
            if last.firsts().is_some() && self.is_impossible(&last) {
                return last;
            }
            count *= 2;
        }
        part
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
        will_do: &dyn Fn(&mut Reduction<'b>, &Part<'a, M>) -> bool,
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
        let from = match &part.start {
            Start::At(state) => state.clone(),
            Start::Anywhere => part.model.initial(),
        };
        let attempts = part.interned(&from, budget.bytes, |problem, space, initial| {
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
fn told<'a, M: Model>(part: &Part<'a, M>, budget: Budget<'_>) -> (Option<usize>, Vec<Item<'a, M>>) {
    let steps = STEPS + STEPS_AN_OPERATION * part.items.len() as u64;
    let mut budget = Budget { steps: steps.min(budget.steps), ..budget };
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

    /// The operations that had not returned before `time`, from wherever the object stood then. One that was under way may
    /// have taken effect before.
    fn since(&self, time: u64) -> Part<'a, M> {
        let left = self.items.iter().filter(|item| item.until.is_none_or(|until| until >= time));
        let items = left.filter_map(|item| if item.invoked < time { item.doubted(self.model) } else { Some(*item) });
        Part { start: Start::Anywhere, ..self.with(items.collect()) }
    }
}
