//! The client; the tests hand it the messages of the network.

use std::time::Duration;

use env::{Client as _, ClientEffects, ClientId, Completion, Instant, NodeId, NodeSet, Ratio, RequestId};
use kv::{Client, ClientConfig, Request, RequestBody, Response, ResponseBody, SessionId};
use kv_types::{Operation, Output};

use crate::support::Dice;

const RETRY: Duration = Duration::from_millis(400);
const TIMEOUT: Duration = Duration::from_secs(3);
const TTL: Duration = Duration::from_secs(60);

/// A client and its last effects.
struct Told {
    client: Client,
    dice: Dice,
    now: Instant,
    seq: u64,
    /// The last request, and its receiver.
    sent: Option<(NodeId, Request)>,
    wake_at: Option<Instant>,
    completion: Option<Completion<Output>>,
}

impl Told {
    fn new(follower_reads: Ratio) -> Told {
        let config = ClientConfig { nodes: NodeSet::first(3), follower_reads, retry: RETRY, timeout: TIMEOUT };
        Told {
            client: Client::new(ClientId(7), config),
            dice: Dice(3),
            now: Instant(5),
            seq: 0,
            sent: None,
            wake_at: None,
            completion: None,
        }
    }

    fn take(&mut self, effects: ClientEffects<Request, Output>) {
        assert!(effects.sends.len() <= 1, "one request at a time");
        self.sent = effects.sends.into_iter().next();
        self.wake_at = effects.wake_at.or(self.wake_at);
        self.completion = effects.completion;
    }

    fn invoke(&mut self, operation: Operation) {
        let mut effects = ClientEffects::default();
        self.seq += 1;
        self.client.invoke(operation, self.now, &mut self.dice, &mut effects);
        self.take(effects);
    }

    /// A node answers a request of this number.
    fn answer_to(&mut self, seq: u64, from: NodeId, body: ResponseBody) {
        let mut effects = ClientEffects::default();
        let response = Response { to: RequestId { client: ClientId(7), seq }, body };
        self.now += Duration::from_millis(1);
        self.client.receive(from, response, self.now, &mut self.dice, &mut effects);
        self.take(effects);
    }

    /// The node asked last answers.
    fn answer(&mut self, body: ResponseBody) {
        let from = self.sent_to();
        self.answer_to(self.seq, from, body);
    }

    fn wake(&mut self) {
        let mut effects = ClientEffects::default();
        self.now = self.wake_at.expect("it waits for something");
        self.client.wake(self.now, &mut self.dice, &mut effects);
        self.take(effects);
    }

    /// Lets time pass, with its retries, until the operation ends.
    fn give_up(&mut self) -> Completion<Output> {
        for _ in 0..1_000 {
            if let Some(completion) = self.completion.take() {
                return completion;
            }
            self.wake();
        }
        panic!("it never gives up");
    }

    fn sent_to(&self) -> NodeId {
        self.sent.as_ref().expect("it has sent something").0
    }

    fn asked_for(&self) -> &Request {
        &self.sent.as_ref().expect("it has sent something").1
    }

    /// With a session open and a write answered.
    fn in_session(session: u64) -> Told {
        let mut told = Told::new(Ratio::NEVER);
        told.invoke(put());
        told.answer(registered(session));
        told.answer(ResponseBody::Done(Output::Written));
        assert_eq!(told.completion, Some(Completion::Ok(Output::Written)));
        told
    }
}

fn put() -> Operation {
    Operation::Put { key: "k".into(), value: "v".into() }
}

fn get() -> Operation {
    Operation::Get { key: "k".into() }
}

fn registered(session: u64) -> ResponseBody {
    ResponseBody::Registered { session: SessionId(session), ttl: TTL }
}

fn other_than(node: NodeId) -> NodeId {
    NodeSet::first(3).iter().find(|other| *other != node).expect("three nodes")
}

#[test]
fn a_first_write_opens_a_session_and_the_next_uses_it() {
    let mut told = Told::new(Ratio::NEVER);
    told.invoke(put());
    assert_eq!(told.asked_for().body, RequestBody::Register);
    let leader = told.sent_to();
    told.answer(registered(9));
    assert_eq!((told.sent_to(), told.asked_for().session), (leader, Some(SessionId(9))));
    assert_eq!(told.asked_for().from, RequestId { client: ClientId(7), seq: 1 });
    told.answer(ResponseBody::Done(Output::Mismatch));
    assert_eq!(told.completion, Some(Completion::Ok(Output::Mismatch)), "a mismatch is an answer");
    told.invoke(put());
    assert_eq!((told.sent_to(), told.asked_for().session), (leader, Some(SessionId(9))));
    assert_eq!(told.asked_for().from.seq, 2);
}

#[test]
fn a_retry_is_the_same_request_at_another_node() {
    let mut told = Told::in_session(9);
    told.invoke(put());
    let (first, request) = told.sent.clone().expect("sent");
    told.wake();
    assert_eq!(told.asked_for(), &request);
    assert_ne!(told.sent_to(), first);
}

