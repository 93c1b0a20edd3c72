use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::time::Duration;

use stormglass::prelude::*;

/// The guests of a book, by their numbers.
#[derive(Clone, Debug, Default, serde::Serialize)]
pub struct Book(pub BTreeSet<u64>);

/// A client asks a node to write this guest into the book, if there is one, and to answer with the book.
#[derive(Clone, Debug)]
pub struct Request {
    pub seq: u64,
    pub guest: Option<u64>,
}

/// The node answers.
#[derive(Clone, Debug)]
pub struct Response {
    pub seq: u64,
    pub book: Book,
}

/// The nodes talk about the request of a client.
#[derive(Clone, Debug)]
pub enum Message {
    Hold { request: RequestId, guest: Option<u64> },
    Held { request: RequestId, book: Book },
}

impl Traced for Book {}
impl Traced for Request {}
impl Traced for Response {}
impl Traced for Message {}

pub struct Node {
    nodes: NodeSet,
    file: FileName,
    book: Book,
    /// The requests that this node works on.
    rounds: BTreeMap<RequestId, Round>,
    syncs: u64,
    /// The answers to other nodes that wait for a sync.
    waiting: Vec<(SyncId, NodeId, RequestId)>,
}

#[derive(Default)]
struct Round {
    guest: Option<u64>,
    holders: usize,
    book: Book,
}

const ASK_AGAIN: Duration = Duration::from_millis(100);

impl Process for Node {
    type Message = Message;
    type Request = Request;
    type Response = Response;
    type Note = ();

    fn handle(&mut self, event: Event<Node>, now: Instant, _: &mut dyn Random, effects: &mut Effects<Node>) {
        match event {
            Event::Request { client, request: Request { seq, guest } } => {
                let request = RequestId { client, seq };
                self.rounds.insert(request, Round { guest, ..Round::default() });
                self.ask(request, effects);
            }
            Event::Message { from, message: Message::Hold { request, guest } } => {
                if let Some(guest) = guest
                    && self.book.0.insert(guest)
                {
                    effects.append(&self.file, format!("{guest}\n").into_bytes());
                }
                self.syncs += 1;
                effects.sync = Some(SyncId(self.syncs));
                self.waiting.push((SyncId(self.syncs), from, request));
            }
            Event::Synced(sync) => {
                for (_, to, request) in self.waiting.extract_if(.., |(after, ..)| *after <= sync) {
                    effects.send(to, Message::Held { request, book: self.book.clone() });
                }
            }
            Event::SyncFailed(_, error) => effects.halt = Some(error.to_string()),
            Event::Message { message: Message::Held { request, book }, .. } => self.count(request, book, effects),
            Event::Wake => {
                for request in self.rounds.keys() {
                    self.ask(*request, effects);
                }
                effects.wake_at = Some(now + ASK_AGAIN);
            }
        }
    }
}

impl Node {
    /// Asks every node, this one among them.
    fn ask(&self, request: RequestId, effects: &mut Effects<Node>) {
        let guest = self.rounds[&request].guest;
        for node in self.nodes.iter() {
            effects.send(node, Message::Hold { request, guest });
        }
    }

    /// A node holds the guest. Once most of them do, the client is told.
    fn count(&mut self, request: RequestId, book: Book, effects: &mut Effects<Node>) {
        let Some(round) = self.rounds.get_mut(&request) else { return };
        round.holders += 1;
        round.book.0.extend(book.0);
        if round.holders >= self.nodes.majority() {
            let round = self.rounds.remove(&request).expect("it is there");
            effects.reply(request.client, Response { seq: request.seq, book: round.book });
        }
    }

    /// Starts from the file of an earlier life, if there is one.
    pub fn boot(boot: Boot<'_, impl System<Process = Node>>) -> Result<Node, Box<dyn Error>> {
        let file = FileName::from("book");
        let text = String::from_utf8(boot.disk.read(&file)?.unwrap_or_default())?;
        // A power loss may have torn the last line. No node was told of it.
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        if whole < text.len() {
            boot.effects.disk.push(DiskOp::Truncate { file: file.clone(), len: whole as u64 });
        }
        boot.effects.wake_at = Some(boot.now + ASK_AGAIN);
        Ok(Node {
            nodes: NodeSet::first(boot.cluster.nodes),
            file,
            book: Book(text[..whole].lines().map(str::parse).collect::<Result<_, _>>()?),
            rounds: BTreeMap::new(),
            syncs: 0,
            waiting: Vec::new(),
        })
    }
}
