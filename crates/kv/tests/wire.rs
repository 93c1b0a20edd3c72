//! The encodings of requests and responses.

#[path = "../../env/tests/support/mod.rs"]
mod support;

use std::time::Duration;

use env::{Bytes, ClientId, NodeId, RequestId, Wire, WireError};
use kv::{AdminRequest, Request, RequestBody, Response, ResponseBody, SessionId};
use kv_types::{Operation, Output};
use proptest::prelude::*;
use raft::{InvalidChange, ProposeError};

use support::{assert_comes_back, assert_refused_or_canonical, damage, damaged, encoded};

/// Numbers of every length, not mostly the longest.
fn numbers() -> impl Strategy<Value = u64> {
    (any::<u64>(), 0_u32..64).prop_map(|(number, shift)| number >> shift)
}

fn bytes() -> impl Strategy<Value = Bytes> {
    prop::collection::vec(any::<u8>(), 0..12).prop_map(Bytes::from)
}

fn node_ids() -> impl Strategy<Value = NodeId> {
    any::<u8>().prop_map(NodeId)
}

fn request_ids() -> impl Strategy<Value = RequestId> {
    (any::<u32>(), numbers()).prop_map(|(client, seq)| RequestId { client: ClientId(client), seq })
}

fn operations() -> impl Strategy<Value = Operation> {
    prop_oneof![
        bytes().prop_map(|key| Operation::Get { key }),
        (bytes(), bytes()).prop_map(|(key, value)| Operation::Put { key, value }),
        (bytes(), bytes()).prop_map(|(key, value)| Operation::Append { key, value }),
        bytes().prop_map(|key| Operation::Delete { key }),
        (bytes(), prop::option::of(bytes()), prop::option::of(bytes()))
            .prop_map(|(key, expected, value)| Operation::Cas { key, expected, value }),
    ]
}

fn requests() -> impl Strategy<Value = Request> {
    let bodies = prop_oneof![
        Just(RequestBody::Register),
        operations().prop_map(RequestBody::Operation),
        node_ids().prop_map(|to| RequestBody::Admin(AdminRequest::TransferLeadership(to))),
        node_ids().prop_map(|node| RequestBody::Admin(AdminRequest::AddMember(node))),
        node_ids().prop_map(|node| RequestBody::Admin(AdminRequest::RemoveMember(node))),
        (node_ids(), node_ids()).prop_map(|(old, new)| RequestBody::Admin(AdminRequest::ReplaceMember { old, new })),
        Just(RequestBody::Admin(AdminRequest::TakeSnapshot)),
    ];
    (request_ids(), prop::option::of(numbers().prop_map(SessionId)), bodies).prop_map(|(from, session, body)| Request {
        from,
        session,
        body,
    })
}

fn responses() -> impl Strategy<Value = Response> {
    let outputs = prop_oneof![
        prop::option::of(bytes()).prop_map(Output::Value),
        Just(Output::Written),
        Just(Output::Swapped),
        Just(Output::Mismatch),
    ];
    let refusals = prop_oneof![
        prop::option::of(node_ids()).prop_map(|hint| ProposeError::NotLeader { hint }),
        node_ids().prop_map(|node| ProposeError::InvalidChange(InvalidChange::NotMember(node))),
        Just(ProposeError::NotReady),
    ];
    let bodies = prop_oneof![
        outputs.prop_map(ResponseBody::Done),
        (numbers(), numbers(), 0_u32..1_000_000_000).prop_map(|(session, secs, nanos)| {
            ResponseBody::Registered { session: SessionId(session), ttl: Duration::new(secs, nanos) }
        }),
        Just(ResponseBody::Accepted),
        prop::option::of(node_ids()).prop_map(|hint| ResponseBody::NotLeader { hint }),
        Just(ResponseBody::Unavailable),
        prop::option::of(node_ids()).prop_map(|hint| ResponseBody::Deposed { hint }),
        Just(ResponseBody::SessionExpired),
        Just(ResponseBody::Superseded),
        refusals.prop_map(ResponseBody::Refused),
    ];
    (request_ids(), bodies).prop_map(|(to, body)| Response { to, body })
}

proptest! {
    #[test]
    fn requests_come_back_as_they_were(request in requests()) {
        assert_comes_back(&request);
    }

    #[test]
    fn responses_come_back_as_they_were(response in responses()) {
        assert_comes_back(&response);
    }

    #[test]
    fn damaged_bytes_are_refused_or_mean_what_they_say(
        request in requests(),
        response in responses(),
        damages in damage(),
    ) {
        assert_refused_or_canonical::<Request>(&damaged(encoded(&request), &damages));
        assert_refused_or_canonical::<Response>(&damaged(encoded(&response), &damages));
    }

    #[test]
    fn any_bytes_are_refused_or_mean_what_they_say(
        kind in 0_u8..11,
        mut bytes in prop::collection::vec(prop_oneof![0_u8..4, any::<u8>()], 0..40),
    ) {
        bytes.insert(0, kind);
        assert_refused_or_canonical::<Request>(&bytes);
        assert_refused_or_canonical::<Response>(&bytes);
    }
}

const ID: RequestId = RequestId { client: ClientId(3), seq: 300 };

