//! The key-value map, with a digest of its contents that is kept up to date write by write.

use std::collections::BTreeMap;

use env::{Reader, WireError, mix};
use kv_types::Output;

use crate::codec::{Read, Write};
use crate::command::Change;
use crate::hash::{BlockHash, hash_bytes};

/// Keys and values.
///
/// Always true: the digest is the sum of the hashes of all pairs, so that it depends on the pairs in the map and not on
/// the order of the writes that put them there. A write costs one look-up and the hash of the value written.
#[derive(Clone, Debug, Default)]
pub(crate) struct Store {
    map: BTreeMap<Vec<u8>, Value>,
    digest: u64,
}

#[derive(Clone, Debug, Default)]
struct Value {
    bytes: Vec<u8>,
    blocks: BlockHash,
    /// The hash of key and value, as it is counted in the digest.
    hash: u64,
}

impl Value {
    fn append(&mut self, bytes: &[u8]) {
        let covered = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        self.blocks.extend(&self.bytes, covered);
    }

    fn replace(&mut self, bytes: &[u8]) {
        self.bytes.clear();
        self.blocks = BlockHash::default();
        self.append(bytes);
    }
}

impl Store {
    /// The value of a key.
    pub(crate) fn get(&self, key: &[u8]) -> Option<&[u8]> {
        self.map.get(key).map(|value| value.bytes.as_slice())
    }

    /// A digest of all keys and values.
    pub(crate) fn digest(&self) -> u64 {
        self.digest
    }

    /// Carries a write out.
    pub(crate) fn apply(&mut self, change: Change<'_>) -> Output {
        match change {
            Change::Put { key, value } => self.update(key, |present| present.replace(value)),
            Change::Append { key, value } => self.update(key, |present| present.append(value)),
            Change::Delete { key } => self.remove(key),
            Change::Cas { key, expected, value } => {
                if self.get(key) != expected {
                    return Output::Mismatch;
                }
                match value {
                    Some(value) => self.update(key, |present| present.replace(value)),
                    None => self.remove(key),
                }
                return Output::Swapped;
            }
        }
        Output::Written
    }

    /// Changes the value of a key, which is empty if the key is absent.
    fn update(&mut self, key: &[u8], change: impl FnOnce(&mut Value)) {
        let value = match self.map.get_mut(key) {
            Some(value) => value,
            None => self.map.entry(key.to_vec()).or_default(),
        };
        change(value);
        let hash = mix(hash_bytes(key), value.blocks.finish(&value.bytes));
        self.digest = self.digest.wrapping_sub(value.hash).wrapping_add(hash);
        value.hash = hash;
    }

    fn remove(&mut self, key: &[u8]) {
        if let Some(value) = self.map.remove(key) {
            self.digest = self.digest.wrapping_sub(value.hash);
            assert!(!self.map.is_empty() || self.digest == 0, "a store without keys has the digest {:x}", self.digest);
        }
    }

    /// Writes all pairs to a snapshot.
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        out.put_u64(self.map.len() as u64);
        for (key, value) in &self.map {
            out.put_blob(key);
            out.put_blob(&value.bytes);
        }
    }

    /// Sets all pairs of a snapshot, beside those that are there.
    pub(crate) fn decode_into(&mut self, reader: &mut Reader<'_>) -> Result<(), WireError> {
        for _ in 0..reader.u64("number of keys")? {
            let key = reader.blob("key")?;
            let value = reader.blob("value")?;
            self.update(key, |present| present.replace(value));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put<'a>(key: &'a str, value: &'a str) -> Change<'a> {
        Change::Put { key: key.as_bytes(), value: value.as_bytes() }
    }

    fn cas<'a>(key: &'a str, expected: Option<&'a str>, value: &'a str) -> Change<'a> {
        Change::Cas { key: key.as_bytes(), expected: expected.map(str::as_bytes), value: Some(value.as_bytes()) }
    }

    #[test]
    fn each_write_does_what_it_is_called() {
        let mut store = Store::default();
        assert_eq!(store.apply(cas("k", Some("a"), "b")), Output::Mismatch);
        assert_eq!(store.get(b"k"), None);
        assert_eq!(store.apply(cas("k", None, "a")), Output::Swapped);
        assert_eq!(store.apply(cas("k", None, "b")), Output::Mismatch);
        assert_eq!(store.apply(Change::Append { key: b"k", value: b"bc" }), Output::Written);
        assert_eq!(store.get(b"k"), Some(&b"abc"[..]));
        assert_eq!(store.apply(cas("k", Some("abc"), "d")), Output::Swapped);
        assert_eq!(store.apply(Change::Delete { key: b"k" }), Output::Written);
        assert_eq!(store.get(b"k"), None);
        assert_eq!(store.apply(Change::Append { key: b"k", value: b"x" }), Output::Written);
        assert_eq!(store.get(b"k"), Some(&b"x"[..]));
        let to_absent = Change::Cas { key: b"k", expected: Some(b"x"), value: None };
        assert_eq!(store.apply(to_absent), Output::Swapped);
        assert_eq!(store.get(b"k"), None);
        assert_eq!(store.apply(to_absent), Output::Mismatch);
    }

    #[test]
    fn the_digest_tells_states_apart_and_forgets_how_they_came_about() {
        let mut one = Store::default();
        let empty = one.digest();
        one.apply(put("a", "long value, more than one block"));
        one.apply(put("b", "2"));
        let mut other = Store::default();
        other.apply(put("b", "1"));
        other.apply(put("a", "long value, "));
        other.apply(Change::Append { key: b"a", value: b"more than one block" });
        assert_ne!(one.digest(), other.digest());
        other.apply(put("b", "2"));
        assert_eq!(one.digest(), other.digest());
        for key in [&b"a"[..], b"b", b"c"] {
            one.apply(Change::Delete { key });
        }
        assert_eq!(one.digest(), empty);
    }

    #[test]
    fn swapped_values_are_another_state() {
        let (mut one, mut other) = (Store::default(), Store::default());
        one.apply(put("a", "1"));
        one.apply(put("b", "2"));
        other.apply(put("a", "2"));
        other.apply(put("b", "1"));
        assert_ne!(one.digest(), other.digest());
    }

    #[test]
    fn an_empty_value_is_not_an_absent_key() {
        let mut store = Store::default();
        store.apply(put("a", ""));
        assert_eq!(store.get(b"a"), Some(&b""[..]));
        assert_ne!(store.digest(), Store::default().digest());
    }

    #[test]
    fn a_snapshot_holds_the_same_state() {
        let mut store = Store::default();
        store.apply(put("a", "1"));
        store.apply(put("b", ""));
        let mut bytes = Vec::new();
        store.encode(&mut bytes);
        let mut restored = Store::default();
        restored.decode_into(&mut Reader::new(&bytes)).expect("own bytes");
        assert_eq!((restored.digest(), restored.get(b"a")), (store.digest(), Some(&b"1"[..])));
    }
}
