//! A small system to run the engine on: a replicated log that only n1 ever leads.
//!
//! It keeps all invariants in the simplest way there is: n1 takes a new term at each start and asks for votes; it sends
//! an entry only once it holds it durably itself, one at a time to each follower, again and again until it is
//! acknowledged. So every log is a prefix of n1's, and nothing is ever truncated. If n1 is gone, so is progress.

use std::collections::BTreeMap;
use std::error::Error;
use std::time::Duration;

use env::{
    Client, ClientEffects, ClientId, Completion, Effects, Event, FileName, Instant, Networked, NodeId, NodeSet,
    Process, Random, Reader, RequestId, SyncId, Traced, Wire, WireError, mix,
};
use kv_types::{Operation, Output};
use sim::{
    Boot, Engine, Engines, FaultKind, Generator, OperatorAction, Overrides, Plan, PlanError, Profile, Seed, Start,
    StoreOperations, SubjectId, System, expand,
};

use tracing::{debug, error, info, info_span};

use super::toy_net::{Note, ToyNet};

pub(crate) const LEADER: NodeId = NodeId(1);
const BEAT: Duration = Duration::from_millis(20);

/// The toy's misbehaviour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Quirk {
    #[default]
    None,
    /// n2 panics when it holds three entries.
    Panics,
    /// n2 wants to be woken at once, always.
    Spins,
    /// n2 refuses every start but the first.
    RefusesToStart,
    /// A follower acknowledges before it has synced.
    AcknowledgesEarly,
    /// n1 takes a retry for a new request, and every node executes it again.
    ExecutesTwice,
    /// None, and the net forbids that a node boots again.
    BootsOnce,
    /// These nodes halt as soon as they wake, in every life but their first.
    GiveUp(NodeSet),
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Toy(pub(crate) Quirk);

#[derive(Clone, Copy, Debug)]
pub(crate) enum Message {
    RequestVote {
        term: u64,
    },
    Vote {
        term: u64,
        len: u64,
    },
    /// The entry after the first `len`, if there is one.
    Append {
        term: u64,
        len: u64,
        entry: Option<Record>,
        commit: u64,
    },
    Ack {
        term: u64,
        len: u64,
    },
}

impl Traced for Message {
    fn digest(&self) -> u64 {
        match self {
            Message::RequestVote { term } => mix(1, *term),
            Message::Vote { term, len } => mix(mix(2, *term), *len),
            Message::Append { term, len, entry, commit } => {
                mix(mix(mix(mix(3, *term), *len), *commit), entry.map_or(0, Record::digest))
            }
            Message::Ack { term, len } => mix(mix(4, *term), *len),
        }
    }
}

