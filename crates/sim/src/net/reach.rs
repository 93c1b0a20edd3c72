//! The nodes that run, and the links between them that work.

use env::{NodeId, NodeSet};

/// The running nodes, and the pairs of them that can talk, while the cluster is calm.
#[derive(Clone, Debug)]
pub struct Reach {
    running: NodeSet,
    /// By [`NodeId::index`]: the nodes with which the node can talk both ways, itself included.
    both_ways: Vec<NodeSet>,
}

impl Reach {
    /// These nodes run; `sends_to` gives, for each, the nodes that its messages get through to.
    pub fn new(running: NodeSet, mut sends_to: impl FnMut(NodeId) -> NodeSet) -> Reach {
        let mut sends = vec![NodeSet::EMPTY; NodeId::MAX.index() + 1];
        for node in running.iter() {
            sends[node.index()] = sends_to(node).intersection(running);
            sends[node.index()].insert(node);
        }
        let mut both_ways = vec![NodeSet::EMPTY; sends.len()];
        for node in running.iter() {
            both_ways[node.index()] =
                sends[node.index()].iter().filter(|other| sends[other.index()].contains(node)).collect();
        }
        Reach { running, both_ways }
    }

    /// These nodes run, and all can talk to all.
    pub fn everyone(running: NodeSet) -> Reach {
        Reach::new(running, |_| running)
    }

    /// The nodes that run.
    pub fn running(&self) -> NodeSet {
        self.running
    }

    /// The running nodes with which `node` can talk both ways, itself included; none if it does not run.
    pub fn both_ways(&self, node: NodeId) -> NodeSet {
        self.both_ways.get(node.index()).copied().unwrap_or_default()
    }

    /// Sets of running nodes of `among` that can all talk to one another, one grown around each node. They are grown by
    /// id, which finds the largest ones in the networks that faults leave: halves, bridges, single nodes.
    pub fn cores(&self, among: NodeSet) -> impl Iterator<Item = NodeSet> {
        let running = among.intersection(self.running);
        running.iter().map(move |seed| {
            let mut core: NodeSet = [seed].into_iter().collect();
            for node in running.iter() {
                if core.difference(self.both_ways(node)).is_empty() {
                    core.insert(node);
                }
            }
            core
        })
    }
}
