//! The messages and answers that one node lets out, and when: driven by hand, event by event.

use std::time::Duration;

use env::{Bytes, ClientId, DiskError, DiskOp, Effects, Event, Instant, NodeId, NodeSet, Process, RequestId, SyncId};
use kv::{AdminRequest, Config, MemoryDisk, Node, Paper, Request, Response, ResponseBody, SessionId, Start};
use kv_types::{Operation, Output};
use raft::{AppendEntries, AppendOutcome, Entry, InstallSnapshot, Message, Payload, RequestVote};
use raft_types::{EntryId, LogIndex, Membership, Observation, Term};

use crate::support::Dice;

const A: NodeId = NodeId(1);
const B: NodeId = NodeId(2);
const C: NodeId = NodeId(3);

/// A node of three and the last sync it asked for.
struct Driven {
    node: Node,
    disk: MemoryDisk,
    dice: Dice,
    now: Instant,
    asked: Option<SyncId>,
}

impl Driven {
    fn boot(start: Start, disk: MemoryDisk) -> (Driven, Effects<Node>) {
        let mut dice = Dice(1);
        let mut effects = Effects::default();
        let now = Instant(1_000_000_000);
        let node = Node::boot(Config::new(A), start, &disk, Paper, now, &mut dice, &mut effects).expect("it boots");
        let mut driven = Driven { node, disk, dice, now, asked: None };
        driven.write(&effects);
        (driven, effects)
    }

    /// A founding member whose first sync is done.
    fn founded() -> Driven {
        let (mut driven, _) = Driven::boot(Start::New(Membership::of(NodeSet::first(3))), MemoryDisk::default());
        driven.sync();
        driven
    }

    fn write(&mut self, effects: &Effects<Node>) {
        effects.disk.iter().for_each(|op| self.disk.apply(op));
        if effects.sync.is_some() {
            assert_eq!(self.asked, None, "one sync at a time");
            self.asked = effects.sync;
        }
    }

    fn handle(&mut self, event: Event<Node>) -> Effects<Node> {
        let mut effects = Effects::default();
        self.now += Duration::from_millis(1);
        self.node.handle(event, self.now, &mut self.dice, &mut effects);
        self.write(&effects);
        effects
    }

    fn step(&mut self, from: NodeId, message: Message) -> Effects<Node> {
        self.handle(Event::Message { from, message })
    }

    fn ask(&mut self, request: Request) -> Effects<Node> {
        self.handle(Event::Request { client: request.from.client, request })
    }

    fn sync(&mut self) -> Effects<Node> {
        let asked = self.asked.take().expect("a sync was asked for");
        self.handle(Event::Synced(asked))
    }

    fn sync_all(&mut self) {
        while self.asked.is_some() {
            self.sync();
        }
    }

    /// Has it elected in a term, by B's vote.
    fn lead(&mut self) -> Term {
        self.now += Duration::from_secs(1);
        self.handle(Event::Wake);
        let term = self.node.raft().term().next();
        self.step(B, Message::RequestVoteResponse { term, granted: true, pre_vote: true });
        self.sync_all();
        self.step(B, Message::RequestVoteResponse { term, granted: true, pre_vote: false });
        assert!(self.node.raft().is_leader());
        self.sync_all();
        term
    }

    /// B acknowledges everything.
    fn acknowledge(&mut self) -> Effects<Node> {
        let outcome = AppendOutcome::Accepted { match_index: self.node.raft().last().index };
        let term = self.node.raft().term();
        self.step(B, Message::AppendEntriesResponse { term, round: 1, outcome })
    }
}

fn vote(term: u64) -> Message {
    let last = EntryId::new(9, term);
    Message::RequestVote(RequestVote { term: Term(term), last, pre_vote: false, transfer: true })
}

fn append(term: u64, prev: EntryId, first: u64, count: u64, commit: u64) -> Message {
    let entry = |index| Entry { id: EntryId::new(index, term), payload: Payload::Empty, request: None };
    Message::AppendEntries(AppendEntries {
        term: Term(term),
        prev,
        entries: (first..first + count).map(entry).collect(),
        leader_commit: LogIndex(commit),
        round: 1,
    })
}

fn has_voted(effects: &Effects<Node>) -> bool {
    effects.notes.iter().any(|observation| matches!(observation, Observation::Voted { .. }))
}

