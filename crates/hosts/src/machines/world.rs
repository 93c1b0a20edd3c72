//! The world of state machines on turmoil: a run acts on the hosts between two ticks.

use std::net::IpAddr;
use std::rc::Rc;
use std::time::{Duration, UNIX_EPOCH};

use env::{Client, ClientId, Completion, Instant, Networked, NodeId, Process, RequestId};
use sim::world::{
    Cuts, Due, Medium, OpOf, OutputOf, Queue, QueueSize, Run, Step, Stop, Stopping, TypedWorld, UntypedNet, World,
    last_node, read, split,
};
use sim::{OperatorAction, Plan, Seen, Start, System, Value};

use super::clients::commands::{Command, Commands};
use super::clients::run_clients;
use super::disk::Disk;
use super::machine::Machine;
use super::report::{Report, Word};
use super::shell::run_node;
use super::state::RunState;

/// How far time goes in one step.
const TICK: Duration = Duration::from_millis(1);
/// Tells turmoil's own randomness (latencies, tokio's choices) from other uses of the seed.
const TURMOIL: u64 = 0x7475_726d_6f69_6c00;
/// A run ends by its plan; turmoil's own limit is never to be met.
const NEVER: Duration = Duration::from_secs(1 << 40);
/// The host of all clients.
const CLIENTS: &str = "clients";

type CommandOf<S> = Command<<<S as System>::Process as Process>::Request, <<S as System>::Client as Client>::Op>;
type CommandsOf<S> = Commands<<<S as System>::Process as Process>::Request, <<S as System>::Client as Client>::Op>;

/// All hosts of a run.
pub(crate) struct MachinesWorld<S: System<Process: Networked>> {
    sim: turmoil::Sim<'static>,
    system: Rc<S>,
    state: Rc<RunState>,
    /// By [`NodeId::index`]; the first is unused.
    hosts: Vec<NodeHost>,
    commands: Rc<CommandsOf<S>>,
    net: S::Net,
    queue: Queue<Due>,
    are_clients_registered: bool,
    /// The cuts on turmoil's links.
    cuts: Cuts,
}

/// The host of a node, as turmoil and the run both see it.
struct NodeHost {
    machine: Rc<Machine>,
    disk: Disk,
    /// Its address, once turmoil knows the host: a machine that was never switched on costs nothing.
    address: Option<IpAddr>,
}

impl<S: System<Process: Networked>> MachinesWorld<S> {
    /// The world of this plan, watched by this net, before anything has happened.
    pub(crate) fn new(system: &S, plan: &Plan, net: S::Net, is_recorded: bool) -> MachinesWorld<S> {
        let mut builder = turmoil::Builder::new();
        builder
            .tick_duration(TICK)
            .simulation_duration(NEVER)
            // Turmoil would take both from the machine it runs on.
            .rng_seed(split(plan.seed.0, TURMOIL))
            // An attempt to connect that fails keeps its port for the rest of the run.
            .ephemeral_ports(10_000..=u16::MAX)
            .epoch(UNIX_EPOCH)
            .max_message_latency(Duration::from_micros(plan.link.latency_max_us))
            .min_message_latency(Duration::from_micros(plan.link.latency_min_us));
        let host = |id| NodeHost {
            machine: Rc::new(Machine::new(plan, NodeId(id))),
            disk: Disk::new(&plan.disk),
            address: None,
        };
        MachinesWorld {
            sim: builder.build(),
            system: Rc::new(system.clone()),
            state: Rc::new(RunState::new(plan.clone(), is_recorded)),
            hosts: (0..=last_node(plan).0).map(host).collect(),
            commands: Rc::new(Commands::new()),
            net,
            queue: Queue::empty(),
            are_clients_registered: false,
            cuts: Cuts::none(),
        }
    }

    fn host(&self, node: NodeId) -> &NodeHost {
        &self.hosts[node.index()]
    }

    /// Runs the host's program from its beginning.
    fn run_host(&mut self, node: NodeId) {
        let NodeHost { machine, disk, address } = &self.hosts[node.index()];
        if let Some(address) = address {
            self.sim.bounce(*address);
            return;
        }
        let (system, state, machine, disk) = (self.system.clone(), self.state.clone(), machine.clone(), disk.clone());
        let name = node.to_string();
        self.sim.host(name.as_str(), move || run_node(system.clone(), state.clone(), machine.clone(), disk.clone()));
        self.hosts[node.index()].address = Some(self.sim.lookup(name.as_str()));
        let wanted = std::mem::replace(&mut self.cuts, Cuts::none());
        self.cut(&wanted);
    }

