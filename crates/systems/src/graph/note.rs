//! What nodes say to the judge, as observations.

use env::{ClientId, NodeId, Observation, RequestId};

use super::update::UpdateId;

/// Names are packed into one number that a reader can still read: `n2#7` is 2000000007.
const BASE: u64 = 1_000_000_000;

/// What a node has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Note {
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

impl Note {
    pub(crate) fn observation(self) -> Observation {
        let update = |id: UpdateId| u64::from(id.origin.0) * BASE + id.seq;
        let (what, number, of) = match self {
            Note::Made { id, request } => ("made", update(id), u64::from(request.client.0) * BASE + request.seq),
            Note::Stamped { id, time } => ("stamped", update(id), time),
            Note::Has { id } => ("has", update(id), 0),
            Note::Recovered { count } => ("recovered", count, 0),
            Note::State { set, state } => ("state", state, set),
        };
        Observation::Noted { what, number, of }
    }

    pub(crate) fn of(observation: &Observation) -> Option<Note> {
        let Observation::Noted { what, number, of } = *observation else { return None };
        let id = UpdateId { origin: NodeId((number / BASE) as u8), seq: number % BASE };
        match what {
            "made" => {
                Some(Note::Made { id, request: RequestId { client: ClientId((of / BASE) as u32), seq: of % BASE } })
            }
            "stamped" => Some(Note::Stamped { id, time: of }),
            "has" => Some(Note::Has { id }),
            "recovered" => Some(Note::Recovered { count: number }),
            "state" => Some(Note::State { set: of, state: number }),
            _ => None,
        }
    }
}
