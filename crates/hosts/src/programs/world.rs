//! The world of plain programs: every node and every client a turmoil host.
//!
//! - A *power loss* is turmoil's crash: unsynced data is gone. A *kill* bounces the host into a program that ends at
//!   once, which leaves its files as they are. Either way its connections fall silent (`wires.rs` says why).
//! - Disks are turmoil's, and their content is unknown.

use std::any::Any;
use std::fmt::{self, Debug};
use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use env::{ClientId, Completion, Instant, NodeId, Random, RequestId, SyncId};
use sim::world::{
    Due, Logs, Medium, OpOf, OperationSource, PowerLoss, Queue, QueueSize, RESTART_AFTER, Run, Step, Stop, Stopping,
    SyncEnd, TypedWorld, UntypedNet, World, last_node, read, split,
};
use sim::{Actor, Net, OperatorAction, Plan, Seen, Start, Value};

use super::caught::{Canary, caught};
use super::operations::ClientOperations;
use super::state::{Report, RunState, lock};
use super::wires::Wires;
use super::{AsyncSystem, ClientOf, Host, HostsNet, Server, User};

/// How far time goes in one step.
const TICK: Duration = Duration::from_millis(1);
/// Tells turmoil's own randomness (latencies, tokio's choices) from other uses of the seed.
const TURMOIL: u64 = 0x7475_726d_6f69_6c01;
/// A run ends by its plan; turmoil's own limit is never to be met.
const NEVER: Duration = Duration::from_secs(1 << 40);
/// A host that has not accepted so many connections makes turmoil panic; a program may be as slow as that.
const BACKLOG: usize = 4_096;

/// All hosts of a run.
pub(super) struct ProgramsWorld<N: Net> {
    sim: turmoil::Sim<'static>,
    server: Server<N::Note>,
    client: ClientOf<N>,
    state: Arc<RunState>,
    operations: Arc<ClientOperations<N::Op>>,
    net: N,
    queue: Queue<Due>,
    /// By [`NodeId::index`]; the first is unused.
    machines: Vec<NodeHost>,
    disk: UnseenDisk,
    wires: Wires,
    /// The log events of the programs, if the recorder of the run wants any.
    logs: Option<Logs>,
    /// The clients that have not returned for good.
    clients_left: Vec<ClientId>,
    syncs: u64,
}

/// One machine.
#[derive(Clone, Default)]
struct NodeHost {
    /// Its address, once turmoil knows the host.
    address: Option<IpAddr>,
    /// True if the server is to run on it when the host is next bounced.
    is_on: Arc<AtomicBool>,
}

impl<N: HostsNet> ProgramsWorld<N> {
    /// The world of this plan, before anything has happened.
    pub(super) fn new(system: &AsyncSystem<N>, plan: &Plan, is_driven: bool) -> ProgramsWorld<N> {
        let wires = Wires::new(&plan.link);
        let (latency_min, latency_max) = wires.latencies();
        let mut builder = turmoil::Builder::new();
        builder
            .tick_duration(TICK)
            .simulation_duration(NEVER)
            // Turmoil would take both from the machine it runs on.
            .rng_seed(split(plan.seed.0, TURMOIL))
            .epoch(UNIX_EPOCH)
            .tcp_capacity(BACKLOG)
            .max_message_latency(latency_max)
            .min_message_latency(latency_min);
        let state = Arc::new(RunState::new(plan));
        let operations = if is_driven {
            ClientOperations::driven(&state)
        } else {
            let drawn = OperationSource::new(plan.seed, &plan.workload, || (system.workload)(plan));
            ClientOperations::drawn(&state, drawn)
        };
        ProgramsWorld {
            sim: builder.build(),
            server: system.server.clone(),
            client: system.client.clone(),
            operations: Arc::new(operations),
            net: (system.net)(plan),
            queue: Queue::empty(),
            state,
            machines: vec![NodeHost::default(); last_node(plan).index() + 1],
            disk: UnseenDisk,
            wires,
            logs: None,
            clients_left: (1..=plan.workload.clients).map(ClientId).collect(),
            syncs: 0,
        }
    }

