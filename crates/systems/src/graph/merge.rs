//! The one decision of the merge: which of two values of a register is kept.

use super::stamp::Stamp;

/// The rule by which a node keeps one of two values of a register.
///
/// A rule under which nodes converge gives the same result for every order of arrival (Shapiro et al., "Conflict-Free
/// Replicated Data Types", SSS 2011). [`Stamp`](Merge::Stamp), by which the last writer wins, is such a rule; the
/// others are planted bugs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Merge {
    /// The later stamp wins; of equal times, that of the node with the higher id.
    Stamp,
    /// The later time wins; of equal times, the value that arrives later.
    Time,
    /// The value that arrives later wins.
    Arrival,
}

impl Merge {
    /// True if a value that arrives takes the place of the one that is there.
    pub(crate) fn replaces(self, arriving: Stamp, present: Stamp) -> bool {
        let time = |stamp: Stamp| (stamp.wall_ms, stamp.logical);
        match self {
            Merge::Stamp => arriving > present,
            Merge::Time => time(arriving) >= time(present),
            Merge::Arrival => true,
        }
    }
}
