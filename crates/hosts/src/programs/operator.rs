//! The operator of a system of programs: an async function on a host of its own.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use env::{NodeId, Random};
use sim::{OperatorAction, Plan};
use tokio::sync::mpsc;

use super::host::names;
use super::state::RunState;
use crate::os::{Kernel, Report, lock};

/// The operator's function: it carries out one action.
pub(super) type Operates =
    Arc<dyn Fn(Operator, OperatorAction) -> Pin<Box<dyn Future<Output = crate::Result>>> + Send + Sync>;

/// An operator's handle on the run, for one action that it is asked for: the hosts, and the one to ask first.
///
/// As a [`Random`](env::Random) it draws from a stream of the run's operator.
pub struct Operator {
    node: NodeId,
    state: Arc<RunState>,
}

impl Operator {
    /// The name of the host to ask: the leader, as the system's net knows it, or the node that the action is for.
    pub fn node(&self) -> String {
        self.node.to_string()
    }

    /// The names of all hosts that the cluster was founded with, in order.
    pub fn nodes(&self) -> Vec<String> {
        names(self.state.plan.cluster.nodes).map(|(_, name)| name).collect()
    }

    /// The plan of the run.
    pub fn plan(&self) -> &Plan {
        &self.state.plan
    }
}

impl Random for Operator {
    fn next_u64(&mut self) -> u64 {
        lock(&self.state.operator_stream).next_u64()
    }
}

impl fmt::Debug for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operator").field("node", &self.node).finish_non_exhaustive()
    }
}

/// A task for the operator: the node to ask, and the action.
pub(super) type Wanted = (NodeId, OperatorAction);

/// The program of the operator's host: each action in a task of its own.
pub(super) async fn run_operator(
    operates: Operates,
    state: Arc<RunState>,
    kernel: Arc<Kernel>,
    mut wanted: mpsc::UnboundedReceiver<Wanted>,
) {
    while let Some((node, action)) = wanted.recv().await {
        let operator = Operator { node, state: state.clone() };
        let (work, kernel) = (operates(operator, action), kernel.clone());
        tokio::task::spawn_local(async move {
            let failed = work.await.err().map(|error| error.to_string());
            kernel.report(Report::Operated { node, action, failed });
        });
    }
}
