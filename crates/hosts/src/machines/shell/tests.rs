//! Nodes and clients on turmoil, in a world that only obeys a test.

mod faults;
mod lifecycle;
mod serving;

use std::rc::Rc;
use std::time::{Duration, UNIX_EPOCH};

use env::{Bytes, ClientId, Instant, NodeId};
use kv_types::Operation;
use sim::world::{Medium, probe_id};
use sim::{Overrides, Plan, Profile, Seed, Start, expand};
use turmoil::{Builder, Sim};

use super::run_node;
use crate::machines::clients::commands::{Command, Commands};
use crate::machines::clients::run_clients;
use crate::machines::disk::Disk;
use crate::machines::machine::Machine;
use crate::machines::report::Report;
use crate::machines::state::RunState;
use crate::tests::toy::{Quirk, Request, Toy};
use crate::tests::toy_net::Note;

const TICK: Duration = Duration::from_millis(1);

const N1: NodeId = NodeId(1);
const N2: NodeId = NodeId(2);
const N3: NodeId = NodeId(3);

/// A cluster of toys, its clients, and everything that was reported.
struct World {
    sim: Sim<'static>,
    state: Rc<RunState>,
    /// By [`NodeId::index`]; the first is unused.
    machines: Vec<Rc<Machine>>,
    disks: Vec<Disk>,
    commands: Rc<Commands<Request, Operation>>,
    /// The reports since the beginning, or since they were last forgotten.
    reports: Vec<(Instant, Report)>,
}

/// Three nodes and so many clients, on disks and links that are neither slow nor at once.
fn plan(clients: u32) -> Plan {
    let mut plan = expand(Seed(3), Profile::Calm, &Overrides::nodes(3), &[]).expect("seeds make valid plans");
    plan.workload.clients = clients;
    plan.workload.pause_min_us = 1_000;
    plan.workload.pause_max_us = 20_000;
    plan.workload.retry_ms = 100;
    plan.link.latency_min_us = 1_000;
    plan.link.latency_max_us = 4_000;
    plan.disk.sync_min_us = 500;
    plan.disk.sync_max_us = 3_000;
    plan
}

impl World {
    /// All nodes are to start in the first tick.
    fn new(quirk: Quirk, plan: Plan) -> World {
        let mut builder = Builder::new();
        builder.rng_seed(plan.seed.0).epoch(UNIX_EPOCH).tick_duration(TICK).simulation_duration(Duration::MAX);
        builder.min_message_latency(Duration::from_micros(plan.link.latency_min_us));
        builder.max_message_latency(Duration::from_micros(plan.link.latency_max_us));
        let mut sim = builder.build();
        let nodes = plan.cluster.nodes;
        let state = Rc::new(RunState::new(plan, false));
        let machines: Vec<_> = (0..=nodes).map(|id| Rc::new(Machine::new(&state.plan, NodeId(id)))).collect();
        let disks: Vec<_> = (0..=nodes).map(|_| Disk::new(&state.plan.disk)).collect();
        let system = Rc::new(Toy(quirk));
        for (machine, disk) in machines.iter().zip(&disks).skip(1) {
            machine.start.set(Some(Start::New));
            let (system, state, machine, disk) = (system.clone(), state.clone(), machine.clone(), disk.clone());
            let name = machine.node.to_string();
            sim.host(name, move || run_node(system.clone(), state.clone(), machine.clone(), disk.clone()));
        }
        let commands = Rc::new(Commands::new());
        let (shared, given) = (state.clone(), commands.clone());
        sim.host("clients", move || run_clients(system.clone(), shared.clone(), given.clone()));
        World { sim, state, machines, disks, commands, reports: Vec::new() }
    }

    fn run_ms(&mut self, ms: u64) {
        for _ in 0..ms {
            self.sim.step().expect("hosts do not fail");
            let now = self.state.now.get();
            self.reports.extend(self.state.reports.take().into_iter().map(|report| (now, report)));
            self.state.now.set(now + TICK);
        }
    }

    /// Runs until this is reported; answers when that was.
    fn run_until(&mut self, what: impl Fn(&Report) -> bool) -> Instant {
        for _ in 0..10_000 {
            let seen = self.reports.len();
            self.run_ms(1);
            if let Some((at, _)) = self.reports[seen..].iter().find(|(_, report)| what(report)) {
                return *at;
            }
        }
        panic!("not reported within ten seconds");
    }

    fn machine(&self, node: NodeId) -> &Machine {
        &self.machines[node.index()]
    }

    /// Changes something about a machine, as a fault does.
    fn change(&self, node: NodeId, change: impl FnOnce(&Machine)) {
        change(self.machine(node));
        self.machine(node).changed.notify_one();
    }

    fn kill(&mut self, node: NodeId) {
        self.disks[node.index()].process_gone();
        self.sim.bounce(node.to_string());
    }

    fn start_again(&mut self, node: NodeId) {
        self.machine(node).start.set(Some(Start::Again));
        self.sim.bounce(node.to_string());
    }

    /// The probe is to write.
    fn probe(&self) -> ClientId {
        let client = probe_id(&self.state.plan);
        let operation = Operation::Put { key: Bytes::from("k"), value: Bytes::from("v") };
        self.commands.give(Command::Invoke { client, operation });
        client
    }

    fn all(&self, what: impl Fn(&Report) -> bool) -> Vec<(Instant, Report)> {
        self.reports.iter().filter(|(_, report)| what(report)).cloned().collect()
    }

    fn count(&self, what: impl Fn(&Report) -> bool) -> usize {
        self.reports.iter().filter(|(_, report)| what(report)).count()
    }

    /// Where in the order of reports the first of these is.
    fn first(&self, what: impl Fn(&Report) -> bool) -> usize {
        self.reports.iter().position(|(_, report)| what(report)).expect("it was reported")
    }
}

fn is_completed(report: &Report) -> bool {
    let Report::Completed { completion, .. } = report else { return false };
    matches!(completion.downcast_ref(), Some(env::Completion::<kv_types::Output>::Ok(_)))
}

/// The note of a node, if the report is of one.
fn noted(report: &Report) -> Option<(NodeId, Note)> {
    let Report::Noted { node, note } = report else { return None };
    note.downcast_ref().map(|note| (*node, *note))
}

fn is_message_to(node: NodeId) -> impl Fn(&Report) -> bool {
    move |report| matches!(report, Report::Message { to, .. } if *to == node)
}
