//! The world of plain programs: every node and every client a host of its own (`station.rs`), and the network between
//! them (`fabric.rs`).
//!
//! Time goes on by ticks of 1 ms. At the beginning of each, what is due of the run's happens, and the packets that have
//! arrived reach their hosts; then every host that has a process runs for the tick, by its own clock; then the run takes in
//! what they did, in order of time. A packet never arrives in the tick in which it was sent, so it makes no difference
//! which host runs first.
//!
//! - A *power loss* leaves peers without a word; they learn of it when nobody answers, or by the reset that the next life
//!   of the host answers with. A *kill* leaves the kernel alive, which closes the process's connections.
//! - A *paused* host is not stepped: its kernel takes packets in, its clock goes on, and its timers are due all at once
//!   when it runs again.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use env::{ClientId, Completion, Instant, NodeId, RequestId, SyncId};
use sim::world::{
    Clock, Consumer, Due, Logs, Medium, OpOf, OperationSource, Queue, QueueSize, RESTART_AFTER, Run, Step, Stop,
    Stopping, Stream, TypedWorld, UntypedNet, World, index, last_node, operator_id, read, split,
};
use sim::{Actor, Net, OperatorAction, Plan, Seed, Start, Value};
use tokio::sync::mpsc;

use super::fabric::{Arrived, Fabric};
use super::operations::ClientOperations;
use super::operator::{Wanted, run_operator};
use super::state::RunState;
use super::station::Station;
use super::{AsyncSystem, ClientOf, Host, HostsNet, Server, User};
use crate::os::net::Sockets;
use crate::os::{Kernel, Outbox, Report, current_host, panics};

/// How far time goes in one step.
const TICK: Duration = Duration::from_millis(1);
/// Tells tokio's own choices from other uses of the seed.
const TOKIO: u64 = 0x746f_6b69_6f00;

/// All hosts of a run.
pub(super) struct ProgramsWorld<N: Net> {
    seed: Seed,
    server: Server<N::Note>,
    client: ClientOf<N>,
    state: Arc<RunState>,
    outbox: Arc<Outbox>,
    operations: Arc<ClientOperations<N::Op>>,
    net: N,
    queue: Queue<Due>,
    /// By [`NodeId::index`]; the first is unused.
    nodes: Vec<Station>,
    /// By the client's number, less one.
    clients: Vec<Station>,
    /// The operator's host, and the way to ask it, if the system has an operator.
    operator: Option<(Station, mpsc::UnboundedSender<Wanted>)>,
    fabric: Fabric,
    /// The log events of the programs, if the recorder of the run wants any.
    logs: Option<Logs>,
    /// The clients that have not returned for good.
    clients_left: Vec<ClientId>,
    /// How often a process was started.
    starts: u64,
    /// How often a host has said that its notes are durable.
    claims: u64,
}

impl<N: HostsNet> ProgramsWorld<N> {
    /// The world of this plan, before anything has happened.
    pub(super) fn new(system: &AsyncSystem<N>, plan: &Plan, is_driven: bool) -> ProgramsWorld<N> {
        panics::watch_all();
        let state = Arc::new(RunState::new(plan));
        let operations = if is_driven {
            ClientOperations::driven(&state)
        } else {
            let drawn = OperationSource::new(plan.seed, &plan.workload, || (system.workload)(plan));
            ClientOperations::drawn(&state, drawn)
        };
        let outbox = Arc::new(Outbox::default());
        let name: Arc<str> = format!("seed {} of {}", plan.seed, system.id.name()).into();
        let station = |who, latencies| {
            let latencies = Stream::new(plan.seed, latencies);
            Station::new(Kernel::new(who, name.clone(), outbox.clone(), &plan.disk, latencies))
        };
        let operator = system.operates.clone().map(|operates| {
            let mut station = station(Actor::Operator, Consumer::ClientLinks(operator_id(plan)));
            let (ask, wanted) = mpsc::unbounded_channel();
            let program = run_operator(operates, state.clone(), station.kernel.clone(), wanted);
            station.start(split(plan.seed.0, TOKIO), Clock::right().read(Instant::ZERO), program);
            (station, ask)
        });
        let nodes = (0..=last_node(plan).0).map(NodeId);
        let clients = (1..=plan.workload.clients).map(ClientId);
        ProgramsWorld {
            seed: plan.seed,
            server: system.server.clone(),
            client: system.client.clone(),
            operations: Arc::new(operations),
            net: (system.net)(plan),
            queue: Queue::empty(),
            state,
            nodes: nodes.map(|id| station(Actor::Node(id), Consumer::Disk(id))).collect(),
            // The disk of a client draws the same numbers as its links, and neither knows of the other.
            clients: clients.clone().map(|id| station(Actor::Client(id), Consumer::ClientLinks(id))).collect(),
            operator,
            fabric: Fabric::new(plan),
            outbox,
            logs: None,
            clients_left: clients.collect(),
            starts: 0,
            claims: 0,
        }
    }

