//! The notes of nodes, which the judge reads.

use env::{NodeId, RequestId, Traced};

use super::catalogue::{Counts, Entry};

/// Something that a node has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the variants say it")]
pub enum Note {
    /// Its catalogue has an entry, durably: digests of the whole entry, and of its kind and name.
    Has { entry: u64, key: u64 },
    /// It has started, and has noted `Has` for every entry: so many.
    Recovered { count: u64 },
    /// The puller tries a peer, for this operation of a client.
    Tries { peer: NodeId, request: RequestId },
    /// The puller has ended the run of this operation, and is about to write its answer.
    Ends { request: RequestId },
    /// The puller has taken over a peer's catalogue. So many entries in all were new; the puller has noted `Has` for
    /// each.
    Pulled { peer: NodeId, added: u64 },
}

impl Note {
    pub(crate) fn has(entry: &Entry) -> Note {
        Note::Has { entry: entry.digest(), key: entry.key_digest() }
    }

    pub(crate) fn pulled(peer: NodeId, added: Counts) -> Note {
        Note::Pulled { peer, added: added.total() }
    }
}

impl Traced for Note {}
