//! One part of an object, with the operations on it that count, and whether they can be put in order.

use super::interned::Interned;
use super::model::Model;
use super::problem::{Bounds, Problem};
use super::search::{Budget, Found, Limit, StateId, search};
use super::versions::{Trouble, Versions};
use crate::history::Call;

/// An operation that counts. One that failed does not, nor does a read of which nobody knows the answer.
pub(crate) struct Item<'a, M: Model> {
    /// Which it is, to whoever made the part.
    pub(crate) call: usize,
    pub(crate) input: &'a M::Input,
    pub(crate) invoked: u64,
    /// It did not take effect after this; `None` for ever.
    pub(crate) until: Option<u64>,
    /// What it answered if it took effect, as far as that is known.
    pub(crate) output: Option<&'a M::Output>,
    /// Whether it surely took effect. It has an end then.
    pub(crate) is_sure: bool,
}

/// The operations on one part, in the order of their invocations, from a state on.
pub(crate) struct Part<'a, M: Model> {
    pub(crate) model: &'a M,
    pub(crate) initial: M::State,
    pub(crate) items: Vec<Item<'a, M>>,
}

impl<M: Model> Clone for Item<'_, M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M: Model> Copy for Item<'_, M> {}

impl<'a, M: Model> Item<'a, M> {
    /// `call`, if it counts.
    pub(crate) fn of(model: &M, number: usize, call: &'a Call<M::Input, M::Output>) -> Option<Item<'a, M>> {
        let (until, output) = call.ok().map(|(at, output)| (at.order, output)).unzip();
        let (input, invoked, is_sure) = (&call.input, call.invoked.order, output.is_some());
        let item = Item { call: number, input, invoked, until, output, is_sure };
        if is_sure { Some(item) } else { item.doubted(model).filter(|_| !call.has_failed()) }
    }

    /// The same, but nobody knows whether it took effect; `None` if it does not count then.
    pub(super) fn doubted(self, model: &M) -> Option<Item<'a, M>> {
        (!model.is_read(self.input, self.output)).then_some(Item { is_sure: false, ..self })
    }
}

impl<'a, M: Model> Part<'a, M> {
    /// The same state, with other operations.
    pub(super) fn with(&self, items: Vec<Item<'a, M>>) -> Part<'a, M> {
        Part { model: self.model, initial: self.initial.clone(), items }
    }

    /// Looks for an order of the operations: by what can be foreseen, if the model knows of a way, or else by search
    /// alone.
    pub(crate) fn decide(&self, budget: &mut Budget) -> Found {
        let mut bounds = self.bounds();
        match self.foresee(&mut bounds) {
            Ok(mut versions) => {
                let initial = versions.initial();
                match Problem::new(&bounds, budget.bytes) {
                    Ok(problem) => search(&problem, &mut versions, initial, budget),
                    Err(limit) => Found::GivenUp(limit),
                }
            }
            Err(Trouble::Contradiction) => Found::Nothing,
            Err(Trouble::Ambiguous) => self.search(budget),
        }
    }

    /// Looks for an order by search alone.
    pub(crate) fn search(&self, budget: &mut Budget) -> Found {
        let found = self.interned(budget.bytes, |problem, space, initial| search(problem, space, initial, budget));
        found.unwrap_or_else(Found::GivenUp)
    }

    /// Does something to the plain search's view of the part, if so much memory suffices for it.
    pub(super) fn interned<R>(
        &self,
        bytes_max: usize,
        act: impl FnOnce(&Problem, &mut Interned<'_, M>, StateId) -> R,
    ) -> Result<R, Limit> {
        let problem = Problem::new(&self.bounds(), bytes_max)?;
        let asked: Vec<_> = self.items.iter().map(|item| (item.input, item.output)).collect();
        let mut space = Interned::new(self.model, &asked, &problem.loose);
        let initial = space.number(self.initial.clone());
        Ok(act(&problem, &mut space, initial))
    }

    fn foresee(&self, bounds: &mut [Bounds]) -> Result<Versions, Trouble> {
        let initial = self.model.as_cell_value(&self.initial).ok_or(Trouble::Ambiguous)?;
        let operations = self.items.iter().map(|item| self.model.as_cell(item.input, item.output));
        let operations: Vec<_> = operations.collect::<Option<_>>().ok_or(Trouble::Ambiguous)?;
        Versions::foresee(initial, &operations, bounds)
    }

    fn bounds(&self) -> Vec<Bounds> {
        let bounds = |item: &Item<'a, M>| Bounds {
            invoked: item.invoked,
            until: item.until,
            is_sure: item.is_sure,
            is_idle: false,
        };
        self.items.iter().map(bounds).collect()
    }
}
