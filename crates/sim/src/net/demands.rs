//! What is demanded in the calm phase, and what nodes may still owe.

use env::NodeSet;

use super::Invariant;

/// A demand of the calm phase, in the order in which they are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Demand {
    /// The cluster can serve clients: where the system knows leaders, there is one that can do its work.
    Service,
    /// A fresh client's operation, the probe, is answered. The run itself knows whether it was; the net says who owes it.
    Probe,
    /// The nodes have come to the state that they must come to.
    Convergence,
}

/// What the nodes still owe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owed {
    /// Nothing: the demand is met, or the net does not make it.
    Nothing,
    /// Nothing that could be demanded: the faults that stay leave nobody who must meet the demand. It is waived, and counted.
    Waived,
    /// This.
    Lacks(Lack),
}

/// A demand that is not met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lack {
    /// The invariant that is broken if it stays unmet.
    pub invariant: Invariant,
    /// What is lacking, in one line: `none of {n1 n2 n3} leads`.
    pub message: String,
    /// The nodes that it is about.
    pub nodes: NodeSet,
}

impl Owed {
    /// This, which is about no node in particular, and breaks [`Convergence`](Invariant::CONVERGENCE) if it stays.
    pub fn state(message: impl Into<String>) -> Owed {
        Owed::Lacks(Lack { invariant: Invariant::CONVERGENCE, message: message.into(), nodes: NodeSet::EMPTY })
    }

    /// This, or what `other` owes if this is nothing.
    #[must_use]
    pub fn or(self, other: impl FnOnce() -> Owed) -> Owed {
        if self == Owed::Nothing { other() } else { self }
    }
}