    /// Runs the host's program from its beginning.
    fn run_host(&mut self, node: NodeId) {
        let NodeHost { address, is_on } = self.machines[node.index()].clone();
        is_on.store(true, Ordering::Relaxed);
        if let Some(address) = address {
            self.sim.bounce(address);
            return;
        }
        let (server, state) = (self.server.clone(), self.state.clone());
        let name = node.to_string();
        self.sim.host(name.as_str(), move || {
            let (is_on, server, state) = (is_on.load(Ordering::Relaxed), server.clone(), state.clone());
            async move {
                if is_on {
                    run_server(server, state, node).await;
                }
                Ok(())
            }
        });
        let address = self.sim.lookup(name.as_str());
        self.machines[node.index()].address = Some(address);
        self.wires.add(address, Actor::Node(node));
    }

    fn add_client(&mut self, id: ClientId) {
        let (client, state, operations) = (self.client.clone(), self.state.clone(), self.operations.clone());
        let name = id.to_string();
        self.sim.client(name.as_str(), async move {
            run_client::<N>(client, state, operations, id).await;
            Ok(())
        });
        self.wires.add(self.sim.lookup(name.as_str()), Actor::Client(id));
    }

    /// Lets every host run for a tick.
    fn tick(&mut self) -> Step {
        *lock(&self.state.shut_down) = None;
        // All tasks of a host run within its tick, those that a program has spawned as well.
        let _listening = self.logs.as_ref().map(Logs::listen);
        // The world is not used any more once it has panicked.
        match catch_unwind(AssertUnwindSafe(|| self.sim.step())) {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => panic!("a host's program ended with an error: {error}"),
            Err(panic) => match *lock(&self.state.shut_down) {
                Some(who) => {
                    let message = "in a task that it has spawned; what it said went to the panic hook";
                    Err(Stop::Panic(who, message.into()))
                }
                None => resume_unwind(panic),
            },
        }
    }
}

/// Runs a server to its end.
async fn run_server<N: Send + 'static>(server: Server<N>, state: Arc<RunState>, node: NodeId) {
    state.runs_here(Actor::Node(node));
    let _canary = Canary::put(Actor::Node(node), &state);
    let host = Host::new(node, state.clone());
    let report = match caught(async { server(host).await }).await {
        Ok(Ok(())) => Report::Halted { node, reason: "it has returned".into() },
        Ok(Err(error)) => Report::Halted { node, reason: error.to_string() },
        Err(message) => Report::Panicked { who: Actor::Node(node), message },
    };
    state.report(report);
}

/// Runs a client until it ends well, or ends in calm.
async fn run_client<N: HostsNet>(
    client: ClientOf<N>,
    state: Arc<RunState>,
    operations: Arc<ClientOperations<N::Op>>,
    id: ClientId,
) {
    state.runs_here(Actor::Client(id));
    let _canary = Canary::put(Actor::Client(id), &state);
    loop {
        let user = User::new(id, state.clone(), operations.clone());
        match caught(async { client(user).await }).await {
            Ok(Ok(())) => return state.report(Report::ClientEnded { client: id, reason: None }),
            Ok(Err(error)) if state.is_storm_over() => {
                return state.report(Report::ClientEnded { client: id, reason: Some(error.to_string()) });
            }
            Ok(Err(error)) => state.report(Report::ClientFailed { client: id, reason: error.to_string() }),
            Err(message) => return state.report(Report::Panicked { who: Actor::Client(id), message }),
        }
        tokio::time::sleep(RESTART_AFTER).await;
    }
}

impl<N: HostsNet> TypedWorld for ProgramsWorld<N> {
    type Net = N;

    fn typed_net(&mut self) -> &mut N {
        &mut self.net
    }
}

impl<N: HostsNet> World for ProgramsWorld<N> {
    fn net(&self) -> &dyn UntypedNet {
        &self.net
    }

    fn net_mut(&mut self) -> &mut dyn UntypedNet {
        &mut self.net
    }