    fn command(&mut self, command: CommandOf<S>) {
        self.commands.give(command);
        self.register_clients();
    }

    fn register_clients(&mut self) {
        if self.are_clients_registered {
            return;
        }
        self.are_clients_registered = true;
        let (system, state, commands) = (self.system.clone(), self.state.clone(), self.commands.clone());
        self.sim.host(CLIENTS, move || run_clients(system.clone(), state.clone(), commands.clone()));
    }

    /// Lets turmoil's links be cut as `wanted`, and no others.
    fn cut(&mut self, wanted: &Cuts) {
        let hosts: Vec<(NodeId, IpAddr)> =
            self.hosts.iter().filter_map(|host| host.address.map(|address| (host.machine.node, address))).collect();
        for (from, from_address) in &hosts {
            for (to, to_address) in hosts.iter().filter(|(to, _)| to != from) {
                match (self.cuts.hold(*from, *to), wanted.hold(*from, *to)) {
                    (false, true) => self.sim.partition_oneway(*from_address, *to_address),
                    (true, false) => self.sim.repair_oneway(*from_address, *to_address),
                    _ => {}
                }
            }
        }
        self.cuts = wanted.clone();
    }
}

impl<S: System<Process: Networked>> TypedWorld for MachinesWorld<S> {
    type Net = S::Net;

    fn typed_net(&mut self) -> &mut S::Net {
        &mut self.net
    }
}

impl<S: System<Process: Networked>> World for MachinesWorld<S> {
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
        if let Some(logs) = run.logs() {
            self.state.logs.set(logs.clone()).expect("a run is set up once");
        }
        if run.plan().workload.clients > 0 {
            self.register_clients();
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
        self.state.now.set(run.now());
        if let Err(error) = self.sim.step() {
            panic!("a host's program ended with an error: {error}");
        }
        for report in self.state.reports.take() {
            if report.is_event() {
                run.count_event(self)?;
            }
            let step = self.take_in(run, report);
            run.after_objection(step)?;
        }
        run.meet_demands(self)?;
        run.pass_time(run.now() + TICK);
        run.count_tick(self)
    }

    fn start(&mut self, run: &mut Run<'_>, node: NodeId, start: Start) -> Step {
        // From now on, though it will report its boot only in the next tick.
        run.process_starts(node);
        self.host(node).machine.start.set(Some(start));
        self.run_host(node);
        Ok(())
    }

    /// A killed process' host is bounced into a program that ends at once, which leaves turmoil's unsynced writes as
    /// they are: the page cache. A host that loses its power is crashed, which drops them.
    fn stopped(&mut self, _: &mut Run<'_>, node: NodeId, how: Stopping) {
        let NodeHost { machine, address, .. } = self.host(node);
        machine.start.set(None);
        machine.is_paused.set(false);
        let Some(address) = *address else { return };
        match how {
            Stopping::Killed => self.sim.bounce(address),
            Stopping::PowerLost { .. } | Stopping::Destroyed => self.sim.crash(address),
        }
    }

    fn check_operation(&self, operation: &Value) -> Result<(), String> {
        read::<OpOf<Self>>(operation).map(|_| ()).map_err(|error| error.to_string())
    }

    fn invoke(&mut self, _: &mut Run<'_>, client: ClientId, operation: &Value) -> Step {
        let operation = read(operation).expect("the operation was read before");
        self.command(Command::Invoke { client, operation });
        Ok(())
    }

    fn invoke_probe(&mut self, _: &mut Run<'_>, probe: ClientId, number: u64) -> Result<bool, Stop> {
        let Some(operation) = self.system.probe(number) else { return Ok(false) };
        self.command(Command::Invoke { client: probe, operation });
        Ok(true)
    }

    fn can_ask(&self, request: RequestId, action: OperatorAction) -> bool {
        self.system.operator_request(request, action).is_some()
    }

    fn ask(&mut self, _: &mut Run<'_>, from: RequestId, to: NodeId, action: OperatorAction, drawn: u64) {
        let request = self.system.operator_request(from, action).expect("the system said that it has a request");
        self.command(Command::Send { from: from.client, to, request, drawn });
    }

    fn storm_is_over(&mut self) {
        if self.are_clients_registered {
            self.commands.give(Command::StormOver);
        }
    }

