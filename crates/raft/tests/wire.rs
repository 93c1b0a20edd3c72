//! The encodings of messages.

#[path = "../../env/tests/support/mod.rs"]
mod support;

use env::{Bytes, ClientId, NodeId, NodeSet, RequestId, Wire, WireError};
use proptest::prelude::*;
use raft::{
    AppendEntries, AppendOutcome, Entries, Entry, InstallSnapshot, InvalidChange, Message, Payload, ProposeError,
    RequestVote,
};
use raft_types::{EntryId, LogIndex, Membership, Term};

use support::{assert_comes_back, assert_refused_or_canonical, damage, damaged, encoded};

/// Numbers of every length, not mostly the longest.
fn numbers() -> impl Strategy<Value = u64> {
    (any::<u64>(), 0_u32..64).prop_map(|(number, shift)| number >> shift)
}

fn terms() -> impl Strategy<Value = Term> {
    numbers().prop_map(Term)
}

fn indices() -> impl Strategy<Value = LogIndex> {
    numbers().prop_map(LogIndex)
}

fn entry_ids() -> impl Strategy<Value = EntryId> {
    (indices(), terms()).prop_map(|(index, term)| EntryId { term, index })
}

fn bytes() -> impl Strategy<Value = Bytes> {
    prop::collection::vec(any::<u8>(), 0..40).prop_map(Bytes::from)
}

fn node_ids() -> impl Strategy<Value = NodeId> {
    any::<u8>().prop_map(NodeId)
}

fn memberships() -> impl Strategy<Value = Membership> {
    let nodes = || numbers().prop_map(|bits| NodeSet::from_bits(bits & !1).expect("no node 0"));
    (nodes(), nodes(), nodes()).prop_map(|(voters, outgoing, learners)| Membership { voters, outgoing, learners })
}

fn entries() -> impl Strategy<Value = Entry> {
    let payloads = prop_oneof![
        Just(Payload::Empty),
        bytes().prop_map(Payload::Command),
        memberships().prop_map(Payload::Membership)
    ];
    let requests = (any::<u32>(), numbers()).prop_map(|(client, seq)| RequestId { client: ClientId(client), seq });
    (entry_ids(), payloads, prop::option::of(requests)).prop_map(|(id, payload, request)| Entry {
        id,
        payload,
        request,
    })
}

fn outcomes() -> impl Strategy<Value = AppendOutcome> {
    prop_oneof![
        indices().prop_map(|match_index| AppendOutcome::Accepted { match_index }),
        (indices(), entry_ids()).prop_map(|(prev_index, hint)| AppendOutcome::Rejected { prev_index, hint }),
    ]
}

fn messages() -> impl Strategy<Value = Message> {
    prop_oneof![
        (terms(), entry_ids(), any::<bool>(), any::<bool>()).prop_map(|(term, last, pre_vote, transfer)| {
            Message::RequestVote(RequestVote { term, last, pre_vote, transfer })
        }),
        (terms(), any::<bool>(), any::<bool>()).prop_map(|(term, granted, pre_vote)| Message::RequestVoteResponse {
            term,
            granted,
            pre_vote
        }),
        (terms(), entry_ids(), prop::collection::vec(entries(), 0..5), indices(), numbers()).prop_map(
            |(term, prev, entries, leader_commit, round)| {
                let entries = entries.into_iter().collect();
                Message::AppendEntries(AppendEntries { term, prev, entries, leader_commit, round })
            }
        ),
        (terms(), numbers(), outcomes()).prop_map(|(term, round, outcome)| Message::AppendEntriesResponse {
            term,
            round,
            outcome
        }),
        (terms(), entry_ids(), memberships(), numbers(), bytes(), any::<bool>()).prop_map(
            |(term, last, membership, offset, data, done)| {
                Message::InstallSnapshot(Box::new(InstallSnapshot { term, last, membership, offset, data, done }))
            }
        ),
        (terms(), entry_ids(), numbers(), any::<bool>()).prop_map(|(term, last, received, installed)| {
            Message::InstallSnapshotResponse { term, last, received, installed }
        }),
        terms().prop_map(|term| Message::TimeoutNow { term }),
        (terms(), numbers()).prop_map(|(term, context)| Message::ReadIndex { term, context }),
        (terms(), numbers(), indices()).prop_map(|(term, context, index)| Message::ReadIndexResponse {
            term,
            context,
            index
        }),
    ]
}

