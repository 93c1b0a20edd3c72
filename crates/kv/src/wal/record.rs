//! The items in the records of the log.
//!
//! A record's payload is a sequence of items: all that was written between two flushes, in order. The first record of a
//! segment begins with the segment's [`Opening`].

use env::{ClientId, NodeId, Reader, RequestId, WireError};
use raft::{Entry, HardState, Payload};
use raft_types::{EntryId, LogIndex, Membership, Term};

use crate::codec::{Read, Write};

/// One step in the life of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    HardState(HardState),
    /// The entries from this index on are gone.
    Truncate(LogIndex),
    Entry(Entry),
}

/// How a segment begins: with all that the segments before it still mattered for, but the entries, which follow as items
/// of the same record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Opening {
    pub(crate) node: NodeId,
    /// The log begins after this entry; a snapshot covers it and all before.
    pub(crate) base: EntryId,
    /// The configuration at `base`.
    pub(crate) membership: Membership,
    pub(crate) hard_state: HardState,
}

const VERSION: u8 = 1;

const HARD_STATE: u8 = 1;
const TRUNCATE: u8 = 2;
const EMPTY: u8 = 3;
const COMMAND: u8 = 4;
const REQUESTED_COMMAND: u8 = 5;
const MEMBERSHIP: u8 = 6;

/// The kind, the entry's id, the request and the length of a command.
const COMMAND_HEAD_BYTES_MAX: usize = 1 + 16 + 12 + 4;

impl Opening {
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        out.put_u8(VERSION);
        out.put_node(Some(self.node));
        out.put_entry_id(self.base);
        out.put_membership(&self.membership);
        out.put_u64(self.hard_state.term.0);
        out.put_node(self.hard_state.voted_for);
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Opening, WireError> {
        if reader.u8("log version")? != VERSION {
            return Err(WireError::Invalid { at: 0, what: "log version" });
        }
        Ok(Opening {
            node: reader.node("node")?.ok_or(WireError::Invalid { at: 1, what: "node" })?,
            base: reader.entry_id("base")?,
            membership: reader.membership()?,
            hard_state: hard_state(reader)?,
        })
    }
}

pub(crate) fn encode_hard_state(hard_state: HardState, out: &mut Vec<u8>) {
    out.put_u8(HARD_STATE);
    out.put_u64(hard_state.term.0);
    out.put_node(hard_state.voted_for);
}

pub(crate) fn encode_truncation(from: LogIndex, out: &mut Vec<u8>) {
    out.put_u8(TRUNCATE);
    out.put_u64(from.0);
}

pub(crate) fn encode_entry(entry: &Entry, out: &mut Vec<u8>) {
    if let Payload::Command(command) = &entry.payload {
        out.reserve(COMMAND_HEAD_BYTES_MAX + command.len());
    }
    let kind = match (&entry.payload, entry.request) {
        (Payload::Empty, _) => EMPTY,
        (Payload::Command(_), None) => COMMAND,
        (Payload::Command(_), Some(_)) => REQUESTED_COMMAND,
        (Payload::Membership(_), _) => MEMBERSHIP,
    };
    out.put_u8(kind);
    out.put_entry_id(entry.id);
    match (&entry.payload, entry.request) {
        (Payload::Empty, _) => {}
        (Payload::Command(command), request) => {
            if let Some(request) = request {
                out.put_u32(request.client.0);
                out.put_u64(request.seq);
            }
            out.put_blob(command);
        }
        (Payload::Membership(membership), _) => out.put_membership(membership),
    }
}

impl Item {
    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Item, WireError> {
        let at = reader.at();
        let kind = reader.u8("item kind")?;
        match kind {
            HARD_STATE => return Ok(Item::HardState(hard_state(reader)?)),
            TRUNCATE => return Ok(Item::Truncate(LogIndex(reader.count("truncation")?))),
            _ => {}
        }
        let id = reader.entry_id("entry")?;
        let mut request = None;
        let payload = match kind {
            EMPTY => Payload::Empty,
            COMMAND => Payload::Command(reader.blob("command")?.into()),
            REQUESTED_COMMAND => {
                request = Some(RequestId { client: ClientId(reader.u32("client")?), seq: reader.u64("request")? });
                Payload::Command(reader.blob("command")?.into())
            }
            MEMBERSHIP => Payload::Membership(reader.membership()?),
            _ => return Err(WireError::Invalid { at, what: "item kind" }),
        };
        Ok(Item::Entry(Entry { id, payload, request }))
    }
}

