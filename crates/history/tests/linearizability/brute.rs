//! The judge's dumb twin: tries every order, by the definition alone, and so is only for a handful of operations.

use history::linearizability::Model;
use history::{Call, History};

/// True if some order of all operations that ended as ok, and of any of those that may have taken effect, explains
/// every answer.
pub(crate) fn is_linearizable<M: Model>(model: &M, history: &History<M::Input, M::Output>) -> bool {
    is_linearizable_doubting(model, history, &|_| false)
}

/// The same, with doubt about the operations with these numbers: each may have taken effect, within its time and with
/// its answer, or not.
pub(crate) fn is_linearizable_doubting<M: Model>(
    model: &M,
    history: &History<M::Input, M::Output>,
    is_doubted: &dyn Fn(usize) -> bool,
) -> bool {
    let calls = history.calls().iter().enumerate().filter(|(_, call)| !call.has_failed());
    let left: Vec<_> =
        calls.map(|(number, call)| Candidate { call, is_sure: believed(number, call, is_doubted) }).collect();
    can_go_on(model, &model.initial(), &left)
}

/// An operation that is not in order yet.
struct Candidate<'a, M: Model> {
    call: &'a Call<M::Input, M::Output>,
    /// It has to come.
    is_sure: bool,
}

impl<M: Model> Clone for Candidate<'_, M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M: Model> Copy for Candidate<'_, M> {}

fn believed<I, O>(number: usize, call: &Call<I, O>, is_doubted: &dyn Fn(usize) -> bool) -> bool {
    call.ok().is_some() && !is_doubted(number)
}

fn can_go_on<M: Model>(model: &M, state: &M::State, left: &[Candidate<'_, M>]) -> bool {
    if left.iter().all(|candidate| !candidate.is_sure) {
        return true;
    }
    (0..left.len()).any(|next| {
        let call = left[next].call;
        let had_returned =
            |other: &Candidate<'_, M>| other.call.ok().is_some_and(|(returned, _)| returned < call.invoked);
        if left.iter().any(|other| other.is_sure && had_returned(other)) {
            return false;
        }
        let output = call.ok().map(|(_, output)| output);
        let Some(state) = model.step(state, &call.input, output) else { return false };
        // An operation that returned before and was not needed until now has not taken effect.
        let others = left.iter().enumerate().filter(|(place, other)| *place != next && !had_returned(other));
        can_go_on(model, &state, &others.map(|(_, other)| *other).collect::<Vec<_>>())
    })
}