    /// The seed of tokio's choices in the next process.
    fn next_seed(&mut self) -> u64 {
        self.starts += 1;
        split(self.seed.0, TOKIO ^ self.starts)
    }

    fn add_client(&mut self, run: &Run<'_>, id: ClientId) {
        let (client, state, operations) = (self.client.clone(), self.state.clone(), self.operations.clone());
        let seed = self.next_seed();
        let station = &mut self.clients[index(id)];
        let program = run_client::<N>(client, state, station.kernel.clone(), operations, id);
        station.start(seed, Clock::right().read(run.now()), program);
    }

    /// Packets that have arrived reach their hosts.
    fn carry_packets(&mut self, run: &mut Run<'_>) -> Step {
        loop {
            let ProgramsWorld { fabric, nodes, clients, operator, .. } = self;
            let station = |who| match who {
                Actor::Node(node) => nodes.get(node.index()),
                Actor::Client(client) => clients.get(index(client)),
                _ => operator.as_ref().map(|(station, _)| station),
            };
            match fabric.next(run, |who| station(who).is_some_and(|station| station.is_on)) {
                None => return Ok(()),
                Some(Arrived::TimedOut { host, local, peer }) => {
                    self.kernel_acts(run, host, |sockets| sockets.time_out(local, peer));
                }
                Some(Arrived::Unanswered { host, attempt }) => {
                    self.kernel_acts(run, host, |sockets| sockets.connect_again(attempt));
                }
                Some(Arrived::Packet { from, to, packet }) => {
                    run.count_event(self)?;
                    match (from, to) {
                        // No process is there, but the kernel of a machine that runs.
                        (_, Actor::Node(to)) if !run.machine(to).has_booted => {}
                        (Actor::Node(from), Actor::Node(to)) => {
                            run.message_delivered(from, to, 0, &packet, || packet.len() as u64);
                        }
                        (Actor::Client(from), Actor::Node(to)) => run.request_delivered(from, to, 0, &packet),
                        (Actor::Node(from), Actor::Client(to)) => run.response_delivered(from, to, 0, &packet),
                        _ => {}
                    }
                    if let Actor::Node(to) = to
                        && run.machine(to).pauses > 0
                    {
                        run.held_by_pause(to);
                    }
                    self.kernel_acts(run, to, |sockets| sockets.deliver(packet));
                    run.after_event(self, Ok(()))?;
                }
            }
        }
    }

    /// The kernel of a host acts, whether a process runs there or not.
    fn kernel_acts(&mut self, run: &mut Run<'_>, who: Actor, act: impl FnOnce(&mut Sockets)) {
        let station = match who {
            Actor::Node(node) => &self.nodes[node.index()],
            Actor::Client(client) => &self.clients[index(client)],
            _ => &self.operator.as_ref().expect("nothing reaches an operator that is not there").0,
        };
        for packet in station.kernel.change_sockets(act) {
            self.fabric.send(run, packet);
        }
    }

