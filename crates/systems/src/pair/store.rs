//! The store that clients see: keys and values, and the last answer to each client.
//!
//! Its content is that of an empty store after the records up to [`applied`](Store::applied). Each write brings its
//! digest up to date: the sum of the hashes of its content, so that it depends on the content alone.

use std::collections::BTreeMap;

use env::{Bytes, ClientId, RequestId, mix};
use kv_types::{Operation, Output};
use parts::hash_bytes;

use super::record::{Lsn, Record, Token, Write};

/// The store of one member.
#[derive(Clone, Debug, Default)]
pub(super) struct Store {
    values: BTreeMap<Bytes, Bytes>,
    executed: BTreeMap<ClientId, Executed>,
    applied: Lsn,
    digest: u64,
}

/// The last write of a client that was executed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Executed {
    pub(super) seq: u64,
    pub(super) output: super::Output,
    /// The record that carried it.
    pub(super) lsn: Lsn,
    /// The tenure that wrote that record.
    pub(super) token: Token,
}

/// The store's knowledge of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known<'a> {
    /// Neither it nor any later one of its client was executed.
    New,
    /// It was executed.
    Executed(&'a Executed),
    /// A later request of its client was executed.
    Superseded,
}

impl Store {
    /// The value of a key.
    pub(super) fn get(&self, key: &Bytes) -> Option<&Bytes> {
        self.values.get(key)
    }

    /// The last record that is in it.
    pub(super) fn applied(&self) -> Lsn {
        self.applied
    }

    /// A digest of all that it holds.
    pub(super) fn digest(&self) -> u64 {
        self.digest
    }

    /// The store's knowledge of a request, with its result if it was the last one executed of its client.
    pub(super) fn known(&self, request: RequestId) -> Known<'_> {
        match self.executed.get(&request.client) {
            Some(executed) if executed.seq == request.seq => Known::Executed(executed),
            Some(executed) if executed.seq > request.seq => Known::Superseded,
            _ => Known::New,
        }
    }

    /// Applies the next record; a request that was executed before has no effect.
    pub(super) fn apply(&mut self, record: &Record) {
        assert!(record.at.lsn == self.applied.next(), "{} is applied after {}", record.at, self.applied);
        self.applied = record.at.lsn;
        let Some(Write { request, operation }) = &record.write else { return };
        if self.known(*request) != Known::New {
            return;
        }
        let output = match operation {
            super::Operation::Demote => super::Output::Demoted,
            super::Operation::Store(operation) => super::Output::Store(self.execute(operation)),
        };
        let executed = Executed { seq: request.seq, output, lsn: record.at.lsn, token: record.at.token };
        let hash = hash_executed(request.client, &executed);
        let before = self.executed.insert(request.client, executed);
        let hash_before = before.map_or(0, |executed| hash_executed(request.client, &executed));
        self.digest = self.digest.wrapping_sub(hash_before).wrapping_add(hash);
    }

    fn execute(&mut self, operation: &Operation) -> Output {
        match operation {
            Operation::Get { key } => return Output::Value(self.get(key).cloned()),
            Operation::Put { key, value } => self.set(key, Some(value.clone())),
            Operation::Append { key, value } => {
                let mut grown = self.get(key).map_or_else(Vec::new, |present| present.to_vec());
                grown.extend_from_slice(value);
                self.set(key, Some(grown.into()));
            }
            Operation::Delete { key } => self.set(key, None),
            Operation::Cas { key, expected, value } => {
                if self.get(key) != expected.as_ref() {
                    return Output::Mismatch;
                }
                self.set(key, value.clone());
                return Output::Swapped;
            }
        }
        Output::Written
    }

    fn set(&mut self, key: &Bytes, value: Option<Bytes>) {
        let hash = |value: &Bytes| mix(hash_bytes(key), hash_bytes(value));
        let after = value.as_ref().map_or(0, hash);
        let before = match value {
            Some(value) => self.values.insert(key.clone(), value),
            None => self.values.remove(key),
        };
        self.digest = self.digest.wrapping_sub(before.as_ref().map_or(0, hash)).wrapping_add(after);
    }
}

fn hash_executed(client: ClientId, executed: &Executed) -> u64 {
    mix(mix(u64::from(client.0), executed.seq), executed.lsn.0)
}

#[cfg(test)]
mod tests {
    use super::super::record::Mark;
    use super::*;

    fn append(lsn: u64, seq: u64) -> Record {
        let operation = stormglass::append("k", "x").into();
        let write = Write { request: RequestId { client: ClientId(1), seq }, operation };
        Record { at: Mark { lsn: Lsn(lsn), token: Token(1) }, write: Some(write) }
    }

    #[test]
    fn a_request_that_is_in_the_log_twice_is_executed_once() {
        let mut store = Store::default();
        store.apply(&append(1, 1));
        let digest = store.digest();
        store.apply(&append(2, 1));
        assert_eq!((store.get(&"k".into()), store.digest()), (Some(&"x".into()), digest));
        store.apply(&append(3, 2));
        assert_eq!(store.get(&"k".into()), Some(&"xx".into()));
        let request = |seq| RequestId { client: ClientId(1), seq };
        assert_eq!(store.known(request(1)), Known::Superseded);
        assert!(matches!(store.known(request(2)), Known::Executed(executed) if executed.lsn == Lsn(3)));
        assert_eq!(store.known(request(3)), Known::New);
    }
}
