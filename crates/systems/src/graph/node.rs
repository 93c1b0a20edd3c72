//! A node of the graph, or the relay: a state machine.

use std::collections::BTreeMap;
use std::time::Duration;

use env::{ClientId, Disk, Effects, Event, FileName, Instant, Networked, NodeId, NodeSet, Process, Random, RequestId};
use parts::{Answer, Request, Response, Wal, WalError};

use super::edit::Edit;
use super::message::{Message, Sync};
use super::note::Note;
use super::operation::Operation;
use super::output::{Change, GraphStats, Health, Output};
use super::query::Query;
use super::record::Record;
use super::replica::{Replica, Versions};
use super::rules::Rules;
use super::stamp::HybridClock;
use super::state::Graph;
use super::update::{Update, UpdateId};

/// After so many periods without a message from the relay a node counts as out of touch.
const SILENT_PERIODS: u32 = 5;

/// How a node is set up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NodeConfig {
    pub(crate) id: NodeId,
    pub(crate) relay: NodeId,
    /// The time between two exchanges with the relay, if there is nothing new.
    pub(crate) period: Duration,
    /// The most bytes of updates in one message (one update always fits).
    pub(crate) batch_bytes: usize,
    pub(crate) rules: Rules,
}

/// A node of the graph, or the relay.
///
/// Everything it shows, says to others or has acknowledged is durable: an update is written to the journal first, and
/// taken in when the sync that covers it has ended.
#[derive(Clone, Debug)]
pub struct Node {
    config: NodeConfig,
    journal: Wal<Record>,
    /// The durable updates.
    replica: Replica,
    /// The updates that are written, durable or not.
    written: Versions,
    clock: HybridClock,
    graph: Graph,
    history: Vec<Change>,
    /// The last edit of each client that was written, and that is durable.
    edits_written: BTreeMap<ClientId, u64>,
    edits_done: BTreeMap<ClientId, u64>,
    /// For the relay, or for each node: the updates that it has said it holds, or was sent since.
    sent: BTreeMap<NodeId, Versions>,
    /// The most updates that the relay has said it holds.
    relay_has: Versions,
    /// When a message of the other side last came.
    heard_at: Option<Instant>,
}

impl Node {
    pub(crate) fn boot(
        config: NodeConfig,
        disk: &dyn Disk,
        now: Instant,
        effects: &mut Effects<Node>,
    ) -> Result<Node, WalError> {
        let journal = Wal::open(config.id, FileName::from("journal"), disk, effects)?;
        effects.wake_at = Some(now + config.period);
        Ok(Node {
            config,
            journal,
            replica: Replica::default(),
            written: Versions::default(),
            clock: HybridClock::default(),
            graph: Graph::new(config.rules.merge),
            history: Vec::new(),
            edits_written: BTreeMap::new(),
            edits_done: BTreeMap::new(),
            sent: BTreeMap::new(),
            relay_has: Versions::default(),
            heard_at: None,
        })
    }

    fn is_relay(&self) -> bool {
        self.config.id == self.config.relay
    }

    fn request(&mut self, Request { id, operation }: Request<Operation>, now: Instant, effects: &mut Effects<Node>) {
        let answer = match operation {
            Operation::Edit(_) if self.is_relay() => {
                Some(Answer::Refused("the relay keeps no graph of its own".into()))
            }
            Operation::Edit(edit) => self.edit(id, &edit, now, effects),
            Operation::Query(query) => Some(Answer::Done(self.answer(&query, now))),
        };
        if let Some(answer) = answer {
            effects.reply(id.client, Response { id, answer });
        }
    }

    /// Does an edit, once; it is answered when it is durable.
    fn edit(
        &mut self,
        id: RequestId,
        edit: &Edit,
        now: Instant,
        effects: &mut Effects<Node>,
    ) -> Option<Answer<Output>> {
        let last = |edits: &BTreeMap<ClientId, u64>| edits.get(&id.client).copied().unwrap_or(0);
        if id.seq <= last(&self.edits_written) {
            // An older edit is late; its client has gone on.
            return (id.seq == last(&self.edits_done)).then_some(Answer::Done(Output::Done));
        }
        self.edits_written.insert(id.client, id.seq);
        let record = match edit.writes() {
            writes if writes.is_empty() => Record::HistoryCleared(id),
            writes => {
                let origin = self.config.id;
                let named = UpdateId { origin, seq: self.written.of(origin) + 1 };
                self.written.add(named);
                Record::Update(Update { id: named, stamp: self.clock.tick(origin, now), request: id, writes })
            }
        };
        self.journal.append(record, effects);
        (!self.config.rules.syncs_first).then_some(Answer::Done(Output::Done))
    }

    fn answer(&self, query: &Query, now: Instant) -> Output {
        match query {
            Query::Nodes { kind } => Output::Nodes(self.graph.nodes(kind.as_deref())),
            Query::Node { id } => Output::Node(self.graph.node(id)),
            Query::Edges { kind, from } => Output::Edges(self.graph.edges(kind.as_deref(), from.as_deref())),
            Query::History => Output::History(self.history.clone()),
            Query::Stats => Output::Stats(GraphStats {
                node: self.config.id,
                nodes: self.graph.nodes(None).len() as u64,
                edges: self.graph.edges(None, None).len() as u64,
                updates: self.replica.versions().total(),
                history: self.history.len() as u64,
            }),
            Query::Health => Output::Health(self.health(now)),
            Query::Note { name } => Output::Note(self.graph.note(name).map(String::from)),
        }
    }

