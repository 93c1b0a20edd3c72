//! Nodes, clients, a network and disks, in virtual time.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use env::{
    Client as _, ClientEffects, ClientId, Completion, Effects, Event, Instant, NodeId, NodeSet, Process, Random, Ratio,
    RequestId, SyncId,
};
use kv::{BootError, Client, ClientConfig, Config, Node, Paper, Request, Response, Start};
use kv_types::{Operation, Output};
use raft::Message;
use raft_types::{EntryId, LogIndex, Membership, Observation, Term};

use super::{Dice, PowerDisk};

/// Everything there is, and the events to come.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) now: Instant,
    dice: Dice,
    queue: BTreeMap<(Instant, u64), Happening>,
    sequence: u64,
    servers: BTreeMap<NodeId, Server>,
    clients: BTreeMap<ClientId, Host>,
    config: Config,
    /// Nodes that no other node can talk to.
    pub(crate) isolated: NodeSet,
    pub(crate) loss: Ratio,
    pub(crate) duplication: Ratio,
    pub(crate) observed: Vec<(NodeId, Observation)>,
    /// The state after each applied index, as the first node had it.
    states: BTreeMap<LogIndex, (EntryId, u64)>,
    executed: BTreeMap<RequestId, EntryId>,
    votes: BTreeMap<(NodeId, Term), NodeId>,
}

#[derive(Clone)]
struct Server {
    node: Option<Node>,
    disk: PowerDisk,
    /// Counts its lives: events for an earlier one are void.
    life: u64,
    wake: u64,
}

#[derive(Clone)]
struct Host {
    client: Client,
    wake: u64,
    completion: Option<Completion<Output>>,
}

#[derive(Clone)]
enum Happening {
    Message { from: NodeId, to: NodeId, message: Message },
    Request { from: ClientId, to: NodeId, request: Request },
    Response { from: NodeId, to: ClientId, response: Response },
    Wake { node: NodeId, life: u64, wake: u64 },
    Synced { node: NodeId, life: u64, id: SyncId, mark: usize },
    ClientWake { client: ClientId, wake: u64 },
}

impl World {
    /// A founded cluster of `nodes`, booted, with `clients`.
    pub(crate) fn new(seed: u64, nodes: u8, clients: u32, adjust: impl FnOnce(&mut Config)) -> World {
        let mut config = Config::new(NodeId(1));
        adjust(&mut config);
        let ids = NodeSet::first(nodes);
        let client = |id| {
            let config = ClientConfig {
                nodes: ids,
                follower_reads: Ratio::percent(30),
                retry: Duration::from_millis(300),
                timeout: Duration::from_secs(4),
            };
            Host { client: Client::new(ClientId(id), config), wake: 0, completion: None }
        };
        let server = || Server { node: None, disk: PowerDisk::default(), life: 0, wake: 0 };
        let mut world = World {
            now: Instant::ZERO,
            dice: Dice(seed),
            queue: BTreeMap::new(),
            sequence: 0,
            servers: ids.iter().map(|id| (id, server())).collect(),
            clients: (1..=clients).map(|id| (ClientId(id), client(id))).collect(),
            config,
            isolated: NodeSet::EMPTY,
            loss: Ratio::NEVER,
            duplication: Ratio::NEVER,
            observed: Vec::new(),
            states: BTreeMap::new(),
            executed: BTreeMap::new(),
            votes: BTreeMap::new(),
        };
        for id in ids.iter() {
            world.boot(id, Start::New(Membership::of(ids))).expect("a blank disk");
        }
        world
    }

    pub(crate) fn node(&self, id: NodeId) -> Option<&Node> {
        self.servers[&id].node.as_ref()
    }

    pub(crate) fn disk_mut(&mut self, id: NodeId) -> &mut PowerDisk {
        &mut self.servers.get_mut(&id).expect("a node of this world").disk
    }

    pub(crate) fn random(&mut self) -> &mut Dice {
        &mut self.dice
    }

    /// The node that leads the highest term, if one does.
    pub(crate) fn leader(&self) -> Option<NodeId> {
        let leaders = self.servers.iter().filter_map(|(id, server)| {
            let raft = server.node.as_ref()?.raft();
            (raft.is_leader() && !self.isolated.contains(*id)).then(|| (raft.term(), *id))
        });
        leaders.max().map(|(_, id)| id)
    }

