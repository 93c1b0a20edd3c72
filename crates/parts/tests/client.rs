//! The client by itself: which node it asks when, and which completion ends an operation.

extern crate stormglass_parts as parts;

mod support;

use std::time::Duration;

use env::{Client as _, ClientEffects, ClientId, Completion, Instant, NodeId, NodeSet, RequestId};
use parts::{Answer, Client, ClientConfig, Request, Response};

use support::Always;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    Read,
    Write,
}

type Asker = Client<Operation, u8>;
type Asked = ClientEffects<Request<Operation>, u8>;

const RETRY: Duration = Duration::from_millis(160);
const TIMEOUT: Duration = Duration::from_secs(1);
/// Draws the first node, and the shortest pause.
const LOW: Always = Always(0);
/// Draws the last node, and the longest pause.
const HIGH: Always = Always(u64::MAX);

fn client_of(nodes: u8, moves: bool) -> Asker {
    let changes = |operation: &Operation| *operation == Operation::Write;
    let nodes = NodeSet::first(nodes);
    Client::new(ClientId(7), ClientConfig::new(nodes, changes).moves(moves).retry(RETRY).timeout(TIMEOUT))
}

fn at(millis: u64) -> Instant {
    Instant::ZERO + Duration::from_millis(millis)
}

fn id(seq: u64) -> RequestId {
    RequestId { client: ClientId(7), seq }
}

fn invoke(client: &mut Asker, operation: Operation, now: u64, mut random: Always) -> Asked {
    let mut effects = Asked::default();
    client.invoke(operation, at(now), &mut random, &mut effects);
    effects
}

fn receive(client: &mut Asker, from: u8, seq: u64, answer: Answer<u8>, now: u64) -> Asked {
    let mut effects = Asked::default();
    client.receive(NodeId(from), Response { id: id(seq), answer }, at(now), &mut { HIGH }, &mut effects);
    effects
}

fn wake(client: &mut Asker, now: u64) -> Asked {
    let mut effects = Asked::default();
    client.wake(at(now), &mut { LOW }, &mut effects);
    effects
}

/// The nodes that were asked, and the number of the operation.
fn asked(effects: &Asked) -> Vec<(u8, u64)> {
    effects.sends.iter().map(|(node, request)| (node.0, request.id.seq)).collect()
}

fn hint(node: u8) -> Answer<u8> {
    Answer::NotHere { hint: Some(NodeId(node)) }
}

const NO_HINT: Answer<u8> = Answer::NotHere { hint: None };

#[test]
fn an_operation_ends_as_the_node_says_or_by_its_kind_when_it_is_given_up() {
    let refused = || Answer::Refused("no".into());
    for (operation, answer, completion) in [
        (Operation::Read, Some(Answer::Done(5)), Completion::Ok(5)),
        (Operation::Write, Some(Answer::Done(5)), Completion::Ok(5)),
        (Operation::Read, Some(refused()), Completion::Fail),
        (Operation::Write, Some(refused()), Completion::Fail),
        (Operation::Read, None, Completion::Fail),
        (Operation::Write, None, Completion::Info),
        // Neither answer says whether another copy was executed.
        (Operation::Write, Some(Answer::Later), Completion::Info),
        (Operation::Write, Some(NO_HINT), Completion::Info),
        (Operation::Write, Some(Answer::Superseded), Completion::Info),
    ] {
        let mut client = client_of(1, true);
        invoke(&mut client, operation, 0, LOW);
        let mut effects = Asked::default();
        if let Some(answer) = answer.clone() {
            effects = receive(&mut client, 1, 1, answer, 10);
        }
        if effects.completion.is_none() {
            assert_eq!(wake(&mut client, 999).completion, None, "it is given up after {TIMEOUT:?}, not before");
            effects = wake(&mut client, 1_000);
        }
        assert_eq!(effects.completion, Some(completion), "{operation:?} answered by {answer:?}");
    }
}

#[test]
fn an_operation_without_an_answer_is_asked_again_under_its_id_of_another_node_if_it_may_move() {
    for (moves, second) in [(true, 2), (false, 1)] {
        let mut client = client_of(3, moves);
        let first = invoke(&mut client, Operation::Write, 0, LOW);
        assert_eq!((asked(&first), first.wake_at), (vec![(1, 1)], Some(at(160))));
        let early = wake(&mut client, 159);
        assert_eq!((asked(&early), early.wake_at), (vec![], Some(at(160))));
        let again = wake(&mut client, 160);
        assert_eq!((asked(&again), again.wake_at), (vec![(second, 1)], Some(at(320))), "moves: {moves}");
    }
}

