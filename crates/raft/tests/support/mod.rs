//! A cluster of cores in memory: a queue of messages, disks with an unsynced part, a clock per server. Nothing happens
//! that the test does not ask for.

// Each test binary uses its own part of this.
#![allow(dead_code, unreachable_pub)]

pub mod swarm;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::{Display, Write};
use std::time::Duration;

use env::{Bytes, Instant, NodeId, NodeSet, Random};
use raft::{Config, Entry, Message, Node, Paper, Payload, ReadState, Ready, Rules, Snapshot, Stable};
use raft_types::{EntryId, LogIndex, Membership, Observation, Term};

/// A random sequence (Steele, Lea and Flood's SplitMix64).
#[derive(Clone, Debug)]
pub struct SplitMix(pub u64);

impl Random for SplitMix {
    fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

/// Draws that spread the election timeouts evenly: the lower the id, the sooner.
struct ById(NodeId);

impl Random for ById {
    fn next_u64(&mut self) -> u64 {
        u64::from(self.0.0) << 58
    }
}

/// A message on its way.
#[derive(Clone, Debug)]
pub struct Envelope {
    pub from: NodeId,
    pub to: NodeId,
    pub message: Message,
}

/// One server's machine: its process, if it runs, and its disk.
pub struct Machine<R: Rules> {
    pub node: Option<Node<R>>,
    pub clock: Instant,
    /// The state that a crash leaves.
    durable: Stable,
    /// The state that the process has written.
    written: Stable,
    /// `Ready`s that are written and not durable: their numbers, and the messages that wait for them.
    unsynced: Vec<(u64, Vec<(NodeId, Message)>)>,
    /// A snapshot that is written and not durable.
    installing: Option<Snapshot>,
    /// The state machine: every command it was given, and up to which entry.
    pub state: Vec<Bytes>,
    pub applied: EntryId,
}

/// All machines and the network between them.
pub struct Cluster<R: Rules = Paper> {
    pub machines: BTreeMap<NodeId, Machine<R>>,
    pub queue: VecDeque<Envelope>,
    /// Links that carry nothing, by sender and receiver.
    pub cut: BTreeSet<(NodeId, NodeId)>,
    pub config: Config,
    pub rules: R,
    /// Where servers draw from; by their ids if there is nothing.
    pub random: Option<SplitMix>,
    /// True if every write is durable at once.
    pub syncs_at_once: bool,
    /// The events since the last look, one line each; `None` if there is no reader.
    pub trace: Option<String>,
    /// The observations of each step, for checks.
    pub observed: Vec<(NodeId, Observation)>,
    /// The entries that servers applied, for checks.
    pub applied: Vec<(NodeId, Entry)>,
    /// The reads that were answered, for checks.
    pub answered: Vec<ReadState>,
    ready: Ready,
}

impl<R: Rules> Cluster<R> {
    /// Servers n1 to `voters`, and blank machines behind them.
    pub fn new(voters: u8, spares: u8, config: Config, rules: R) -> Cluster<R> {
        let mut cluster = Cluster {
            machines: BTreeMap::new(),
            queue: VecDeque::new(),
            cut: BTreeSet::new(),
            config,
            rules,
            random: None,
            syncs_at_once: true,
            trace: None,
            observed: Vec::new(),
            applied: Vec::new(),
            answered: Vec::new(),
            ready: Ready::default(),
        };
        for id in (1..=voters + spares).map(NodeId) {
            let founders = if id.0 <= voters { Membership::of(NodeSet::first(voters)) } else { Membership::default() };
            let stable = Stable { membership: founders, ..Stable::default() };
            cluster.install(id, stable);
        }
        cluster
    }

    /// Puts in a machine with this disk, and starts it.
    pub fn install(&mut self, id: NodeId, stable: Stable) {
        let machine = Machine {
            node: None,
            clock: Instant::ZERO,
            durable: stable,
            written: Stable::default(),
            unsynced: Vec::new(),
            installing: None,
            state: Vec::new(),
            applied: EntryId::ZERO,
        };
        self.machines.insert(id, machine);
        self.restart(id);
    }

    pub fn ids(&self) -> Vec<NodeId> {
        self.machines.keys().copied().collect()
    }

    pub fn machine(&mut self, id: NodeId) -> &mut Machine<R> {
        self.machines.get_mut(&id).expect("a machine of that id")
    }

    pub fn node(&self, id: NodeId) -> Option<&Node<R>> {
        self.machines.get(&id)?.node.as_ref()
    }