    pub(crate) fn boot(&mut self, id: NodeId, start: Start) -> Result<(), BootError> {
        let mut effects = Effects::default();
        let config = Config { raft: raft::Config { id, ..self.config.raft.clone() }, ..self.config.clone() };
        let server = self.servers.get_mut(&id).expect("a node of this world");
        server.life += 1;
        server.node = Some(Node::boot(config, start, &server.disk, Paper, self.now, &mut self.dice, &mut effects)?);
        self.carry_out(id, effects);
        Ok(())
    }

    /// The process is gone; the page cache stays.
    pub(crate) fn kill(&mut self, id: NodeId) {
        let server = self.servers.get_mut(&id).expect("a node of this world");
        server.node = None;
        server.life += 1;
    }

    /// The power fails.
    pub(crate) fn crash(&mut self, id: NodeId) {
        self.kill(id);
        let server = self.servers.get_mut(&id).expect("a node of this world");
        server.disk.lose_power(&mut self.dice);
    }

    pub(crate) fn is_idle(&self, client: u32) -> bool {
        let host = &self.clients[&ClientId(client)];
        host.completion.is_some()
    }

    pub(crate) fn invoke(&mut self, client: u32, operation: Operation) {
        let id = ClientId(client);
        let host = self.clients.get_mut(&id).expect("a client of this world");
        host.completion = None;
        let mut effects = ClientEffects::default();
        host.client.invoke(operation, self.now, &mut self.dice, &mut effects);
        self.carry_out_client(id, effects);
    }

    pub(crate) fn take_completion(&mut self, client: u32) -> Option<Completion<Output>> {
        self.clients.get_mut(&ClientId(client)).expect("a client of this world").completion.take()
    }

    /// Invokes an operation and runs until it completes.
    pub(crate) fn call(&mut self, client: u32, operation: Operation) -> Completion<Output> {
        self.invoke(client, operation);
        loop {
            if let Some(completion) = self.take_completion(client) {
                return completion;
            }
            assert!(self.run_one(), "nothing will happen any more");
        }
    }

    pub(crate) fn run_for(&mut self, duration: Duration) {
        let end = self.now + duration;
        while self.queue.first_key_value().is_some_and(|((at, _), _)| *at <= end) {
            self.run_one();
        }
        self.now = end;
    }

    pub(crate) fn run_until(&mut self, mut done: impl FnMut(&World) -> bool) {
        let end = self.now + Duration::from_secs(60);
        while !done(self) {
            assert!(self.now < end && self.run_one(), "it never came true\n{}", self.describe());
        }
    }

    fn describe(&self) -> String {
        let mut text = format!("at {}\n", self.now);
        for (id, server) in &self.servers {
            if let Some(node) = &server.node {
                let raft = node.raft();
                text += &format!(
                    "{id} {:?} term {} last {} commit {} applied {} leader {:?}\n",
                    raft.role(),
                    raft.term(),
                    raft.last(),
                    raft.commit_index(),
                    node.last_applied(),
                    raft.leader()
                );
            }
        }
        for (id, observation) in self.observed.iter().rev().take(12) {
            text += &format!("{id} {observation}\n");
        }
        text
    }

    fn schedule(&mut self, after: Duration, happening: Happening) {
        self.sequence += 1;
        self.queue.insert((self.now + after, self.sequence), happening);
    }

    fn latency(&mut self) -> Duration {
        Duration::from_micros(self.dice.between(500, 5_000))
    }

    /// Sends once, or not, or twice.
    fn transmit(&mut self, happening: &Happening) {
        let copies = 1 + u32::from(self.dice.chance(self.duplication));
        for _ in 0..copies {
            if !self.dice.chance(self.loss) {
                let latency = self.latency();
                self.schedule(latency, happening.clone());
            }
        }
    }