#[test]
fn a_vote_leaves_with_the_sync_that_covers_it() {
    let mut driven = Driven::founded();
    let effects = driven.step(B, vote(5));
    assert!(effects.sync.is_some() && effects.sends.is_empty() && !has_voted(&effects));
    let effects = driven.sync();
    let granted = Message::RequestVoteResponse { term: Term(5), granted: true, pre_vote: false };
    assert_eq!(effects.sends, [(B, granted)]);
    assert!(effects.notes.contains(&Observation::Voted { term: Term(5), candidate: B }));
}

#[test]
fn an_acknowledgement_leaves_with_the_sync_that_covers_it() {
    let mut driven = Driven::founded();
    let effects = driven.step(B, append(5, EntryId::ZERO, 1, 2, 0));
    assert!(effects.sync.is_some() && effects.sends.is_empty());
    let effects = driven.sync();
    let outcome = AppendOutcome::Accepted { match_index: LogIndex(2) };
    assert_eq!(effects.sends, [(B, Message::AppendEntriesResponse { term: Term(5), round: 1, outcome })]);
}

#[test]
fn what_comes_during_a_sync_shares_the_next_one() {
    let mut driven = Driven::founded();
    driven.step(B, append(5, EntryId::ZERO, 1, 1, 0));
    for index in 2..6 {
        let effects = driven.step(B, append(5, EntryId::new(index - 1, 5), index, 1, 0));
        assert!(effects.sync.is_none() && effects.disk.is_empty() && effects.sends.is_empty());
    }
    let effects = driven.sync();
    assert_eq!(effects.sends.len(), 1, "the first one's acknowledgement");
    assert!(effects.sync.is_some());
    let to_log = |op: &&DiskOp| matches!(op, DiskOp::Append { file, .. } if file.starts_with("wal-"));
    assert_eq!(effects.disk.iter().filter(to_log).count(), 1, "four entries, one write");
    assert_eq!(driven.sync().sends.len(), 4);
}

#[test]
fn nothing_leaves_before_what_was_found_at_boot_is_durable() {
    let mut driven = Driven::founded();
    driven.step(B, append(5, EntryId::ZERO, 1, 2, 0));
    // It is killed: the entries are in the page cache, and the next life cannot tell that from the disk.
    let (mut driven, effects) = Driven::boot(Start::Again, driven.disk);
    let recovered = effects.notes[0];
    assert!(matches!(recovered, Observation::Recovered { last, .. } if last == EntryId::new(2, 5)), "{recovered}");
    let effects = driven.step(B, append(5, EntryId::new(2, 5), 3, 0, 2));
    assert!(effects.sends.is_empty(), "an acknowledgement of entries that may be gone with the next power loss");
    assert_eq!(driven.sync().sends.len(), 1);
}

#[test]
fn a_wake_up_is_asked_for_only_when_it_must_come_earlier() {
    let (mut driven, effects) = Driven::boot(Start::New(Membership::of(NodeSet::first(3))), MemoryDisk::default());
    let first = effects.wake_at.expect("an election timeout");
    driven.sync();
    for round in 0..50 {
        let effects = driven.step(B, append(5, EntryId::ZERO, 1, 0, 0));
        assert_eq!(effects.wake_at, None, "heartbeat {round} moves the deadline later");
        if driven.asked.is_some() {
            driven.sync();
        }
    }
    driven.now = first;
    let effects = driven.handle(Event::Wake);
    let next = effects.wake_at.expect("a deadline not yet reached");
    assert!(next > first && !effects.sends.iter().any(|(_, message)| matches!(message, Message::RequestVote(_))));
    driven.now = next + Duration::from_millis(1);
    let effects = driven.handle(Event::Wake);
    assert!(effects.sends.iter().all(|(_, message)| matches!(message, Message::RequestVote(_))));
    assert_eq!(effects.sends.len(), 2, "now it asks whether it could win");
}

#[test]
fn a_seal_is_written_in_a_quiet_moment_and_once() {
    let mut driven = Driven::founded();
    driven.step(B, append(5, EntryId::ZERO, 1, 1, 0));
    driven.sync();
    let effects = driven.handle(Event::Wake);
    let to_seal = |op: &DiskOp| matches!(op, DiskOp::Append { file, .. } if file.starts_with("seal-"));
    assert!(effects.disk.iter().any(to_seal) && effects.sync.is_some());
    driven.sync();
    let effects = driven.handle(Event::Wake);
    assert!(effects.disk.is_empty() && effects.sync.is_none(), "there is nothing new to seal");
}