    fn health(&self, now: Instant) -> Health {
        let silent_for = self.heard_at.map(|at| now.saturating_since(at));
        Health {
            node: self.config.id,
            connected: silent_for.is_some_and(|silent_for| silent_for <= self.config.period * SILENT_PERIODS),
            pending: if self.is_relay() { 0 } else { self.replica.versions().beyond(&self.relay_has) },
        }
    }

    fn message(&mut self, from: NodeId, message: Sync, now: Instant, effects: &mut Effects<Node>) {
        match message {
            Sync::Pull { have } if self.is_relay() => {
                self.heard_at = Some(now);
                self.sent.insert(from, have);
                self.offer(from, effects);
            }
            Sync::Push { updates } if self.is_relay() => {
                self.heard_at = Some(now);
                self.write(updates, effects);
            }
            Sync::Offer { have, updates } if from == self.config.relay => {
                self.heard_at = Some(now);
                if have.total() > self.relay_has.total() {
                    self.relay_has = have.clone();
                }
                let sent = self.config.rules.sent(have, self.sent.get(&from));
                self.sent.insert(from, sent);
                self.write(updates, effects);
                self.push(effects);
            }
            _ => {}
        }
    }

    /// Writes the updates that come next of their origins; the node has the others, or cannot add them yet.
    fn write(&mut self, updates: Vec<Update>, effects: &mut Effects<Node>) {
        for update in updates {
            if self.written.add(update.id) {
                self.clock.see(update.stamp);
                self.journal.append(Record::Update(update), effects);
            }
        }
    }

    fn pull(&self, effects: &mut Effects<Node>) {
        effects.send(self.config.relay, Message(Sync::Pull { have: self.replica.versions().clone() }));
    }

    /// Sends the relay the updates that it lacks.
    fn push(&mut self, effects: &mut Effects<Node>) {
        let relay = self.config.relay;
        let updates = self.lacking(relay);
        if !updates.is_empty() {
            effects.send(relay, Message(Sync::Push { updates }));
        }
    }

    /// Tells a node the relay's versions, and sends it the updates that it lacks.
    fn offer(&mut self, node: NodeId, effects: &mut Effects<Node>) {
        let updates = self.lacking(node);
        let have = self.replica.versions().clone();
        effects.send(node, Message(Sync::Offer { have, updates }));
    }

    /// The updates that the other side lacks, as far as is known. They count as sent, until the other side tells its
    /// versions.
    fn lacking(&mut self, other: NodeId) -> Vec<Update> {
        let sent = self.sent.entry(other).or_default();
        let updates = self.replica.lacking(sent, self.config.batch_bytes);
        for update in &updates {
            sent.add(update.id);
        }
        updates
    }

    /// Takes in the records that are durable now, and passes them on.
    fn durable(&mut self, records: Vec<Record>, was_open: bool, effects: &mut Effects<Node>) {
        let before = self.replica.versions().clone();
        for record in records {
            match record {
                Record::Update(update) => self.take_in(update, was_open, effects),
                Record::HistoryCleared(request) => {
                    self.history.clear();
                    self.edit_is_done(request, was_open, effects);
                }
            }
        }
        if !was_open {
            effects.note(Note::Recovered { count: self.replica.versions().total() });
        }
        let news = self.replica.versions().beyond(&before);
        if self.is_relay() {
            let nodes: NodeSet = if news > 0 { self.sent.keys().copied().collect() } else { NodeSet::EMPTY };
            nodes.iter().for_each(|node| self.offer(node, effects));
            return;
        }
        let (set, state) = (self.replica.digest(), self.graph.digest());
        effects.note(Note::State { set, state });
        if !was_open || news > self.replica.versions().of(self.config.id) - before.of(self.config.id) {
            // The node has just come back, or the relay may have more updates.
            self.pull(effects);
        }
        if was_open {
            self.push(effects);
        }
    }

    fn take_in(&mut self, update: Update, was_open: bool, effects: &mut Effects<Node>) {
        let (id, request) = (update.id, update.request);
        if !was_open {
            self.written.add(id);
            self.clock.see(update.stamp);
        }
        if id.origin == self.config.id {
            effects.note(Note::Stamped { id, time: update.stamp.time() });
            effects.note(Note::Made { id, request });
            self.edit_is_done(request, was_open, effects);
        }
        effects.note(Note::Has { id });
        if !self.is_relay() {
            self.graph.apply(&update);
            self.history.push(Change::of(&update));
        }
        self.replica.add(update);
    }

    fn edit_is_done(&mut self, id: RequestId, was_open: bool, effects: &mut Effects<Node>) {
        self.edits_done.insert(id.client, id.seq);
        if was_open {
            effects.reply(id.client, Response { id, answer: Answer::Done(Output::Done) });
        } else {
            self.edits_written.insert(id.client, id.seq);
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

    fn handle(&mut self, event: Event<Node>, now: Instant, _: &mut dyn Random, effects: &mut Effects<Node>) {
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
            Event::Wake => {
                effects.wake_at = Some(now + self.config.period);
                if self.journal.is_open() && !self.is_relay() {
                    self.pull(effects);
                }
            }
            Event::Message { .. } | Event::Request { .. } if !self.journal.is_open() => {}
            Event::Message { from, message } => self.message(from, message.0, now, effects),
            Event::Request { request, .. } => self.request(request, now, effects),
        }
        self.journal.flush(effects);
    }
}
