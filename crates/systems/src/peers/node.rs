//! The puller, or a peer: a state machine.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use env::{ClientId, Disk, Effects, Event, FileName, Instant, Networked, NodeId, NodeSet, Process, Random, RequestId};
use parts::{Answer, Request, Response, Wal, WalError};

use super::behaviour::Behaviour;
use super::catalogue::{Counts, Entry};
use super::message::{Message, Pulling};
use super::note::Note;
use super::operation::Operation;
use super::output::Output;
use super::page::Page;
use super::record::Record;
use super::report::PullError;
use super::rules::Rules;
use super::run::{Pull, Run};

/// How a node is set up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NodeConfig {
    pub(crate) id: NodeId,
    pub(crate) puller: NodeId,
    /// The peers that the puller is connected to.
    pub(crate) peers: NodeSet,
    /// A page that has not come after so long is asked for again.
    pub(crate) resend: Duration,
    /// A peer that has not answered for so long has failed.
    pub(crate) timeout: Duration,
    pub(crate) rules: Rules,
}

/// The puller, or a peer.
///
/// Everything it shows, serves or has answered to a change is durable. A peer keeps nothing about a pull: its catalogue
/// grows at its end only, so that its first `len` entries are always the same.
#[derive(Clone, Debug)]
pub struct Node {
    config: NodeConfig,
    journal: Wal<Record>,
    /// The durable entries, in the order in which they came.
    catalogue: Vec<Entry>,
    behaviour: Behaviour,
    notes: BTreeMap<String, String>,
    /// The last change of each client that was taken up, and the last that is durable, with its answer.
    taken: BTreeMap<ClientId, u64>,
    answered: BTreeMap<ClientId, (u64, Answer<Output>)>,
    /// Runs over peers, one after the other; the first is under way.
    runs: VecDeque<Run>,
}

impl Node {
    pub(crate) fn boot(config: NodeConfig, disk: &dyn Disk, effects: &mut Effects<Node>) -> Result<Node, WalError> {
        Ok(Node {
            config,
            journal: Wal::open(config.id, FileName::from("journal"), disk, effects)?,
            catalogue: Vec::new(),
            behaviour: Behaviour::default(),
            notes: BTreeMap::new(),
            taken: BTreeMap::new(),
            answered: BTreeMap::new(),
            runs: VecDeque::new(),
        })
    }

    fn is_puller(&self) -> bool {
        self.config.id == self.config.puller
    }

    fn request(&mut self, Request { id, operation }: Request<Operation>, effects: &mut Effects<Node>) {
        let answer = match self.known(&operation) {
            Some(output) => Some(Answer::Done(output)),
            None => self.change(id, operation, effects),
        };
        if let Some(answer) = answer {
            effects.reply(id.client, Response { id, answer });
        }
    }

    /// Takes a change up, once; it is answered when it is durable.
    fn change(&mut self, id: RequestId, operation: Operation, effects: &mut Effects<Node>) -> Option<Answer<Output>> {
        if self.taken.get(&id.client).is_some_and(|taken| *taken >= id.seq) {
            // An older request is late; its client has gone on.
            let last = self.answered.get(&id.client).filter(|(seq, _)| *seq == id.seq);
            return last.map(|(_, answer)| answer.clone());
        }
        let refused = |why: &str| Some(Answer::Refused(why.into()));
        let record = match operation {
            Operation::Add(_) | Operation::Behave(_) if self.is_puller() => {
                return refused("the puller's catalogue comes of its peers");
            }
            Operation::SyncAll | Operation::SyncOne(_) if !self.is_puller() => return refused("a peer pulls nobody"),
            Operation::SyncOne(peer) if !self.config.peers.contains(peer) => return refused("no connected peer"),
            Operation::SyncAll => return self.enqueue(Run::over(id, self.config.peers)),
            Operation::SyncOne(peer) => return self.enqueue(Run::of_one(id, peer)),
            Operation::Add(entry) => Record::Add(id, entry),
            Operation::Behave(behaviour) => Record::Behave(id, behaviour),
            Operation::Note { name, value } => Record::Note(id, name, value),
            // A question changes nothing.
            Operation::List { .. } | Operation::Get { .. } | Operation::GetNote { .. } => return None,
        };
        self.taken.insert(id.client, id.seq);
        self.journal.append(record, effects);
        None
    }

