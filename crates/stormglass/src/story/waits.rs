//! Waiting for the cluster to become something.

use std::time::Duration;

use env::{NodeId, NodeSet};
use raft_types::LogIndex;

use sim::Demand;

use super::{Cluster, Health, StoryError, secs};

/// The limit of the labs of MIT 6.5840: a leader is elected within five seconds of a failure.
const ELECTION_MAX: Duration = secs(5);
/// The time in which nodes that can talk must have caught up.
const CONVERGENCE_MAX: Duration = secs(20);

impl Cluster<'_> {
    /// Lets time go on until `is_so`. `what` completes the sentence "… not within 5 s".
    ///
    /// # Errors
    /// It does not come within so much time, or an invariant was broken.
    pub fn wait_for(
        &mut self,
        what: &str,
        within: Duration,
        is_so: impl Fn(&Cluster<'_>) -> bool,
    ) -> Result<(), StoryError> {
        if self.run_until(within, is_so)? { Ok(()) } else { Err(StoryError::Late { what: what.into(), within }) }
    }

    /// Waits for a leader that can talk to a quorum, for five seconds at most.
    ///
    /// # Errors
    /// There is none by then, or an invariant was broken.
    pub fn wait_for_leader(&mut self) -> Result<NodeId, StoryError> {
        self.wait_for_leader_within(ELECTION_MAX)
    }

    /// Waits for a leader that can talk to a quorum, for so long at most.
    ///
    /// # Errors
    /// There is none by then, or an invariant was broken.
    pub fn wait_for_leader_within(&mut self, within: Duration) -> Result<NodeId, StoryError> {
        self.wait_for("a leader", within, |c| c.leader().is_some())?;
        self.leader().ok_or(StoryError::Nobody("leader"))
    }

    /// Waits for such a leader other than `old`.
    ///
    /// # Errors
    /// There is none within five seconds, or an invariant was broken.
    pub fn wait_for_other_leader(&mut self, old: NodeId) -> Result<NodeId, StoryError> {
        let is_other = |c: &Cluster<'_>| c.leader().is_some_and(|leader| leader != old);
        self.wait_for(&format!("a leader other than {old}"), ELECTION_MAX, is_other)?;
        self.leader().ok_or(StoryError::Nobody("leader"))
    }

    /// Waits until everything that is committed now is applied by this node, and it knows a leader.
    ///
    /// # Errors
    /// It has not caught up within twenty seconds, or an invariant was broken.
    pub fn wait_until_caught_up(&mut self, node: NodeId) -> Result<(), StoryError> {
        let committed = self.commit_index();
        let is_so = move |c: &Cluster<'_>| c.health(node) == Health::Online && c.last_applied(node) >= committed;
        self.wait_for(&format!("{node} caught up"), CONVERGENCE_MAX, is_so)
    }

    /// Waits until so many nodes have applied this entry.
    ///
    /// # Errors
    /// They have not within twenty seconds, or an invariant was broken.
    pub fn wait_until_applied(&mut self, index: LogIndex, by: usize) -> Result<(), StoryError> {
        let is_so = move |c: &Cluster<'_>| c.count_applied(index) >= by;
        self.wait_for(&format!("{by} nodes that have applied {index}"), CONVERGENCE_MAX, is_so)
    }

    /// Waits until all nodes that run, and that the leader can talk to, have the leader's state.
    ///
    /// # Errors
    /// They have not within twenty seconds, or an invariant was broken.
    pub fn wait_until_converged(&mut self) -> Result<(), StoryError> {
        self.wait_for("equal state on all nodes", CONVERGENCE_MAX, |c| c.is_converged())
    }

    /// True if all nodes that run, and that the leader can talk to, have the leader's state. Where there is no log,
    /// true if the system's net has nothing to wait for.
    pub fn is_converged(&self) -> bool {
        if !self.keeps_log() {
            return self.live.is_met(Demand::Convergence);
        }
        let Some(leader) = self.leader() else { return false };
        let leads = self.node(leader);
        let followers: NodeSet = leads.membership.members().intersection(self.in_touch_with(leader));
        let is_equal = |node: NodeId| {
            let follows = self.node(node);
            (follows.last_applied, follows.state) == (leads.last_applied, leads.state)
        };
        leads.last_applied == leads.last.index && followers.iter().all(is_equal)
    }
}