    /// Lets every host run for a tick.
    fn step_hosts(&mut self, run: &mut Run<'_>) -> Step {
        let (from, until) = (run.now(), run.now() + TICK);
        // All tasks of a host run within its step, those that a program has spawned as well.
        let _listening = self.logs.as_ref().map(Logs::listen);
        for node in (1..self.nodes.len() as u8).map(NodeId) {
            let (station, machine) = (&mut self.nodes[node.index()], run.machine(node));
            if machine.pauses > 0 {
                continue;
            }
            let ran = station.step(&machine.clock, from, until);
            let ran = ran.map_err(|message| Stop::Panic(Actor::Node(node), message))?;
            if ran && std::mem::take(&mut station.is_clock_new) {
                run.clock_read(node);
            }
        }
        let clock = Clock::right();
        let operator = self.operator.as_mut().map(|(station, _)| station);
        for station in self.clients.iter_mut().chain(operator) {
            let who = station.kernel.who();
            station.step(&clock, from, until).map_err(|message| Stop::Panic(who, message))?;
        }
        Ok(())
    }

    /// Takes in what the programs did.
    fn take_reports(&mut self, run: &mut Run<'_>) -> Step {
        for (at, who, report) in self.outbox.take() {
            run.pass_time(at);
            if let Report::Logged { line } = &report {
                run.logged(who, line);
                continue;
            }
            run.count_event(self)?;
            let step = self.take_in(run, who, report);
            run.after_event(self, step)?;
        }
        Ok(())
    }
}

/// Runs a server to its end.
async fn run_server<N: Send + 'static>(
    server: Server<N>,
    state: Arc<RunState>,
    kernel: Arc<Kernel>,
    node: NodeId,
    start: Start,
) {
    let host = Host::new(node, state, kernel.clone(), start);
    kernel.exit(match server(host).await {
        Ok(()) => "it has returned".into(),
        Err(error) => error.to_string(),
    });
}