    /// Queues a run behind the others. An earlier run of the same client that has not begun is dropped: its client has
    /// gone on.
    fn enqueue(&mut self, run: Run) -> Option<Answer<Output>> {
        self.taken.insert(run.request.client, run.request.seq);
        let under_way = self.runs.front().map(|first| first.request);
        self.runs.retain(|other| Some(other.request) == under_way || other.request.client != run.request.client);
        self.runs.push_back(run);
        None
    }

    /// The answer to a question, which the node knows at once; `None` of a change.
    fn known(&self, operation: &Operation) -> Option<Output> {
        match operation {
            Operation::List { kind } => {
                let listed = self.catalogue.iter().filter(|entry| kind.is_none_or(|kind| entry.kind == kind));
                Some(Output::Entries(listed.cloned().collect()))
            }
            Operation::Get { kind, name } => {
                let entry = self.catalogue.iter().find(|entry| (entry.kind, &entry.name) == (*kind, name));
                Some(Output::Value(entry.map(|entry| entry.value.clone())))
            }
            Operation::GetNote { name } => Some(Output::Value(self.notes.get(name).cloned())),
            _ => None,
        }
    }

    fn message(&mut self, from: NodeId, message: Pulling, now: Instant, effects: &mut Effects<Node>) {
        match message {
            Pulling::Ask { pull, len, page } if from == self.config.puller => {
                if let Some(answer) = self.serve(pull, len, page) {
                    effects.send(from, Message(answer));
                }
            }
            Pulling::Answer { pull, page, payload } => self.page(from, pull, page, &payload, now, effects),
            Pulling::Refusal { pull, why } if self.pulls(from, pull) => self.pulled(Err(PullError::Refused(why))),
            Pulling::Ask { .. } | Pulling::Refusal { .. } => {}
        }
    }

    /// As a peer, answers with a page, or as it was told to behave.
    fn serve(&self, pull: u64, len: Option<u64>, page: u64) -> Option<Pulling> {
        self.behaviour.answer(pull, Page::of(&self.catalogue, len, page)?)
    }

    /// True if this is the peer that is being pulled, under this number.
    fn pulls(&self, peer: NodeId, number: u64) -> bool {
        let pull = self.runs.front().and_then(|run| run.pull.as_ref());
        pull.is_some_and(|pull| pull.peer == peer && pull.expects(number))
    }

    fn page(
        &mut self,
        from: NodeId,
        number: u64,
        page: u64,
        payload: &[u8],
        now: Instant,
        effects: &mut Effects<Node>,
    ) {
        if !self.pulls(from, number) {
            return;
        }
        let Some(pull) = self.runs.front_mut().and_then(|run| run.pull.as_mut()) else { return };
        match pull.page(page, payload, now, self.config.timeout, self.config.rules) {
            Ok(false) => {}
            Ok(true) => self.merge(effects),
            Err(error) => self.pulled(Err(error)),
        }
    }

    /// Writes the new entries of a complete catalogue, all at once.
    fn merge(&mut self, effects: &mut Effects<Node>) {
        let Some(pull) = self.runs.front_mut().and_then(|run| run.pull.as_mut()) else { return };
        let (peer, announced, entries) = (pull.peer, pull.pulled.counts_announced(), pull.pulled.take_entries());
        let came = Counts::of(&entries);
        let is_known = |entry: &Entry| self.catalogue.iter().any(|known| known.is_same(entry));
        let skips = self.config.rules.skips_known_entries;
        let new: Vec<Entry> = entries.into_iter().filter(|entry| !(skips && is_known(entry))).collect();
        let added = self.config.rules.added(announced, came, Counts::of(&new));
        if new.is_empty() {
            effects.note(Note::pulled(peer, added));
            return self.pulled(Ok(added));
        }
        pull.adding = Some(added);
        self.journal.append(Record::Pulled(peer, new), effects);
    }

    /// Ends the current pull, with its counts or its error.
    fn pulled(&mut self, result: Result<Counts, PullError>) {
        if let Some(run) = self.runs.front_mut() {
            run.ended(result, self.config.rules.continues_past_failure);
        }
    }

