//! The commands that entries of the log carry to the state machine, as bytes.
//!
//! A command carries the leader's clock at the moment it was proposed; the state machine's own time is made of these
//! stamps, so that all nodes expire a session at the same entry. Which client operation a command belongs to is told by
//! the entry that carries it ([`raft::Entry::request`]); it is not repeated here.

use std::time::Duration;

use env::{Bytes, ClientId, Instant, Reader, WireError};
use kv_types::Operation;

use crate::codec::{Read, Write};
use crate::request::SessionId;

/// A command, borrowed from an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Command<'a> {
    /// The proposing leader's clock.
    pub(crate) stamp: Instant,
    pub(crate) body: CommandBody<'a>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CommandBody<'a> {
    /// Opens a session.
    Register {
        client: ClientId,
        /// How long it may lie unused. It is part of the command, so that nodes configured differently still agree.
        ttl: Duration,
    },
    /// Changes the store on behalf of a session.
    Change { session: SessionId, change: Change<'a> },
}

/// A write, borrowed from an operation or from a command's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change<'a> {
    Put { key: &'a [u8], value: &'a [u8] },
    Append { key: &'a [u8], value: &'a [u8] },
    Delete { key: &'a [u8] },
    Cas { key: &'a [u8], expected: Option<&'a [u8]>, value: Option<&'a [u8]> },
}

impl<'a> Change<'a> {
    /// The write that `operation` asks for; `None` of a read.
    pub(crate) fn of(operation: &'a Operation) -> Option<Change<'a>> {
        Some(match operation {
            Operation::Get { .. } => return None,
            Operation::Put { key, value } => Change::Put { key, value },
            Operation::Append { key, value } => Change::Append { key, value },
            Operation::Delete { key } => Change::Delete { key },
            Operation::Cas { key, expected, value } => {
                Change::Cas { key, expected: expected.as_deref(), value: value.as_deref() }
            }
        })
    }
}

const REGISTER: u8 = 1;
const PUT: u8 = 2;
const APPEND: u8 = 3;
const DELETE: u8 = 4;
const CAS: u8 = 5;
const CAS_ABSENT: u8 = 6;
const CAS_TO_ABSENT: u8 = 7;
const CAS_ABSENT_TO_ABSENT: u8 = 8;

impl<'a> Command<'a> {
    /// Its bytes, put together in `scratch`.
    pub(crate) fn encode(&self, scratch: &mut Vec<u8>) -> Bytes {
        scratch.clear();
        match self.body {
            CommandBody::Register { client, ttl } => {
                self.encode_head(REGISTER, scratch);
                scratch.put_u32(client.0);
                scratch.put_u64(u64::try_from(ttl.as_nanos()).unwrap_or(u64::MAX));
            }
            CommandBody::Change { session, change } => {
                let (kind, key) = match change {
                    Change::Put { key, .. } => (PUT, key),
                    Change::Append { key, .. } => (APPEND, key),
                    Change::Delete { key } => (DELETE, key),
                    Change::Cas { key, expected: Some(_), value: Some(_) } => (CAS, key),
                    Change::Cas { key, expected: None, value: Some(_) } => (CAS_ABSENT, key),
                    Change::Cas { key, expected: Some(_), value: None } => (CAS_TO_ABSENT, key),
                    Change::Cas { key, expected: None, value: None } => (CAS_ABSENT_TO_ABSENT, key),
                };
                self.encode_head(kind, scratch);
                scratch.put_u64(session.0);
                scratch.put_blob(key);
                if let Change::Cas { expected: Some(expected), .. } = change {
                    scratch.put_blob(expected);
                }
                match change {
                    Change::Put { value, .. }
                    | Change::Append { value, .. }
                    | Change::Cas { value: Some(value), .. } => scratch.put_blob(value),
                    Change::Delete { .. } | Change::Cas { value: None, .. } => {}
                }
            }
        }
        Bytes::from(scratch.as_slice())
    }

    fn encode_head(&self, kind: u8, scratch: &mut Vec<u8>) {
        scratch.put_u8(kind);
        scratch.put_u64(self.stamp.0);
    }

    /// Reads one back.
    pub(crate) fn decode(bytes: &'a [u8]) -> Result<Command<'a>, WireError> {
        let mut reader = Reader::new(bytes);
        let kind = reader.u8("command kind")?;
        let stamp = Instant(reader.u64("command stamp")?);
        let body = if kind == REGISTER {
            let client = ClientId(reader.u32("client")?);
            CommandBody::Register { client, ttl: Duration::from_nanos(reader.u64("session lifetime")?) }
        } else {
            let session = SessionId(reader.u64("session")?);
            let key = reader.blob("key")?;
            let change = match kind {
                PUT => Change::Put { key, value: reader.blob("value")? },
                APPEND => Change::Append { key, value: reader.blob("value")? },
                DELETE => Change::Delete { key },
                CAS | CAS_ABSENT | CAS_TO_ABSENT | CAS_ABSENT_TO_ABSENT => {
                    let (is_present, stays) = (matches!(kind, CAS | CAS_TO_ABSENT), matches!(kind, CAS | CAS_ABSENT));
                    let expected = is_present.then(|| reader.blob("expected value")).transpose()?;
                    let value = stays.then(|| reader.blob("value")).transpose()?;
                    Change::Cas { key, expected, value }
                }
                _ => return Err(WireError::Invalid { at: 0, what: "command kind" }),
            };
            CommandBody::Change { session, change }
        };
        reader.finish("end of the command")?;
        Ok(Command { stamp, body })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn operations() -> impl Strategy<Value = Operation> {
        let bytes = || prop::collection::vec(any::<u8>(), 0..12).prop_map(Bytes::from);
        prop_oneof![
            (bytes(), bytes()).prop_map(|(key, value)| Operation::Put { key, value }),
            (bytes(), bytes()).prop_map(|(key, value)| Operation::Append { key, value }),
            bytes().prop_map(|key| Operation::Delete { key }),
            (bytes(), prop::option::of(bytes()), prop::option::of(bytes()))
                .prop_map(|(key, expected, value)| Operation::Cas { key, expected, value }),
        ]
    }

    proptest! {
        #[test]
        fn a_change_comes_back_as_it_was(operation in operations(), stamp: u64, session: u64) {
            let change = Change::of(&operation).expect("a write");
            let command =
                Command { stamp: Instant(stamp), body: CommandBody::Change { session: SessionId(session), change } };
            let bytes = command.encode(&mut Vec::new());
            prop_assert_eq!(Command::decode(&bytes), Ok(command));
            for len in 0..bytes.len() {
                prop_assert!(Command::decode(&bytes[..len]).is_err(), "cut to {}", len);
            }
        }

        #[test]
        fn no_bytes_make_the_decoder_panic(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let _ = Command::decode(&bytes);
        }
    }

    #[test]
    fn a_registration_comes_back_as_it_was() {
        let body = CommandBody::Register { client: ClientId(3), ttl: Duration::from_secs(60) };
        let command = Command { stamp: Instant(5), body };
        assert_eq!(Command::decode(&command.encode(&mut Vec::new())), Ok(command));
    }
}