impl Wire for Message {
    fn to_wire(&self, into: &mut Vec<u8>) {
        let (kind, words) = match *self {
            Message::RequestVote { term } => (1, [term, 0, 0]),
            Message::Vote { term, len } => (2, [term, len, 0]),
            Message::Append { term, len, commit, .. } => (3, [term, len, commit]),
            Message::Ack { term, len } => (4, [term, len, 0]),
        };
        into.push(kind);
        words.iter().for_each(|word| word.to_wire(into));
        if let Message::Append { entry, .. } = self {
            entry.map(Record::encode).to_wire(into);
        }
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<Message, WireError> {
        let what = "message";
        let (at, kind) = (reader.at(), reader.u8(what)?);
        let (term, len, commit) = (reader.varint(what)?, reader.varint(what)?, reader.varint(what)?);
        let invalid = WireError::Invalid { at, what };
        match kind {
            1 => Ok(Message::RequestVote { term }),
            2 => Ok(Message::Vote { term, len }),
            3 => {
                let record = |bytes: Vec<u8>| Record::decode(&bytes).ok_or(invalid);
                let entry = Option::<Vec<u8>>::read_wire(reader)?.map(record).transpose()?;
                Ok(Message::Append { term, len, entry, commit })
            }
            4 => Ok(Message::Ack { term, len }),
            _ => Err(invalid),
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Request(RequestId);

impl Wire for Request {
    fn to_wire(&self, into: &mut Vec<u8>) {
        self.0.to_wire(into);
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<Request, WireError> {
        RequestId::read_wire(reader).map(Request)
    }
}

impl Traced for Request {
    fn digest(&self) -> u64 {
        mix(self.0.client.0.into(), self.0.seq)
    }
}

/// One record of the file: a term begun, or an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    term: u64,
    /// 0 if there is none; a term is begun with neither.
    client: u64,
    seq: u64,
    is_entry: bool,
}

impl Record {
    const LEN: usize = 40;

    fn digest(self) -> u64 {
        mix(mix(mix(self.term, self.client), self.seq), self.is_entry.into())
    }

    fn encode(self) -> Vec<u8> {
        let fields = [self.term, self.client, self.seq, u64::from(self.is_entry) + 1, self.digest()];
        fields.iter().flat_map(|field| field.to_le_bytes()).collect()
    }

    fn decode(bytes: &[u8]) -> Option<Record> {
        let bytes: &[u8; Record::LEN] = bytes.try_into().ok()?;
        let field = |n: usize| u64::from_le_bytes(bytes[n * 8..n * 8 + 8].try_into().expect("eight bytes"));
        let record = Record { term: field(0), client: field(1), seq: field(2), is_entry: field(3) == 2 };
        (field(4) == record.digest() && (1..=2).contains(&field(3))).then_some(record)
    }

    fn request(self) -> Option<RequestId> {
        (self.client > 0).then_some(RequestId { client: ClientId(self.client as u32), seq: self.seq })
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Node {
    id: NodeId,
    peers: NodeSet,
    quirk: Quirk,
    gives_up: bool,
    file: FileName,
    term: u64,
    log: Vec<Record>,
    durable: u64,
    commit: u64,
    state: u64,
    executed: BTreeMap<u64, u64>,
    votes: NodeSet,
    is_leader: bool,
    /// As leader: the length of each peer's durable log.
    has: BTreeMap<NodeId, u64>,
    /// The sync under way, and the log's length when it was asked for; `when_durable` waits for it.
    sync: Option<(SyncId, u64)>,
    syncs: u64,
    unsynced: bool,
    when_durable: Vec<(u64, NodeId, Message)>,
    waiting: BTreeMap<ClientId, u64>,
    deadline: Instant,
}

impl System for Toy {
    type Process = Node;
    type Client = ToyClient;
    type Settings = ();
    type Net = ToyNet;

    fn id(&self) -> SubjectId {
        SubjectId::new("toy")
    }

    fn version(&self) -> Option<&str> {
        None
    }

    fn engines(&self) -> Engines<Self> {
        crate::event_and_turmoil()
    }

    fn refuses(&self, _: Engine, _: FaultKind) -> Option<&'static str> {
        None
    }

    fn plan(&self, seed: Seed, profile: Profile, overrides: &Overrides) -> Result<Plan, PlanError> {
        expand(seed, profile, overrides, &[])
    }

    fn boot(&self, boot: Boot<'_, Toy>) -> Result<Node, Box<dyn Error>> {
        let Boot { cluster, node, start, disk, now, effects, .. } = boot;
        info!(target: "toy", node = node.0, "opens its log");
        let file = FileName::from("log");
        let bytes = disk.read(&file)?.unwrap_or_default();
        if start != Start::Again && !bytes.is_empty() {
            return Err("a blank disk holds something".into());
        }
        if self.0 == Quirk::RefusesToStart && start == Start::Again && node == NodeId(2) {
            return Err("it does not feel like it".into());
        }
        let mut booted = Node {
            id: node,
            peers: NodeSet::first(cluster.nodes),
            quirk: self.0,
            gives_up: matches!(self.0, Quirk::GiveUp(nodes) if nodes.contains(node)) && start == Start::Again,
            file,
            term: 0,
            log: Vec::new(),
            durable: 0,
            commit: 0,
            state: 7,
            executed: BTreeMap::new(),
            votes: NodeSet::EMPTY,
            is_leader: false,
            has: BTreeMap::new(),
            sync: None,
            syncs: 0,
            unsynced: false,
            when_durable: Vec::new(),
            waiting: BTreeMap::new(),
            deadline: now,
        };
        booted.recover(&bytes, effects)?;
        effects.wake_at = Some(now);
        Ok(booted)
    }

    fn client(&self, plan: &Plan, client: ClientId) -> ToyClient {
        ToyClient {
            id: client,
            seq: 0,
            retry: Duration::from_millis(plan.workload.retry_ms),
            is_read: false,
            busy: false,
        }
    }

    fn workload(&self, plan: &Plan) -> Box<dyn Generator<Operation>> {
        Box::new(StoreOperations::new(&plan.workload))
    }

    fn probe(&self, _: u64) -> Option<Operation> {
        Some(Operation::Delete { key: "probe".into() })
    }

    /// The toy keeps a log and no store: every read finds its key absent.
    fn net(&self, plan: &Plan) -> ToyNet {
        ToyNet::new(NodeSet::first(plan.cluster.nodes), self.0 == Quirk::BootsOnce)
    }

    fn operator_request(&self, _: RequestId, _: OperatorAction) -> Option<Request> {
        None
    }
}

impl Node {
    fn recover(&mut self, bytes: &[u8], effects: &mut Effects<Node>) -> Result<(), Box<dyn Error>> {
        let mut good = 0;
        for record in bytes.chunks(Record::LEN) {
            let Some(record) = Record::decode(record) else { break };
            good += Record::LEN;
            self.term = record.term;
            if record.is_entry {
                self.log.push(record);
            }
        }
        // A torn tail is the start of one record, and then the end or zeros.
        let tail = &bytes[good..];
        let zeros = tail.iter().rev().take_while(|byte| **byte == 0).count();
        if tail.len() > Record::LEN || (tail.len() == Record::LEN && zeros < 8) {
            return Err(format!("damaged at byte {good}").into());
        }
        if !tail.is_empty() {
            effects.disk.push(env::DiskOp::Truncate { file: self.file.clone(), len: good as u64 });
        }
        effects.note(Note::Recovered { len: self.log.len() as u64, state: self.state });
        // The page cache may have outlived a killed process: nothing is durable before it has been synced.
        self.unsynced = true;
        if self.id == LEADER {
            self.begin_term(self.term + 1, effects);
        }
        self.ask_for_sync(effects);
        Ok(())
    }

    fn begin_term(&mut self, term: u64, effects: &mut Effects<Node>) {
        self.term = term;
        self.write(Record { term, client: 0, seq: 0, is_entry: false }, effects);
    }

    fn write(&mut self, record: Record, effects: &mut Effects<Node>) {
        effects.append(&self.file, record.encode());
        self.unsynced = true;
    }

    fn append(&mut self, record: Record, effects: &mut Effects<Node>) {
        self.write(record, effects);
        self.log.push(record);
        effects.note(Note::Appended { index: self.log.len() as u64, term: record.term });
        let entries = self.log.len();
        if self.quirk == Quirk::Panics && self.id == NodeId(2) && entries >= 3 {
            error!(target: "toy", entries, "is full");
            panic!("{entries} entries are too many");
        }
    }

    fn ask_for_sync(&mut self, effects: &mut Effects<Node>) {
        if self.unsynced && self.sync.is_none() {
            self.unsynced = false;
            self.syncs += 1;
            self.sync = Some((SyncId(self.syncs), self.log.len() as u64));
            effects.sync = Some(SyncId(self.syncs));
        }
    }

    /// Sends `message` once all writes so far are durable.
    fn send_when_durable(&mut self, to: NodeId, message: Message, effects: &mut Effects<Node>) {
        if self.sync.is_none() && !self.unsynced {
            return release(to, message, effects);
        }
        let after = self.syncs + u64::from(self.unsynced);
        self.when_durable.push((after, to, message));
    }

    fn synced(&mut self, sync: SyncId, effects: &mut Effects<Node>) {
        let Some((asked, len)) = self.sync.take() else { return };
        assert_eq!(asked, sync);
        self.durable = len;
        let (due, later) = std::mem::take(&mut self.when_durable).into_iter().partition(|(after, ..)| *after <= sync.0);
        self.when_durable = later;
        let due: Vec<(u64, NodeId, Message)> = due;
        for (_, to, message) in due {
            release(to, message, effects);
        }
        if self.id == LEADER {
            self.votes.insert(LEADER);
            self.lead(effects);
        }
        self.ask_for_sync(effects);
    }

    /// As n1: takes the lead when it has the votes, and commits the entries that a majority has.
    fn lead(&mut self, effects: &mut Effects<Node>) {
        if !self.is_leader {
            if self.votes.len() < self.peers.majority() {
                return;
            }
            self.is_leader = true;
            effects.note(Note::Leads);
            self.append(Record { term: self.term, client: 0, seq: 0, is_entry: true }, effects);
        }
        let mut lens: Vec<u64> = self.peers.iter().map(|peer| self.has.get(&peer).copied().unwrap_or(0)).collect();
        lens[0] = self.durable;
        lens.sort_unstable();
        let majority_has = lens[lens.len() - self.peers.majority()];
        if majority_has > self.commit && self.log[majority_has as usize - 1].term == self.term {
            self.commit_to(majority_has, effects);
        }
    }

    fn commit_to(&mut self, index: u64, effects: &mut Effects<Node>) {
        effects.note(Note::Committed { index });
        while self.commit < index {
            let record = self.log[self.commit as usize];
            self.commit += 1;
            let is_new = self.executed.get(&record.client).is_none_or(|seq| *seq < record.seq);
            let executed = record.client > 0 && (is_new || self.quirk == Quirk::ExecutesTwice);
            if executed {
                self.executed.insert(record.client, record.seq);
                self.state = mix(self.state, record.digest());
            }
            let request = record.request();
            effects.note(Note::Applied { index: self.commit, state: self.state, request, executed });
            let Some(request) = request.filter(|_| self.is_leader) else { continue };
            if self.waiting.get(&request.client) == Some(&request.seq) {
                self.waiting.remove(&request.client);
                effects.note(Note::Acknowledged { again: !executed });
                effects.reply(request.client, Request(request));
            }
        }
    }

    fn message(&mut self, from: NodeId, message: Message, effects: &mut Effects<Node>) {
        match message {
            Message::RequestVote { term } if term >= self.term => {
                if term > self.term {
                    self.begin_term(term, effects);
                }
                self.send_when_durable(from, Message::Vote { term, len: self.log.len() as u64 }, effects);
            }
            Message::Vote { term, len } if term == self.term => {
                self.votes.insert(from);
                self.has.insert(from, len);
                self.lead(effects);
            }
            Message::Append { term, len, entry, commit } if term == self.term && len <= self.log.len() as u64 => {
                if let Some(entry) = entry.filter(|_| len == self.log.len() as u64) {
                    self.append(entry, effects);
                }
                if commit > self.commit && commit <= self.log.len() as u64 {
                    self.commit_to(commit, effects);
                }
                let ack = Message::Ack { term, len: self.log.len() as u64 };
                if self.quirk == Quirk::AcknowledgesEarly {
                    effects.send(from, ack);
                } else {
                    self.send_when_durable(from, ack, effects);
                }
            }
            Message::Ack { term, len } if term == self.term && self.is_leader => {
                self.has.insert(from, len);
                self.lead(effects);
            }
            _ => {}
        }
    }

    fn beat(&mut self, now: Instant, effects: &mut Effects<Node>) {
        assert!(now >= self.deadline, "woken at {now}, before {}", self.deadline);
        self.deadline = if self.quirk == Quirk::Spins && self.id == NodeId(2) { now } else { now + BEAT };
        effects.wake_at = Some(self.deadline);
        for peer in self.peers.iter().filter(|peer| self.id == LEADER && *peer != LEADER) {
            let term = self.term;
            if !self.is_leader {
                if self.votes.contains(LEADER) {
                    effects.send(peer, Message::RequestVote { term });
                }
                continue;
            }
            let len = self.has.get(&peer).copied().unwrap_or(0);
            let entry = self.log.get(len as usize).copied().filter(|_| len < self.durable);
            effects.send(peer, Message::Append { term, len, entry, commit: self.commit });
        }
    }

    fn request(&mut self, RequestId { client, seq }: RequestId, effects: &mut Effects<Node>) {
        if !self.is_leader {
            return;
        }
        let is_old = self.executed.get(&client.0.into()).is_some_and(|executed| *executed >= seq);
        if is_old && self.quirk != Quirk::ExecutesTwice {
            let request = RequestId { client, seq };
            effects.note(Note::Acknowledged { again: true });
            effects.reply(client, Request(request));
            return;
        }
        self.waiting.insert(client, seq);
        self.append(Record { term: self.term, client: client.0.into(), seq, is_entry: true }, effects);
    }
}

fn release(to: NodeId, message: Message, effects: &mut Effects<Node>) {
    effects.send(to, message);
}

impl Networked for Node {
    const WIRE_VERSION: u16 = 1;
}

impl Process for Node {
    type Message = Message;
    type Request = Request;
    type Response = Request;
    type Note = Note;

    fn handle(&mut self, event: Event<Node>, now: Instant, _: &mut dyn Random, effects: &mut Effects<Node>) {
        let _span = info_span!("handle", node = self.id.0).entered();
        match event {
            Event::Message { from, message } => {
                debug!(target: "toy", "heard of {from}");
                self.message(from, message, effects);
            }
            Event::Request { request, .. } => self.request(request.0, effects),
            Event::Wake if self.gives_up => {
                effects.halt = Some("it sees no point".into());
                return;
            }
            Event::Wake => self.beat(now, effects),
            Event::Synced(sync) => {
                info!(target: "toy", sync = sync.0, "is durable");
                self.synced(sync, effects);
            }
            Event::SyncFailed(_, error) => {
                effects.halt = Some(format!("sync failed: {error}"));
                return;
            }
        }
        self.ask_for_sync(effects);
    }
}

/// Asks n1, until it answers.
#[derive(Clone, Debug)]
pub(crate) struct ToyClient {
    id: ClientId,
    seq: u64,
    retry: Duration,
    is_read: bool,
    busy: bool,
}

impl ToyClient {
    fn ask(&self, now: Instant, effects: &mut ClientEffects<Request, Output>) {
        effects.sends.push((LEADER, Request(RequestId { client: self.id, seq: self.seq })));
        effects.wake_at = Some(now + self.retry);
    }
}

impl Client for ToyClient {
    type Op = Operation;
    type Output = Output;
    type Request = Request;
    type Response = Request;

    fn invoke(
        &mut self,
        operation: Operation,
        now: Instant,
        _: &mut dyn Random,
        effects: &mut ClientEffects<Request, Output>,
    ) {
        info!(target: "toy::client", "asks for {operation:?}");
        self.seq += 1;
        self.busy = true;
        self.is_read = operation.is_read();
        self.ask(now, effects);
    }

    fn receive(
        &mut self,
        _: NodeId,
        response: Request,
        _: Instant,
        _: &mut dyn Random,
        effects: &mut ClientEffects<Request, Output>,
    ) {
        if self.busy && response.0.seq == self.seq {
            self.busy = false;
            let output = if self.is_read { Output::Value(None) } else { Output::Written };
            effects.completion = Some(Completion::Ok(output));
        }
    }

    fn wake(&mut self, now: Instant, _: &mut dyn Random, effects: &mut ClientEffects<Request, Output>) {
        if self.busy {
            self.ask(now, effects);
        }
    }
}
