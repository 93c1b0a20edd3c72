//! The state of the graph: registers with one value each, and the elements that they show.

use std::collections::BTreeMap;

use env::mix;
use parts::{hash_bytes, hash_of};

use super::merge::Merge;
use super::output::{GraphEdge, GraphNode};
use super::stamp::Stamp;
use super::update::{Kind, Path, Register, Update, Write};

/// The registers of one element.
type Element = BTreeMap<Register, (Stamp, String)>;

/// The state of a node. It shows:
/// - an element with a type that was written after its last removal, and the values that were written after that
///   removal;
/// - edges with both ends shown. An edge that arrives before its ends is kept, and shown when they are.
#[derive(Clone, Debug)]
pub(crate) struct Graph {
    merge: Merge,
    elements: BTreeMap<(Kind, String), Element>,
    /// The sum of the digests of the registers: equal for equal states.
    digest: u64,
}

impl Graph {
    pub(crate) fn new(merge: Merge) -> Graph {
        Graph { merge, elements: BTreeMap::new(), digest: 0 }
    }

    /// A hash of all registers and when they were written.
    pub(crate) fn digest(&self) -> u64 {
        self.digest
    }

    /// Applies the writes of an update.
    pub(crate) fn apply(&mut self, update: &Update) {
        for Write { path, value } in &update.writes {
            let element = self.elements.entry((path.kind, path.id.clone())).or_default();
            if let Some((stamp, present)) = element.get(&path.register) {
                if !self.merge.replaces(update.stamp, *stamp) {
                    continue;
                }
                self.digest = self.digest.wrapping_sub(digest(path, *stamp, present));
            }
            self.digest = self.digest.wrapping_add(digest(path, update.stamp, value));
            element.insert(path.register.clone(), (update.stamp, value.clone()));
        }
    }

    /// The nodes that are shown, of this type if one is given, in the order of their ids.
    pub(crate) fn nodes(&self, kind: Option<&str>) -> Vec<GraphNode> {
        let shown = self.shown(Kind::Node).map(|(id, element)| element.node(id));
        shown.filter(|node| kind.is_none_or(|kind| node.kind == kind)).collect()
    }

    /// One node, if it is shown.
    pub(crate) fn node(&self, id: &str) -> Option<GraphNode> {
        Some(self.element(Kind::Node, id)?.node(id))
    }

    /// The edges that are shown, of this type and from this node if these are given, in the order of their ids.
    pub(crate) fn edges(&self, kind: Option<&str>, from: Option<&str>) -> Vec<GraphEdge> {
        let is_node = |id: &str| self.element(Kind::Node, id).is_some();
        let shown = self.shown(Kind::Edge).map(|(id, element)| element.edge(id));
        shown
            .filter(|edge| is_node(&edge.from) && is_node(&edge.to))
            .filter(|edge| kind.is_none_or(|kind| edge.kind == kind) && from.is_none_or(|from| edge.from == from))
            .collect()
    }

    /// The value under a bare name.
    pub(crate) fn note(&self, name: &str) -> Option<&str> {
        let element = self.elements.get(&(Kind::Note, name.to_owned()))?;
        element.get(&Register::Property(String::new())).map(|(_, value)| value.as_str())
    }

    fn shown(&self, kind: Kind) -> impl Iterator<Item = (&str, Shown<'_>)> {
        let of_kind = self.elements.iter().filter(move |((other, _), _)| *other == kind);
        of_kind.filter_map(|((_, id), element)| Some((id.as_str(), Shown::of(element)?)))
    }

    fn element(&self, kind: Kind, id: &str) -> Option<Shown<'_>> {
        Shown::of(self.elements.get(&(kind, id.to_owned()))?)
    }
}

fn digest(path: &Path, stamp: Stamp, value: &str) -> u64 {
    mix(mix(hash_of(path), hash_of(&stamp)), hash_bytes(value.as_bytes()))
}

/// An element that is shown.
struct Shown<'a> {
    element: &'a Element,
    removed: Option<Stamp>,
}

impl<'a> Shown<'a> {
    fn of(element: &'a Element) -> Option<Shown<'a>> {
        let removed = element.get(&Register::Removed).map(|(stamp, _)| *stamp);
        let shown = Shown { element, removed };
        shown.value(&Register::Type).map(|_| ())?;
        Some(shown)
    }

    fn value(&self, register: &Register) -> Option<&'a str> {
        let (stamp, value) = self.element.get(register)?;
        self.removed.is_none_or(|removed| *stamp > removed).then_some(value.as_str())
    }

