//! Fewer nodes, and no more clients than there are operations for.

use std::collections::BTreeSet;

use env::{ClientId, NodeId};
use sim::Moment;
use sim::{Fault, Plan, Target, TimedOperation};

use super::Pass;

/// Fewer nodes and spares, the fewest first. A fault on a machine that is gone goes with it.
#[derive(Debug, Default)]
pub(super) struct Machines {
    nodes: u8,
    spares: u8,
}

impl Pass for Machines {
    fn name(&self) -> &'static str {
        "nodes"
    }

    fn begin(&mut self, _: &Plan, _: Option<Moment>) {
        *self = Machines::default();
    }

    fn next(&mut self, best: &Plan) -> Option<Plan> {
        let mut candidate = best.clone();
        let cluster = &mut candidate.cluster;
        if self.nodes + 1 < cluster.nodes {
            self.nodes += 1;
            cluster.nodes = self.nodes;
        } else if self.spares < cluster.spares {
            cluster.spares = self.spares;
            self.spares += 1;
        } else {
            return None;
        }
        let last = NodeId(cluster.nodes + cluster.spares);
        candidate.schedule.retain_mut(|timed| is_within(&mut timed.fault, last));
        Some(candidate)
    }

    fn answered(&mut self, accepted: bool) {
        if accepted {
            // Fewer of these have been tried; of the others there may be fewer yet.
            self.nodes = u8::MAX - 1;
        }
    }
}

/// True if a fault means anything on the machines up to `last`.
fn is_within(fault: &mut Fault, last: NodeId) -> bool {
    let is_there = |target: &Target| !matches!(target, Target::Node(node) if *node > last);
    match fault {
        Fault::Partition { side } | Fault::PartitionOneWay { side, .. } => {
            side.retain(is_there);
            !side.is_empty()
        }
        _ => fault.targets().iter().all(is_there),
    }
}

/// Gives the clients of a script the lowest numbers there are, in their order. Returns how many there are.
fn renumbered(script: &mut [TimedOperation]) -> u32 {
    let clients: BTreeSet<ClientId> = script.iter().map(|timed| timed.client).collect();
    for timed in script {
        timed.client = ClientId(1 + clients.range(..timed.client).count() as u32);
    }
    clients.len() as u32
}

/// No more clients than the script needs; as few as it takes, without one.
#[derive(Debug, Default)]
pub(super) struct Clients {
    tried: u32,
}

impl Pass for Clients {
    fn name(&self) -> &'static str {
        "clients"
    }

    fn begin(&mut self, _: &Plan, _: Option<Moment>) {
        self.tried = 0;
    }

    fn next(&mut self, best: &Plan) -> Option<Plan> {
        let mut candidate = best.clone();
        let workload = &mut candidate.workload;
        let fewest = match &mut workload.script {
            Some(_) if self.tried > 1 => return None,
            // By other names, without gaps; and if that does not do, without those behind the last one.
            Some(script) if self.tried == 0 => renumbered(script),
            Some(script) => script.iter().map(|timed| timed.client.0).max().unwrap_or(0),
            None => self.tried,
        };
        if fewest >= workload.clients {
            return None;
        }
        self.tried += 1;
        workload.clients = fewest;
        Some(candidate)
    }

    fn answered(&mut self, accepted: bool) {
        if accepted {
            // Fewer have been tried.
            self.tried = u32::MAX;
        }
    }
}
