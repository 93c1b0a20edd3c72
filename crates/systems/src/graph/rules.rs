//! The decisions of a node of the graph, in one place.

use super::bug::Bug;
use super::merge::Merge;
use super::replica::Versions;

/// The decisions. The default is right, and a planted bug changes one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rules {
    /// The choice between two values of a register.
    pub(crate) merge: Merge,
    /// True if an edit is acknowledged only once it is durable.
    pub(crate) syncs_first: bool,
    /// True if pushed updates that have not arrived, by the relay's word, are pushed again.
    pub(crate) pushes_again: bool,
}

impl Default for Rules {
    fn default() -> Rules {
        Rules::with(None)
    }
}

impl Rules {
    /// The decisions of a graph in which this bug is planted.
    pub(crate) fn with(bug: Option<Bug>) -> Rules {
        let merge = match bug {
            Some(Bug::LastArrivalWins) => Merge::Arrival,
            Some(Bug::Untied) => Merge::Time,
            _ => Merge::Stamp,
        };
        Rules {
            merge,
            syncs_first: bug != Some(Bug::AcknowledgesBeforeSync),
            pushes_again: bug != Some(Bug::PushesOnce),
        }
    }

    /// The updates that the relay counts as having: it says that it has `have`, and was sent the updates up to `sent`.
    pub(crate) fn sent(self, have: Versions, sent: Option<&Versions>) -> Versions {
        match sent {
            Some(sent) if !self.pushes_again => have.max(sent),
            _ => have,
        }
    }
}