    fn push(&mut self, at: Instant, due: Due) {
        self.queue.push(at, due);
    }

    fn queue_size(&self) -> QueueSize {
        self.queue.size()
    }

    fn set_up(&mut self, run: &mut Run<'_>) {
        let state = self.state.clone();
        self.logs = Logs::of(run.log_level(), move |line| {
            if let Some(who) = state.actor_here() {
                state.report(Report::Logged { who, line });
            }
        });
        for client in self.clients_left.clone() {
            self.add_client(client);
        }
    }

    /// Every tick.
    fn next_at(&self, run: &Run<'_>) -> Option<Instant> {
        Some(run.now())
    }

    fn advance(&mut self, run: &mut Run<'_>) -> Step {
        while let Some((_, due)) = self.queue.pop_until(run.now()) {
            run.take_due(self, due)?;
        }
        self.wires.slow_down(&self.sim, run.disturbances(), run.now());
        if let Err(stop) = self.tick() {
            self.tell_last_logs(run);
            return Err(stop);
        }
        for report in self.state.take_reports() {
            if let Report::Logged { who, line } = &report {
                run.logged(*who, line);
                continue;
            }
            run.count_event(self)?;
            let step = self.take_in(run, report);
            run.after_event(self, step)?;
        }
        run.meet_demands(self)?;
        run.pass_time(run.now() + TICK);
        self.look_at_wires(run);
        run.count_tick(self)
    }

    fn start(&mut self, run: &mut Run<'_>, node: NodeId, start: Start) -> Step {
        // Earlier writes of the node are still there, as far as they go: only its first start is one on a blank disk.
        run.disk_is_used(node);
        self.run_host(node);
        run.booted(self, node, start);
        Ok(())
    }

    fn stopped(&mut self, run: &mut Run<'_>, node: NodeId, how: Stopping) {
        let NodeHost { address, is_on } = self.machines[node.index()].clone();
        is_on.store(false, Ordering::Relaxed);
        let Some(address) = address else { return };
        let ProgramsWorld { wires, sim, .. } = self;
        wires.stop_silently(sim, address, run.now(), |sim| match how {
            Stopping::Killed => sim.bounce(address),
            Stopping::PowerLost { .. } | Stopping::Destroyed => sim.crash(address),
        });
        self.state.discard(node);
    }

    fn check_operation(&self, operation: &Value) -> Result<(), String> {
        read::<OpOf<Self>>(operation).map(|_| ()).map_err(|error| error.to_string())
    }

    fn invoke(&mut self, _: &mut Run<'_>, client: ClientId, operation: &Value) -> Step {
        self.operations.begin(client, read(operation).expect("the operation was read before"));
        Ok(())
    }

    /// Clients are programs: only they begin operations.
    fn invoke_probe(&mut self, _: &mut Run<'_>, _: ClientId, _: u64) -> Result<bool, Stop> {
        Ok(false)
    }

    fn can_ask(&self, _: RequestId, _: OperatorAction) -> bool {
        false
    }

    fn ask(&mut self, _: &mut Run<'_>, _: RequestId, _: NodeId, action: OperatorAction, _: u64) {
        unreachable!("no operator can ask a program for {action:?}");
    }

    fn storm_is_over(&mut self) {
        self.state.end_storm();
    }

    fn cuts_change(&mut self, run: &mut Run<'_>) {
        self.look_at_wires(run);
    }

