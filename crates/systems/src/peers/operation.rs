//! The operations of clients.

use std::fmt;

use env::{NodeId, Reader, Traced, Wire, WireError};
use parts::hash_of;
use serde::de::{Deserializer, Error, Unexpected};
use serde::{Deserialize, Serialize};
use sim::Op;
use stormglass::Ask;

use super::PULLER;
use super::behaviour::Behaviour;
use super::catalogue::{Entry, Kind};
use super::output::Output;
use crate::names::read_name;
use crate::plain::Plain;

/// An operation of a client. A plan has it as `{"add":{"kind":"peer","name":"peer0","value":"x"}}`, `"sync-all"` or
/// `{"sync-one":3}`. Names have at least one character.
///
/// | operation | asked of | answer |
/// | --- | --- | --- |
/// | [`Add`](Operation::Add), [`Behave`](Operation::Behave) | a peer | [`Done`](Output::Done) |
/// | [`SyncAll`](Operation::SyncAll) | the puller | [`Report`](Output::Report) |
/// | [`SyncOne`](Operation::SyncOne) | the puller | [`Report`](Output::Report), or `fail` |
/// | [`List`](Operation::List) | any node | [`Entries`](Output::Entries) |
/// | [`Get`](Operation::Get), [`GetNote`](Operation::GetNote) | any node | [`Value`](Output::Value) |
/// | [`Note`](Operation::Note) | any node | [`Done`](Output::Done) |
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Operation {
    /// An entry is to be in the peer's catalogue. One that is there with another value is refused.
    Add(Entry),
    /// The peer is to behave so when it is pulled.
    Behave(Behaviour),
    /// All connected peers are to be pulled, even if some of them fail.
    SyncAll,
    /// This peer is to be pulled, or else the operation fails.
    SyncOne(#[serde(deserialize_with = "read_peer")] NodeId),
    /// The catalogue, or the entries of one kind.
    List {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kind: Option<Kind>,
    },
    /// The value of one entry.
    Get {
        kind: Kind,
        #[serde(deserialize_with = "read_name")]
        name: String,
    },
    /// A value is to be kept under a bare name, beside the catalogue.
    Note {
        #[serde(deserialize_with = "read_name")]
        name: String,
        value: String,
    },
    /// The value under a bare name.
    GetNote {
        #[serde(deserialize_with = "read_name")]
        name: String,
    },
}

/// Reads a peer: a node that is not the puller.
fn read_peer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NodeId, D::Error> {
    let peer = NodeId::deserialize(deserializer)?;
    let (is_peer, last) = (peer > PULLER && peer <= NodeId::MAX, NodeId::MAX.0);
    let right = format!("the number of a peer from {} to {last}", PULLER.0 + 1);
    is_peer.then_some(peer).ok_or_else(|| D::Error::invalid_value(Unexpected::Unsigned(peer.0.into()), &right.as_str()))
}

impl Operation {
    /// An entry is to be in the peer's catalogue.
    pub fn add(kind: Kind, name: &str, value: &str) -> Operation {
        Operation::Add(Entry { kind, name: name.into(), value: value.into() })
    }

    /// The whole catalogue.
    pub fn list() -> Operation {
        Operation::List { kind: None }
    }

    /// True if it may change something. A pull does.
    pub(super) fn changes(&self) -> bool {
        !matches!(self, Operation::List { .. } | Operation::Get { .. } | Operation::GetNote { .. })
    }

    /// The note by which a fresh client proves in the calm phase that clients are served.
    pub(super) fn probe(number: u64) -> Operation {
        Operation::Note { name: "probe".into(), value: format!("probe-{number}.") }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Operation::Add(entry) => write!(f, "add {entry}"),
            Operation::Behave(behaviour) => write!(f, "behave {behaviour}"),
            Operation::SyncAll => f.write_str("sync all"),
            Operation::SyncOne(peer) => write!(f, "sync {peer}"),
            Operation::List { kind } => write!(f, "list {}", kind.map_or("all", Kind::name)),
            Operation::Get { kind, name } => write!(f, "get {}/{}", kind.name(), Plain(name)),
            Operation::Note { name, value } => write!(f, "note {}={}", Plain(name), Plain(value)),
            Operation::GetNote { name } => write!(f, "get note {}", Plain(name)),
        }
    }
}