    /// The process is gone, and its unsynced writes with it.
    pub fn crash(&mut self, id: NodeId) {
        let machine = self.machine(id);
        machine.node = None;
        machine.unsynced.clear();
        machine.installing = None;
        machine.written = machine.durable.clone();
    }

    pub fn restart(&mut self, id: NodeId) {
        let config = Config { id, ..self.config.clone() };
        let rules = self.rules.clone();
        let mut random = self.random.clone();
        let machine = self.machine(id);
        machine.written = machine.durable.clone();
        (machine.state, machine.applied) = restore(machine.durable.snapshot.as_ref());
        let stable = machine.durable.clone();
        let mut by_id = ById(id);
        let draws: &mut dyn Random = match &mut random {
            Some(random) => random,
            None => &mut by_id,
        };
        machine.node = Some(Node::new(config, stable, rules, machine.clock, draws));
        self.random = random;
        self.carry_out(id);
    }

    /// Runs an action on a server, and carries out its `Ready`s. Nothing happens if the server is down.
    pub fn act<T>(
        &mut self,
        id: NodeId,
        action: impl FnOnce(&mut Node<R>, Instant, &mut dyn Random) -> T,
    ) -> Option<T> {
        let mut random = self.random.take();
        let mut by_id = ById(id);
        let draws: &mut dyn Random = match &mut random {
            Some(random) => random,
            None => &mut by_id,
        };
        let machine = self.machine(id);
        let now = machine.clock;
        let result = machine.node.as_mut().map(|node| action(node, now, draws));
        self.random = random;
        self.carry_out(id);
        result
    }

    /// Moves the clocks of these servers on; each ticks at its deadlines meanwhile.
    pub fn elapse(&mut self, ids: &[NodeId], time: Duration) {
        for id in ids {
            let end = self.machine(*id).clock + time;
            while let Some(due) = self.node(*id).map(Node::deadline).filter(|due| *due <= end) {
                let machine = self.machine(*id);
                machine.clock = machine.clock.max(due);
                self.act(*id, |node, now, random| node.tick(now, random));
            }
            self.machine(*id).clock = end;
        }
    }

    /// Moves a server's clock to its election timeout.
    pub fn campaign(&mut self, id: NodeId) {
        if let Some(due) = self.node(id).map(Node::deadline).filter(|due| *due != Instant::NEVER) {
            let machine = self.machine(id);
            machine.clock = machine.clock.max(due);
        }
        self.act(id, |node, now, random| node.tick(now, random));
    }

    /// Delivers a message, unless its receiver is down.
    pub fn deliver(&mut self, envelope: Envelope) {
        let Envelope { from, to, message } = envelope;
        if self.machines.contains_key(&to) {
            self.act(to, |node, now, random| node.step(from, message, now, random));
        }
    }

    /// Delivers all messages, and the messages that they cause, until none is on its way.
    pub fn stabilize(&mut self) {
        while let Some(envelope) = self.queue.pop_front() {
            self.deliver(envelope);
        }
    }

    /// Everything a server has written becomes durable.
    pub fn persist(&mut self, id: NodeId) {
        let machine = self.machine(id);
        let unsynced = std::mem::take(&mut machine.unsynced);
        machine.durable = machine.written.clone();
        if let Some(snapshot) = machine.installing.take() {
            (machine.state, machine.applied) = restore(Some(&snapshot));
            self.line(id, format_args!("installed snapshot to {}", snapshot.last));
            if let Some(node) = &mut self.machine(id).node {
                node.snapshot_installed(snapshot.last);
            }
        }
        for (number, messages) in unsynced {
            let machine = self.machine(id);
            let now = machine.clock;
            if let Some(node) = &mut machine.node {
                node.persisted(number, now);
            }
            self.send(id, messages);
        }
        self.carry_out(id);
    }

    /// A server takes a snapshot of its state machine, durably, with all earlier writes, and compacts its log.
    pub fn snapshot(&mut self, id: NodeId) {
        let machine = self.machine(id);
        let last = machine.applied;
        let Some(node) = machine.node.as_mut().filter(|node| last.index > node.snapshot_last().index) else { return };
        let data = machine.state.iter().flat_map(|command| command.iter().copied().chain([b',']));
        let data: Vec<u8> = data.collect();
        let snapshot = Snapshot { last, membership: node.membership_at(last.index), data: data.into() };
        node.compact(snapshot.clone());
        let first = node.first_index();
        machine.written.snapshot = Some(snapshot);
        machine.written.entries.retain(|entry| entry.id.index >= first);
        self.persist(id);
    }

