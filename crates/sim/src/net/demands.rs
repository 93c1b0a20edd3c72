//! The demands of the calm phase, and their state: met, waived or not met.

use env::NodeSet;

use super::Invariant;

/// A demand of the calm phase, in the order in which they are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Demand {
    /// The cluster can serve clients: where the system knows leaders, there is one that can do its work.
    Service,
    /// A fresh client's operation, the probe, is answered. The run knows whether it was; the net names the nodes
    /// that owe it.
    Probe,
    /// The nodes have come to the state that they must come to.
    Convergence,
}

/// The state of a demand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owed {
    /// Nothing: the demand is met, or the net does not make it.
    Nothing,
    /// The faults that stay leave no node that must meet the demand. It is waived, and counted.
    Waived,
    /// The demand is not met.
    Lacks(Lack),
}

/// A demand that is not met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lack {
    /// The invariant that is broken if it stays unmet.
    pub invariant: Invariant,
    /// The lack in one line: `none of {n1 n2 n3} leads`.
    pub message: String,
    /// The nodes that it is about.
    pub nodes: NodeSet,
}

impl Owed {
    /// A lack of no node in particular, which breaks [`Convergence`](Invariant::CONVERGENCE) if it stays.
    pub fn state(message: impl Into<String>) -> Owed {
        Owed::Lacks(Lack { invariant: Invariant::CONVERGENCE, message: message.into(), nodes: NodeSet::EMPTY })
    }

    /// The state of a demand that two nets make: a lack of either comes before a waiver, and a waiver before nothing.
    #[must_use]
    pub fn or(self, other: impl FnOnce() -> Owed) -> Owed {
        match self {
            Owed::Lacks(_) => self,
            Owed::Nothing => other(),
            Owed::Waived => match other() {
                Owed::Nothing => Owed::Waived,
                other => other,
            },
        }
    }
}
