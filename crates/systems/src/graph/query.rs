//! The queries of clients.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::names::read_name;
use crate::plain::Plain;

/// A question about the graph as one node has it. The answer is the [`Output`](super::Output) of the same name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Query {
    /// The nodes of the graph, of this type if one is given.
    Nodes {
        #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
        kind: Option<String>,
    },
    /// One node of the graph.
    Node {
        #[serde(deserialize_with = "read_name")]
        id: String,
    },
    /// The edges whose ends are both known, of this type and from this node if these are given.
    Edges {
        #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
        kind: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<String>,
    },
    /// The changes that this node has taken in, in their order of arrival, since its history was last cleared.
    History,
    /// The counts of the node.
    Stats,
    /// The state of the node's link to the relay.
    Health,
    /// A value under a bare name.
    Note {
        #[serde(deserialize_with = "read_name")]
        name: String,
    },
}

impl Query {
    /// All nodes of the graph.
    pub fn nodes() -> Query {
        Query::Nodes { kind: None }
    }

    /// One node of the graph.
    pub fn node(id: &str) -> Query {
        Query::Node { id: id.into() }
    }

    /// All edges of the graph.
    pub fn edges() -> Query {
        Query::Edges { kind: None, from: None }
    }

    /// How many bytes of memory it holds besides itself.
    pub(super) fn heap_bytes(&self) -> u64 {
        let bytes = |text: &Option<String>| text.as_ref().map_or(0, |text| text.len() as u64);
        match self {
            Query::Nodes { kind } => bytes(kind),
            Query::Edges { kind, from } => bytes(kind) + bytes(from),
            Query::Node { id: name } | Query::Note { name } => name.len() as u64,
            Query::History | Query::Stats | Query::Health => 0,
        }
    }

    /// The same query of all nodes or all edges; `None` if it asks for no part of them.
    pub(super) fn simpler(&self) -> Option<Query> {
        let simpler = match self {
            Query::Nodes { .. } => Query::nodes(),
            Query::Edges { .. } => Query::edges(),
            Query::Node { .. } | Query::History | Query::Stats | Query::Health | Query::Note { .. } => return None,
        };
        (simpler != *self).then_some(simpler)
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let filter = |f: &mut fmt::Formatter<'_>, word: &str, value: &Option<String>| match value {
            Some(value) => write!(f, " {word} {}", Plain(value)),
            None => Ok(()),
        };
        match self {
            Query::Nodes { kind } => {
                f.write_str("get nodes")?;
                filter(f, "of type", kind)
            }
            Query::Node { id } => write!(f, "get node {}", Plain(id)),
            Query::Edges { kind, from } => {
                f.write_str("get edges")?;
                filter(f, "of type", kind)?;
                filter(f, "from", from)
            }
            Query::History => f.write_str("get history"),
            Query::Stats => f.write_str("get stats"),
            Query::Health => f.write_str("get health"),
            Query::Note { name } => write!(f, "get note {}", Plain(name)),
        }
    }
}
