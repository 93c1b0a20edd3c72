//! The rules with one of them changed.

mod of_node;
mod of_raft;

use crate::bug::Bug;

/// Raft's rules and the node's, with the change that is this bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mutant(pub Bug);

impl Mutant {
    /// True if the change is this one.
    fn is(&self, bug: Bug) -> bool {
        self.0 == bug
    }
}