#[test]
fn after_a_failed_sync_a_node_does_nothing_any_more() {
    let mut driven = Driven::founded();
    driven.step(B, append(5, EntryId::ZERO, 1, 1, 0));
    let asked = driven.asked.take().expect("a sync was asked for");
    let effects = driven.handle(Event::SyncFailed(asked, DiskError::Io));
    assert!(effects.halt.is_some() && effects.sync.is_none());
    for event in [Event::Wake, Event::Synced(asked), Event::Message { from: B, message: vote(9) }] {
        let effects = driven.handle(event);
        assert!(effects.disk.is_empty() && effects.sends.is_empty() && effects.sync.is_none());
    }
}

fn id(seq: u64) -> RequestId {
    RequestId { client: ClientId(1), seq }
}

fn put(seq: u64, session: SessionId) -> Request {
    Request::write(id(seq), session, Operation::Put { key: "k".into(), value: "v".into() })
}

fn only_reply(effects: &Effects<Node>) -> ResponseBody {
    match effects.replies.as_slice() {
        [(_, Response { body, .. })] => body.clone(),
        other => panic!("not one reply: {other:?}"),
    }
}

#[test]
fn a_leader_answers_when_a_quorum_has_it_and_a_retry_from_the_session() {
    let mut driven = Driven::founded();
    driven.lead();
    assert!(driven.ask(Request::register(id(1))).replies.is_empty());
    driven.sync();
    let ResponseBody::Registered { session, .. } = only_reply(&driven.acknowledge()) else {
        panic!("a session was asked for");
    };
    assert!(driven.ask(put(1, session)).replies.is_empty());
    assert!(driven.sync().replies.is_empty(), "its own copy is no quorum");
    let done = ResponseBody::Done(Output::Written);
    let effects = driven.acknowledge();
    assert_eq!(only_reply(&effects), done);
    let written = driven.node.last_applied();
    assert!(effects.notes.contains(&Observation::WriteAcknowledged { request: id(1), entry: Some(written) }));
    let effects = driven.ask(put(1, session));
    assert_eq!(only_reply(&effects), done, "again, and at once");
    assert_eq!(driven.node.raft().last(), written, "without another entry");
    assert!(effects.notes.contains(&Observation::WriteAcknowledged { request: id(1), entry: Some(written) }));
}

#[test]
fn a_proposal_that_lost_its_place_is_not_answered_for_another() {
    let mut driven = Driven::founded();
    let term = driven.lead();
    driven.ask(Request::register(id(1)));
    driven.sync();
    let lost = driven.node.raft().last();
    // C leads the next term and has another entry there.
    let effects = driven.step(C, append(term.0 + 1, EntryId::ZERO, 1, lost.index.0, lost.index.0));
    let ResponseBody::Deposed { hint } = only_reply(&effects) else {
        panic!("{effects:?}");
    };
    assert_eq!((hint, driven.node.last_applied().index), (Some(C), lost.index));
}

#[test]
fn a_follower_names_the_leader_and_takes_its_own_snapshot() {
    let mut driven = Driven::founded();
    let get = || Request::read(id(1), Operation::Get { key: Bytes::from("k") });
    assert_eq!(only_reply(&driven.ask(get())), ResponseBody::NotLeader { hint: None });
    driven.step(B, append(5, EntryId::ZERO, 1, 3, 3));
    assert_eq!(only_reply(&driven.ask(put(1, SessionId(1)))), ResponseBody::NotLeader { hint: Some(B) });
    driven.sync();
    assert_eq!(only_reply(&driven.ask(Request::admin(id(1), AdminRequest::TakeSnapshot))), ResponseBody::Accepted);
    let taken = |effects: &Effects<Node>| {
        let mut observed = effects.notes.iter();
        observed.any(|o| matches!(o, Observation::SnapshotTaken { last, .. } if *last == EntryId::new(3, 5)))
    };
    assert!(!taken(&driven.sync()), "the contents are durable, the name is not");
    assert!(taken(&driven.sync()));
}

