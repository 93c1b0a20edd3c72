//! A net without the words of its system: all that a run asks of one.

use std::any::Any;
use std::convert::Infallible;

use env::{Completion, NodeId, NodeSet};

use super::{Checked, Demand, Moment, Net, Owed, Reach, Seen, Standing, Tally};
use crate::system::OperatorAction;

/// An event in which no operation, no answer and no note plays a part.
pub type Fact<'a> = Seen<'a, Infallible, Infallible, Infallible>;

/// A [`Net`] without the types of its system. The methods are those of [`Net`].
pub trait UntypedNet {
    /// Takes one event.
    ///
    /// # Errors
    /// The rule that the event breaks.
    fn see(&mut self, at: Moment, fact: Fact<'_>) -> Checked;

    /// The roles that faults aim at, as they are now.
    fn standing(&self) -> Standing;

    /// True if a demand of the calm phase is met.
    fn is_met(&self, demand: Demand, reach: &Reach) -> bool;

    /// The state of a demand.
    fn owes(&self, demand: Demand, reach: &Reach) -> Owed;

    /// True if a correct system survives the loss of `node`'s disk; `None` if the net cannot tell.
    fn may_lose(&self, at: Moment, node: NodeId, intact: NodeSet) -> Option<bool>;

    /// Checks that an operator may ask for `action`.
    ///
    /// # Errors
    /// Why a correct system could not survive the effect of the action.
    fn may_ask(&self, action: OperatorAction, sound: NodeSet) -> Result<(), String>;

    /// An operator asks for `action`.
    fn asked(&mut self, at: Moment, action: OperatorAction);

    /// True if the cluster is as `action` would make it.
    fn is_done(&self, action: OperatorAction) -> bool;

    /// The net's counts so far.
    fn tally(&self) -> Tally;

    /// The parts of the net that a story may look at.
    fn parts(&self) -> Vec<&dyn Any>;
}

impl<N: Net> UntypedNet for N {
    fn see(&mut self, at: Moment, fact: Fact<'_>) -> Checked {
        Net::see(self, at, fact.in_words())
    }

    fn standing(&self) -> Standing {
        Net::standing(self)
    }

    fn is_met(&self, demand: Demand, reach: &Reach) -> bool {
        Net::is_met(self, demand, reach)
    }

    fn owes(&self, demand: Demand, reach: &Reach) -> Owed {
        Net::owes(self, demand, reach)
    }

    fn may_lose(&self, at: Moment, node: NodeId, intact: NodeSet) -> Option<bool> {
        Net::may_lose(self, at, node, intact)
    }

    fn may_ask(&self, action: OperatorAction, sound: NodeSet) -> Result<(), String> {
        Net::may_ask(self, action, sound)
    }

    fn asked(&mut self, at: Moment, action: OperatorAction) {
        Net::asked(self, at, action);
    }

    fn is_done(&self, action: OperatorAction) -> bool {
        Net::is_done(self, action)
    }

    fn tally(&self) -> Tally {
        Net::tally(self)
    }

    fn parts(&self) -> Vec<&dyn Any> {
        Net::parts(self)
    }
}

impl<'a> Fact<'a> {
    /// The same event, in the words of any system.
    fn in_words<O, A, N>(self) -> Seen<'a, O, A, N> {
        match self {
            Seen::Booted(node) => Seen::Booted(node),
            Seen::SyncRequested(node, sync) => Seen::SyncRequested(node, sync),
            Seen::Synced(node, sync) => Seen::Synced(node, sync),
            Seen::Stopped(node, stopped) => Seen::Stopped(node, stopped),
            Seen::DiskLost(node) => Seen::DiskLost(node),
            Seen::BootRefused(node, reason) => Seen::BootRefused(node, reason),
            Seen::LinksCut(are_any) => Seen::LinksCut(are_any),
            Seen::Over => Seen::Over,
            Seen::GivenUp => Seen::GivenUp,
            Seen::Noted(_, never) | Seen::ClientNoted(_, never) => match *never {},
            Seen::Invoked(_, never) => match *never {},
            Seen::Completed(_, Completion::Ok(never)) => match *never {},
            Seen::Completed(request, Completion::Fail) => Seen::Completed(request, &Completion::Fail),
            Seen::Completed(request, Completion::Info) => Seen::Completed(request, &Completion::Info),
        }
    }
}