#[test]
fn a_hint_is_followed_at_once_but_not_for_ever() {
    let mut told = Told::in_session(9);
    told.invoke(put());
    for _ in 0..3 {
        let asked = told.sent_to();
        let hint = Some(other_than(asked));
        told.answer(ResponseBody::NotLeader { hint });
        assert_eq!(Some(told.sent_to()), hint);
    }
    let asked = told.sent_to();
    told.answer(ResponseBody::NotLeader { hint: Some(other_than(asked)) });
    assert!(told.sent.is_none(), "nodes that name one another: an election is going on");
    let pause = told.wake_at.expect("later").saturating_since(told.now);
    assert!(pause > Duration::ZERO && pause < RETRY, "{pause:?}");
    told.wake();
    assert_ne!(told.sent_to(), asked);
}

#[test]
fn a_stale_hint_does_not_keep_a_client_from_the_leader() {
    // The first was removed and names the second for ever, which is down; the third leads.
    let mut told = Told::in_session(9);
    told.invoke(put());
    for _ in 0..8 {
        match told.sent.as_ref().map(|(node, _)| *node) {
            Some(NodeId(1)) => told.answer(ResponseBody::NotLeader { hint: Some(NodeId(2)) }),
            Some(NodeId(3)) => return,
            _ => told.wake(),
        }
    }
    panic!("it never asks the leader");
}

#[test]
fn a_write_that_was_sent_is_never_reported_failed() {
    for refusal in [ResponseBody::NotLeader { hint: None }, ResponseBody::Unavailable] {
        let mut told = Told::in_session(9);
        told.invoke(put());
        told.answer(refusal);
        assert_eq!(told.give_up(), Completion::Info, "a copy may be on its way yet");
    }
    let mut told = Told::in_session(9);
    told.invoke(put());
    assert_eq!(told.give_up(), Completion::Info);
    assert!(told.now.saturating_since(Instant(5)) <= TIMEOUT + RETRY, "it gave up in time");
}

#[test]
fn reads_and_writes_that_were_never_sent_fail() {
    let mut told = Told::new(Ratio::NEVER);
    told.invoke(get());
    assert_eq!(told.give_up(), Completion::Fail);
    told.invoke(put());
    assert_eq!(told.give_up(), Completion::Fail, "no session could be opened");
}

#[test]
fn after_an_uncertain_write_the_next_one_opens_another_session() {
    for end in [None, Some(ResponseBody::SessionExpired), Some(ResponseBody::Superseded)] {
        let mut told = Told::in_session(9);
        told.invoke(put());
        match end {
            None => assert_eq!(told.give_up(), Completion::Info),
            Some(body) => {
                told.answer(body);
                assert_eq!(told.completion, Some(Completion::Info));
            }
        }
        told.invoke(put());
        assert_eq!(told.asked_for().body, RequestBody::Register);
        // An answer to an earlier request is not taken for one to this request.
        told.answer_to(1, NodeId(1), registered(9));
        told.answer_to(2, NodeId(1), ResponseBody::Done(Output::Written));
        assert_eq!((told.sent.clone(), told.completion.clone()), (None, None));
        told.answer_to(3, NodeId(1), registered(20));
        assert_eq!(told.asked_for().session, Some(SessionId(20)));
    }
}

#[test]
fn a_failed_read_keeps_the_session() {
    let mut told = Told::in_session(9);
    told.invoke(get());
    assert_eq!(told.give_up(), Completion::Fail);
    told.invoke(put());
    assert_eq!(told.asked_for().session, Some(SessionId(9)));
}

#[test]
fn a_session_that_may_have_expired_is_not_used() {
    let mut told = Told::in_session(9);
    told.now += TTL;
    told.invoke(put());
    assert_eq!(told.asked_for().body, RequestBody::Register);
}

#[test]
fn a_late_or_repeated_answer_changes_nothing() {
    let mut told = Told::in_session(9);
    told.answer_to(1, NodeId(1), ResponseBody::Done(Output::Written));
    assert_eq!(told.completion, None);
    told.invoke(put());
    let asked = told.sent_to();
    told.answer_to(2, other_than(asked), ResponseBody::NotLeader { hint: None });
    assert!(told.sent.is_none(), "not the node that was asked last");
    told.answer_to(2, asked, registered(30));
    assert!(told.sent.is_none() && told.completion.is_none(), "a second answer to the registration");
    told.answer_to(2, asked, ResponseBody::Done(Output::Written));
    assert_eq!(told.completion, Some(Completion::Ok(Output::Written)));
}

#[test]
fn reads_go_to_the_leader_or_are_spread() {
    let mut told = Told::in_session(9);
    told.invoke(put());
    let leader = told.sent_to();
    told.answer(ResponseBody::Done(Output::Written));
    for _ in 0..40 {
        told.invoke(get());
        assert_eq!(told.sent_to(), leader);
        told.answer(ResponseBody::Done(Output::Value(None)));
        assert_eq!(told.completion, Some(Completion::Ok(Output::Value(None))));
    }
    let mut spread = Told::new(Ratio::ALWAYS);
    let mut asked = NodeSet::EMPTY;
    for _ in 0..40 {
        spread.invoke(get());
        asked.insert(spread.sent_to());
        spread.answer(ResponseBody::Done(Output::Value(None)));
    }
    assert_eq!(asked, NodeSet::first(3));
}
