//! The ids of nodes, clients and requests, and sets of nodes.

use std::fmt;

/// A server of the cluster, written `n3`. Ids run from 1 to [`NodeId::MAX`] and are never reused by another machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct NodeId(pub u8);

impl NodeId {
    /// The highest id: a [`NodeSet`] is one machine word.
    pub const MAX: NodeId = NodeId(63);

    /// The id as an index into a table of nodes.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "n{}", self.0)
    }
}

/// A client, written `c2`: one of Jepsen's processes, with at most one operation outstanding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct ClientId(pub u32);

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "c{}", self.0)
    }
}

/// One operation of one client, written `c2#17`. A retry carries the id of the first try.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct RequestId {
    /// The client that asked.
    pub client: ClientId,
    /// The client's own count of its operations, from 1.
    pub seq: u64,
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.client, self.seq)
    }
}

/// A set of nodes in one machine word, iterated in the order of their ids, written `{n1 n3}`.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeSet(u64);

impl NodeSet {
    /// No node.
    pub const EMPTY: NodeSet = NodeSet(0);

    /// The nodes 1 to `count`.
    ///
    /// # Panics
    /// If `count` is above [`NodeId::MAX`].
    pub fn first(count: u8) -> NodeSet {
        (1..=count).map(NodeId).collect()
    }

    /// The set that holds node `i` where bit `i` is set; `None` if bit 0 is set, for there is no such node.
    pub fn from_bits(bits: u64) -> Option<NodeSet> {
        (bits & 1 == 0).then_some(NodeSet(bits))
    }

    /// The number that [`from_bits`](NodeSet::from_bits) takes.
    pub fn bits(self) -> u64 {
        self.0
    }

    /// Adds `node`; true if it was not there.
    ///
    /// # Panics
    /// If `node` is 0 or above [`NodeId::MAX`].
    pub fn insert(&mut self, node: NodeId) -> bool {
        assert!(node.0 >= 1 && node <= NodeId::MAX, "{node} is not one of n1 to n{}", NodeId::MAX.0);
        let before = self.0;
        self.0 |= 1 << node.0;
        self.0 != before
    }

    /// Takes `node` out; true if it was there.
    pub fn remove(&mut self, node: NodeId) -> bool {
        let had = self.contains(node);
        if had {
            self.0 &= !(1 << node.0);
        }
        had
    }

    /// True if `node` is one of these.
    pub fn contains(self, node: NodeId) -> bool {
        node <= NodeId::MAX && self.0 >> node.0 & 1 == 1
    }

    /// How many there are.
    pub fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// True if there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The nodes in either set.
    #[must_use]
    pub fn union(self, other: NodeSet) -> NodeSet {
        NodeSet(self.0 | other.0)
    }

    /// The nodes in both sets.
    #[must_use]
    pub fn intersection(self, other: NodeSet) -> NodeSet {
        NodeSet(self.0 & other.0)
    }

    /// These nodes without the others.
    #[must_use]
    pub fn difference(self, other: NodeSet) -> NodeSet {
        NodeSet(self.0 & !other.0)
    }

    /// The smallest number of nodes that is more than half: 2 of 3, 3 of 4, 1 of 1. Of none it is 1, never reached.
    pub fn majority(self) -> usize {
        self.len() / 2 + 1
    }

    /// The nodes in ascending order.
    pub fn iter(self) -> impl Iterator<Item = NodeId> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            (rest != 0).then(|| {
                let lowest = rest.trailing_zeros() as u8;
                rest &= rest - 1;
                NodeId(lowest)
            })
        })
    }
}

impl FromIterator<NodeId> for NodeSet {
    fn from_iter<I: IntoIterator<Item = NodeId>>(nodes: I) -> NodeSet {
        let mut set = NodeSet::EMPTY;
        for node in nodes {
            set.insert(node);
        }
        set
    }
}

impl fmt::Display for NodeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (i, node) in self.iter().enumerate() {
            if i > 0 {
                f.write_str(" ")?;
            }
            node.fmt(f)?;
        }
        f.write_str("}")
    }
}

impl fmt::Debug for NodeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for NodeSet {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for NodeSet {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<NodeSet, D::Error> {
        let nodes = Vec::<NodeId>::deserialize(deserializer)?;
        match nodes.iter().find(|node| node.0 < 1 || **node > NodeId::MAX) {
            Some(node) => Err(serde::de::Error::custom(format!("{node} is not one of n1 to n{}", NodeId::MAX.0))),
            None => Ok(nodes.into_iter().collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_majority_is_more_than_half() {
        let sizes: Vec<usize> = (1..=6).map(|count| NodeSet::first(count).majority()).collect();
        assert_eq!(sizes, [1, 2, 2, 3, 3, 4]);
    }

    #[test]
    fn a_node_set_iterates_in_order_and_prints_itself() {
        let set: NodeSet = [NodeId(5), NodeId(1), NodeId(63)].into_iter().collect();
        assert_eq!(set.to_string(), "{n1 n5 n63}");
        assert_eq!(set.difference(NodeSet::first(5)).len(), 1);
        assert!(!set.contains(NodeId(64)));
    }
}