    fn text(&self, register: &Register) -> String {
        self.value(register).unwrap_or_default().to_owned()
    }

    fn properties(&self) -> BTreeMap<String, String> {
        let names = self.element.keys().filter_map(|register| match register {
            Register::Property(name) => Some((name, register)),
            _ => None,
        });
        names.filter_map(|(name, register)| Some((name.clone(), self.value(register)?.to_owned()))).collect()
    }

    fn node(&self, id: &str) -> GraphNode {
        GraphNode { id: id.to_owned(), kind: self.text(&Register::Type), properties: self.properties() }
    }

    fn edge(&self, id: &str) -> GraphEdge {
        GraphEdge {
            id: id.to_owned(),
            kind: self.text(&Register::Type),
            from: self.text(&Register::From),
            to: self.text(&Register::To),
            properties: self.properties(),
        }
    }
}

#[cfg(test)]
mod tests {
    use env::{ClientId, NodeId, RequestId};

    use super::super::edit::Edit;
    use super::super::update::UpdateId;
    use super::*;

    fn update(wall_ms: u64, origin: u8, edit: &Edit) -> Update {
        Update {
            id: UpdateId { origin: NodeId(origin), seq: wall_ms },
            stamp: Stamp { wall_ms, logical: 0, origin },
            request: RequestId { client: ClientId(1), seq: wall_ms },
            writes: edit.writes(),
        }
    }

    /// Two nodes rename the same agent at the same time, a third removes it and makes it anew, and there is an edge.
    fn updates() -> Vec<Update> {
        let rename = |name| Edit::set_node("a", "name", name);
        vec![
            update(1, 1, &Edit::node("a", "agent", [("name", "first"), ("age", "7")])),
            update(2, 1, &rename("of n1")),
            update(2, 2, &rename("of n2")),
            update(3, 3, &Edit::remove_node("a")),
            update(4, 3, &Edit::node("a", "agent", [])),
            update(5, 2, &Edit::set_node("a", "name", "second")),
            update(5, 1, &Edit::edge("e", "knows", "a", "b", [])),
            update(6, 1, &Edit::node("b", "agent", [])),
        ]
    }

    fn graph_of(merge: Merge, updates: &[Update]) -> Graph {
        let mut graph = Graph::new(merge);
        updates.iter().for_each(|update| graph.apply(update));
        graph
    }

    #[test]
    fn whatever_the_order_of_arrival_the_state_is_the_same() {
        let (mut updates, expected) = (updates(), graph_of(Merge::Stamp, &updates()));
        for _ in 0..updates.len() {
            updates.rotate_left(1);
            let turned: Vec<Update> = updates.iter().rev().cloned().collect();
            for order in [&updates, &turned] {
                let graph = graph_of(Merge::Stamp, order);
                assert_eq!(graph.digest(), expected.digest());
                assert_eq!(
                    (graph.nodes(None), graph.edges(None, None)),
                    (expected.nodes(None), expected.edges(None, None))
                );
            }
        }
    }

    #[test]
    fn a_merge_that_goes_by_arrival_is_told_by_the_digest() {
        let concurrent = &updates()[..3];
        let reversed: Vec<Update> = concurrent.iter().rev().cloned().collect();
        for merge in [Merge::Arrival, Merge::Time] {
            assert_ne!(graph_of(merge, concurrent).digest(), graph_of(merge, &reversed).digest(), "{merge:?}");
        }
    }

    #[test]
    fn of_equal_times_the_node_with_the_higher_id_wins() {
        let graph = graph_of(Merge::Stamp, &updates()[..3]);
        assert_eq!(graph.node("a").expect("a node").properties["name"], "of n2");
    }

    #[test]
    fn what_is_older_than_a_removal_does_not_come_back() {
        let graph = graph_of(Merge::Stamp, &updates());
        let node = graph.node("a").expect("it was made anew");
        assert_eq!(node.properties.into_iter().collect::<Vec<_>>(), [("name".into(), "second".into())]);
        assert!(graph_of(Merge::Stamp, &updates()[..4]).nodes(None).is_empty());
    }

    #[test]
    fn an_edge_is_shown_once_both_its_ends_are() {
        assert!(graph_of(Merge::Stamp, &updates()[..7]).edges(None, None).is_empty());
        let graph = graph_of(Merge::Stamp, &updates());
        assert_eq!(graph.edges(Some("knows"), Some("a")).len(), 1);
        assert!(graph.edges(Some("hates"), None).is_empty() && graph.edges(None, Some("b")).is_empty());
    }
}
