//! Two nets around one run.

use std::any::Any;

use env::{NodeId, NodeSet};

use super::{Checked, Demand, Moment, Net, Owed, Reach, Seen, Standing, Tally};
use crate::nemesis::Aim;
use crate::system::OperatorAction;

/// Both nets see everything, the first before the second; where only one answer is wanted, the first is asked first.
impl<A, B> Net for (A, B)
where
    A: Net,
    B: Net<Op = A::Op, Output = A::Output, Note = A::Note>,
{
    type Op = A::Op;
    type Output = A::Output;
    type Note = A::Note;

    // Always inlined: each caller but one shows an event of a known kind, and only the arm of that kind is left there.
    #[inline(always)]
    fn see(&mut self, at: Moment, seen: Seen<'_, A::Op, A::Output, A::Note>) -> Checked {
        self.0.see(at, seen)?;
        self.1.see(at, seen)
    }

    fn aims() -> Vec<Aim> {
        let mut aims = A::aims();
        let others: Vec<Aim> = B::aims().into_iter().filter(|aim| !aims.contains(aim)).collect();
        aims.extend(others);
        aims
    }

    fn standing(&self) -> Standing {
        self.0.standing().or(self.1.standing())
    }

    fn is_met(&self, demand: Demand, reach: &Reach) -> bool {
        self.0.is_met(demand, reach) && self.1.is_met(demand, reach)
    }

    fn owes(&self, demand: Demand, reach: &Reach) -> Owed {
        self.0.owes(demand, reach).or(|| self.1.owes(demand, reach))
    }

    fn may_lose(&self, at: Moment, node: NodeId, intact: NodeSet) -> Option<bool> {
        match (self.0.may_lose(at, node, intact), self.1.may_lose(at, node, intact)) {
            (Some(one), Some(other)) => Some(one && other),
            (one, other) => one.or(other),
        }
    }

    fn may_ask(&self, action: OperatorAction, sound: NodeSet) -> Result<(), String> {
        self.0.may_ask(action, sound)?;
        self.1.may_ask(action, sound)
    }

    fn asked(&mut self, at: Moment, action: OperatorAction) {
        self.0.asked(at, action);
        self.1.asked(at, action);
    }

    fn is_done(&self, action: OperatorAction) -> bool {
        self.0.is_done(action) || self.1.is_done(action)
    }

    fn performed(&mut self) -> Option<(NodeId, OperatorAction)> {
        self.0.performed().or_else(|| self.1.performed())
    }

    fn tally(&self) -> Tally {
        self.0.tally().and(&self.1.tally())
    }

    fn parts(&self) -> Vec<&dyn Any> {
        let mut parts = self.0.parts();
        parts.extend(self.1.parts());
        parts
    }
}