#[test]
fn term_and_vote_outlive_the_segment_they_were_written_to() {
    let mut driven = Driven::founded();
    driven.step(B, append(5, EntryId::ZERO, 1, 3, 3));
    driven.sync_all();
    driven.step(C, vote(6));
    driven.sync_all();
    driven.ask(Request::admin(id(1), AdminRequest::TakeSnapshot));
    driven.sync_all();
    let (_, effects) = Driven::boot(Start::Again, driven.disk);
    assert!(
        matches!(
            effects.notes[0],
            Observation::Recovered { term: Term(6), voted_for: Some(C), snapshot, .. } if snapshot == EntryId::new(3, 5)
        ),
        "{}",
        effects.notes[0]
    );
}

#[test]
fn a_read_waits_until_the_state_includes_its_index() {
    let mut driven = Driven::founded();
    driven.step(B, append(5, EntryId::ZERO, 1, 3, 2));
    driven.sync_all();
    let effects = driven.ask(Request::read(id(1), Operation::Get { key: Bytes::from("k") }));
    let [(to, Message::ReadIndex { term, context })] = effects.sends.as_slice() else {
        panic!("a follower asks its leader: {effects:?}");
    };
    assert_eq!(*to, B);
    let confirmed = Message::ReadIndexResponse { term: *term, context: *context, index: LogIndex(3) };
    let effects = driven.step(B, confirmed);
    assert!(effects.replies.is_empty(), "it has applied no more than {}", driven.node.last_applied());
    let effects = driven.step(B, append(5, EntryId::new(3, 5), 4, 0, 3));
    assert_eq!(only_reply(&effects), ResponseBody::Done(Output::Value(None)));
    assert!(effects.notes.contains(&Observation::ReadServed { request: id(1), applied: LogIndex(3) }));
}

#[test]
fn what_raft_appends_while_a_snapshot_becomes_durable_is_written_once() {
    let mut driven = Driven::founded();
    driven.lead();
    driven.acknowledge();
    assert_eq!(driven.node.last_applied(), driven.node.raft().last());
    driven.ask(Request::admin(id(1), AdminRequest::TakeSnapshot));
    // The joint configuration goes to the disk with the snapshot's name. B has it before, so that it is committed by this
    // node's own sync, and in that very step the leader appends the configuration without C.
    assert_eq!(only_reply(&driven.ask(Request::admin(id(2), AdminRequest::RemoveMember(C)))), ResponseBody::Accepted);
    driven.acknowledge();
    driven.sync();
    let joint = driven.node.raft().last();
    let effects = driven.sync();
    assert!(effects.notes.iter().any(|o| matches!(o, Observation::SnapshotTaken { .. })));
    assert_eq!(driven.node.raft().last().index, joint.index.next(), "in that very step");
    driven.sync_all();
    let last = driven.node.raft().last();
    let (_, effects) = Driven::boot(Start::Again, driven.disk);
    assert!(matches!(effects.notes[0], Observation::Recovered { last: found, .. } if found == last));
}

/// A snapshot in one piece, of an empty state.
fn install(term: u64, last: EntryId) -> Message {
    let state = [[1_u8].as_slice(), &[0; 8], &[0; 16], &[0; 8]].concat();
    Message::InstallSnapshot(Box::new(InstallSnapshot {
        term: Term(term),
        last,
        membership: Membership::of(NodeSet::first(3)),
        offset: 0,
        data: state.into(),
        done: true,
    }))
}

#[test]
fn a_snapshot_given_up_for_a_newer_one_is_not_acknowledged_before_that_is_in_place() {
    let mut driven = Driven::founded();
    let (older, newer) = (EntryId::new(10, 4), EntryId::new(20, 5));
    driven.step(B, install(5, older));
    driven.step(C, install(6, newer));
    let mut acknowledged = Vec::new();
    while driven.asked.is_some() {
        let effects = driven.sync();
        let installed = driven.node.last_applied() == newer;
        for (_, message) in effects.sends {
            if let Message::InstallSnapshotResponse { last, installed: true, .. } = message {
                assert!(installed, "{last} was acknowledged, applied is {}", driven.node.last_applied());
                acknowledged.push(last);
            }
        }
    }
    assert_eq!(acknowledged, [older, newer]);
}
