//! The waiver of a system that needs a majority.

use std::any::Any;

use env::{NodeId, NodeSet};

use super::{Checked, Demand, Moment, Net, Owed, Reach, Seen, Standing, Tally};
use crate::nemesis::Aim;
use crate::system::OperatorAction;

/// The net of a system that decides by majorities: it is the net `N`, but waives each demand of the calm phase while
/// the faults that stay leave no majority of the members that can all talk to one another. Blank machines count for
/// nothing.
///
/// Waiving is not done beside a net, as a pair of nets would: a lack that one of two nets names is owed.
#[derive(Clone, Debug)]
pub struct Quorum<N> {
    members: NodeSet,
    /// The members without which no majority serves.
    needed: NodeSet,
    net: N,
}

impl<N: Net> Quorum<N> {
    /// This net around a system in which a majority of these members decides.
    pub fn of(members: NodeSet, net: N) -> Quorum<N> {
        Quorum { members, needed: NodeSet::EMPTY, net }
    }

    /// The same, for a system that a majority can serve only with all of these members: a fixed primary, or, in a
    /// chain, every one.
    #[must_use]
    pub fn needing(self, needed: NodeSet) -> Quorum<N> {
        Quorum { needed, ..self }
    }
}

impl<N: Net> Net for Quorum<N> {
    type Op = N::Op;
    type Output = N::Output;
    type Note = N::Note;

    fn aims() -> Vec<Aim> {
        N::aims()
    }

    fn see(&mut self, at: Moment, seen: Seen<'_, N::Op, N::Output, N::Note>) -> Checked {
        self.net.see(at, seen)
    }

    /// The members vote, if the net names no voters.
    fn standing(&self) -> Standing {
        self.net.standing().or(Standing { voters: self.members, ..Standing::NONE })
    }

    fn is_met(&self, demand: Demand, reach: &Reach) -> bool {
        self.net.is_met(demand, reach)
    }

    fn owes(&self, demand: Demand, reach: &Reach) -> Owed {
        let serves = |core: NodeSet| 2 * core.len() > self.members.len() && self.needed.difference(core).is_empty();
        if reach.cores(self.members).any(serves) { self.net.owes(demand, reach) } else { Owed::Waived }
    }

    fn may_lose(&self, at: Moment, node: NodeId, intact: NodeSet) -> Option<bool> {
        self.net.may_lose(at, node, intact)
    }

    fn may_ask(&self, action: OperatorAction, sound: NodeSet) -> Result<(), String> {
        self.net.may_ask(action, sound)
    }

    fn asked(&mut self, at: Moment, action: OperatorAction) {
        self.net.asked(at, action);
    }

    fn is_done(&self, action: OperatorAction) -> bool {
        self.net.is_done(action)
    }

    fn performed(&mut self) -> Option<(NodeId, OperatorAction)> {
        self.net.performed()
    }

    fn tally(&self) -> Tally {
        self.net.tally()
    }

    fn parts(&self) -> Vec<&dyn Any> {
        self.net.parts()
    }
}
