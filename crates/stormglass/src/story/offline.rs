//! Taking nodes offline, and bringing them back.

use std::time::Duration;

use env::{NodeId, NodeSet};
use sim::{Fault, Target};

use super::{Cluster, Health, StoryError, secs};

/// A power loss may wait for the middle of a write.
const STRIKES_WITHIN: Duration = secs(1);
/// A leader that is to stop in an orderly way hands over first, if it can within so much time.
const HAND_OVER_WITHIN: Duration = secs(5);
/// A node that starts has booted and caught up within so much time.
const ONLINE_WITHIN: Duration = secs(20);

/// How a node goes offline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offline {
    /// It hands over leadership, if it leads, and then its process ends. Nothing on its disk is lost.
    Graceful,
    /// Its process is killed. Nothing on its disk is lost.
    Kill,
    /// Its machine loses power. Unsynced writes are lost, some of them or all.
    PowerLoss,
}

impl Cluster<'_> {
    /// Takes a node offline, until it is [brought online](Cluster::bring_online).
    ///
    /// # Errors
    /// It is offline already, or an invariant was broken.
    pub fn take_offline(&mut self, node: NodeId, how: Offline) -> Result<(), StoryError> {
        if how == Offline::Graceful && self.leader() == Some(node) {
            self.hand_over(node)?;
        }
        self.stop_all([node], how)
    }

    /// Kills a node's process.
    ///
    /// # Errors
    /// As [`take_offline`](Cluster::take_offline).
    pub fn kill(&mut self, node: NodeId) -> Result<(), StoryError> {
        self.take_offline(node, Offline::Kill)
    }

    /// Cuts a node's power.
    ///
    /// # Errors
    /// As [`take_offline`](Cluster::take_offline).
    pub fn crash(&mut self, node: NodeId) -> Result<(), StoryError> {
        self.take_offline(node, Offline::PowerLoss)
    }

    /// Takes several nodes offline at the same moment.
    ///
    /// # Errors
    /// One of them is offline already, or an invariant was broken.
    pub fn kill_all(&mut self, nodes: impl IntoIterator<Item = NodeId>) -> Result<(), StoryError> {
        self.stop_all(nodes, Offline::Kill)
    }

    /// Cuts the power of several nodes at the same moment.
    ///
    /// # Errors
    /// One of them is offline already, or an invariant was broken.
    pub fn crash_all(&mut self, nodes: impl IntoIterator<Item = NodeId>) -> Result<(), StoryError> {
        self.stop_all(nodes, Offline::PowerLoss)
    }

    /// Starts a node again. It boots from its disk, which takes a moment; to catch up takes another.
    ///
    /// # Errors
    /// It is online already, or an invariant was broken.
    pub fn bring_online(&mut self, node: NodeId) -> Result<(), StoryError> {
        match self.down.remove(&node) {
            None => Err(StoryError::Already { node, is: "online" }),
            Some((injected, _)) => Ok(self.live.end(injected)?),
        }
    }

    /// True if the story keeps a node offline. One that it has brought back is not online before it has booted.
    pub fn is_kept_offline(&self, node: NodeId) -> bool {
        self.down.contains_key(&node)
    }

    /// Starts all nodes again that the story has taken offline.
    ///
    /// # Errors
    /// An invariant was broken.
    pub fn bring_all_online(&mut self) -> Result<(), StoryError> {
        let down: Vec<NodeId> = self.down.keys().copied().collect();
        down.into_iter().try_for_each(|node| self.bring_online(node))
    }

    /// Waits until a node runs, knows the leader, and has applied all that it has committed.
    ///
    /// # Errors
    /// It is not within twenty seconds, or an invariant was broken.
    pub fn wait_until_online(&mut self, node: NodeId) -> Result<(), StoryError> {
        self.wait_for(&format!("{node} online"), ONLINE_WITHIN, |c| c.health(node) == Health::Online)
    }

    /// Stops a node's process without ending it, until it is [resumed](Cluster::resume).
    ///
    /// # Errors
    /// It does not run, or an invariant was broken.
    pub fn pause(&mut self, node: NodeId) -> Result<(), StoryError> {
        if !self.is_online(node) {
            return Err(StoryError::Already { node, is: "offline" });
        }
        if self.paused.contains_key(&node) {
            return Err(StoryError::Already { node, is: "paused" });
        }
        let injected = self.live.inject(Fault::Pause { target: Target::Node(node) }, None)?;
        self.paused.insert(node, injected);
        Ok(())
    }

    /// Lets a paused process go on.
    ///
    /// # Errors
    /// It is not paused, or an invariant was broken.
    pub fn resume(&mut self, node: NodeId) -> Result<(), StoryError> {
        match self.paused.remove(&node) {
            None => Err(StoryError::Already { node, is: "running" }),
            Some(injected) => Ok(self.live.end(injected)?),
        }
    }

    fn stop_all(&mut self, nodes: impl IntoIterator<Item = NodeId>, how: Offline) -> Result<(), StoryError> {
        let nodes: NodeSet = nodes.into_iter().collect();
        if let Some(node) = nodes.difference(self.online()).iter().next() {
            return Err(StoryError::Already { node, is: "offline" });
        }
        for node in nodes.iter() {
            let target = Target::Node(node);
            let fault = if how == Offline::PowerLoss { Fault::Crash { target } } else { Fault::Kill { target } };
            let injected = self.live.inject(fault, None)?;
            self.down.insert(node, (injected, how));
            self.paused.remove(&node);
        }
        self.wait_for(&format!("{nodes} offline"), STRIKES_WITHIN, |c| c.online().intersection(nodes).is_empty())
    }

    /// If the others will not have it, the node stops all the same.
    fn hand_over(&mut self, leader: NodeId) -> Result<(), StoryError> {
        let in_touch = self.in_touch_with(leader);
        let to = self.followers_of(leader).into_iter().filter(|node| in_touch.contains(*node));
        let Some(to) = to.max_by_key(|node| self.node(*node).last) else { return Ok(()) };
        self.transfer_leadership(to)?;
        self.run_until(HAND_OVER_WITHIN, |c| c.leader().is_some_and(|other| other != leader)).map(|_| ())
    }
}
