//! What nodes say to the judge, as observations.

use env::{ClientId, NodeId, Observation, RequestId};

use super::catalogue::{Counts, Entry};

/// Names are packed into one number that a reader can still read: `c2#7` is 2000000007.
const BASE: u64 = 1_000_000_000;

/// What a node has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Note {
    /// Its catalogue has an entry, durably: digests of the whole entry, and of its kind and name.
    Has { entry: u64, key: u64 },
    /// It has started and said of every entry that it has it: so many.
    Recovered { count: u64 },
    /// The puller tries a peer, for this operation of a client.
    Tries { peer: NodeId, request: RequestId },
    /// The puller has ended the run of this operation, and is about to write its answer.
    Ends { request: RequestId },
    /// The puller has taken over a peer's catalogue. So many entries in all were new, of which it has said that it has them.
    Pulled { peer: NodeId, added: u64 },
}

impl Note {
    pub(crate) fn has(entry: &Entry) -> Note {
        Note::Has { entry: entry.digest(), key: entry.key_digest() }
    }

    pub(crate) fn pulled(peer: NodeId, added: Counts) -> Note {
        Note::Pulled { peer, added: added.total() }
    }

    pub(crate) fn observation(self) -> Observation {
        let packed = |request: RequestId| u64::from(request.client.0) * BASE + request.seq;
        let (what, number, of) = match self {
            Note::Has { entry, key } => ("has", entry, key),
            Note::Recovered { count } => ("recovered", count, 0),
            Note::Tries { peer, request } => ("tries", u64::from(peer.0), packed(request)),
            Note::Ends { request } => ("ends", packed(request), 0),
            Note::Pulled { peer, added } => ("pulled", u64::from(peer.0), added),
        };
        Observation::Noted { what, number, of }
    }

    pub(crate) fn of(observation: &Observation) -> Option<Note> {
        let Observation::Noted { what, number, of } = *observation else { return None };
        let peer = NodeId(number as u8);
        let request = |packed: u64| RequestId { client: ClientId((packed / BASE) as u32), seq: packed % BASE };
        match what {
            "has" => Some(Note::Has { entry: number, key: of }),
            "recovered" => Some(Note::Recovered { count: number }),
            "tries" => Some(Note::Tries { peer, request: request(of) }),
            "ends" => Some(Note::Ends { request: request(number) }),
            "pulled" => Some(Note::Pulled { peer, added: of }),
            _ => None,
        }
    }
}
