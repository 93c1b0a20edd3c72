//! One part of an object, with the operations on it that count, and whether they can be put in order.

use super::interned::Interned;
use super::model::{CellOperation, Model};
use super::problem::{Bounds, Problem};
use super::search::{Budget, Found, Limit, StateId, search};
use super::start::Start;
use super::versions::{Trouble, Versions};
use crate::history::Call;

/// To set a search up for so many operations costs as much as a step.
pub(super) const OPERATIONS_A_STEP: u64 = 8;

/// An operation that counts. A failed one does not, nor does a read with an unknown answer.
pub(crate) struct Item<'a, M: Model> {
    /// The number of the call, given by the maker of the part.
    pub(crate) call: usize,
    pub(crate) input: &'a M::Input,
    pub(crate) invoked: u64,
    /// It did not take effect after this; `None` for ever.
    pub(crate) until: Option<u64>,
    /// The answer, if it is known and the operation took effect.
    pub(crate) output: Option<&'a M::Output>,
    /// True if it surely took effect. It has an end then.
    pub(crate) is_sure: bool,
}

/// The operations on one part, in the order of their invocations, and the state that they begin in.
pub(crate) struct Part<'a, M: Model> {
    pub(crate) model: &'a M,
    pub(crate) start: Start<M::State>,
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

    /// The same with an unknown effect; `None` if it does not count then.
    pub(super) fn doubted(self, model: &M) -> Option<Item<'a, M>> {
        (!model.is_read(self.input, self.output)).then_some(Item { is_sure: false, ..self })
    }
}

impl<'a, M: Model> Part<'a, M> {
    /// The same start, with other operations.
    pub(super) fn with(&self, items: Vec<Item<'a, M>>) -> Part<'a, M> {
        Part { model: self.model, start: self.start.clone(), items }
    }

    /// The same operations from a state on.
    pub(super) fn from(&self, state: M::State) -> Part<'a, M> {
        Part { start: Start::At(state), ..self.with(self.items.clone()) }
    }

    /// Looks for an order of the operations. Where the start is not known, any state that makes a difference may be it.
    pub(crate) fn decide(&self, budget: &mut Budget<'_>) -> Found {
        if budget.deadline.is_over() {
            return Found::GivenUp(Limit::Time);
        }
        if let Start::At(state) = &self.start {
            return self.decide_from(state, budget);
        }
        let (states, mut given_up) = match self.firsts() {
            Some(states) => (states, None),
            None => (vec![self.model.initial()], Some(Limit::Starts)),
        };
        let mut reached_last = None;
        for state in &states {
            // To set a search up costs some steps.
            budget.steps = budget.steps.saturating_sub(self.items.len() as u64 / OPERATIONS_A_STEP);
            match self.decide_from(state, budget) {
                Found::Nothing { reached } => reached_last = reached_last.max(reached),
                Found::GivenUp(limit) => given_up = Some(limit),
                order @ Found::Order(_) => return order,
            }
        }
        given_up.map_or(Found::Nothing { reached: reached_last }, Found::GivenUp)
    }

    /// Looks for an order from a state on: with the foresight of [`Versions`] if the model allows it, or else by search
    /// alone.
    fn decide_from(&self, state: &M::State, budget: &mut Budget<'_>) -> Found {
        let mut bounds = self.bounds();
        match self.foresee(state, &mut bounds) {
            Ok(mut versions) => {
                let initial = versions.initial();
                match Problem::new(&bounds, budget.bytes) {
                    Ok(problem) => search(&problem, &mut versions, initial, budget),
                    Err(limit) => Found::GivenUp(limit),
                }
            }
            Err(Trouble::Contradiction(seen)) => Found::Nothing { reached: Some(seen).filter(|seen| *seen > 0) },
            Err(Trouble::Impossible(place)) => Found::Nothing { reached: self.items[place as usize].until },
            Err(Trouble::Ambiguous) => self.search_from(state, budget),
        }
    }

    /// Looks for an order from a state on by search alone.
    pub(super) fn search_from(&self, state: &M::State, budget: &mut Budget<'_>) -> Found {
        let found =
            self.interned(state, budget.bytes, |problem, space, initial| search(problem, space, initial, budget));
        found.unwrap_or_else(Found::GivenUp)
    }

    /// Does something to the plain search's view of the part, if so much memory suffices for it.
    pub(super) fn interned<R>(
        &self,
        from: &M::State,
        bytes_max: usize,
        act: impl FnOnce(&Problem, &mut Interned<'_, M>, StateId) -> R,
    ) -> Result<R, Limit> {
        let problem = Problem::new(&self.bounds(), bytes_max)?;
        let asked: Vec<_> = self.items.iter().map(|item| (item.input, item.output)).collect();
        let mut space = Interned::new(self.model, &asked, &problem);
        let initial = space.number(from.clone());
        Ok(act(&problem, &mut space, initial))
    }

    /// An operation that saw a value which none of the others can have made, if there is one: its place.
    pub(super) fn impossible(&self) -> Option<usize> {
        let Start::At(state) = &self.start else { return None };
        match self.foresee(state, &mut self.bounds()) {
            Err(Trouble::Impossible(place)) => Some(place as usize),
            Ok(_) | Err(Trouble::Ambiguous | Trouble::Contradiction(_)) => None,
        }
    }

    fn foresee(&self, state: &M::State, bounds: &mut [Bounds]) -> Result<Versions, Trouble> {
        let initial = self.model.as_cell_value(state).ok_or(Trouble::Ambiguous)?;
        let operations = self.cell_operations().ok_or(Trouble::Ambiguous)?;
        Versions::foresee(initial, &operations, bounds)
    }

    /// The operations as those on a single value; `None` if the part is no such object.
    pub(super) fn cell_operations(&self) -> Option<Vec<CellOperation<'a>>> {
        self.items.iter().map(|item| self.model.as_cell(item.input, item.output)).collect()
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
