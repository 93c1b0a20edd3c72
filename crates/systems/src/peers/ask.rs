//! The requests of clients to nodes, as operations on paths.

use env::{Bytes, NodeId};
use kv_types::Operation;

use super::behaviour::Behaviour;
use super::catalogue::{Entry, Kind};
use crate::text::{escape, unescape};

/// A client's request to a node.
///
/// | ask | operation | asked of | answer |
/// | --- | --- | --- | --- |
/// | add an entry | put `organizations/org1` and its value | a peer | written |
/// | behave | put `behaviour` `garbage` | a peer | written |
/// | pull all peers | get `sync` | the puller | [`SyncReport`](super::SyncReport) |
/// | pull one peer | get `sync/n3` | the puller | [`SyncReport`](super::SyncReport), or `fail` |
/// | list | get `catalogue`, get `peers` | anyone | a line `peers/peer0=value` for each entry |
/// | an entry's value | get `orderers/orderer0` | anyone | its value, or absent |
/// | a note, beside the catalogue | put, get any other name without a slash | anyone | written; its value, or absent |
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// An entry is to be in the peer's catalogue. One that is there with another value is refused.
    Add(Entry),
    /// The peer is to behave so when it is pulled.
    Behave(Behaviour),
    /// All connected peers are to be pulled, even if some of them fail.
    SyncAll,
    /// This peer is to be pulled, or else the operation fails.
    SyncOne(NodeId),
    /// The catalogue, or one part of it.
    List(Option<Kind>),
    /// The value of one entry.
    Value(Kind, String),
    /// A value is to be kept under a bare name.
    Note(String, String),
    /// The value under a bare name.
    Noted(String),
}

impl Ask {
    /// An entry is to be in the peer's catalogue.
    pub fn add(kind: Kind, name: &str, value: &str) -> Ask {
        Ask::Add(Entry { kind, name: name.into(), value: value.into() })
    }

    /// The operation that asks for this.
    pub fn operation(&self) -> Operation {
        let get = |key: &str| Operation::Get { key: Bytes::from(key) };
        let put = |key: &str, value: &str| Operation::Put { key: Bytes::from(key), value: Bytes::from(value) };
        let path = |kind: &Kind, name: &str| format!("{}/{}", kind.name(), escape(name));
        match self {
            Ask::Add(Entry { kind, name, value }) => put(&path(kind, name), value),
            Ask::Behave(behaviour) => put("behaviour", &behaviour.to_string()),
            Ask::SyncAll => get("sync"),
            Ask::SyncOne(peer) => get(&format!("sync/{peer}")),
            Ask::List(None) => get("catalogue"),
            Ask::List(Some(kind)) => get(kind.name()),
            Ask::Value(kind, name) => get(&path(kind, name)),
            Ask::Note(name, value) => put(&escape(name), value),
            Ask::Noted(name) => get(&escape(name)),
        }
    }

    /// The request of an operation; `None` if no node understands it.
    pub fn of(operation: &Operation) -> Option<Ask> {
        let key = std::str::from_utf8(operation.key()).ok()?;
        let (first, second) = match key.split_once('/') {
            Some((first, second)) => (unescape(first)?, Some(unescape(second).filter(|name| !name.is_empty())?)),
            None => (unescape(key)?, None),
        };
        let part = Kind::named(&first);
        let is_reserved = part.is_some() || ["behaviour", "sync", "catalogue", ""].contains(&&*first);
        match (operation, part, second) {
            (Operation::Put { value, .. }, part, second) => {
                let value = std::str::from_utf8(value).ok()?;
                match (part, second) {
                    (Some(kind), Some(name)) => Some(Ask::add(kind, &name, value)),
                    (None, None) if first == "behaviour" => Behaviour::named(value).map(Ask::Behave),
                    (None, None) if !is_reserved => Some(Ask::Note(first, value.into())),
                    _ => None,
                }
            }
            (Operation::Get { .. }, Some(kind), None) => Some(Ask::List(Some(kind))),
            (Operation::Get { .. }, Some(kind), Some(name)) => Some(Ask::Value(kind, name)),
            (Operation::Get { .. }, None, None) => match &*first {
                "sync" => Some(Ask::SyncAll),
                "catalogue" => Some(Ask::List(None)),
                _ => (!is_reserved).then_some(Ask::Noted(first)),
            },
            (Operation::Get { .. }, None, Some(second)) if first == "sync" => {
                Some(Ask::SyncOne(NodeId(second.strip_prefix('n')?.parse().ok()?)))
            }
            _ => None,
        }
    }

    /// Whether it may change something. Pulling does, though it is a get.
    pub(crate) fn changes(operation: &Operation) -> bool {
        !operation.is_read() || matches!(Ask::of(operation), Some(Ask::SyncAll | Ask::SyncOne(_)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_can_be_asked_is_read_back_from_its_operation() {
        let asks = [
            Ask::add(Kind::Organization, "org1", "MSP"),
            Ask::add(Kind::Orderer, "a/b", ""),
            Ask::Behave(Behaviour::Garbage),
            Ask::Behave(Behaviour::StopAfter(2)),
            Ask::SyncAll,
            Ask::SyncOne(NodeId(3)),
            Ask::List(None),
            Ask::List(Some(Kind::Peer)),
            Ask::Value(Kind::Peer, "peer0".into()),
            Ask::Note("probe".into(), "1".into()),
            Ask::Noted("probe".into()),
        ];
        for ask in asks {
            assert_eq!(Ask::of(&ask.operation()), Some(ask.clone()), "{}", ask.operation());
        }
        assert_eq!(Ask::of(&Operation::Delete { key: "peers/peer0".into() }), None);
        assert_eq!(Ask::of(&Operation::Get { key: "sync/all".into() }), None);
    }
}