    fn carry_out(&mut self, id: NodeId) {
        let mut ready = std::mem::take(&mut self.ready);
        while let Some(node) = self.machine(id).node.as_mut().filter(|node| node.has_ready()) {
            node.take_ready(&mut ready);
            self.carry_out_ready(id, &mut ready);
            if self.syncs_at_once {
                self.persist_without_more(id);
            }
        }
        self.ready = ready;
    }

    fn persist_without_more(&mut self, id: NodeId) {
        // `persist` comes back here for the `Ready`s that it causes.
        if !self.machine(id).unsynced.is_empty() {
            self.persist(id);
        }
    }

    fn carry_out_ready(&mut self, id: NodeId, ready: &mut Ready) {
        for observation in &ready.observations {
            self.line(id, observation);
            self.observed.push((id, *observation));
        }
        let has_writes = ready.has_writes();
        let machine = self.machine(id);
        if let Some(snapshot) = ready.snapshot.take() {
            machine.written.entries.clear();
            machine.written.snapshot = Some(snapshot.clone());
            machine.installing = Some(snapshot);
        }
        if let Some(hard_state) = ready.hard_state {
            machine.written.hard_state = hard_state;
        }
        if let Some(from) = ready.truncate_from {
            machine.written.entries.retain(|entry| entry.id.index < from);
        }
        machine.written.entries.append(&mut ready.entries);
        self.answered.extend(&ready.reads);
        self.applied.extend(ready.committed.iter().map(|entry| (id, entry.clone())));
        let machine = self.machine(id);
        for entry in &ready.committed {
            assert_eq!(entry.id.index, machine.applied.index.next(), "{id} applies without gaps");
            machine.applied = entry.id;
            if let Payload::Command(command) = &entry.payload {
                machine.state.push(command.clone());
            }
        }
        self.send(id, ready.messages.drain(..));
        let reads = ready.reads.drain(..).map(|read| format!("read {} from {}", read.token.0, read.index));
        let dropped = ready.reads_dropped.drain(..).map(|token| format!("read {} dropped", token.0));
        for line in reads.chain(dropped).collect::<Vec<_>>() {
            self.line(id, line);
        }
        let waiting: Vec<_> = ready.messages_when_durable.drain(..).collect();
        let machine = self.machine(id);
        if has_writes || !machine.unsynced.is_empty() {
            machine.unsynced.push((ready.number, waiting));
        } else {
            self.send(id, waiting);
        }
    }

    fn send(&mut self, from: NodeId, messages: impl IntoIterator<Item = (NodeId, Message)>) {
        for (to, message) in messages {
            let cut = self.cut.contains(&(from, to)) || !self.machines.contains_key(&to);
            if let Some(trace) = &mut self.trace {
                let arrow = if cut { "-/->" } else { "->" };
                writeln!(trace, "{from} {arrow} {to} {message}").expect("writing to a string");
            }
            if !cut {
                self.queue.push_back(Envelope { from, to, message });
            }
        }
    }

    /// Adds a line to the trace: an event of a server, with the server's term.
    pub fn line(&mut self, id: NodeId, what: impl Display) {
        let term = self.node(id).map_or(Term(0), Node::term);
        if let Some(trace) = &mut self.trace {
            writeln!(trace, "{id}@{term} {what}").expect("writing to a string");
        }
    }
}

/// The state machine as a snapshot has it.
fn restore(snapshot: Option<&Snapshot>) -> (Vec<Bytes>, EntryId) {
    let Some(snapshot) = snapshot else { return (Vec::new(), EntryId::ZERO) };
    let commands = snapshot.data.split(|byte| *byte == b',').filter(|command| !command.is_empty());
    (commands.map(Bytes::from).collect(), snapshot.last)
}

/// A log of empty entries with these terms.
pub fn log_of(terms: &[u64]) -> Vec<Entry> {
    let entry = |(index, term)| Entry { id: EntryId::new(index, term), payload: Payload::Empty, request: None };
    (1..).zip(terms.iter().copied()).map(entry).collect()
}

/// The entries of a server's log.
pub fn entries<R: Rules>(node: &Node<R>) -> impl Iterator<Item = &Entry> {
    (node.first_index().0..=node.last().index.0).filter_map(|index| node.entry_at(LogIndex(index)))
}
