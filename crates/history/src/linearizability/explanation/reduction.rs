//! From all operations of a part that cannot be put in order to the few that contradict one another.

use crate::linearizability::model::Model;
use crate::linearizability::part::{Item, OPERATIONS_A_STEP, Part};
use crate::linearizability::search::{Budget, Found, Order};

/// Why a part cannot be put in order.
pub(super) struct Contradiction<'a, M: Model> {
    /// A beginning that can be put in order, as far as that can be told.
    pub(super) passed: Part<'a, M>,
    /// An order of it, if one was found.
    pub(super) order: Option<Order>,
    /// The same beginning with one return more.
    pub(super) failing: Part<'a, M>,
    /// The call that returned then.
    pub(super) culprit: usize,
    /// The operations that contradict one another.
    pub(super) core: Part<'a, M>,
}

/// Makes a part smaller that cannot be put in order.
pub(super) struct Reduction<'b> {
    pub(super) budget: Budget<'b>,
}

/// One question of a reduction takes so many steps at most,
const STEPS: u64 = 100_000;
/// and so many more for each operation.
const STEPS_AN_OPERATION: u64 = 4;

impl<'b> Reduction<'b> {
    /// True if the budget is used up.
    pub(super) fn is_spent(&self) -> bool {
        self.budget.steps == 0 || self.budget.deadline.is_over()
    }

    /// The answer about `part` that a small price buys.
    fn decide<M: Model>(&mut self, part: &Part<'_, M>) -> Found {
        let steps = self.budget.steps.min(STEPS + STEPS_AN_OPERATION * part.items.len() as u64);
        let mut budget = Budget { steps, ..self.budget };
        let found = part.decide(&mut budget);
        // The work of setting it up counts too.
        let spent = (steps - budget.steps) + part.items.len() as u64 / OPERATIONS_A_STEP + 1;
        self.budget.steps = self.budget.steps.saturating_sub(spent);
        found
    }

    fn is_impossible<M: Model>(&mut self, part: &Part<'_, M>) -> bool {
        matches!(self.decide(part), Found::Nothing { .. })
    }

    /// The contradiction in a part that cannot be put in order, which shows at the return `reached` as far as is known.
    pub(super) fn contradiction<'a, M: Model>(
        &mut self,
        part: &Part<'a, M>,
        reached: Option<u64>,
    ) -> Contradiction<'a, M> {
        if let Some(item) = part.impossible().map(|place| part.items[place])
            && let Some(returned) = item.until
            && let failing = part.until(returned)
            // Another operation may have made the value as far as was known by then.
            && failing.impossible().is_some_and(|place| failing.items[place].call == item.call)
        {
            let passed = part.until(returned - 1);
            return match self.decide(&passed) {
                Found::Nothing { reached } => self.contradiction(&passed, reached),
                found => {
                    let (order, core) = (found.order(), part.with(vec![item]));
                    Contradiction { passed, order, failing, culprit: item.call, core }
                }
            };
        }
        let (passed, order, failing) = self.shortest(part, reached);
        let sure = failing.items.iter().filter(|item| item.is_sure);
        let last = sure.filter_map(|item| item.until.map(|until| (until, item.call))).max();
        let culprit = last.expect("no operation is impossible unless one has returned").1;
        let last = self.last(failing.with(failing.items.clone()), culprit);
        let core = self.core(&last, culprit);
        Contradiction { passed, order, failing, culprit, core }
    }

    /// The longest beginning of `part` that can be put in order, as far as that can be told, with an order of it; and the
    /// same with one return more, which is looked for near `reached`.
    fn shortest<'a, M: Model>(
        &mut self,
        part: &Part<'a, M>,
        reached: Option<u64>,
    ) -> (Part<'a, M>, Option<Order>, Part<'a, M>) {
        let mut returns: Vec<u64> = part.items.iter().filter_map(|item| item.until).collect();
        returns.sort_unstable();
        let until = |returns_passed: usize| match returns_passed.checked_sub(1) {
            Some(last) => part.until(returns[last]),
            None => part.with(Vec::new()),
        };
        let mut ordered: Option<(usize, Order)> = None;
        let mut is_impossible = |reduction: &mut Reduction<'b>, count: usize| match reduction.decide(&until(count)) {
            Found::Nothing { .. } => true,
            Found::Order(order) => {
                ordered = Some((count, order));
                false
            }
            Found::GivenUp(_) => false,
        };
        let (mut passed, mut failing) = (0, returns.len());
        if let Some(reached) = reached {
            let near = returns.partition_point(|returned| *returned < reached);
            (passed, failing) = self.around(near, returns.len(), &mut is_impossible);
        }
        while failing - passed > 1 {
            let middle = passed.midpoint(failing);
            if is_impossible(self, middle) { failing = middle } else { passed = middle }
        }
        if passed == 0 {
            is_impossible(self, 0);
        }
        let order = ordered.filter(|(count, _)| *count == passed).map(|(_, order)| order);
        (until(passed), order, until(failing))
    }

    /// Two counts: the lower is possible, and the higher, at most `all`, is not. They are as close to `near` as steps
    /// that double find them.
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

    /// The last operations of `part`, the culprit among them, so few that they contradict one another wherever the object
    /// stood before them; the whole part if there are none such, or if it is short. An operation may be needed there to
    /// tell where the object stood, and not be needed in the whole part.
    fn last<'a, M: Model>(&mut self, part: Part<'a, M>, culprit: usize) -> Part<'a, M> {
        const RETURNS_AT_FIRST: usize = 64;
        let mut returns: Vec<u64> = part.items.iter().filter_map(|item| item.until).collect();
        returns.sort_unstable();
        let mut count = RETURNS_AT_FIRST;
        while count < returns.len() && !self.is_spent() {
            let last = part.since(returns[returns.len() - count]);
            let is_sure = last.items.iter().any(|item| item.call == culprit && item.is_sure);
            if is_sure && last.firsts().is_some() && self.is_impossible(&last) {
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
        if self.is_spent() {
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
            if self.is_spent() {
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
        // Operations become doubtful where their effect makes no difference. Reads first: one that is left out may have
        // been the only one to see a dozen writes.
        let mut doubted = part.with(part.items.clone());
        for is_read in [true, false] {
            doubted = self.thin(
                doubted,
                &|item| item.call != culprit && item.is_sure && part.model.is_read(item.input, item.output) == is_read,
                &|item| item.doubted(part.model),
                &|reduction, smaller| reduction.is_impossible(smaller),
            );
        }
        // Doubtful operations go where the operations before the culprit have an order without them.
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
        while chunk > 0 && !self.is_spent() {
            // So many of the candidates stay.
            let mut kept = 0;
            loop {
                let places = (0..part.items.len()).filter(|place| which(&part.items[*place]));
                let chosen: Vec<usize> = places.skip(kept).take(chunk).collect();
                if chosen.is_empty() || self.is_spent() {
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
}