    pub(crate) fn run_one(&mut self) -> bool {
        let Some(((at, _), happening)) = self.queue.pop_first() else {
            return false;
        };
        self.now = self.now.max(at);
        match happening {
            Happening::Message { from, to, message } => {
                if !self.isolated.contains(from) && !self.isolated.contains(to) {
                    self.handle(to, Event::Message { from, message });
                }
            }
            Happening::Request { from, to, request } => self.handle(to, Event::Request { client: from, request }),
            Happening::Wake { node, life, wake } => {
                let server = &self.servers[&node];
                if server.life == life && server.wake == wake {
                    self.handle(node, Event::Wake);
                }
            }
            Happening::Synced { node, life, id, mark } => {
                let server = self.servers.get_mut(&node).expect("a node of this world");
                if server.life == life {
                    server.disk.sync(mark);
                    self.handle(node, Event::Synced(id));
                }
            }
            Happening::Response { from, to, response } => {
                let host = self.clients.get_mut(&to).expect("a client of this world");
                let mut effects = ClientEffects::default();
                host.client.receive(from, response, self.now, &mut self.dice, &mut effects);
                self.carry_out_client(to, effects);
            }
            Happening::ClientWake { client, wake } => {
                let host = self.clients.get_mut(&client).expect("a client of this world");
                if host.wake == wake {
                    let mut effects = ClientEffects::default();
                    host.client.wake(self.now, &mut self.dice, &mut effects);
                    self.carry_out_client(client, effects);
                }
            }
        }
        true
    }

    fn handle(&mut self, id: NodeId, event: Event<Node>) {
        let server = self.servers.get_mut(&id).expect("a node of this world");
        let Some(node) = &mut server.node else {
            return;
        };
        let mut effects = Effects::default();
        node.handle(event, self.now, &mut self.dice, &mut effects);
        self.carry_out(id, effects);
    }

    fn carry_out(&mut self, id: NodeId, effects: Effects<Node>) {
        assert_eq!(effects.halt, None, "{id} halts");
        let server = self.servers.get_mut(&id).expect("a node of this world");
        let life = server.life;
        server.disk.write(&effects.disk);
        let mark = server.disk.mark();
        if effects.wake_at.is_some() {
            server.wake += 1;
        }
        let wake = server.wake;
        if let Some(sync) = effects.sync {
            let latency = Duration::from_micros(self.dice.between(200, 3_000));
            self.schedule(latency, Happening::Synced { node: id, life, id: sync, mark });
        }
        for observation in effects.notes {
            self.observe(id, observation);
        }
        for (to, message) in effects.sends {
            self.transmit(&Happening::Message { from: id, to, message });
        }
        for (to, response) in effects.replies {
            self.transmit(&Happening::Response { from: id, to, response });
        }
        if let Some(at) = effects.wake_at {
            self.schedule(at.saturating_since(self.now), Happening::Wake { node: id, life, wake });
        }
    }

    fn carry_out_client(&mut self, id: ClientId, effects: ClientEffects<Request, Output>) {
        for (to, request) in effects.sends {
            self.transmit(&Happening::Request { from: id, to, request });
        }
        let host = self.clients.get_mut(&id).expect("a client of this world");
        if let Some(completion) = effects.completion {
            host.completion = Some(completion);
        }
        if let Some(at) = effects.wake_at {
            host.wake += 1;
            let wake = host.wake;
            self.schedule(at.saturating_since(self.now), Happening::ClientWake { client: id, wake });
        }
    }

    /// Checks the invariants, and keeps the observation.
    fn observe(&mut self, id: NodeId, observation: Observation) {
        if let Observation::Applied { entry, state, request, executed } = observation {
            let known = *self.states.entry(entry.index).or_insert((entry, state));
            assert_eq!(known, (entry, state), "{id} applied something else at {}", entry.index);
            if let (Some(request), true) = (request, executed) {
                let first = *self.executed.entry(request).or_insert(entry);
                assert_eq!(first, entry, "{request} was executed twice");
            }
        }
        if let Observation::SnapshotInstalled { last, state, .. } = observation {
            assert_eq!(self.states.get(&last.index), Some(&(last, state)), "{id} installed another state");
        }
        if let Observation::WriteAcknowledged { request, entry } = observation {
            assert_eq!(
                self.executed.get(&request).copied(),
                entry,
                "{id} acknowledged a request that was not executed"
            );
        }
        if let Observation::Voted { term, candidate } = observation {
            let first = *self.votes.entry((id, term)).or_insert(candidate);
            assert_eq!(first, candidate, "{id} voted twice in term {term}");
        }
        self.observed.push((id, observation));
    }

    /// The requests that were executed.
    pub(crate) fn executed(&self) -> BTreeSet<RequestId> {
        self.executed.keys().copied().collect()
    }
}