impl Traced for Operation {
    fn digest(&self) -> u64 {
        hash_of(self)
    }

    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Op for Operation {
    fn heap_bytes(&self) -> u64 {
        match self {
            Operation::Add(Entry { name, value, .. }) | Operation::Note { name, value } => {
                (name.len() + value.len()) as u64
            }
            Operation::Get { name, .. } | Operation::GetNote { name } => name.len() as u64,
            Operation::Behave(_) | Operation::SyncAll | Operation::SyncOne(_) | Operation::List { .. } => 0,
        }
    }

    /// An empty value, no page at all, the whole catalogue.
    fn simpler(&self) -> Vec<Operation> {
        let mut simpler = self.clone();
        match &mut simpler {
            Operation::Add(Entry { value, .. }) | Operation::Note { value, .. } => value.clear(),
            Operation::Behave(Behaviour::StopAfter(pages)) => *pages = 0,
            Operation::List { kind } => *kind = None,
            _ => {}
        }
        if simpler == *self { Vec::new() } else { vec![simpler] }
    }
}

impl Ask for Operation {
    type Answer = Output;
}

impl Wire for Operation {
    fn to_wire(&self, into: &mut Vec<u8>) {
        into.push(match self {
            Operation::Add(_) => 1,
            Operation::Behave(_) => 2,
            Operation::SyncAll => 3,
            Operation::SyncOne(_) => 4,
            Operation::List { .. } => 5,
            Operation::Get { .. } => 6,
            Operation::Note { .. } => 7,
            Operation::GetNote { .. } => 8,
        });
        match self {
            Operation::Add(entry) => entry.to_wire(into),
            Operation::Behave(behaviour) => behaviour.to_wire(into),
            Operation::SyncAll => {}
            Operation::SyncOne(peer) => peer.to_wire(into),
            Operation::List { kind } => kind.to_wire(into),
            Operation::Get { kind, name } => {
                kind.to_wire(into);
                name.to_wire(into);
            }
            Operation::Note { name, value } => {
                name.to_wire(into);
                value.to_wire(into);
            }
            Operation::GetNote { name } => name.to_wire(into),
        }
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<Operation, WireError> {
        let at = reader.at();
        Ok(match reader.u8("operation")? {
            1 => Operation::Add(Wire::read_wire(reader)?),
            2 => Operation::Behave(Wire::read_wire(reader)?),
            3 => Operation::SyncAll,
            4 => Operation::SyncOne(Wire::read_wire(reader)?),
            5 => Operation::List { kind: Wire::read_wire(reader)? },
            6 => Operation::Get { kind: Wire::read_wire(reader)?, name: Wire::read_wire(reader)? },
            7 => Operation::Note { name: Wire::read_wire(reader)?, value: Wire::read_wire(reader)? },
            8 => Operation::GetNote { name: Wire::read_wire(reader)? },
            _ => return Err(WireError::Invalid { at, what: "operation" }),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read_back::{is_read_back, is_refused};

    /// Operations with their JSON and as a timeline shows them.
    fn operations() -> [(Operation, &'static str, &'static str); 15] {
        let name = |name: &str| name.to_owned();
        [
            (
                Operation::add(Kind::Organization, "org\n1", "MSP"),
                r#"{"add":{"kind":"organization","name":"org\n1","value":"MSP"}}"#,
                r"add organizations/org\n1=MSP",
            ),
            (Operation::Behave(Behaviour::Honest), r#"{"behave":"honest"}"#, "behave honest"),
            (Operation::Behave(Behaviour::Garbage), r#"{"behave":"garbage"}"#, "behave garbage"),
            (Operation::Behave(Behaviour::WrongCounts), r#"{"behave":"wrong-counts"}"#, "behave wrong-counts"),
            (Operation::Behave(Behaviour::Refuse), r#"{"behave":"refuse"}"#, "behave refuse"),
            (Operation::Behave(Behaviour::StopAfter(2)), r#"{"behave":{"stop-after":2}}"#, "behave stop-after-2"),
            (Operation::SyncAll, r#""sync-all""#, "sync all"),
            (Operation::SyncOne(NodeId(3)), r#"{"sync-one":3}"#, "sync n3"),
            (Operation::list(), r#"{"list":{}}"#, "list all"),
            (Operation::List { kind: Some(Kind::Peer) }, r#"{"list":{"kind":"peer"}}"#, "list peers"),
            (
                Operation::Get { kind: Kind::Orderer, name: name("a/b") },
                r#"{"get":{"kind":"orderer","name":"a/b"}}"#,
                "get orderers/a/b",
            ),
            (Operation::probe(1), r#"{"note":{"name":"probe","value":"probe-1."}}"#, "note probe=probe-1."),
            (Operation::Note { name: name("n"), value: name("") }, r#"{"note":{"name":"n","value":""}}"#, "note n="),
            (Operation::GetNote { name: name("n") }, r#"{"get-note":{"name":"n"}}"#, "get note n"),
            (Operation::add(Kind::Peer, "p", ""), r#"{"add":{"kind":"peer","name":"p","value":""}}"#, "add peers/p="),
        ]
    }

    #[test]
    fn every_operation_is_read_back_from_a_plan_and_from_a_wire() {
        for (operation, json, shown) in operations() {
            is_read_back(&operation, json, shown);
        }
    }

    #[test]
    fn what_is_no_operation_is_refused_with_what_would_be_right() {
        for (json, right) in [
            (r#"{"delete":{"key":"peers/peer0"}}"#, "expected one of `add`, `behave`, `sync-all`, `sync-one`, `list`"),
            (
                r#"{"add":{"kind":"server","name":"a","value":"x"}}"#,
                "expected one of `organization`, `peer`, `orderer`",
            ),
            (r#"{"add":{"kind":"peer","name":"","value":"x"}}"#, "expected a name of one character or more"),
            (r#"{"add":{"kind":"peer","name":"a"}}"#, "missing field `value`"),
            (r#"{"add":{"kind":"peer","name":"a","value":"x","age":7}}"#, "expected one of `kind`, `name`, `value`"),
            (r#"{"behave":"well"}"#, "expected one of `honest`, `garbage`, `wrong-counts`, `refuse`, `stop-after`"),
            (r#"{"sync-one":"all"}"#, "expected u8"),
            (r#"{"sync-one":1}"#, "integer `1`, expected the number of a peer from 2 to 63"),
            (r#"{"sync-one":64}"#, "integer `64`, expected the number of a peer from 2 to 63"),
            (r#"{"get-note":{"name":""}}"#, "expected a name of one character or more"),
        ] {
            is_refused::<Operation>(json, right);
        }
    }

    #[test]
    fn what_is_simpler_has_nothing_simpler() {
        let simpler = operations().map(|(operation, ..)| operation.simpler());
        assert_eq!(simpler.iter().flatten().count(), 4);
        assert!(simpler.iter().flatten().all(|simplest| simplest.simpler().is_empty()));
        assert_eq!(Operation::add(Kind::Peer, "peer0", "usual").heap_bytes(), 10);
        assert_eq!(Operation::SyncAll.heap_bytes(), 0);
    }
}