#[test]
fn a_hint_is_followed_once_and_nodes_that_name_one_another_are_not_chased() {
    let mut client = client_of(3, true);
    invoke(&mut client, Operation::Write, 0, LOW);
    assert_eq!(asked(&receive(&mut client, 1, 1, hint(2), 10)), [(2, 1)]);
    // The second hint is waited out: a pause of 160 / 16 ms at most, and then another node.
    let chased = receive(&mut client, 2, 1, hint(1), 20);
    assert_eq!((asked(&chased), chased.wake_at), (vec![], Some(at(30))));
    assert_eq!(asked(&wake(&mut client, 30)), [(1, 1)]);
    // After the pause a hint is followed again.
    assert_eq!(asked(&receive(&mut client, 1, 1, hint(2), 40)), [(2, 1)]);
    assert_eq!(receive(&mut client, 2, 1, Answer::Done(9), 50).completion, Some(Completion::Ok(9)));
    // The node that answered is asked first the next time.
    assert_eq!(asked(&invoke(&mut client, Operation::Read, 60, LOW)), [(2, 2)]);
}

#[test]
fn pauses_grow_up_to_a_retry() {
    let mut client = client_of(1, true);
    invoke(&mut client, Operation::Write, 0, LOW);
    let mut now = 0;
    let mut pauses = Vec::new();
    for _ in 0..7 {
        let due = receive(&mut client, 1, 1, Answer::Later, now).wake_at.expect("a wake-up").0 / 1_000_000;
        pauses.push(due - now);
        now = due;
        assert_eq!(asked(&wake(&mut client, now)), [(1, 1)]);
    }
    assert_eq!(pauses, [10, 20, 40, 80, 160, 160, 160]);
}

#[test]
fn a_client_that_does_not_move_asks_one_node_whatever_it_says() {
    for answer in [hint(2), NO_HINT, Answer::Later] {
        let mut client = client_of(3, false);
        invoke(&mut client, Operation::Write, 0, HIGH);
        assert_eq!(asked(&receive(&mut client, 3, 1, answer.clone(), 10)), [], "{answer:?}");
        for now in [170, 330, 490] {
            assert_eq!(asked(&wake(&mut client, now)), [(3, 1)], "{answer:?}");
        }
    }
}

#[test]
fn late_answers_and_those_of_nodes_not_asked_change_nothing_unless_they_settle_the_operation() {
    let mut client = client_of(3, true);
    invoke(&mut client, Operation::Write, 0, LOW);
    assert_eq!(receive(&mut client, 1, 1, Answer::Done(1), 10).completion, Some(Completion::Ok(1)));
    for answer in [Answer::Done(2), Answer::Refused("no".into()), hint(2), Answer::Later] {
        let late = receive(&mut client, 1, 1, answer, 20);
        assert_eq!((asked(&late), late.completion, late.wake_at), (vec![], None, None), "no operation is under way");
    }
    invoke(&mut client, Operation::Write, 30, LOW);
    for answer in [Answer::Done(2), Answer::Refused("no".into()), hint(3), Answer::Later] {
        let late = receive(&mut client, 1, 1, answer, 40);
        assert_eq!((asked(&late), late.completion, late.wake_at), (vec![], None, None), "an earlier operation's");
    }
    // Node 2 was not asked: only its word that the operation is done, or never will be, counts.
    for answer in [hint(3), NO_HINT, Answer::Later, Answer::Superseded] {
        let other = receive(&mut client, 2, 2, answer, 50);
        assert_eq!((asked(&other), other.completion, other.wake_at), (vec![], None, None));
    }
    assert_eq!(receive(&mut client, 2, 2, Answer::Done(3), 60).completion, Some(Completion::Ok(3)));
    assert_eq!(asked(&invoke(&mut client, Operation::Read, 70, LOW)), [(2, 3)], "the node that answered");
}

#[test]
fn a_node_that_left_an_operation_without_an_answer_is_not_asked_the_next_one() {
    let mut client = client_of(3, false);
    let mut nodes = Vec::new();
    for second in 0..20 {
        nodes.push(asked(&invoke(&mut client, Operation::Read, second * 1_000, LOW))[0].0);
        assert_eq!(wake(&mut client, (second + 1) * 1_000).completion, Some(Completion::Fail));
    }
    assert!(nodes.windows(2).all(|two| two[0] != two[1]), "{nodes:?}");
    let mut client = client_of(1, false);
    for second in 0..2 {
        assert_eq!(asked(&invoke(&mut client, Operation::Read, second * 1_000, LOW)), [(1, second + 1)]);
        wake(&mut client, (second + 1) * 1_000);
    }
}

#[test]
#[should_panic(expected = "c7 has no node to ask")]
fn a_client_needs_a_node() {
    client_of(0, true);
}
