//! The edits of clients, as operations on paths.

use std::collections::BTreeMap;

use env::Bytes;
use kv_types::Operation;

use super::update::{Kind, Path, Register};
use crate::text::{escape, fields, read_fields, unescape};

/// A change of the graph.
///
/// | edit | operation |
/// | --- | --- |
/// | create a node | put `nodes/a` `type=agent;name=Ada` |
/// | create an edge | put `edges/e` `type=knows;from=a;to=b;since=1833` |
/// | set a property | put `nodes/a/name` `Ada`, put `edges/e/since` `1833` |
/// | remove | delete `nodes/a`, delete `edges/e` |
/// | clear the node's history | delete `history` |
/// | a note, beside the graph | put any other name without a slash |
///
/// All are upserts: creating an element that exists sets its type and these properties, and a property of an element
/// that does not exist is kept until the element does.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Edit {
    /// A node of the graph with a type and properties.
    CreateNode { id: String, kind: String, properties: BTreeMap<String, String> },
    /// An edge between two nodes, which may be unknown as yet.
    CreateEdge { id: String, kind: String, from: String, to: String, properties: BTreeMap<String, String> },
    /// A property of a node.
    SetNode { id: String, name: String, value: String },
    /// A property of an edge.
    SetEdge { id: String, name: String, value: String },
    /// Removes a node. The edges from and to it are no longer shown.
    RemoveNode { id: String },
    /// Removes an edge.
    RemoveEdge { id: String },
    /// A value under a bare name.
    Note { name: String, value: String },
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

    /// The operation that asks for this edit.
    pub fn operation(&self) -> Operation {
        let put = |key: String, value: &str| Operation::Put { key: Bytes::from(&*key), value: Bytes::from(value) };
        let delete = |key: String| Operation::Delete { key: Bytes::from(&*key) };
        let pairs = |properties: &'_ BTreeMap<String, String>| -> Vec<(String, String)> {
            properties.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
        };
        let record = |head: &[(&str, &str)], properties: &BTreeMap<String, String>| {
            let rest = pairs(properties);
            fields(head.iter().copied().chain(rest.iter().map(|(name, value)| (name.as_str(), value.as_str()))))
        };
        match self {
            Edit::CreateNode { id, kind, properties } => {
                put(format!("nodes/{}", escape(id)), &record(&[("type", kind)], properties))
            }
            Edit::CreateEdge { id, kind, from, to, properties } => {
                let head = [("type", kind.as_str()), ("from", from), ("to", to)];
                put(format!("edges/{}", escape(id)), &record(&head, properties))
            }
            Edit::SetNode { id, name, value } => put(format!("nodes/{}/{}", escape(id), escape(name)), value),
            Edit::SetEdge { id, name, value } => put(format!("edges/{}/{}", escape(id), escape(name)), value),
            Edit::RemoveNode { id } => delete(format!("nodes/{}", escape(id))),
            Edit::RemoveEdge { id } => delete(format!("edges/{}", escape(id))),
            Edit::Note { name, value } => put(escape(name), value),
            Edit::ClearHistory => delete("history".into()),
        }
    }

    /// The edit that an operation asks for; `None` if it asks for none.
    pub fn of(operation: &Operation) -> Option<Edit> {
        let key = std::str::from_utf8(operation.key()).ok()?;
        let parts = key.split('/').map(unescape).collect::<Option<Vec<String>>>()?;
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        if parts.iter().any(|part| part.is_empty()) {
            return None;
        }
        match operation {
            Operation::Put { value, .. } => Edit::of_put(&parts, std::str::from_utf8(value).ok()?),
            Operation::Delete { .. } => match parts[..] {
                ["nodes", id] => Some(Edit::remove_node(id)),
                ["edges", id] => Some(Edit::remove_edge(id)),
                ["history"] => Some(Edit::ClearHistory),
                _ => None,
            },
            _ => None,
        }
    }

    fn of_put(parts: &[&str], value: &str) -> Option<Edit> {
        let mut head = read_fields(value, ';').unwrap_or_default().into_iter().peekable();
        let mut next = |name: &str| head.next_if(|(key, _)| key == name).map(|(_, value)| value);
        match *parts {
            ["nodes", id] => {
                let kind = next("type")?;
                Some(Edit::CreateNode { id: id.into(), kind, properties: head.collect() })
            }
            ["edges", id] => {
                let (kind, from, to) = (next("type")?, next("from")?, next("to")?);
                Some(Edit::CreateEdge { id: id.into(), kind, from, to, properties: head.collect() })
            }
            ["nodes", id, name] => Some(Edit::set_node(id, name, value)),
            ["edges", id, name] => Some(Edit::set_edge(id, name, value)),
            ["nodes" | "edges" | "history" | "stats" | "health"] => None,
            [name] => Some(Edit::Note { name: name.into(), value: value.into() }),
            _ => None,
        }
    }

    /// The registers that it writes; none, if it changes nothing that is shared.
    pub(crate) fn writes(&self) -> Vec<(Path, String)> {
        let write = |kind, id: &str, register, value: &str| (Path { kind, id: id.into(), register }, value.to_owned());
        let rest = |kind, id: &str, properties: &BTreeMap<String, String>| -> Vec<(Path, String)> {
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_edit_is_read_back_from_its_operation() {
        let edits = [
            Edit::node("test-1", "agent", [("name", "Test Agent"), ("type", "of its own")]),
            Edit::node("a/b", "x;y=z", []),
            Edit::edge("e", "knows", "a/b", "test-1", [("from", "1833")]),
            Edit::set_node("a", "na/me", "50%;"),
            Edit::set_edge("e", "since", ""),
            Edit::remove_node("a"),
            Edit::remove_edge("a/b"),
            Edit::Note { name: "probe".into(), value: "1".into() },
            Edit::ClearHistory,
        ];
        for edit in edits {
            assert_eq!(Edit::of(&edit.operation()), Some(edit.clone()), "{}", edit.operation());
        }
    }

    #[test]
    fn what_is_no_edit_is_told() {
        let put = |key: &str, value: &str| Operation::Put { key: key.into(), value: value.into() };
        for operation in
            [put("nodes/a", "name=x"), put("nodes//x", "y"), put("edges/e", "type=t;from=a"), put("health", "")]
        {
            assert_eq!(Edit::of(&operation), None, "{operation}");
        }
    }
}
