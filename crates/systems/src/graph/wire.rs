//! The encodings of operations and of their answers.

use std::collections::BTreeMap;

use env::{Reader, Wire, WireError};

use super::edit::Edit;
use super::operation::Operation;
use super::output::{Change, GraphEdge, GraphNode, GraphStats, Health, Output};
use super::query::Query;
use crate::lists;

impl Wire for Operation {
    fn to_wire(&self, into: &mut Vec<u8>) {
        match self {
            Operation::Edit(edit) => {
                into.push(1);
                edit.to_wire(into);
            }
            Operation::Query(query) => {
                into.push(2);
                query.to_wire(into);
            }
        }
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<Operation, WireError> {
        let at = reader.at();
        match reader.u8("operation")? {
            1 => Wire::read_wire(reader).map(Operation::Edit),
            2 => Wire::read_wire(reader).map(Operation::Query),
            _ => Err(WireError::Invalid { at, what: "operation" }),
        }
    }
}

/// Encodes texts one after the other, behind the number of their kind.
fn texts(kind: u8, texts: &[&String], into: &mut Vec<u8>) {
    into.push(kind);
    texts.iter().for_each(|text| text.to_wire(into));
}

impl Wire for Edit {
    fn to_wire(&self, into: &mut Vec<u8>) {
        match self {
            Edit::CreateNode { id, kind, properties } => {
                texts(1, &[id, kind], into);
                properties_to_wire(properties, into);
            }
            Edit::CreateEdge { id, kind, from, to, properties } => {
                texts(2, &[id, kind, from, to], into);
                properties_to_wire(properties, into);
            }
            Edit::SetNode { id, name, value } => texts(3, &[id, name, value], into),
            Edit::SetEdge { id, name, value } => texts(4, &[id, name, value], into),
            Edit::RemoveNode { id } => texts(5, &[id], into),
            Edit::RemoveEdge { id } => texts(6, &[id], into),
            Edit::Note { name, value } => texts(7, &[name, value], into),
            Edit::ClearHistory => into.push(8),
        }
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<Edit, WireError> {
        let at = reader.at();
        let edit = reader.u8("edit")?;
        let mut text = || String::read_wire(reader);
        Ok(match edit {
            1 => Edit::CreateNode { id: text()?, kind: text()?, properties: read_properties(reader)? },
            2 => {
                let (id, kind, from, to) = (text()?, text()?, text()?, text()?);
                Edit::CreateEdge { id, kind, from, to, properties: read_properties(reader)? }
            }
            3 => Edit::SetNode { id: text()?, name: text()?, value: text()? },
            4 => Edit::SetEdge { id: text()?, name: text()?, value: text()? },
            5 => Edit::RemoveNode { id: text()? },
            6 => Edit::RemoveEdge { id: text()? },
            7 => Edit::Note { name: text()?, value: text()? },
            8 => Edit::ClearHistory,
            _ => return Err(WireError::Invalid { at, what: "edit" }),
        })
    }
}

fn properties_to_wire(properties: &BTreeMap<String, String>, into: &mut Vec<u8>) {
    (properties.len() as u64).to_wire(into);
    for (name, value) in properties {
        name.to_wire(into);
        value.to_wire(into);
    }
}

/// Reads properties, which stand in the order of their names.
fn read_properties(reader: &mut Reader<'_>) -> Result<BTreeMap<String, String>, WireError> {
    let (at, mut properties) = (reader.at(), BTreeMap::<String, String>::new());
    for _ in 0..reader.item_count(2, "properties")? {
        let (name, value) = (String::read_wire(reader)?, String::read_wire(reader)?);
        if properties.last_key_value().is_some_and(|(last, _)| *last >= name) {
            return Err(WireError::Invalid { at, what: "properties" });
        }
        properties.insert(name, value);
    }
    Ok(properties)
}

impl Wire for Query {
    fn to_wire(&self, into: &mut Vec<u8>) {
        match self {
            Query::Nodes { kind } => {
                into.push(1);
                kind.to_wire(into);
            }
            Query::Node { id } => texts(2, &[id], into),
            Query::Edges { kind, from } => {
                into.push(3);
                kind.to_wire(into);
                from.to_wire(into);
            }
            Query::History => into.push(4),
            Query::Stats => into.push(5),
            Query::Health => into.push(6),
            Query::Note { name } => texts(7, &[name], into),
        }
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<Query, WireError> {
        let at = reader.at();
        Ok(match reader.u8("query")? {
            1 => Query::Nodes { kind: Wire::read_wire(reader)? },
            2 => Query::Node { id: Wire::read_wire(reader)? },
            3 => Query::Edges { kind: Wire::read_wire(reader)?, from: Wire::read_wire(reader)? },
            4 => Query::History,
            5 => Query::Stats,
            6 => Query::Health,
            7 => Query::Note { name: Wire::read_wire(reader)? },
            _ => return Err(WireError::Invalid { at, what: "query" }),
        })
    }
}

impl Wire for Output {
    fn to_wire(&self, into: &mut Vec<u8>) {
        into.push(match self {
            Output::Done => 1,
            Output::Nodes(_) => 2,
            Output::Node(_) => 3,
            Output::Edges(_) => 4,
            Output::History(_) => 5,
            Output::Stats(_) => 6,
            Output::Health(_) => 7,
            Output::Note(_) => 8,
        });
        match self {
            Output::Done => {}
            Output::Nodes(nodes) => lists::to_wire(nodes, into),
            Output::Node(node) => node.to_wire(into),
            Output::Edges(edges) => lists::to_wire(edges, into),
            Output::History(changes) => lists::to_wire(changes, into),
            Output::Stats(stats) => stats.to_wire(into),
            Output::Health(health) => health.to_wire(into),
            Output::Note(value) => value.to_wire(into),
        }
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<Output, WireError> {
        let at = reader.at();
        Ok(match reader.u8("answer")? {
            1 => Output::Done,
            2 => Output::Nodes(lists::read_wire(reader, 3, "nodes")?),
            3 => Output::Node(Wire::read_wire(reader)?),
            4 => Output::Edges(lists::read_wire(reader, 5, "edges")?),
            5 => Output::History(lists::read_wire(reader, 6, "changes")?),
            6 => Output::Stats(Wire::read_wire(reader)?),
            7 => Output::Health(Wire::read_wire(reader)?),
            8 => Output::Note(Wire::read_wire(reader)?),
            _ => return Err(WireError::Invalid { at, what: "answer" }),
        })
    }
}

impl Wire for GraphNode {
    fn to_wire(&self, into: &mut Vec<u8>) {
        let GraphNode { id, kind, properties } = self;
        [id, kind].iter().for_each(|text| text.to_wire(into));
        properties_to_wire(properties, into);
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<GraphNode, WireError> {
        let (id, kind) = (Wire::read_wire(reader)?, Wire::read_wire(reader)?);
        Ok(GraphNode { id, kind, properties: read_properties(reader)? })
    }
}

impl Wire for GraphEdge {
    fn to_wire(&self, into: &mut Vec<u8>) {
        let GraphEdge { id, kind, from, to, properties } = self;
        [id, kind, from, to].iter().for_each(|text| text.to_wire(into));
        properties_to_wire(properties, into);
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<GraphEdge, WireError> {
        let (id, kind) = (Wire::read_wire(reader)?, Wire::read_wire(reader)?);
        let (from, to) = (Wire::read_wire(reader)?, Wire::read_wire(reader)?);
        Ok(GraphEdge { id, kind, from, to, properties: read_properties(reader)? })
    }
}

impl Wire for Change {
    fn to_wire(&self, into: &mut Vec<u8>) {
        self.update.to_wire(into);
        self.stamp.to_wire(into);
        lists::to_wire(&self.writes, into);
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<Change, WireError> {
        let (update, stamp) = (Wire::read_wire(reader)?, Wire::read_wire(reader)?);
        Ok(Change { update, stamp, writes: lists::read_wire(reader, 4, "writes")? })
    }
}

impl Wire for GraphStats {
    fn to_wire(&self, into: &mut Vec<u8>) {
        self.node.to_wire(into);
        [self.nodes, self.edges, self.updates, self.history].iter().for_each(|count| count.to_wire(into));
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<GraphStats, WireError> {
        Ok(GraphStats {
            node: Wire::read_wire(reader)?,
            nodes: reader.varint("nodes")?,
            edges: reader.varint("edges")?,
            updates: reader.varint("updates")?,
            history: reader.varint("history")?,
        })
    }
}

impl Wire for Health {
    fn to_wire(&self, into: &mut Vec<u8>) {
        self.node.to_wire(into);
        self.connected.to_wire(into);
        self.pending.to_wire(into);
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<Health, WireError> {
        let (node, connected) = (Wire::read_wire(reader)?, Wire::read_wire(reader)?);
        Ok(Health { node, connected, pending: reader.varint("pending")? })
    }
}
