//! Why a history is not linearizable: the few operations that cannot be put in order, whichever others took effect.
//!
//! `reduction` finds these few; `attempts` finds the operations that might have come next.

mod attempts;
mod reduction;

use super::counterexample::{Before, Counterexample, Operation};
use super::model::Model;
use super::part::{Item, Part};
use super::search::{Budget, Order};
use super::start::Start;
use crate::history::Call;

use attempts::{at_every_end, at_one_end};
use reduction::{Contradiction, Reduction};

/// So many operations of a contradiction are told, the last ones,
const OPERATIONS_TOLD: usize = 12;
/// and so many of an order.
const LAST_TOLD: usize = 5;
/// Where there are more operations before the culprit, one order of them has to do.
const SHORT: usize = 2_000;

/// Explains why `part` cannot be put in order, which the search has shown, at the return `reached` if it is known.
/// `who` names a call's process, `before` the operation that had shown the first state of the part. A small budget
/// makes for more operations than are needed, and may not find the first culprit.
pub(crate) fn explain<M: Model>(
    part: &Part<'_, M>,
    reached: Option<u64>,
    calls: &[&Call<M::Input, M::Output>],
    who: &dyn Fn(usize) -> String,
    before: Option<Before>,
    budget: Budget<'_>,
) -> Counterexample {
    let mut reduction = Reduction { budget };
    let Contradiction { passed, order, failing, culprit, core } = reduction.contradiction(part, reached);

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
    let is_irreducible = !reduction.is_spent();
    let mut attempts = Vec::new();
    if failing.items.len() <= SHORT {
        attempts = at_every_end(&failing, culprit, who, budget);
    } else if let Some(order) = &order {
        attempts = at_one_end(&passed, order, &failing, culprit, who);
    }
    if attempts.is_empty() {
        attempts = at_every_end(&core, culprit, who, budget);
    }
    attempts.sort_by(|one, other| one.state.cmp(&other.state).then(other.is_culprit.cmp(&one.is_culprit)));
    Counterexample {
        key: part.items.first().and_then(|item| part.model.key(item.input)).map(|key| key.to_string()),
        before,
        left_out: core.items.len().saturating_sub(OPERATIONS_TOLD),
        operations: nearest(&core, culprit).map(operation).collect(),
        is_irreducible,
        ordered: order.as_ref().map(|_| passed.items.iter().filter(|item| item.is_sure).count()),
        last: order.as_ref().map_or(Vec::new(), |order| last_told(&passed, order).map(operation).collect()),
        attempts,
    }
}

/// The operations of a contradiction that are told: the culprit and the last of the others, in their order.
fn nearest<'p, 'a, M: Model>(core: &'p Part<'a, M>, culprit: usize) -> impl Iterator<Item = &'p Item<'a, M>> {
    let mut places: Vec<usize> = (0..core.items.len()).collect();
    places.sort_by_key(|place| (core.items[*place].call != culprit, usize::MAX - place));
    places.truncate(OPERATIONS_TOLD);
    places.sort_unstable();
    places.into_iter().map(|place| &core.items[place])
}

/// The last operations of an order of `part` that change anything.
fn last_told<'p, 'a, M: Model>(part: &'p Part<'a, M>, order: &'p Order) -> impl Iterator<Item = &'p Item<'a, M>> {
    let last = order.changes.len().saturating_sub(LAST_TOLD);
    order.changes[last..].iter().map(|place| &part.items[*place as usize])
}

impl<'a, M: Model> Part<'a, M> {
    /// The operations invoked before `time`; one that had not returned by then may or may not have taken effect.
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
