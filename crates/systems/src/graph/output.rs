//! The answers of nodes.

use std::collections::BTreeMap;
use std::fmt;

use env::{NodeId, Traced};
use parts::hash_of;
use serde::{Deserialize, Serialize};

use super::edit::Properties;
use super::stamp::Stamp;
use super::update::{Update, UpdateId, Write};
use crate::plain::{Listed, OrAbsent, Plain};

/// The answer to an operation: [`Done`](Output::Done) to an edit, and to a query the answer of its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Output {
    /// The edit is durable on the node that was asked.
    Done,
    /// The nodes of the graph, in the order of their ids.
    Nodes(Vec<GraphNode>),
    /// One node; `None` if it is not shown.
    Node(Option<GraphNode>),
    /// The edges, in the order of their ids.
    Edges(Vec<GraphEdge>),
    /// The changes, in the order of their arrival.
    History(Vec<Change>),
    /// The counts of the node.
    Stats(GraphStats),
    /// True if the node is in touch.
    Health(Health),
    /// The value under a bare name; `None` if there is none.
    Note(Option<String>),
}

/// A node of the graph.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct GraphNode {
    pub id: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    pub properties: BTreeMap<String, String>,
}

/// An edge of the graph.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct GraphEdge {
    pub id: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    pub from: String,
    pub to: String,
    pub properties: BTreeMap<String, String>,
}

/// An update in a node's history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Change {
    pub update: UpdateId,
    /// When it was made, in hybrid logical time.
    pub stamp: Stamp,
    pub writes: Vec<Write>,
}

/// The counts of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct GraphStats {
    pub node: NodeId,
    pub nodes: u64,
    pub edges: u64,
    /// The updates that it holds, of all origins.
    pub updates: u64,
    /// The changes in its history.
    pub history: u64,
}

/// True if a node is in touch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// The node.
    pub node: NodeId,
    /// True if it has heard from the relay lately; of the relay, if it has heard from any node.
    pub connected: bool,
    /// The updates that it holds and does not know the relay to have.
    pub pending: u64,
}

impl Output {
    /// The nodes of the graph; `None` of another answer.
    pub fn nodes(self) -> Option<Vec<GraphNode>> {
        if let Output::Nodes(nodes) = self { Some(nodes) } else { None }
    }

    /// The one node; `None` if it is not shown, or of another answer.
    pub fn node(self) -> Option<GraphNode> {
        if let Output::Node(node) = self { node } else { None }
    }

    /// The edges of the graph; `None` of another answer.
    pub fn edges(self) -> Option<Vec<GraphEdge>> {
        if let Output::Edges(edges) = self { Some(edges) } else { None }
    }

    /// The history; `None` of another answer.
    pub fn history(self) -> Option<Vec<Change>> {
        if let Output::History(changes) = self { Some(changes) } else { None }
    }

    /// The counts; `None` of another answer.
    pub fn stats(self) -> Option<GraphStats> {
        if let Output::Stats(stats) = self { Some(stats) } else { None }
    }

    /// The health; `None` of another answer.
    pub fn health(self) -> Option<Health> {
        if let Output::Health(health) = self { Some(health) } else { None }
    }
}

impl Change {
    /// The change that an update makes.
    pub(super) fn of(update: &Update) -> Change {
        Change { update: update.id, stamp: update.stamp, writes: update.writes.clone() }
    }
}

impl fmt::Display for GraphNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let GraphNode { id, kind, properties } = self;
        write!(f, "{} of type {}{}", Plain(id), Plain(kind), Properties(properties))
    }
}

impl fmt::Display for GraphEdge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let GraphEdge { id, kind, from, to, properties } = self;
        let properties = Properties(properties);
        write!(f, "{} of type {} from {} to {}{properties}", Plain(id), Plain(kind), Plain(from), Plain(to))
    }
}

impl fmt::Display for Change {
    /// The name of the update: the timeline has shown the edit.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.update.fmt(f)
    }
}

impl fmt::Display for GraphStats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let GraphStats { node, nodes, edges, updates, history } = self;
        write!(f, "{node} has nodes {nodes}, edges {edges}, updates {updates}, history {history}")
    }
}

impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Health { node, connected, pending } = self;
        write!(f, "{node} is {}, pending {pending}", if *connected { "connected" } else { "not connected" })
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Output::Done => f.write_str("done"),
            Output::Nodes(nodes) => Listed(nodes).fmt(f),
            Output::Node(node) => OrAbsent(node.as_ref()).fmt(f),
            Output::Edges(edges) => Listed(edges).fmt(f),
            Output::History(changes) => Listed(changes).fmt(f),
            Output::Stats(stats) => stats.fmt(f),
            Output::Health(health) => health.fmt(f),
            Output::Note(value) => OrAbsent(value.as_deref().map(Plain)).fmt(f),
        }
    }
}

impl Traced for Output {
    fn digest(&self) -> u64 {
        hash_of(self)
    }

    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use env::Wire;

    use super::super::edit::Edit;
    use super::*;

    #[test]
    fn every_answer_comes_over_a_wire_and_is_shown_on_one_line() {
        let properties: BTreeMap<String, String> = [("name".into(), "Ada".into())].into();
        let node = GraphNode { id: "a".into(), kind: "agent".into(), properties: properties.clone() };
        let [id, kind, from, to] = ["e", "knows", "a", "b"].map(String::from);
        let edge = GraphEdge { id, kind, from, to, properties };
        let change = |seq| Change {
            update: UpdateId { origin: NodeId(2), seq },
            stamp: Stamp { wall_ms: 7, logical: 300, origin: 2 },
            writes: Edit::edge("e", "knows", "a", "b", [("name", "Ada")]).writes(),
        };
        let health = |connected| Health { node: NodeId(1), connected, pending: 3 };
        for (output, shown) in [
            (Output::Done, "done"),
            (Output::Nodes(vec![]), "(none)"),
            (Output::Nodes(vec![node.clone(), node.clone()]), "a of type agent, name=Ada; a of type agent, name=Ada"),
            (Output::Node(Some(node)), "a of type agent, name=Ada"),
            (Output::Node(None), "(absent)"),
            (Output::Edges(vec![edge]), "e of type knows from a to b, name=Ada"),
            (Output::History(vec![change(1), change(2)]), "n2#1; n2#2"),
            (
                Output::Stats(GraphStats { node: NodeId(1), nodes: 300, edges: 2, updates: 5, history: 4 }),
                "n1 has nodes 300, edges 2, updates 5, history 4",
            ),
            (Output::Health(health(true)), "n1 is connected, pending 3"),
            (Output::Health(health(false)), "n1 is not connected, pending 3"),
            (Output::Note(Some("x\n".into())), r"x\n"),
            (Output::Note(None), "(absent)"),
        ] {
            assert_eq!(output.to_string(), shown);
            let mut bytes = Vec::new();
            output.to_wire(&mut bytes);
            (0..bytes.len()).for_each(|len| assert!(Output::from_wire(&bytes[..len]).is_err(), "{shown}: {len}"));
            assert_eq!(Output::from_wire(&bytes), Ok(output));
        }
    }
}
