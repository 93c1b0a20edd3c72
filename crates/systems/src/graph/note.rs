//! The notes of nodes, which the net is made for.

use env::{RequestId, Traced};

use super::update::UpdateId;

/// What a node has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the variants say it")]
pub enum Note {
    /// It has made an update, for this operation of a client. It holds it.
    Made { id: UpdateId, request: RequestId },
    /// The time that it gave to an update when it made it, which it is about to say.
    Stamped { id: UpdateId, time: u64 },
    /// It holds this update, durably.
    Has { id: UpdateId },
    /// It has started and said of every update in its journal that it has it: so many.
    Recovered { count: u64 },
    /// Its state has this digest, and the set of updates that it holds has that one.
    State { set: u64, state: u64 },
}

impl Traced for Note {}
