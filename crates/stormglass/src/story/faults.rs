//! The faults that a story injects: those of the network, and others.

use std::time::Duration;

use env::{NodeId, Ratio};
use sim::{Direction, Fault, Injected, Target};

use super::{Cluster, StoryError};

impl Cluster<'_> {
    /// Lets no message pass between these nodes and the rest, until all is [healed](Cluster::heal). Clients still reach
    /// every node.
    ///
    /// # Errors
    /// An invariant was broken.
    pub fn partition(&mut self, side: impl IntoIterator<Item = NodeId>) -> Result<(), StoryError> {
        let side = side.into_iter().map(Target::Node).collect();
        self.disturb(Fault::Partition { side }).map(|_| ())
    }

    /// Lets messages between these nodes and the rest pass one way only: those to them are cut off, or those that they
    /// send.
    ///
    /// # Errors
    /// An invariant was broken.
    pub fn partition_one_way(
        &mut self,
        side: impl IntoIterator<Item = NodeId>,
        cut: Direction,
    ) -> Result<(), StoryError> {
        let side = side.into_iter().map(Target::Node).collect();
        self.disturb(Fault::PartitionOneWay { side, cut }).map(|_| ())
    }

    /// Cuts a node off from all others, until it is [reconnected](Cluster::reconnect) or all is [healed](Cluster::heal).
    ///
    /// # Errors
    /// An invariant was broken.
    pub fn isolate(&mut self, node: NodeId) -> Result<(), StoryError> {
        let injected = self.disturb(Fault::Isolate { target: Target::Node(node) })?;
        self.isolated.push((node, injected));
        Ok(())
    }

    /// Ends the [isolation](Cluster::isolate) of a node, if it is isolated. Other faults of the network go on.
    ///
    /// # Errors
    /// An invariant was broken.
    pub fn reconnect(&mut self, node: NodeId) -> Result<(), StoryError> {
        let isolations: Vec<(NodeId, Injected)> = self.isolated.extract_if(.., |(of, _)| *of == node).collect();
        isolations.into_iter().try_for_each(|(_, injected)| self.end(injected))
    }

    /// True if a node is [isolated](Cluster::isolate).
    pub fn is_isolated(&self, node: NodeId) -> bool {
        self.isolated.iter().any(|(of, _)| *of == node)
    }

    /// Loses, repeats and delays messages: a tenth is lost, a tenth comes twice, and two thirds of them come late by up to
    /// `late_max`.
    ///
    /// # Errors
    /// An invariant was broken.
    pub fn make_unreliable(&mut self, late_max: Duration) -> Result<(), StoryError> {
        self.disturb(Fault::Loss { ratio: Ratio::percent(10) })?;
        self.disturb(Fault::Duplication { ratio: Ratio::percent(10) })?;
        let delay_max_ms = (late_max.as_millis() as u64).max(1);
        self.disturb(Fault::Reordering { ratio: Ratio::percent(66), delay_max_ms }).map(|_| ())
    }

    /// Begins a fault of the network that is over when all is [healed](Cluster::heal), or when it is
    /// [ended](Cluster::end) by itself.
    ///
    /// # Errors
    /// An invariant was broken.
    pub fn disturb(&mut self, fault: Fault) -> Result<Injected, StoryError> {
        let injected = self.live.inject(fault, None)?;
        self.network.push(injected);
        Ok(injected)
    }

    /// Ends all that the story has done to the network. Nodes that are offline or paused stay so.
    ///
    /// # Errors
    /// An invariant was broken.
    pub fn heal(&mut self) -> Result<(), StoryError> {
        self.isolated.clear();
        for injected in std::mem::take(&mut self.network) {
            self.live.end(injected)?;
        }
        Ok(())
    }

    /// Begins any fault, which is over after `lasts`, or when it is [ended](Cluster::end), or when the story is.
    ///
    /// # Errors
    /// An invariant was broken.
    pub fn inject(&mut self, fault: Fault, lasts: Option<Duration>) -> Result<Injected, StoryError> {
        Ok(self.live.inject(fault, lasts)?)
    }

    /// Ends a fault.
    ///
    /// # Errors
    /// An invariant was broken.
    pub fn end(&mut self, fault: Injected) -> Result<(), StoryError> {
        self.network.retain(|other| *other != fault);
        self.isolated.retain(|(_, other)| *other != fault);
        Ok(self.live.end(fault)?)
    }

    /// Has the leader asked to hand over to this node.
    ///
    /// # Errors
    /// An invariant was broken.
    pub fn transfer_leadership(&mut self, to: NodeId) -> Result<(), StoryError> {
        self.inject(Fault::TransferLeadership { to: Target::Node(to) }, None).map(|_| ())
    }

    /// Has a node asked to take a snapshot, and waits until it has.
    ///
    /// # Errors
    /// It has not within five seconds, or an invariant was broken.
    pub fn take_snapshot(&mut self, node: NodeId) -> Result<(), StoryError> {
        let before = self.node(node).snapshot.index;
        self.inject(Fault::TakeSnapshot { target: Target::Node(node) }, None)?;
        let is_taken = |c: &Cluster<'_>| c.node(node).snapshot.index > before;
        self.wait_for(&format!("a snapshot of {node}"), super::secs(5), is_taken)
    }
}