fn refusals() -> impl Strategy<Value = ProposeError> {
    prop_oneof![
        prop::option::of(node_ids()).prop_map(|hint| ProposeError::NotLeader { hint }),
        node_ids().prop_map(|to| ProposeError::Transferring { to }),
        Just(ProposeError::ChangeInProgress),
        Just(ProposeError::NotReady),
        node_ids().prop_map(|to| ProposeError::InvalidTransfer { to }),
        node_ids().prop_map(|node| ProposeError::InvalidChange(InvalidChange::NoSuchId(node))),
        node_ids().prop_map(|node| ProposeError::InvalidChange(InvalidChange::AlreadyMember(node))),
        node_ids().prop_map(|node| ProposeError::InvalidChange(InvalidChange::NotMember(node))),
        Just(ProposeError::InvalidChange(InvalidChange::NoVoterLeft)),
    ]
}

proptest! {
    #[test]
    fn messages_come_back_as_they_were(message in messages()) {
        assert_comes_back(&message);
    }

    #[test]
    fn refusals_come_back_as_they_were(refusal in refusals()) {
        assert_comes_back(&refusal);
    }

    #[test]
    fn damaged_messages_are_refused_or_mean_what_they_say(message in messages(), damages in damage()) {
        assert_refused_or_canonical::<Message>(&damaged(encoded(&message), &damages));
    }

    #[test]
    fn any_bytes_are_refused_or_mean_what_they_say(
        kind in 0_u8..11,
        mut bytes in prop::collection::vec(prop_oneof![0_u8..4, any::<u8>()], 0..60),
    ) {
        assert_refused_or_canonical::<Message>(&bytes);
        assert_refused_or_canonical::<ProposeError>(&bytes);
        bytes.insert(0, kind);
        assert_refused_or_canonical::<Message>(&bytes);
        assert_refused_or_canonical::<ProposeError>(&bytes);
    }
}

fn append(entries: Entries) -> Message {
    let prev = EntryId::new(1000, 7);
    Message::AppendEntries(AppendEntries { term: Term(7), prev, entries, leader_commit: LogIndex(999), round: 5000 })
}

fn entry(index: u64, payload: Payload, request: Option<RequestId>) -> Entry {
    Entry { id: EntryId::new(index, 7), payload, request }
}

