//! The handle of a server.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use env::{NodeId, Random};
use sim::{Actor, Plan, Start};

use super::state::RunState;
use crate::os::{Kernel, Life, Report};

/// A server's handle on the run: its id, the names of its peers, and the way to note its actions. Clones are the same
/// host.
///
/// As a [`Random`](env::Random) it draws from the node's own stream, which grows from the plan's seed and goes on across
/// restarts.
pub struct Host<N> {
    id: NodeId,
    state: Arc<RunState>,
    life: Life,
    start: Start,
    notes: PhantomData<fn(N)>,
}

impl<N> Clone for Host<N> {
    fn clone(&self) -> Self {
        Host { id: self.id, state: self.state.clone(), life: self.life.clone(), start: self.start, notes: PhantomData }
    }
}

impl<N: Send + 'static> Host<N> {
    pub(super) fn new(id: NodeId, state: Arc<RunState>, kernel: Arc<Kernel>, start: Start) -> Host<N> {
        Host { id, state, life: Life::of(kernel), start, notes: PhantomData }
    }

    /// How this start came about: a founder's first, a blank machine's that is to join, or another of a machine in use.
    pub fn start(&self) -> Start {
        self.start
    }

    /// The id of this node.
    pub fn id(&self) -> NodeId {
        self.id
    }

    /// The names of all other hosts, in order: `n1`, `n2` and so on, as [`net`](crate::net) resolves them.
    pub fn peers(&self) -> Vec<String> {
        names(self.state.plan.cluster.nodes).filter(|(id, _)| *id != self.id).map(|(_, name)| name).collect()
    }

    /// The plan of the run: the number of nodes, their timeouts, and all that they are to be configured with.
    pub fn plan(&self) -> &Plan {
        &self.state.plan
    }

    /// The clock on the host's wall, as the time since the Unix epoch: what `SystemTime` is to a real server. Faults set it
    /// forward and back, slow it down and stop it. Tokio's clock, which is monotonic, follows it but for what would set it
    /// back.
    pub fn wall_clock(&self) -> Duration {
        Duration::from_nanos(self.life.read_clock().0)
    }

    /// Notes an action of the host, in the system's own words, for the net and for the trace. A net takes it to be
    /// durable once the host says so by [`synced`](Host::synced).
    pub fn note(&self, note: N) {
        self.life.report(Report::Noted { note: Box::new(note) });
    }

    /// Says that all notes so far are durable. Nothing checks this but the host's notes after a crash.
    pub fn synced(&self) {
        self.life.report(Report::SaysSynced);
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
