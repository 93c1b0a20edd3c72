//! The edits of clients.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::update::{Kind, Path, Register, Write};
use crate::names::{read_name, read_named};
use crate::plain::Plain;

/// A change of the graph. Ids and names have at least one character.
///
/// All are upserts: creating an element that exists sets its type and these properties, and a property of an element
/// that does not exist is kept until the element does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Edit {
    /// A node of the graph with a type and properties.
    CreateNode {
        #[serde(deserialize_with = "read_name")]
        id: String,
        #[serde(rename = "type")]
        kind: String,
        #[serde(default, deserialize_with = "read_named", skip_serializing_if = "BTreeMap::is_empty")]
        properties: BTreeMap<String, String>,
    },
    /// An edge between two nodes, which may be unknown as yet.
    CreateEdge {
        #[serde(deserialize_with = "read_name")]
        id: String,
        #[serde(rename = "type")]
        kind: String,
        #[serde(deserialize_with = "read_name")]
        from: String,
        #[serde(deserialize_with = "read_name")]
        to: String,
        #[serde(default, deserialize_with = "read_named", skip_serializing_if = "BTreeMap::is_empty")]
        properties: BTreeMap<String, String>,
    },
    /// A property of a node.
    SetNode {
        #[serde(deserialize_with = "read_name")]
        id: String,
        #[serde(deserialize_with = "read_name")]
        name: String,
        value: String,
    },
    /// A property of an edge.
    SetEdge {
        #[serde(deserialize_with = "read_name")]
        id: String,
        #[serde(deserialize_with = "read_name")]
        name: String,
        value: String,
    },
    /// Removes a node. The edges from and to it are no longer shown.
    RemoveNode {
        #[serde(deserialize_with = "read_name")]
        id: String,
    },
    /// Removes an edge.
    RemoveEdge {
        #[serde(deserialize_with = "read_name")]
        id: String,
    },
    /// A value under a bare name, beside the graph.
    Note {
        #[serde(deserialize_with = "read_name")]
        name: String,
        value: String,
    },
    /// The node that is asked forgets the changes of its [`Query::History`](super::Query::History); the graph stays.
    ClearHistory,
}

