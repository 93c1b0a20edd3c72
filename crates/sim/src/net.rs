//! The net around one run of one system: its rules, its milestones, and its demands of the calm phase.
//!
//! A [`Net`] is shown everything that happens in a run, in order ([`Seen`]), in the words of its system: operations,
//! answers and notes are the system's own types. It sees no node. A rule that is broken ends the run at that event,
//! with a [`Violation`] that names the [`Invariant`].
//!
//! Nets compose: a pair of nets is a net. The ready-made pieces are [`Linearizable`] and [`LinearizableStore`] (clients
//! see one object), [`Converges`] (nodes come to equal state), [`AtMostOneHolder`], [`NothingLost`], [`Quorum`] (a net
//! that is owed nothing without a majority), and [`Checks`], a rule in one closure.
//!
//! The files: `seen.rs` (the events), `demands.rs` (the calm phase), `reach.rs` (the links that work), `standing.rs`
//! (the roles that faults aim at), `milestone.rs`, `invariant.rs` and `violation.rs`; `both.rs` composes; one file for
//! each piece.

use std::any::Any;
use std::fmt::Debug;
use std::marker::PhantomData;

use env::{NodeId, NodeSet, Traced};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::nemesis::Aim;
use crate::system::OperatorAction;

mod both;
mod checks;
mod converges;
mod demands;
mod holder;
mod invariant;
mod linearizable;
mod milestone;
mod nothing_lost;
mod quorum;
mod reach;
mod seen;
mod standing;
mod store;
mod untyped;
mod violation;

pub use checks::Checks;
pub use converges::Converges;
pub use demands::{Demand, Lack, Owed};
pub use holder::{AtMostOneHolder, Holding};
pub use invariant::{Invariant, InvariantKind};
pub use linearizable::Linearizable;
pub use milestone::{Milestone, Milestones, Tally};
pub use nothing_lost::{NothingLost, SetOperation};
pub use quorum::Quorum;
pub use reach::Reach;
pub use seen::{Seen, Stopped};
pub use standing::Standing;
pub use store::LinearizableStore;
pub use untyped::{Fact, UntypedNet};
pub use violation::{Checked, Moment, Violation, broken};

/// An operation that clients ask for. A plan holds operations as plain values, so they are read and written by serde.
pub trait Op: Traced + Clone + Serialize + DeserializeOwned + 'static {
    /// How many bytes of memory it holds besides itself.
    fn heap_bytes(&self) -> u64 {
        0
    }

    /// Simpler operations that may do as well, the simplest first. The shrinker tries them one by one; each is to be
    /// simpler than the operation itself, so that the search ends.
    fn simpler(&self) -> Vec<Self> {
        Vec::new()
    }
}

/// The answer to a successful operation.
pub trait Answer: Traced + Clone + Serialize + 'static {}

impl<A: Traced + Clone + Serialize + 'static> Answer for A {}

/// A note of a node or a client on a step that it took.
pub trait Note: Traced + Clone + 'static {}

impl<N: Traced + Clone + 'static> Note for N {}

/// Watches one run.
///
/// Only [`see`](Net::see) must be written; each other method defaults to the answer of a net that has nothing to say,
/// and a pair of nets asks both. A copy of a net has seen the same events.
pub trait Net: Clone + 'static {
    /// The clients' operations.
    type Op: Op;
    /// Their answers.
    type Output: Answer;
    /// The notes of nodes and clients.
    type Note: Note;

    /// Takes one event.
    ///
    /// # Errors
    /// The rule that the event breaks.
    fn see(&mut self, at: Moment, seen: Seen<'_, Self::Op, Self::Output, Self::Note>) -> Checked;

    /// The moments that storms are to aim at, besides those of [any system](crate::aims::GENERAL).
    fn aims() -> Vec<Aim> {
        Vec::new()
    }

    /// The roles that faults aim at, as they are now.
    fn standing(&self) -> Standing {
        Standing::NONE
    }

    /// True if a demand of the calm phase is met. The run asks after each event of the calm phase, so it must be cheap.
    fn is_met(&self, demand: Demand, reach: &Reach) -> bool {
        self.owes(demand, reach) == Owed::Nothing
    }

    /// The state of a demand. A net demands nothing that the faults that stay make impossible: `reach` says which
    /// nodes run, and which of them can talk.
    fn owes(&self, _demand: Demand, _reach: &Reach) -> Owed {
        Owed::Nothing
    }

    /// True if a correct system survives the loss of `node`'s disk while the machines in `intact` still hold all that
    /// was ever synced to them. `None` if the net cannot tell; no disk is destroyed unless a net says that it may be.
    fn may_lose(&self, _at: Moment, _node: NodeId, _intact: NodeSet) -> Option<bool> {
        None
    }

    /// Checks that an operator may ask for `action`, with these nodes running on intact disks.
    ///
    /// # Errors
    /// Why a correct system could not survive the effect of the action.
    fn may_ask(&self, _action: OperatorAction, _sound: NodeSet) -> Result<(), String> {
        Ok(())
    }

    /// An operator asks for `action`, to which no net has objected.
    fn asked(&mut self, _at: Moment, _action: OperatorAction) {}

    /// True if the cluster is as `action` would make it.
    fn is_done(&self, _action: OperatorAction) -> bool {
        false
    }

    /// Takes the next action of an operator's that a node has just carried out, with that node.
    fn performed(&mut self) -> Option<(NodeId, OperatorAction)> {
        None
    }

    /// The net's counts so far.
    fn tally(&self) -> Tally {
        Tally::default()
    }

    /// The parts of the net that a story may look at: itself, the nets that it is made of, and the parts they show.
    fn parts(&self) -> Vec<&dyn Any> {
        vec![self]
    }
}

/// Stands for the words of a system in a net that keeps none.
pub(crate) type Words<O, A, N> = PhantomData<fn() -> (O, A, N)>;

/// A net that may watch the same runs as the net `N`: it knows the same operations, answers and notes.
pub trait Beside<N: Net>: Net<Op = N::Op, Output = N::Output, Note = N::Note> {}

impl<N: Net, M: Net<Op = N::Op, Output = N::Output, Note = N::Note>> Beside<N> for M {}

/// A net that watches nothing: such a system is required not to panic, its nodes to stay up once it is calm, and its
/// clients to come to an end.
#[derive(Debug)]
pub struct Unwatched<O, A, N>(Words<O, A, N>);

impl<O, A, N> Default for Unwatched<O, A, N> {
    fn default() -> Self {
        Unwatched(PhantomData)
    }
}

impl<O, A, N> Clone for Unwatched<O, A, N> {
    fn clone(&self) -> Self {
        Unwatched::default()
    }
}

impl<O: Op, A: Answer, N: Note> Net for Unwatched<O, A, N> {
    type Op = O;
    type Output = A;
    type Note = N;

    fn see(&mut self, _: Moment, _: Seen<'_, O, A, N>) -> Checked {
        Ok(())
    }
}
