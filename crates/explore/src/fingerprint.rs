//! The traits by which two failures count as the same failure.

use std::fmt;

use env::NodeSet;
use serde::{Deserialize, Serialize};
use sim::Invariant;

use crate::failure::{Failure, FailureKind};

/// The broken invariant, and the nodes that broke it.
///
/// A smaller plan that fails is the same story only if its failure has the same fingerprint: else a search for the cause
/// of one bug ends at another one. When it was, in which term and with which values, may differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fingerprint {
    /// The sort of failure.
    pub kind: FailureKind,
    /// The id of the broken invariant; `None` where it is nothing so definite.
    pub invariant: Option<String>,
    /// The nodes that it is about; none where it is about clients alone, or about all.
    pub nodes: NodeSet,
}

impl Fingerprint {
    /// The fingerprint of `failure`.
    pub fn of(failure: &Failure) -> Fingerprint {
        Fingerprint {
            kind: failure.kind,
            invariant: failure.invariant.map(|broken| broken.id().into()),
            nodes: failure.nodes,
        }
    }
}

impl Fingerprint {
    /// The broken invariant's name, or else the sort of failure.
    pub fn headline(&self) -> String {
        self.invariant.as_deref().map_or(self.kind.headline().into(), Invariant::name_of)
    }
}

impl fmt::Display for Fingerprint {
    /// `Election Safety of {n1 n4}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.headline())?;
        if self.nodes.is_empty() { Ok(()) } else { write!(f, " of {}", self.nodes) }
    }
}