    fn disturbances_change(&mut self, _: &Run<'_>) {}

    fn clock_changes(&mut self, _: &Run<'_>, _: NodeId) {}

    fn pause_changes(&mut self, _: &Run<'_>, _: NodeId) {}

    fn disk_changes(&mut self, _: &Run<'_>, _: NodeId) {}

    fn disk(&self, _: NodeId) -> &dyn Medium {
        &self.disk
    }

    fn disk_mut(&mut self, _: NodeId) -> &mut dyn Medium {
        &mut self.disk
    }

    fn clients_left(&self) -> Option<&[ClientId]> {
        Some(&self.clients_left)
    }

    fn sees_files(&self) -> bool {
        false
    }
}

impl<N: HostsNet> ProgramsWorld<N> {
    /// Records the log events of a tick in which a task panicked.
    fn tell_last_logs(&self, run: &mut Run<'_>) {
        for report in self.state.take_reports() {
            if let Report::Logged { who, line } = report {
                run.logged(who, &line);
            }
        }
    }

    /// Takes in a program's report. One arm a report.
    fn take_in(&mut self, run: &mut Run<'_>, report: Report) -> Step {
        // A task of a server may outlive it for the rest of the tick.
        let is_gone = |node: NodeId| !run.machine(node).has_booted;
        match report {
            Report::Noted { who: Actor::Node(node), .. } | Report::Synced { node } if is_gone(node) => {}
            Report::Noted { who, note } => {
                // A panic of a rule is attributed to the program whose note the rule was shown.
                return run.in_the_code_of(who, |run| self.noted(run, who, word(&*note)));
            }
            Report::Synced { node } => {
                self.syncs += 1;
                let sync = SyncId(self.syncs);
                run.show(self, Seen::SyncRequested(node, sync))?;
                return run.sync_ended(self, node, sync, SyncEnd::Durable, None);
            }
            Report::Logged { .. } => unreachable!("a log event is no event of the run"),
            Report::Halted { node, reason } => return run.node_halts(self, node, &reason),
            Report::Invoked { client, operation } => {
                run.invoked(self, client, word(&*operation))?;
            }
            Report::Completed { client, completion } => {
                return run.completed(self, client, word::<Completion<N::Output>>(&*completion));
            }
            Report::LetGo { client } => return run.completed(self, client, &Completion::Info),
            Report::ClientFailed { client, reason } => run.client_failed(client, &reason),
            Report::ClientEnded { client, reason } => {
                self.clients_left.retain(|left| *left != client);
                run.client_ended(client, reason.as_deref());
            }
            Report::Panicked { who, message } => return Err(Stop::Panic(who, message)),
        }
        Ok(())
    }

    fn noted(&mut self, run: &mut Run<'_>, who: Actor, note: &N::Note) -> Step {
        match who {
            Actor::Node(node) => run.noted(self, node, note),
            Actor::Client(client) => run.client_noted(self, client, note),
            _ => unreachable!("{who} notes nothing"),
        }
    }

    /// A message on its way that meets a cut is lost, and a message on its way on a slow link proves the link slow.
    fn look_at_wires(&mut self, run: &mut Run<'_>) {
        if !run.cuts().are_any() && run.disturbances().is_empty() {
            return;
        }
        let seen = self.wires.look(&self.sim, run.cuts(), run.now());
        for (from, to, segment) in &seen.lost {
            run.lost_to_cut(*from, *to, &Segment(segment));
        }
        run.touch_marked(seen.slowed);
    }
}

/// A word that a program of this system has reported.
fn word<W: 'static>(word: &(dyn Any + Send)) -> &W {
    word.downcast_ref().expect("a program reports the words of its own system")
}

/// A segment that turmoil carries, by turmoil's own description.
struct Segment<'a>(&'a str);

impl Debug for Segment<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// A disk of turmoil's, of unknown content: it may always hold something unsynced.
#[derive(Clone, Copy, Debug)]
pub(super) struct UnseenDisk;

impl Medium for UnseenDisk {
    fn durable_bytes(&self, _files: &str) -> u64 {
        0
    }

    fn held_bytes(&self) -> u64 {
        0
    }

    fn has_unsynced(&self) -> bool {
        true
    }

    fn is_blank(&self) -> bool {
        false
    }

    fn is_damaged(&self) -> bool {
        false
    }

    fn process_gone(&mut self) {}

    /// The crash of its host loses the unsynced data.
    fn lose_power(&mut self, _: bool, _: &mut dyn Random) -> PowerLoss {
        PowerLoss::default()
    }

    fn wipe(&mut self) {}

    fn flip_bit(&mut self, _: &mut dyn Random) -> bool {
        false
    }
}