    fn cuts_change(&mut self, run: &mut Run<'_>) {
        self.cut(run.cuts());
        *self.state.cuts.borrow_mut() = run.cuts().clone();
    }

    fn disturbances_change(&mut self, run: &Run<'_>) {
        *self.state.disturbances.borrow_mut() = run.disturbances().clone();
    }

    fn clock_changes(&mut self, run: &Run<'_>, node: NodeId) {
        let machine = &self.host(node).machine;
        *machine.clock.borrow_mut() = run.machine(node).clock.clone();
        machine.is_clock_unread.set(true);
        machine.changed.notify_one();
    }

    fn pause_changes(&mut self, run: &Run<'_>, node: NodeId) {
        let machine = &self.host(node).machine;
        machine.is_paused.set(run.machine(node).pauses > 0);
        machine.changed.notify_one();
    }

    fn disk_changes(&mut self, run: &Run<'_>, node: NodeId) {
        let (machine, faults) = (&self.host(node).machine, run.machine(node));
        machine.is_disk_full.set(faults.disk.is_full);
        machine.is_disk_stalled.set(faults.disk.is_stalled);
        machine.disk_slowness.set(faults.disk.slowness);
        machine.syncs_to_fail.set(faults.sync_faults.len() as u32);
        machine.changed.notify_one();
    }

    fn disk(&self, node: NodeId) -> &dyn Medium {
        &self.hosts[node.index()].disk
    }

    fn disk_mut(&mut self, node: NodeId) -> &mut dyn Medium {
        &mut self.hosts[node.index()].disk
    }
}

impl<S: System<Process: Networked>> MachinesWorld<S> {
    /// Takes in a host's report. One arm a report: the run decides on the consequences.
    fn take_in(&mut self, run: &mut Run<'_>, report: Report) -> Step {
        match report {
            Report::Booted { node, start } => run.booted(self, node, start),
            Report::BootRefused { node, reason } => return run.boot_refused(self, node, &reason),
            Report::Panicked { who, message } => return Err(Stop::Panic(who, message)),
            Report::Message { from, to, marks, bytes, said } => {
                run.message_delivered(from, to, marks, &said, || bytes);
            }
            Report::Request { from, to, marks, said } => run.request_delivered(from, to, marks, &said),
            Report::Response { from, to, marks, said } => run.response_delivered(from, to, marks, &said),
            Report::Woke { node } => run.node_wakes(node),
            Report::ClientWoke { client } => run.client_wakes(client),
            Report::ClockRead { node } => run.clock_read(node),
            Report::HeldByPause { node } => run.held_by_pause(node),
            Report::Wrote { node, digest, bytes, text } => {
                run.wrote(node, digest, bytes, format_args!("{}", text.unwrap_or_default()));
            }
            Report::SyncBegan { node, sync, ends } => run.sync_began(self, node, sync, ends),
            Report::SyncRequested { node, sync } => return run.show(self, Seen::SyncRequested(node, sync)),
            Report::SyncStalled { node } => run.sync_stalled(node),
            Report::SyncEnded { node, sync, end, injected } => {
                let fault = if injected { run.take_sync_fault(node) } else { None };
                return run.sync_ended(self, node, sync, end, fault);
            }
            Report::Noted { node, note } => return run.noted(self, node, word(&note)),
            Report::Logged { who, line } => run.logged(who, &line),
            Report::Halted { node, reason } => return run.node_halts(self, node, &reason),
            Report::Lost { marks, by, said } => run.lost_on_link(marks, by, format_args!("{said:?}")),
            Report::LostToCut { from, to } => run.lost_to_cut(from, to, &Segment),
            Report::Dropped { by, frames, why } => run.gave_up(by, frames, why),
            Report::FrameRefused { by, error } => run.frame_refused(by, &error),
            Report::Invoked { client, operation } => {
                run.invoked(self, client, word(&operation))?;
            }
            Report::Completed { client, completion } => {
                return run.completed(self, client, word::<Completion<OutputOf<Self>>>(&completion));
            }
        }
        Ok(())
    }
}

/// A word that a host of this system has reported.
fn word<W: 'static>(word: &Word) -> &W {
    word.downcast_ref().expect("a host reports the words of its own system")
}

/// A segment that turmoil drops at a cut; its content is unknown.
struct Segment;

impl std::fmt::Debug for Segment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a segment")
    }
}