/// Equal bytes for equal values for as long as [`kv::WIRE_VERSION`] is the same. If this fails, either the change was
/// not meant, or the version has to go up with it.
#[test]
fn every_kind_of_request_has_the_bytes_of_the_documented_layout() {
    let admin = |request| Request::admin(ID, request);
    let write = |operation| Request::write(ID, SessionId(5), operation);
    let (key, value) = (Bytes::from("k"), Bytes::from("v"));
    let cases: [(Request, &[u8]); 12] = [
        (Request::register(ID), &[1, 3, 0xac, 2, 0]),
        (Request::read(ID, Operation::Get { key: key.clone() }), &[2, 3, 0xac, 2, 0, 1, 1, b'k']),
        (write(Operation::Put { key: key.clone(), value: value.clone() }), &[2, 3, 0xac, 2, 1, 5, 2, 1, b'k', 1, b'v']),
        (
            write(Operation::Append { key: key.clone(), value: value.clone() }),
            &[2, 3, 0xac, 2, 1, 5, 3, 1, b'k', 1, b'v'],
        ),
        (write(Operation::Delete { key: key.clone() }), &[2, 3, 0xac, 2, 1, 5, 4, 1, b'k']),
        (
            write(Operation::Cas { key: key.clone(), expected: None, value: Some(value.clone()) }),
            &[2, 3, 0xac, 2, 1, 5, 5, 1, b'k', 0, 1, b'v'],
        ),
        (
            write(Operation::Cas { key, expected: Some(Bytes::default()), value: Some(value) }),
            &[2, 3, 0xac, 2, 1, 5, 5, 1, b'k', 1, 0, 1, b'v'],
        ),
        (admin(AdminRequest::TransferLeadership(NodeId(4))), &[3, 3, 0xac, 2, 0, 4]),
        (admin(AdminRequest::AddMember(NodeId(4))), &[4, 3, 0xac, 2, 0, 4]),
        (admin(AdminRequest::RemoveMember(NodeId(4))), &[5, 3, 0xac, 2, 0, 4]),
        (admin(AdminRequest::ReplaceMember { old: NodeId(1), new: NodeId(6) }), &[6, 3, 0xac, 2, 0, 1, 6]),
        (admin(AdminRequest::TakeSnapshot), &[7, 3, 0xac, 2, 0]),
    ];
    for (request, bytes) in &cases {
        assert_eq!(encoded(request), *bytes, "{request:?}");
    }
}

/// As above.
#[test]
fn every_kind_of_response_has_the_bytes_of_the_documented_layout() {
    let ttl = Duration::from_millis(60_500);
    let node = Some(NodeId(2));
    let invalid = |why| ResponseBody::Refused(ProposeError::InvalidChange(why));
    let cases: [(ResponseBody, &[u8]); 23] = [
        (ResponseBody::Done(Output::Value(None)), &[1, 3, 0xac, 2, 1, 0]),
        (ResponseBody::Done(Output::Value(Some("v".into()))), &[1, 3, 0xac, 2, 1, 1, 1, b'v']),
        (ResponseBody::Done(Output::Written), &[1, 3, 0xac, 2, 2]),
        (ResponseBody::Done(Output::Swapped), &[1, 3, 0xac, 2, 3]),
        (ResponseBody::Done(Output::Mismatch), &[1, 3, 0xac, 2, 4]),
        (ResponseBody::Registered { session: SessionId(5), ttl }, &[2, 3, 0xac, 2, 5, 60, 0x80, 0xca, 0xb5, 0xee, 1]),
        (ResponseBody::Accepted, &[3, 3, 0xac, 2]),
        (ResponseBody::NotLeader { hint: None }, &[4, 3, 0xac, 2, 0]),
        (ResponseBody::NotLeader { hint: node }, &[4, 3, 0xac, 2, 1, 2]),
        (ResponseBody::Unavailable, &[5, 3, 0xac, 2]),
        (ResponseBody::Deposed { hint: None }, &[6, 3, 0xac, 2, 0]),
        (ResponseBody::Deposed { hint: node }, &[6, 3, 0xac, 2, 1, 2]),
        (ResponseBody::SessionExpired, &[7, 3, 0xac, 2]),
        (ResponseBody::Superseded, &[8, 3, 0xac, 2]),
        (ResponseBody::Refused(ProposeError::NotLeader { hint: node }), &[9, 3, 0xac, 2, 1, 1, 2]),
        (ResponseBody::Refused(ProposeError::Transferring { to: NodeId(2) }), &[9, 3, 0xac, 2, 2, 2]),
        (ResponseBody::Refused(ProposeError::ChangeInProgress), &[9, 3, 0xac, 2, 3]),
        (ResponseBody::Refused(ProposeError::NotReady), &[9, 3, 0xac, 2, 4]),
        (ResponseBody::Refused(ProposeError::InvalidTransfer { to: NodeId(2) }), &[9, 3, 0xac, 2, 5, 2]),
        (invalid(InvalidChange::NoSuchId(NodeId(64))), &[9, 3, 0xac, 2, 6, 64]),
        (invalid(InvalidChange::AlreadyMember(NodeId(2))), &[9, 3, 0xac, 2, 7, 2]),
        (invalid(InvalidChange::NotMember(NodeId(2))), &[9, 3, 0xac, 2, 8, 2]),
        (invalid(InvalidChange::NoVoterLeft), &[9, 3, 0xac, 2, 9]),
    ];
    for (body, bytes) in cases {
        let response = Response { to: ID, body };
        assert_eq!(encoded(&response), bytes, "{response:?}");
    }
}

#[test]
fn unknown_kinds_are_refused() {
    for kind in [0, 10, 0xff] {
        let bytes = [kind, 3, 1, 0, 0];
        assert_eq!(Request::from_wire(&bytes), Err(WireError::Invalid { at: 0, what: "request kind" }));
        assert_eq!(Response::from_wire(&bytes), Err(WireError::Invalid { at: 0, what: "response kind" }));
    }
}
