//! The links between nodes that are cut.
//!
//! Cuts are between nodes only; clients reach every node always, which is the harder case: a deposed leader that only
//! clients can reach still serves them. Several faults cut the union of their cuts.

use env::{NodeId, NodeSet};

/// By the index of the sender: the nodes that its messages do not get through to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cuts(Vec<NodeSet>);

impl Cuts {
    /// All nodes talk to all nodes.
    pub fn none() -> Cuts {
        Cuts(vec![NodeSet::EMPTY; NodeId::MAX.index() + 1])
    }

    /// Nothing passes from these nodes to those.
    pub fn one_way(from: NodeSet, to: NodeSet) -> Cuts {
        let mut cuts = Cuts::none();
        cuts.add(from, to);
        cuts
    }

    /// Nothing passes between these nodes and those.
    pub fn both_ways(one: NodeSet, other: NodeSet) -> Cuts {
        let mut cuts = Cuts::one_way(one, other);
        cuts.add(other, one);
        cuts
    }

    /// Each of these talks only to the next `reach` on either side of it in this ring.
    pub fn ring(ring: &[NodeId], reach: usize) -> Cuts {
        let mut cuts = Cuts::none();
        for (place, node) in ring.iter().enumerate() {
            let near = |other: usize| {
                let ahead = (other + ring.len() - place) % ring.len();
                ahead <= reach || ring.len() - ahead <= reach
            };
            let far = (0..ring.len()).filter(|other| !near(*other)).map(|other| ring[other]).collect();
            cuts.add([*node].into_iter().collect(), far);
        }
        cuts
    }

    /// The union of these cuts.
    pub fn union<'a>(all: impl Iterator<Item = &'a Cuts>) -> Cuts {
        let mut union = Cuts::none();
        for cuts in all {
            for (sum, more) in union.0.iter_mut().zip(&cuts.0) {
                *sum = sum.union(*more);
            }
        }
        union
    }

    /// The nodes that messages of `from` do not get through to.
    pub fn cut_from(&self, from: NodeId) -> NodeSet {
        self.0[from.index()]
    }

    /// True if any link is cut.
    pub fn are_any(&self) -> bool {
        self.0.iter().any(|to| !to.is_empty())
    }

    /// True if messages from `from` to `to` are cut.
    pub fn hold(&self, from: NodeId, to: NodeId) -> bool {
        self.0[from.index()].contains(to)
    }

    fn add(&mut self, from: NodeSet, to: NodeSet) {
        for node in from.iter() {
            self.0[node.index()] = self.0[node.index()].union(to);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nodes(ids: &[u8]) -> NodeSet {
        ids.iter().map(|id| NodeId(*id)).collect()
    }

    #[test]
    fn overlapping_cuts_end_one_by_one() {
        let (one, other) =
            (Cuts::both_ways(nodes(&[1, 2]), nodes(&[3, 4, 5])), Cuts::one_way(nodes(&[1]), nodes(&[2, 3])));
        let both = Cuts::union([&one, &other].into_iter());
        assert!(both.hold(NodeId(3), NodeId(1)) && both.hold(NodeId(1), NodeId(2)));
        let left = Cuts::union([&other].into_iter());
        assert!(!left.hold(NodeId(3), NodeId(1)) && left.hold(NodeId(1), NodeId(3)));
        assert!(left.are_any() && !Cuts::union([].into_iter()).are_any());
    }

    #[test]
    fn on_a_ring_each_talks_to_its_neighbours() {
        let ring: Vec<NodeId> = [3, 1, 5, 2, 4].map(NodeId).to_vec();
        let cuts = Cuts::ring(&ring, 1);
        for (place, node) in ring.iter().enumerate() {
            let heard: Vec<NodeId> = ring.iter().copied().filter(|other| !cuts.hold(*node, *other)).collect();
            assert_eq!(heard.len(), 3, "itself and two");
            assert!(heard.contains(&ring[(place + 1) % 5]) && heard.contains(&ring[(place + 4) % 5]));
        }
    }
}
