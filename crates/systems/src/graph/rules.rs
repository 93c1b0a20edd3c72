//! The decisions of a node of the graph, in one place.

use super::merge::Merge;
use super::replica::Versions;

/// What a node decides. The default is right; anything else is there to show that the judge sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rules {
    /// Which of two values of a register is kept.
    pub(crate) merge: Merge,
    /// Whether an edit is acknowledged only once it is durable.
    pub(crate) syncs_first: bool,
    /// Whether what was pushed, and has not arrived by what the relay says, is pushed again.
    pub(crate) pushes_again: bool,
}

impl Default for Rules {
    fn default() -> Rules {
        Rules { merge: Merge::default(), syncs_first: true, pushes_again: true }
    }
}

impl Rules {
    /// What the relay counts as having: it says that it has `have`, and was sent what takes it up to `sent`.
    pub(crate) fn sent(self, have: Versions, sent: Option<&Versions>) -> Versions {
        match sent {
            Some(sent) if !self.pushes_again => have.max(sent),
            _ => have,
        }
    }
}
