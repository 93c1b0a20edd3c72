//! The queries of clients.

use env::Bytes;
use kv_types::Operation;

use crate::text::{escape, read_fields, unescape};

/// A question about the graph as one node has it.
///
/// | query | operation | answer |
/// | --- | --- | --- |
/// | nodes, of a type | get `nodes`, get `nodes?type=agent` | [`read_nodes`](super::read_nodes) |
/// | one node | get `nodes/a` | [`read_nodes`](super::read_nodes), or absent |
/// | edges, of a type, from a node | get `edges?type=knows&from=a` | [`read_edges`](super::read_edges) |
/// | changes as they arrived | get `history` | [`read_history`](super::read_history) |
/// | counts | get `stats` | [`read_stats`](super::read_stats) |
/// | whether it is in touch | get `health` | [`read_health`](super::read_health) |
/// | a note | get its name | its value, or absent |
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Query {
    /// The nodes of the graph.
    Nodes { kind: Option<String> },
    /// One node of the graph.
    Node { id: String },
    /// The edges whose ends are both known.
    Edges { kind: Option<String>, from: Option<String> },
    /// The changes that this node has taken in, in their order of arrival, since its history was last cleared.
    History,
    /// The counts of the node.
    Stats,
    /// Whether the node is in touch with the relay.
    Health,
    /// A value under a bare name.
    Note { name: String },
}

impl Query {
    /// All nodes of the graph.
    pub fn nodes() -> Query {
        Query::Nodes { kind: None }
    }

    /// All edges of the graph.
    pub fn edges() -> Query {
        Query::Edges { kind: None, from: None }
    }

    /// The operation that asks this query.
    pub fn operation(&self) -> Operation {
        let filtered = |what: &str, filters: &[(&str, &Option<String>)]| {
            let given = filters.iter().filter_map(|(name, value)| Some(format!("{name}={}", escape(value.as_ref()?))));
            let given = given.collect::<Vec<String>>().join("&");
            if given.is_empty() { what.to_owned() } else { format!("{what}?{given}") }
        };
        let key = match self {
            Query::Nodes { kind } => filtered("nodes", &[("type", kind)]),
            Query::Node { id } => format!("nodes/{}", escape(id)),
            Query::Edges { kind, from } => filtered("edges", &[("type", kind), ("from", from)]),
            Query::History => "history".into(),
            Query::Stats => "stats".into(),
            Query::Health => "health".into(),
            Query::Note { name } => escape(name),
        };
        Operation::Get { key: Bytes::from(&*key) }
    }

    /// The query that an operation asks; `None` if it asks none.
    pub fn of(operation: &Operation) -> Option<Query> {
        let Operation::Get { key } = operation else { return None };
        let key = std::str::from_utf8(key).ok()?;
        let (path, filters) = key.split_once('?').unwrap_or((key, ""));
        let (mut kind, mut from) = (None, None);
        for (name, value) in read_fields(filters, '&')? {
            match name.as_str() {
                "type" => kind = Some(value),
                "from" => from = Some(value),
                _ => return None,
            }
        }
        match path.split_once('/') {
            Some(("nodes", id)) => Some(Query::Node { id: unescape(id)? }),
            Some(_) => None,
            None => Some(match path {
                "nodes" if from.is_none() => Query::Nodes { kind },
                "edges" => Query::Edges { kind, from },
                _ if kind.is_some() || from.is_some() => return None,
                "history" => Query::History,
                "stats" => Query::Stats,
                "health" => Query::Health,
                name => Query::Note { name: unescape(name)? },
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_query_is_read_back_from_its_operation() {
        let text = |text: &str| Some(text.to_owned());
        let queries = [
            Query::nodes(),
            Query::Nodes { kind: text("agent&co") },
            Query::Node { id: "a/b".into() },
            Query::edges(),
            Query::Edges { kind: text("collaborates_with"), from: text("node-1") },
            Query::Edges { kind: None, from: text("a?b") },
            Query::History,
            Query::Stats,
            Query::Health,
            Query::Note { name: "probe".into() },
        ];
        for query in queries {
            assert_eq!(Query::of(&query.operation()), Some(query.clone()), "{}", query.operation());
        }
        assert_eq!(Query::of(&Operation::Get { key: "nodes?age=7".into() }), None);
    }
}
