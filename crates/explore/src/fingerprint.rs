//! What makes two failures the same failure.

use std::fmt;

use env::NodeSet;
use history::Invariant;
use serde::{Deserialize, Serialize};

use crate::failure::{Failure, FailureKind};

/// What was broken, and by whom.
///
/// A smaller plan that fails is the same story only if its failure has the same fingerprint: else a search for the cause
/// of one bug ends at another one. When it was, in which term and with which values, may differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fingerprint {
    /// The sort of failure.
    pub kind: FailureKind,
    /// The broken invariant; `None` where it is nothing so definite.
    pub invariant: Option<Invariant>,
    /// The nodes that it is about; none where it is about clients alone, or about all.
    pub nodes: NodeSet,
}

impl Fingerprint {
    /// That of `failure`.
    pub fn of(failure: &Failure) -> Fingerprint {
        Fingerprint { kind: failure.kind, invariant: failure.invariant, nodes: failure.nodes }
    }
}

impl fmt::Display for Fingerprint {
    /// `Election Safety of {n1 n4}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.invariant {
            Some(invariant) => invariant.fmt(f)?,
            None => f.write_str(self.kind.headline())?,
        }
        if self.nodes.is_empty() { Ok(()) } else { write!(f, " of {}", self.nodes) }
    }
}