    /// Takes the puller's next steps: gives a peer up, asks it again, goes on to the next peer, or to the next run.
    fn go_on(&mut self, now: Instant, random: &mut dyn Random, effects: &mut Effects<Node>) {
        let (timeout, resend) = (self.config.timeout, self.config.resend);
        while let Some(run) = self.runs.front_mut() {
            if let Some(pull) = &mut run.pull {
                match pull.overdue(now, timeout) {
                    Some(PullError::Stopped { .. }) if !self.config.rules.takes_whole_catalogues_only => {
                        self.merge(effects);
                        continue;
                    }
                    Some(error) => {
                        self.pulled(Err(error));
                        continue;
                    }
                    None => {}
                }
                if let Some(ask) = pull.ask(now, resend) {
                    effects.send(pull.peer, Message(ask));
                }
                if let Some(due) = pull.due() {
                    effects.wake_at = Some(due);
                }
                return;
            }
            let request = run.request;
            if let Some(peer) = run.peers.pop_front() {
                effects.note(Note::Tries { peer, request });
                run.pull = Some(Pull::new(peer, random.next_u64(), now, timeout));
            } else {
                let answer = run.answer();
                effects.note(Note::Ends { request });
                self.runs.pop_front();
                self.journal.append(Record::Answered(request, answer), effects);
            }
        }
    }

    /// Takes in the records that are durable now, and answers their requests.
    fn durable(&mut self, records: Vec<Record>, was_open: bool, effects: &mut Effects<Node>) {
        for record in records {
            let (request, answer) = match record {
                Record::Add(request, entry) => (request, self.add(entry, effects)),
                Record::Behave(request, behaviour) => {
                    self.behaviour = behaviour;
                    (request, Answer::Done(Output::Done))
                }
                Record::Note(request, name, value) => {
                    self.notes.insert(name, value);
                    (request, Answer::Done(Output::Done))
                }
                Record::Pulled(peer, entries) => {
                    self.take_over(peer, entries, was_open, effects);
                    continue;
                }
                Record::Answered(request, answer) => (request, answer),
            };
            if was_open {
                effects.reply(request.client, Response { id: request, answer: answer.clone() });
            } else {
                self.taken.insert(request.client, request.seq);
            }
            self.answered.insert(request.client, (request.seq, answer));
        }
        if !was_open {
            effects.note(Note::Recovered { count: self.catalogue.len() as u64 });
        }
    }

    /// Adds an entry that a client wants here. An entry that is in the catalogue stays as it is.
    fn add(&mut self, entry: Entry, effects: &mut Effects<Node>) -> Answer<Output> {
        match self.catalogue.iter().find(|known| known.is_same(&entry)) {
            Some(known) if known.value == entry.value => {}
            Some(_) => return Answer::Refused("it is there, with another value".into()),
            None => {
                effects.note(Note::has(&entry));
                self.catalogue.push(entry);
            }
        }
        Answer::Done(Output::Done)
    }

    fn take_over(&mut self, peer: NodeId, entries: Vec<Entry>, was_open: bool, effects: &mut Effects<Node>) {
        for entry in &entries {
            effects.note(Note::has(entry));
        }
        self.catalogue.extend(entries);
        let adding = self.runs.front().and_then(|run| run.pull.as_ref()).and_then(|pull| pull.adding);
        if let Some(added) = adding.filter(|_| was_open) {
            effects.note(Note::pulled(peer, added));
            self.pulled(Ok(added));
        }
    }
}

impl Networked for Node {
    const WIRE_VERSION: u16 = 2;
}

impl Process for Node {
    type Message = Message;
    type Request = Request<Operation>;
    type Response = Response<Output>;
    type Note = Note;

    fn handle(&mut self, event: Event<Node>, now: Instant, random: &mut dyn Random, effects: &mut Effects<Node>) {
        match event {
            Event::Synced(sync) => {
                let was_open = self.journal.is_open();
                let records = self.journal.synced(sync);
                self.durable(records, was_open, effects);
            }
            Event::SyncFailed(_, error) => {
                effects.halt = Some(format!("a sync failed: {error}"));
                return;
            }
            Event::Message { .. } | Event::Request { .. } if !self.journal.is_open() => {}
            Event::Message { from, message } => self.message(from, message.0, now, effects),
            Event::Request { request, .. } => self.request(request, effects),
            Event::Wake => {}
        }
        self.go_on(now, random, effects);
        self.journal.flush(effects);
    }
}
