//! The handle of a server.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use env::{NodeId, Random};
use sim::Actor;

use super::state::{Report, RunState};

/// A server's handle on the run: its id, the names of its peers, and the way to note its actions. Clones are the same
/// host.
///
/// As a [`Random`](env::Random) it draws from the node's own stream, which grows from the plan's seed and goes on across
/// restarts.
pub struct Host<N> {
    id: NodeId,
    state: Arc<RunState>,
    notes: PhantomData<fn(N)>,
}

impl<N> Clone for Host<N> {
    fn clone(&self) -> Self {
        Host { id: self.id, state: self.state.clone(), notes: PhantomData }
    }
}

impl<N: Send + 'static> Host<N> {
    pub(super) fn new(id: NodeId, state: Arc<RunState>) -> Host<N> {
        Host { id, state, notes: PhantomData }
    }

    /// The id of this node.
    pub fn id(&self) -> NodeId {
        self.id
    }

    /// The names of all other hosts, in order: `n1`, `n2` and so on, as `turmoil::net` resolves them.
    pub fn peers(&self) -> Vec<String> {
        names(self.state.nodes).filter(|(id, _)| *id != self.id).map(|(_, name)| name).collect()
    }

    /// Notes an action of the host, in the system's own words, for the net and for the trace. A net takes it to be
    /// durable once the host says so by [`synced`](Host::synced).
    pub fn note(&self, note: N) {
        self.state.report(Report::Noted { who: Actor::Node(self.id), note: Box::new(note) });
    }

    /// Says that all notes so far are durable. Nothing checks this but the host's notes after a crash.
    pub fn synced(&self) {
        self.state.report(Report::Synced { node: self.id });
    }
}

impl<N> Random for Host<N> {
    fn next_u64(&mut self) -> u64 {
        self.state.draw(Actor::Node(self.id))
    }
}

impl<N> fmt::Debug for Host<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Host").field(&self.id).finish()
    }
}

/// The hosts of a cluster of so many nodes, with their names.
pub(super) fn names(nodes: u8) -> impl Iterator<Item = (NodeId, String)> {
    (1..=nodes).map(|id| (NodeId(id), NodeId(id).to_string()))
}