fn hard_state(reader: &mut Reader<'_>) -> Result<HardState, WireError> {
    Ok(HardState { term: Term(reader.count("term")?), voted_for: reader.node("vote")? })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use env::NodeSet;
    use proptest::prelude::*;

    pub(crate) fn payloads() -> impl Strategy<Value = (Payload, Option<RequestId>)> {
        let nodes =
            || any::<u64>().prop_map(|bits| (1..64).filter(|id| bits >> id & 1 == 1).map(NodeId).collect::<NodeSet>());
        let memberships = (nodes(), nodes(), nodes()).prop_map(|(voters, outgoing, learners)| Membership {
            voters,
            outgoing,
            learners,
        });
        let request =
            (any::<u32>(), any::<u64>()).prop_map(|(client, seq)| RequestId { client: ClientId(client), seq });
        prop_oneof![
            Just((Payload::Empty, None)),
            (prop::collection::vec(any::<u8>(), 0..40), prop::option::of(request))
                .prop_map(|(bytes, request)| (Payload::Command(bytes.into()), request)),
            memberships.prop_map(|membership| (Payload::Membership(membership), None)),
        ]
    }

    proptest! {
        #[test]
        fn items_come_back_in_order(
            entries in prop::collection::vec(payloads(), 0..6),
            term in 0_u64..1 << 62,
            from in 0_u64..1 << 62,
        ) {
            let hard_state = HardState { term: Term(term), voted_for: Some(NodeId(63)) };
            let mut items = vec![Item::HardState(hard_state), Item::Truncate(LogIndex(from))];
            items.extend(entries.into_iter().enumerate().map(|(index, (payload, request))| {
                Item::Entry(Entry { id: EntryId::new(index as u64 + 1, term), payload, request })
            }));
            let mut bytes = Vec::new();
            for item in &items {
                match item {
                    Item::HardState(hard_state) => encode_hard_state(*hard_state, &mut bytes),
                    Item::Truncate(from) => encode_truncation(*from, &mut bytes),
                    Item::Entry(entry) => encode_entry(entry, &mut bytes),
                }
            }
            let mut reader = Reader::new(&bytes);
            for item in &items {
                prop_assert_eq!(&Item::decode(&mut reader).expect("own bytes"), item);
            }
            prop_assert!(reader.is_empty());
        }

        #[test]
        fn a_count_that_could_overflow_is_refused(term in 1_u64 << 62..=u64::MAX) {
            let mut bytes = Vec::new();
            encode_hard_state(HardState { term: Term(term), voted_for: None }, &mut bytes);
            prop_assert!(Item::decode(&mut Reader::new(&bytes)).is_err());
        }

        #[test]
        fn no_bytes_make_the_decoders_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let _ = Opening::decode(&mut Reader::new(&bytes));
            let mut reader = Reader::new(&bytes);
            while Item::decode(&mut reader).is_ok() {}
        }
    }

    /// Files outlive the software that wrote them: the bytes of version 1 stay as they are.
    #[test]
    fn the_bytes_on_disk_are_those_of_version_1() {
        let membership =
            Membership { voters: NodeSet::first(3), outgoing: NodeSet::first(1), learners: NodeSet::EMPTY };
        let hard_state = HardState { term: Term(7), voted_for: Some(NodeId(2)) };
        let base = EntryId::new(300, 6);
        let mut opening = Vec::new();
        Opening { node: NodeId(3), base, membership, hard_state }.encode(&mut opening);
        let number = |value: u64| value.to_le_bytes().to_vec();
        let configuration = [number(0b1110), number(0b10), number(0)].concat();
        let expected = [vec![1, 3], number(300), number(6), configuration.clone(), number(7), vec![2]].concat();
        assert_eq!(opening, expected);

        let mut items = Vec::new();
        let request = Some(RequestId { client: ClientId(5), seq: 9 });
        encode_hard_state(hard_state, &mut items);
        encode_truncation(LogIndex(301), &mut items);
        encode_entry(&Entry { id: base, payload: Payload::Command("x".into()), request }, &mut items);
        encode_entry(&Entry { id: base, payload: Payload::Membership(membership), request: None }, &mut items);
        let expected = [
            [vec![1], number(7), vec![2]].concat(),
            [vec![2], number(301)].concat(),
            [vec![5], number(300), number(6), vec![5, 0, 0, 0], number(9), vec![1, 0, 0, 0, b'x']].concat(),
            [vec![6], number(300), number(6), configuration].concat(),
        ];
        assert_eq!(items, expected.concat());
    }
}
