//! The notes of nodes, which the judge reads.

use env::{RequestId, Traced};

use super::update::UpdateId;

/// Something that a node has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the variants say it")]
pub enum Note {
    /// It has made an update for this operation of a client, and holds it.
    Made { id: UpdateId, request: RequestId },
    /// The time that it gave to an update when it made it; `Made` follows.
    Stamped { id: UpdateId, time: u64 },
    /// It holds this update, durably.
    Has { id: UpdateId },
    /// It has started, and has noted `Has` for every update in its journal: so many.
    Recovered { count: u64 },
    /// Its state has this digest, and the set of updates that it holds has that one.
    State { set: u64, state: u64 },
}

impl Traced for Note {}
