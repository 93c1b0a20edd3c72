//! The answers of nodes: one line for each item, of fields in a fixed order, so that equal answers are equal texts.

use std::collections::BTreeMap;

use env::NodeId;
use kv_types::Output;

use super::update::Update;
use crate::text::{fields, read_fields};

/// A node of the graph.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct GraphNode {
    pub id: String,
    /// Its type.
    pub kind: String,
    pub properties: BTreeMap<String, String>,
}

/// An edge of the graph.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct GraphEdge {
    pub id: String,
    /// Its type.
    pub kind: String,
    pub from: String,
    pub to: String,
    pub properties: BTreeMap<String, String>,
}

/// An update in a node's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The update's name: its origin and number, `n2#7`.
    pub update: String,
    /// When it was made, in hybrid logical time.
    pub stamp: String,
    /// The registers that it wrote, as `nodes/a/properties/name`, with their values.
    pub writes: Vec<(String, String)>,
}

/// The counts of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

/// Whether a node is in touch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Health {
    /// The node.
    pub node: NodeId,
    /// Whether it has heard from the relay lately; of the relay, whether from any node.
    pub connected: bool,
    /// The updates that it holds and does not know the relay to have.
    pub pending: u64,
}

fn text(lines: impl IntoIterator<Item = String>) -> String {
    lines.into_iter().collect::<Vec<String>>().join("\n")
}

fn with<'a, const N: usize>(
    head: [(&'a str, &'a str); N],
    properties: &'a BTreeMap<String, String>,
) -> impl Iterator<Item = (&'a str, &'a str)> {
    head.into_iter().chain(properties.iter().map(|(name, value)| (name.as_str(), value.as_str())))
}

pub(crate) fn write_nodes(nodes: &[GraphNode]) -> String {
    text(nodes.iter().map(|GraphNode { id, kind, properties }| fields(with([("id", id), ("type", kind)], properties))))
}

pub(crate) fn write_edges(edges: &[GraphEdge]) -> String {
    text(edges.iter().map(|GraphEdge { id, kind, from, to, properties }| {
        fields(with([("id", id), ("type", kind), ("from", from), ("to", to)], properties))
    }))
}

pub(crate) fn write_history(updates: &[Update]) -> String {
    text(updates.iter().map(|update| {
        let (id, stamp) = (update.id.to_string(), update.stamp.to_string());
        let paths: Vec<String> = update.writes.iter().map(|(path, _)| path.to_string()).collect();
        let writes = paths.iter().zip(&update.writes).map(|(path, (_, value))| (path.as_str(), value.as_str()));
        fields([("update", id.as_str()), ("stamp", &stamp)].into_iter().chain(writes))
    }))
}

pub(crate) fn write_stats(stats: GraphStats) -> String {
    let GraphStats { node, nodes, edges, updates, history } = stats;
    format!("node={node};nodes={nodes};edges={edges};updates={updates};history={history}")
}

pub(crate) fn write_health(Health { node, connected, pending }: Health) -> String {
    format!("node={node};connected={connected};pending={pending}")
}

/// The fields of one line, taken one after the other.
struct Fields(std::vec::IntoIter<(String, String)>);

impl Fields {
    fn take(&mut self, name: &str) -> Option<String> {
        self.0.next().filter(|(key, _)| key == name).map(|(_, value)| value)
    }

    fn parse<T: std::str::FromStr>(&mut self, name: &str) -> Option<T> {
        self.take(name)?.parse().ok()
    }

    fn node(&mut self) -> Option<NodeId> {
        self.take("node")?.strip_prefix('n')?.parse().ok().map(NodeId)
    }
}

fn read<T>(answer: &Output, line: impl Fn(Fields) -> Option<T>) -> Option<Vec<T>> {
    let Output::Value(Some(text)) = answer else { return None };
    let lines = std::str::from_utf8(text).ok()?.lines();
    lines.map(|text| line(Fields(read_fields(text, ';')?.into_iter()))).collect()
}

/// The nodes that a query was answered with; `None` if this is no such answer.
pub fn read_nodes(answer: &Output) -> Option<Vec<GraphNode>> {
    read(answer, |mut line| {
        Some(GraphNode { id: line.take("id")?, kind: line.take("type")?, properties: line.0.collect() })
    })
}

/// The edges that a query was answered with; `None` if this is no such answer.
pub fn read_edges(answer: &Output) -> Option<Vec<GraphEdge>> {
    read(answer, |mut line| {
        let (id, kind, from, to) = (line.take("id")?, line.take("type")?, line.take("from")?, line.take("to")?);
        Some(GraphEdge { id, kind, from, to, properties: line.0.collect() })
    })
}

/// The history that a query was answered with; `None` if this is no such answer.
pub fn read_history(answer: &Output) -> Option<Vec<Change>> {
    read(answer, |mut line| {
        Some(Change { update: line.take("update")?, stamp: line.take("stamp")?, writes: line.0.collect() })
    })
}

/// The counts that a query was answered with; `None` if this is no such answer.
pub fn read_stats(answer: &Output) -> Option<GraphStats> {
    let stats = read(answer, |mut line| {
        Some(GraphStats {
            node: line.node()?,
            nodes: line.parse("nodes")?,
            edges: line.parse("edges")?,
            updates: line.parse("updates")?,
            history: line.parse("history")?,
        })
    });
    stats?.pop()
}

/// The health that a query was answered with; `None` if this is no such answer.
pub fn read_health(answer: &Output) -> Option<Health> {
    let health = read(answer, |mut line| {
        Some(Health { node: line.node()?, connected: line.parse("connected")?, pending: line.parse("pending")? })
    });
    health?.pop()
}