fn owned<const N: usize>(properties: [(&str, &str); N]) -> BTreeMap<String, String> {
    properties.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

impl Edit {
    /// Creates a node.
    pub fn node<const N: usize>(id: &str, kind: &str, properties: [(&str, &str); N]) -> Edit {
        Edit::CreateNode { id: id.into(), kind: kind.into(), properties: owned(properties) }
    }

    /// Creates an edge.
    pub fn edge<const N: usize>(id: &str, kind: &str, from: &str, to: &str, properties: [(&str, &str); N]) -> Edit {
        Edit::CreateEdge {
            id: id.into(),
            kind: kind.into(),
            from: from.into(),
            to: to.into(),
            properties: owned(properties),
        }
    }

    /// Sets a property of a node.
    pub fn set_node(id: &str, name: &str, value: &str) -> Edit {
        Edit::SetNode { id: id.into(), name: name.into(), value: value.into() }
    }

    /// Sets a property of an edge.
    pub fn set_edge(id: &str, name: &str, value: &str) -> Edit {
        Edit::SetEdge { id: id.into(), name: name.into(), value: value.into() }
    }

    /// Removes a node.
    pub fn remove_node(id: &str) -> Edit {
        Edit::RemoveNode { id: id.into() }
    }

    /// Removes an edge.
    pub fn remove_edge(id: &str) -> Edit {
        Edit::RemoveEdge { id: id.into() }
    }

    /// The registers that it writes; none, if it changes nothing that is shared.
    pub(crate) fn writes(&self) -> Vec<Write> {
        let write = |kind, id: &str, register, value: &str| Write {
            path: Path { kind, id: id.into(), register },
            value: value.into(),
        };
        let rest = |kind, id: &str, properties: &BTreeMap<String, String>| -> Vec<Write> {
            let property = |(name, value): (&String, &String)| write(kind, id, Register::Property(name.clone()), value);
            properties.iter().map(property).collect()
        };
        match self {
            Edit::CreateNode { id, kind, properties } => {
                let mut writes = vec![write(Kind::Node, id, Register::Type, kind)];
                writes.extend(rest(Kind::Node, id, properties));
                writes
            }
            Edit::CreateEdge { id, kind, from, to, properties } => {
                let head = [(Register::Type, kind), (Register::From, from), (Register::To, to)];
                let mut writes = Vec::from(head.map(|(register, value)| write(Kind::Edge, id, register, value)));
                writes.extend(rest(Kind::Edge, id, properties));
                writes
            }
            Edit::SetNode { id, name, value } => vec![write(Kind::Node, id, Register::Property(name.clone()), value)],
            Edit::SetEdge { id, name, value } => vec![write(Kind::Edge, id, Register::Property(name.clone()), value)],
            Edit::RemoveNode { id } => vec![write(Kind::Node, id, Register::Removed, "")],
            Edit::RemoveEdge { id } => vec![write(Kind::Edge, id, Register::Removed, "")],
            Edit::Note { name, value } => vec![write(Kind::Note, name, Register::Property(String::new()), value)],
            Edit::ClearHistory => Vec::new(),
        }
    }

    /// How many bytes of memory it holds besides itself.
    pub(super) fn heap_bytes(&self) -> u64 {
        let texts = |texts: &[&String]| texts.iter().map(|text| text.len() as u64).sum::<u64>();
        match self {
            Edit::CreateNode { id, kind, properties } => texts(&[id, kind]) + properties_bytes(properties),
            Edit::CreateEdge { id, kind, from, to, properties } => {
                texts(&[id, kind, from, to]) + properties_bytes(properties)
            }
            Edit::SetNode { id, name, value } | Edit::SetEdge { id, name, value } => texts(&[id, name, value]),
            Edit::RemoveNode { id } | Edit::RemoveEdge { id } => texts(&[id]),
            Edit::Note { name, value } => texts(&[name, value]),
            Edit::ClearHistory => 0,
        }
    }

    /// The same edit without properties, or with an empty value; `None` if it has none.
    pub(super) fn simpler(&self) -> Option<Edit> {
        let mut simpler = self.clone();
        match &mut simpler {
            Edit::CreateNode { properties, .. } | Edit::CreateEdge { properties, .. } => properties.clear(),
            Edit::SetNode { value, .. } | Edit::SetEdge { value, .. } | Edit::Note { value, .. } => value.clear(),
            Edit::RemoveNode { .. } | Edit::RemoveEdge { .. } | Edit::ClearHistory => {}
        }
        (simpler != *self).then_some(simpler)
    }
}

/// How many bytes of memory properties hold: those of their texts, and two strings of 24 bytes for each.
fn properties_bytes(properties: &BTreeMap<String, String>) -> u64 {
    properties.iter().map(|(name, value)| (name.len() + value.len() + 48) as u64).sum()
}

impl fmt::Display for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Edit::CreateNode { id, kind, properties } => {
                write!(f, "create node {} of type {}{}", Plain(id), Plain(kind), Properties(properties))
            }
            Edit::CreateEdge { id, kind, from, to, properties } => {
                write!(f, "create edge {} of type {} from {} ", Plain(id), Plain(kind), Plain(from))?;
                write!(f, "to {}{}", Plain(to), Properties(properties))
            }
            Edit::SetNode { id, name, value } => {
                write!(f, "set node {} {}={}", Plain(id), Plain(name), Plain(value))
            }
            Edit::SetEdge { id, name, value } => {
                write!(f, "set edge {} {}={}", Plain(id), Plain(name), Plain(value))
            }
            Edit::RemoveNode { id } => write!(f, "remove node {}", Plain(id)),
            Edit::RemoveEdge { id } => write!(f, "remove edge {}", Plain(id)),
            Edit::Note { name, value } => write!(f, "note {}={}", Plain(name), Plain(value)),
            Edit::ClearHistory => f.write_str("clear history"),
        }
    }
}

/// Displays properties, each with a comma and a space before it: `, name=Ada`.
pub(super) struct Properties<'a>(pub(super) &'a BTreeMap<String, String>);

impl fmt::Display for Properties<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(name, value)| write!(f, ", {}={}", Plain(name), Plain(value)))
    }
}
