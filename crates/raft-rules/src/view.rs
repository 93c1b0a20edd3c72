//! The cluster as its nodes describe it.

use env::{NodeId, NodeSet};
use raft_types::{EntryId, LogIndex, Membership, Role, Term};

/// The state that one node last reported. A node that is down keeps the state it stopped with, but for its role.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NodeView {
    /// True if it has booted and not stopped since.
    pub is_running: bool,
    /// Its role; `Follower` while it is down.
    pub role: Role,
    /// Its current term.
    pub term: Term,
    /// The leader it follows, or itself; `None` if it knows none.
    pub leader: Option<NodeId>,
    /// The last entry of its log, durable or not.
    pub last: EntryId,
    /// The last entry its snapshot covers; `0@0` without one.
    pub snapshot: EntryId,
    /// Its commit index.
    pub commit_index: LogIndex,
    /// The last index it has applied.
    pub last_applied: LogIndex,
    /// The digest of its state machine.
    pub state: u64,
    /// The configuration it uses.
    pub membership: Membership,
    /// The index of that configuration in its log; 0 for the one the cluster began with.
    pub configured_at: LogIndex,
}

/// The state that all nodes last reported, with the leader and the configuration in force. Every question is answered
/// in constant time.
#[derive(Clone, Debug)]
pub struct ClusterView {
    /// By [`NodeId::index`], so that no look-up can fail.
    nodes: Vec<NodeView>,
    running: NodeSet,
    leaders: NodeSet,
    leader: Option<NodeId>,
    /// The highest term whose leader has set `membership`.
    membership_term: Term,
    membership: Membership,
}

impl ClusterView {
    /// The view of a cluster whose nodes have noted nothing.
    pub fn of_none() -> ClusterView {
        ClusterView::new(Membership::default())
    }

    pub(crate) fn new(initial: Membership) -> ClusterView {
        let node = NodeView { membership: initial, ..NodeView::default() };
        ClusterView {
            nodes: vec![node; NodeId::MAX.index() + 1],
            running: NodeSet::EMPTY,
            leaders: NodeSet::EMPTY,
            leader: None,
            membership_term: Term(0),
            membership: initial,
        }
    }

    /// The state that `node` last reported; a node that never booted is not running.
    ///
    /// # Panics
    /// If `node` is above [`NodeId::MAX`].
    pub fn node(&self, node: NodeId) -> &NodeView {
        &self.nodes[node.index()]
    }

    /// The nodes that have booted and not stopped since.
    pub fn running(&self) -> NodeSet {
        self.running
    }

    /// The running nodes that believe they lead. Two at once is no violation: all but one are deposed and do not know.
    pub fn leaders(&self) -> NodeSet {
        self.leaders
    }

    /// Of the running nodes that believe they lead, the one of the highest term.
    pub fn leader(&self) -> Option<NodeId> {
        self.leader
    }

    /// The configuration in force: the one that the leader of the highest term so far uses, or last used.
    pub fn membership(&self) -> Membership {
        self.membership
    }

    pub(crate) fn node_mut(&mut self, node: NodeId) -> &mut NodeView {
        &mut self.nodes[node.index()]
    }

    /// `node` runs now, with the state it has read from its files, and knows no leader.
    pub(crate) fn booted(&mut self, node: NodeId, view: NodeView) {
        *self.node_mut(node) = view;
        self.running.insert(node);
        self.set_role(node, Role::Follower, view.term, None);
    }

    pub(crate) fn stopped(&mut self, node: NodeId) {
        self.running.remove(node);
        self.node_mut(node).is_running = false;
        self.set_role(node, Role::Follower, self.node(node).term, None);
    }

    pub(crate) fn set_role(&mut self, node: NodeId, role: Role, term: Term, leader: Option<NodeId>) {
        let view = self.node_mut(node);
        let led = view.role == Role::Leader;
        view.role = role;
        view.term = term;
        view.leader = leader;
        let membership = view.membership;
        if role == Role::Leader {
            self.leaders.insert(node);
            self.leads_with(term, membership);
        } else if led {
            self.leaders.remove(node);
        } else {
            return;
        }
        self.leader = self.leaders.iter().max_by_key(|leader| self.node(*leader).term);
    }

    pub(crate) fn configured(&mut self, node: NodeId, index: LogIndex, membership: Membership) {
        let view = self.node_mut(node);
        view.membership = membership;
        view.configured_at = index;
        if view.role == Role::Leader {
            let term = view.term;
            self.leads_with(term, membership);
        }
    }

    fn leads_with(&mut self, term: Term, membership: Membership) {
        if term >= self.membership_term {
            self.membership_term = term;
            self.membership = membership;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn running(view: &mut ClusterView, node: NodeId) {
        view.booted(node, NodeView { is_running: true, ..*view.node(node) });
    }

    #[test]
    fn of_two_leaders_the_one_of_the_higher_term_counts() {
        let mut view = ClusterView::new(Membership::of(NodeSet::first(3)));
        for node in [NodeId(1), NodeId(2)] {
            running(&mut view, node);
        }
        view.set_role(NodeId(2), Role::Leader, Term(7), Some(NodeId(2)));
        view.set_role(NodeId(1), Role::Leader, Term(5), Some(NodeId(1)));
        assert_eq!((view.leader(), view.leaders().len()), (Some(NodeId(2)), 2));
        view.stopped(NodeId(2));
        assert_eq!((view.leader(), view.running().to_string().as_str()), (Some(NodeId(1)), "{n1}"));
        view.set_role(NodeId(1), Role::Follower, Term(8), None);
        assert_eq!((view.leader(), view.leaders().is_empty()), (None, true));
    }

    #[test]
    fn the_configuration_in_force_is_that_of_the_highest_leader_and_outlives_it() {
        let initial = Membership::of(NodeSet::first(3));
        let grown = Membership::of(NodeSet::first(4));
        let mut view = ClusterView::new(initial);
        running(&mut view, NodeId(1));
        running(&mut view, NodeId(2));
        view.set_role(NodeId(1), Role::Leader, Term(5), Some(NodeId(1)));
        view.set_role(NodeId(2), Role::Leader, Term(6), Some(NodeId(2)));
        view.configured(NodeId(2), LogIndex(4), grown);
        view.configured(NodeId(1), LogIndex(4), Membership::of(NodeSet::first(2)));
        view.stopped(NodeId(2));
        assert_eq!(view.membership(), grown);
    }
}
