//! A rule of a system's own that was broken.

use env::NodeSet;
use sim::{Demand, Invariant, Moment, Owed, Violation};

/// The rule, and how it was broken, in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Broken {
    pub(crate) invariant: Invariant,
    pub(crate) message: String,
}

/// The result of one check of a rule.
pub(crate) type Judged = Result<(), Broken>;

/// The rule was broken so.
pub(crate) fn broken(invariant: Invariant, message: String) -> Judged {
    Err(Broken { invariant, message })
}

/// The answer to `demand` of a system in which some node must serve, or none can, and which may lack something.
pub(crate) fn served_or_lacking(demand: Demand, must_serve: bool, lack: impl FnOnce() -> Option<String>) -> Owed {
    match demand {
        Demand::Probe if !must_serve => Owed::Waived,
        Demand::Service | Demand::Probe => Owed::Nothing,
        Demand::Convergence => lack().map_or(Owed::Nothing, Owed::state),
    }
}

impl Broken {
    /// The violation of the rule, by these nodes.
    pub(crate) fn violation(self, at: Moment, nodes: NodeSet) -> Box<Violation> {
        Box::new(Violation::new(self.invariant, at, nodes, self.message))
    }
}