/// Runs a client until it ends well, or ends in calm.
async fn run_client<N: HostsNet>(
    client: ClientOf<N>,
    state: Arc<RunState>,
    kernel: Arc<Kernel>,
    operations: Arc<ClientOperations<N::Op>>,
    id: ClientId,
) {
    loop {
        let user = User::new(id, state.clone(), kernel.clone(), operations.clone());
        let ended = client(user).await;
        // Tasks that have kept the handle are not heard any more.
        state.next_call(id);
        match ended {
            Ok(()) => return kernel.report(Report::ClientEnded { reason: None }),
            Err(error) if state.is_storm_over() => {
                return kernel.report(Report::ClientEnded { reason: Some(error.to_string()) });
            }
            Err(error) => kernel.report(Report::ClientFailed { reason: error.to_string() }),
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
        self.logs = Logs::of(run.log_level(), |line| {
            if let Some(kernel) = current_host().filter(|kernel| kernel.is_running()) {
                kernel.report(Report::Logged { line });
            }
        });
        for client in self.clients_left.clone() {
            self.add_client(run, client);
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
        self.carry_packets(run)?;
        let end = run.now() + TICK;
        let stepped = self.step_hosts(run);
        self.take_reports(run)?;
        stepped?;
        run.meet_demands(self)?;
        run.pass_time(end);
        run.count_tick(self)
    }

    fn start(&mut self, run: &mut Run<'_>, node: NodeId, start: Start) -> Step {
        // Earlier writes of the node are still there, as far as they go: only its first start is one on a blank disk.
        run.disk_is_used(node);
        let (server, state, seed) = (self.server.clone(), self.state.clone(), self.next_seed());
        let station = &mut self.nodes[node.index()];
        let program = run_server(server, state, station.kernel.clone(), node, start);
        station.start(seed, run.machine(node).clock.read(run.now()), program);
        run.booted(self, node, start);
        Ok(())
    }

    fn stopped(&mut self, run: &mut Run<'_>, node: NodeId, how: Stopping) {
        let station = &mut self.nodes[node.index()];
        match how {
            Stopping::Killed => {
                for packet in station.kill() {
                    self.fabric.send(run, packet);
                }
            }
            Stopping::PowerLost { .. } | Stopping::Destroyed => {
                station.lose_power();
                self.fabric.forget(Actor::Node(node));
            }
        }
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
        self.operator.is_some()
    }

    fn ask(&mut self, _: &mut Run<'_>, _: RequestId, node: NodeId, action: OperatorAction, _: u64) {
        let (_, ask) = self.operator.as_ref().expect("it was asked whether there is an operator");
        // The host that listens never stops.
        let _ = ask.send((node, action));
    }

    fn storm_is_over(&mut self) {
        self.state.end_storm();
    }

    fn cuts_change(&mut self, _: &mut Run<'_>) {}

    fn disturbances_change(&mut self, _: &Run<'_>) {}

    fn clock_changes(&mut self, run: &Run<'_>, node: NodeId) {
        let station = &mut self.nodes[node.index()];
        station.kernel.set_clock(&run.machine(node).clock);
        station.is_clock_new = true;
    }

    fn pause_changes(&mut self, _: &Run<'_>, _: NodeId) {}

    fn disk_changes(&mut self, run: &Run<'_>, node: NodeId) {
        let machine = run.machine(node);
        self.nodes[node.index()].kernel.set_disk(machine.disk, machine.sync_faults.len());
    }

    fn disk(&self, node: NodeId) -> &dyn Medium {
        &self.nodes[node.index()].disk
    }

    fn disk_mut(&mut self, node: NodeId) -> &mut dyn Medium {
        &mut self.nodes[node.index()].disk
    }

    fn clients_left(&self) -> Option<&[ClientId]> {
        Some(&self.clients_left)
    }
}

impl<N: HostsNet> ProgramsWorld<N> {
    /// Takes in a program's report. One arm a report.
    fn take_in(&mut self, run: &mut Run<'_>, who: Actor, report: Report) -> Step {
        match (who, report) {
            // A task of a server may outlive it for the rest of the tick.
            (Actor::Node(node), _) if !run.machine(node).has_booted => {}
            (_, Report::Sent(packet)) => self.fabric.send(run, packet),
            (_, Report::Noted { note }) => {
                // A panic of a rule is attributed to the program whose note the rule was shown.
                return run.in_the_code_of(who, |run| self.noted(run, who, word(&*note)));
            }
            (_, Report::Operated { node, action, failed }) => run.operated(node, action, failed.as_deref()),
            (Actor::Node(node), report) => return self.take_in_of_node(run, node, report),
            (Actor::Client(client), report) => return self.take_in_of_client(run, client, report),
            (who, report) => unreachable!("{who} reports {report:?}"),
        }
        Ok(())
    }

    fn take_in_of_node(&mut self, run: &mut Run<'_>, node: NodeId, report: Report) -> Step {
        match report {
            Report::SaysSynced => {
                self.claims += 1;
                let claim = SyncId(self.claims);
                return run.claims_durability(self, node, claim);
            }
            Report::Halted { reason } => return run.node_halts(self, node, &reason),
            Report::Wrote { digest, bytes, change } => run.wrote(node, digest, bytes, format_args!("{change}")),
            Report::WriteRefused => run.write_refused(node),
            Report::SyncBegan { sync, ends } => run.sync_began(self, node, sync, ends),
            Report::SyncStalled => run.sync_stalled(node),
            Report::SyncEnded { sync, end, by_fault } => {
                let fault = if by_fault { run.take_sync_fault(node) } else { None };
                return run.file_sync_ended(self, node, sync, end, fault);
            }
            Report::ReadClock => run.clock_read(node),
            report => unreachable!("{node} reports {report:?}"),
        }
        Ok(())
    }

    fn take_in_of_client(&mut self, run: &mut Run<'_>, client: ClientId, report: Report) -> Step {
        match report {
            Report::Invoked { operation } => {
                run.invoked(self, client, word(&*operation))?;
            }
            Report::Completed { completion } => {
                return run.completed(self, client, word::<Completion<N::Output>>(&*completion));
            }
            Report::LetGo => return run.completed(self, client, &Completion::Info),
            Report::ClientFailed { reason } => run.client_failed(client, &reason),
            Report::ClientEnded { reason } => {
                self.clients_left.retain(|left| *left != client);
                run.client_ended(client, reason.as_deref());
            }
            // The files of a client are its own business.
            _ => {}
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
}

/// A word that a program of this system has reported.
fn word<W: 'static>(word: &(dyn Any + Send)) -> &W {
    word.downcast_ref().expect("a program reports the words of its own system")
}