/// Equal bytes for equal messages for as long as `kv::WIRE_VERSION` is the same. If this fails, either the change was
/// not meant, or the version has to go up with it.
#[test]
fn every_kind_of_message_has_the_bytes_of_the_documented_layout() {
    let (term, last) = (Term(7), EntryId::new(1000, 6));
    let vote = |pre_vote, transfer| Message::RequestVote(RequestVote { term, last, pre_vote, transfer });
    let answer = |outcome| Message::AppendEntriesResponse { term, round: 5000, outcome };
    let membership = Membership { voters: NodeSet::first(5), outgoing: NodeSet::first(3), learners: NodeSet::EMPTY };
    let chunk = |data: &str, done| {
        let data = data.into();
        Message::InstallSnapshot(Box::new(InstallSnapshot { term, last, membership, offset: 300, data, done }))
    };
    let entries = [
        entry(1001, Payload::Empty, None),
        entry(1002, Payload::Command("x=1".into()), Some(RequestId { client: ClientId(2), seq: 130 })),
        entry(1003, Payload::Membership(membership), None),
    ];
    let cases: [(Message, &[u8]); 12] = [
        (vote(false, true), &[1, 7, 0xe8, 7, 6, 0, 1]),
        (vote(true, false), &[1, 7, 0xe8, 7, 6, 1, 0]),
        (Message::RequestVoteResponse { term, granted: true, pre_vote: false }, &[2, 7, 1, 0]),
        (append(Entries::NONE), &[3, 7, 0xe8, 7, 7, 0xe7, 7, 0x88, 39, 0]),
        (
            append(entries.into_iter().collect()),
            &[
                &[3, 7, 0xe8, 7, 7, 0xe7, 7, 0x88, 39, 3][..],
                &[0xe9, 7, 7, 0, 1],
                &[0xea, 7, 7, 1, 2, 0x82, 1, 2, 3, b'x', b'=', b'1'],
                &[0xeb, 7, 7, 0, 3, 0b11_1110, 0b1110, 0],
            ]
            .concat(),
        ),
        (answer(AppendOutcome::Accepted { match_index: LogIndex(5) }), &[4, 7, 0x88, 39, 1, 5]),
        (answer(AppendOutcome::Rejected { prev_index: LogIndex(9), hint: last }), &[4, 7, 0x88, 39, 2, 9, 0xe8, 7, 6]),
        (chunk("ab", true), &[5, 7, 0xe8, 7, 6, 0b11_1110, 0b1110, 0, 0xac, 2, 1, 2, b'a', b'b']),
        (
            Message::InstallSnapshotResponse { term, last, received: 300, installed: false },
            &[6, 7, 0xe8, 7, 6, 0xac, 2, 0],
        ),
        (Message::TimeoutNow { term }, &[7, 7]),
        (Message::ReadIndex { term, context: 8 }, &[8, 7, 8]),
        (Message::ReadIndexResponse { term, context: 8, index: LogIndex(5) }, &[9, 7, 8, 5]),
    ];
    for (message, bytes) in &cases {
        assert_eq!(encoded(message), *bytes, "{message}");
    }
}

/// The messages that a busy cluster sends most. A change that makes these longer should be worth it.
#[test]
fn the_common_messages_are_small() {
    assert_eq!(encoded(&append(Entries::NONE)).len(), 10, "a heartbeat");
    let command = Payload::Command(vec![0; 40].into());
    let request = RequestId { client: ClientId(3), seq: 500 };
    let one = append([entry(1001, command, Some(request))].into_iter().collect());
    assert_eq!(encoded(&one).len(), 10 + 9 + 40, "one entry with a command of 40 bytes");
}

/// Room for that many entries could not be had: an attempt would end the test.
#[test]
fn a_number_of_entries_beyond_the_bytes_left_makes_no_room() {
    let mut heartbeat = encoded(&append(Entries::NONE));
    let at = heartbeat.len() - 1;
    for (count, bytes_behind) in [(1, 3), (1 << 40, 4096), (u64::MAX, 4096)] {
        heartbeat.truncate(at);
        count.to_wire(&mut heartbeat);
        heartbeat.resize(heartbeat.len() + bytes_behind, 0);
        assert_eq!(Message::from_wire(&heartbeat), Err(WireError::Truncated { at, what: "number of entries" }));
    }
}

#[test]
fn as_many_entries_as_the_bytes_left_can_hold_are_taken() {
    let shortest = Entry { id: EntryId::new(1, 1), payload: Payload::Empty, request: None };
    assert_eq!(encoded(&shortest), [1, 1, 0, 1]);
    assert_comes_back(&append(vec![shortest; 200].into_iter().collect()));
}

#[test]
fn unknown_kinds_are_refused() {
    for kind in [0, 10, 0xff] {
        assert_eq!(Message::from_wire(&[kind, 7]), Err(WireError::Invalid { at: 0, what: "message kind" }));
        assert_eq!(ProposeError::from_wire(&[kind, 7]), Err(WireError::Invalid { at: 0, what: "reason" }));
    }
}
