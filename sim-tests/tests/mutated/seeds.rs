//! The part of the corpus that only the encoders can write.

use std::fs;

use env::{NodeId, NodeSet, RequestId, Wire};
use explore::Repro;
use kv::{AdminRequest, Request, RequestBody, Response, ResponseBody, SessionId};
use kv_types::{Operation, Output};
use raft::{AppendEntries, AppendOutcome, Entry, InstallSnapshot, InvalidChange, Message, Payload, ProposeError};
use raft_types::{EntryId, LogIndex, Membership, Term};
use sim_tests::parsers::disk_seeds;

use super::{files, fuzz, here, is_read, parser};

/// A parser, a file's name and its content.
type Seed = (&'static str, &'static str, Vec<u8>);

const ID: RequestId = RequestId { client: env::ClientId(3), seq: 300 };

#[test]
fn every_seed_that_an_encoder_wrote_is_read() {
    for (name, file, _) in seeds() {
        let path = fuzz().join("corpus").join(name).join(file);
        let input = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(is_read(parser(name), file, &input), "{name}/{file} is of another version: write the seeds anew");
    }
}

#[test]
#[ignore = "writes files of crates/fuzz/corpus anew, after a change of an encoding"]
fn write_the_seeds() {
    for (name, file, content) in seeds() {
        let folder = fuzz().join("corpus").join(name);
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join(file), content).expect("a file");
    }
}

fn seeds() -> Vec<Seed> {
    let repro = Repro::load(&files(&here().join("corpus"), ".json")[0]).expect("the corpus is of repros");
    let token = repro.token().into_bytes();
    let messages = [messages(), requests(), responses()].concat();
    let on_the_wire = messages.into_iter().map(|(file, bytes)| ("wire", file, bytes));
    on_the_wire.chain(disk_seeds()).chain([("token", "of-a-run", token)]).collect()
}

fn encoded<T: Wire>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    value.to_wire(&mut bytes);
    bytes
}

fn messages() -> Vec<(&'static str, Vec<u8>)> {
    let (term, last) = (Term(7), EntryId::new(1000, 6));
    let membership = Membership { voters: NodeSet::first(5), outgoing: NodeSet::first(3), learners: NodeSet::EMPTY };
    let entry = |index, payload, request| Entry { id: EntryId::new(index, 7), payload, request };
    let entries = [
        entry(1001, Payload::Empty, None),
        entry(1002, Payload::Command("x=1".into()), Some(ID)),
        entry(1003, Payload::Membership(membership), None),
    ];
    let append = AppendEntries {
        term,
        prev: last,
        entries: entries.into_iter().collect(),
        leader_commit: LogIndex(999),
        round: 5000,
    };
    let chunk = InstallSnapshot { term, last, membership, offset: 300, data: "state".into(), done: true };
    let rejected = AppendOutcome::Rejected { prev_index: LogIndex(9), hint: last };
    vec![
        ("append-entries", encoded(&Message::AppendEntries(append))),
        ("append-entries-response", encoded(&Message::AppendEntriesResponse { term, round: 5000, outcome: rejected })),
        ("install-snapshot", encoded(&Message::InstallSnapshot(Box::new(chunk)))),
        ("read-index", encoded(&Message::ReadIndex { term, context: 8 })),
    ]
}

fn requests() -> Vec<(&'static str, Vec<u8>)> {
    let cas = Operation::Cas { key: "k".into(), expected: None, value: Some("v".into()) };
    let replace = AdminRequest::ReplaceMember { old: NodeId(3), new: NodeId(6) };
    vec![
        ("request-write", encoded(&Request::write(ID, SessionId(40), cas))),
        ("request-read", encoded(&Request::read(ID, Operation::Get { key: "k".into() }))),
        ("request-admin", encoded(&Request { from: ID, session: None, body: RequestBody::Admin(replace) })),
    ]
}

fn responses() -> Vec<(&'static str, Vec<u8>)> {
    let response = |body| encoded(&Response { to: ID, body });
    let refused = ProposeError::InvalidChange(InvalidChange::NotMember(NodeId(9)));
    let ttl = std::time::Duration::from_millis(1_500);
    vec![
        ("response-registered", response(ResponseBody::Registered { session: SessionId(40), ttl })),
        ("response-refused", response(ResponseBody::Refused(refused))),
        ("response-value", response(ResponseBody::Done(Output::Value(Some("v".into()))))),
        ("refusal", encoded(&refused)),
    ]
}
