//! Clients see one linearizable object, of any model.

use std::marker::PhantomData;

use history::linearizability::{Budget, Model, Verdict, check};
use history::{Deadline, History, Point};

use super::store::not_linearizable;
use super::{Answer, Checked, Moment, Net, Note, Op, Seen, Tally};

/// The budget for the judgement of one run.
const BUDGET: Budget<'_> = Budget { steps: 5_000_000, bytes: 256 << 20, deadline: Deadline::NEVER };

/// Judges, when the run ends, whether clients see one linearizable object: a queue, a lock, a register, or any other
/// object with a model `M`. The history of the run is kept until then.
#[derive(Debug)]
pub struct Linearizable<M: Model, N> {
    model: M,
    history: History<M::Input, M::Output>,
    order: u64,
    undecided: u64,
    notes: PhantomData<fn() -> N>,
}

impl<M: Model, N> Linearizable<M, N> {
    /// A judge of this object that has seen no event yet.
    pub fn new(model: M) -> Linearizable<M, N> {
        Linearizable { model, history: History::new(), order: 0, undecided: 0, notes: PhantomData }
    }

    fn point(&mut self, at: Moment) -> Point {
        self.order += 1;
        Point { order: self.order, time: Some(at.time) }
    }

    fn judge(&mut self, at: Moment) -> Checked {
        match check(&self.model, &self.history, BUDGET) {
            Verdict::Linearizable => Ok(()),
            Verdict::NotLinearizable(found) => Err(not_linearizable(at, &found)),
            Verdict::Unknown(_) => {
                self.undecided += 1;
                Ok(())
            }
        }
    }
}

impl<M: Model + Clone, N> Clone for Linearizable<M, N>
where
    M::Input: Clone,
    M::Output: Clone,
{
    fn clone(&self) -> Self {
        let Linearizable { model, history, order, undecided, .. } = self;
        Linearizable {
            model: model.clone(),
            history: history.clone(),
            order: *order,
            undecided: *undecided,
            notes: PhantomData,
        }
    }
}

impl<M, N> Net for Linearizable<M, N>
where
    M: Model<Input: Op, Output: Answer> + Clone + 'static,
    N: Note,
{
    type Op = M::Input;
    type Output = M::Output;
    type Note = N;

    fn see(&mut self, at: Moment, seen: Seen<'_, M::Input, M::Output, N>) -> Checked {
        match seen {
            Seen::Invoked(request, operation) => {
                let point = self.point(at);
                let begun = self.history.invoke(request.client.0.into(), operation.clone(), point);
                begun.expect("a client does one thing at a time");
                Ok(())
            }
            Seen::Completed(request, completion) => {
                let point = self.point(at);
                let ended = self.history.complete(request.client.0.into(), completion.clone(), point);
                ended.expect("a client completes what it has begun");
                Ok(())
            }
            Seen::Over | Seen::GivenUp => self.judge(at),
            _ => Ok(()),
        }
    }

    fn tally(&self) -> Tally {
        Tally { undecided: self.undecided, ..Tally::default() }
    }
}
