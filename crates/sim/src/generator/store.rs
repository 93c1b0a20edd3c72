//! Operations on a key-value store, drawn at random as the workload's mix says.
//!
//! Each client's operations are drawn from a stream of their own, from which neither a fault nor a client's own choice
//! draws. All clients share each key's last value and its count of appends. An operation costs O(1) and allocates
//! nothing but the value written.
//!
//! Always true of the operations:
//! - no two operations of a run write or append the same bytes, so a value read names the operation that wrote it;
//! - the lower a key's number, the hotter the key: a key is the lower of two drawn evenly;
//! - about half of the compare-and-swaps expect the key's last value (appends do not count), so that a fair share of
//!   them succeeds; the rest expects the key to be absent;
//! - values do not grow without end: after [`APPENDS_IN_A_ROW_MAX`] appends a key is written anew, if the mix allows.
//!
//! Left out: transactions, scans, and operations that depend on a client's reads.

use std::io::Write;

use env::{Bytes, ClientId, Random};
use kv_types::Operation;

use super::Generator;
use crate::client::index;
use crate::plan::{Mix, Workload};

/// So many appends go to one key before it is put or deleted.
const APPENDS_IN_A_ROW_MAX: u8 = 24;

/// Draws operations on a key-value store, as a workload's keys, mix and value sizes say.
#[derive(Clone, Debug)]
pub struct StoreOperations {
    keys: Vec<Key>,
    mix: Mix,
    mix_total: u64,
    value_bytes: (u64, u64),
    /// How many values each client has written.
    values: Vec<u64>,
    /// The value under construction.
    scratch: Vec<u8>,
}

#[derive(Clone, Debug)]
struct Key {
    name: Bytes,
    /// The value of the last put or compare-and-swap; `None` after a delete, or if there was none yet.
    last: Option<Bytes>,
    appends_in_a_row: u8,
}

#[derive(Clone, Copy)]
enum Kind {
    Get,
    Put,
    Append,
    Delete,
    Cas,
}

impl StoreOperations {
    /// The operations of this workload, which must be valid.
    pub fn new(workload: &Workload) -> StoreOperations {
        let mix = &workload.mix;
        let key = |number| Key { name: Bytes::from(&*format!("k{number}")), last: None, appends_in_a_row: 0 };
        StoreOperations {
            keys: (0..workload.keys).map(key).collect(),
            mix: mix.clone(),
            mix_total: [mix.get, mix.put, mix.append, mix.delete, mix.cas].map(u64::from).iter().sum(),
            value_bytes: (workload.value_bytes_min.into(), workload.value_bytes_max.into()),
            values: vec![0; workload.clients as usize],
            scratch: Vec::new(),
        }
    }

    /// One draw, its halves used apart: the lower of two keys, and its lowest bit for whether a compare-and-swap is to
    /// expect the last value (the bit weighs nothing in the choice of a key).
    fn draw_key(&mut self, random: &mut dyn Random) -> (usize, bool) {
        let drawn = random.next_u64();
        let count = self.keys.len() as u64;
        let pick = |half: u64| ((half * count) >> 32) as usize;
        (pick(drawn >> 32).min(pick(drawn & 0xffff_ffff)), drawn & 1 == 1)
    }

    fn draw_kind(&mut self, key: usize, random: &mut dyn Random) -> Kind {
        let mut left = random.below(self.mix_total);
        let mix = &self.mix;
        let weights = [
            (Kind::Get, mix.get),
            (Kind::Put, mix.put),
            (Kind::Append, mix.append),
            (Kind::Delete, mix.delete),
            (Kind::Cas, mix.cas),
        ];
        for (kind, weight) in weights {
            match left.checked_sub(weight.into()) {
                None => return self.shortened(key, kind),
                Some(rest) => left = rest,
            }
        }
        unreachable!("{left} is beyond the sum of the weights");
    }

    /// `kind`, unless that is one append too many for the key.
    fn shortened(&self, key: usize, kind: Kind) -> Kind {
        match kind {
            Kind::Append if self.keys[key].appends_in_a_row < APPENDS_IN_A_ROW_MAX => Kind::Append,
            Kind::Append if self.mix.put > 0 => Kind::Put,
            Kind::Append if self.mix.delete > 0 => Kind::Delete,
            // Without puts and deletes in the mix, appends go on.
            _ => kind,
        }
    }

    fn wrote(&mut self, key: usize, value: Option<Bytes>) {
        let key = &mut self.keys[key];
        key.last = value;
        key.appends_in_a_row = 0;
    }

    /// `c2-17.` for the 17th value of c2, filled up with dots to the drawn length. The dot that is always there keeps
    /// values apart when they are appended to one another.
    fn fresh_value(&mut self, client: ClientId, len: usize) -> Bytes {
        let number = &mut self.values[index(client)];
        *number += 1;
        self.scratch.clear();
        write!(self.scratch, "{client}-{number}.").expect("a Vec takes all that is written");
        if self.scratch.len() < len {
            self.scratch.resize(len, b'.');
        }
        Bytes::from(&self.scratch[..])
    }
}

impl Generator<Operation> for StoreOperations {
    /// Draws three times, for any operation: its kind depends on the last writes of other clients, and a
    /// client's later draws must not.
    fn next(&mut self, client: ClientId, random: &mut dyn Random) -> Operation {
        let (key, expects_last) = self.draw_key(random);
        let kind = self.draw_kind(key, random);
        let len = random.between(self.value_bytes.0, self.value_bytes.1) as usize;
        let name = self.keys[key].name.clone();
        match kind {
            Kind::Get => Operation::Get { key: name },
            Kind::Put => {
                let value = self.fresh_value(client, len);
                self.wrote(key, Some(value.clone()));
                Operation::Put { key: name, value }
            }
            Kind::Append => {
                let value = self.fresh_value(client, len);
                let count = &mut self.keys[key].appends_in_a_row;
                *count = count.saturating_add(1);
                Operation::Append { key: name, value }
            }
            Kind::Delete => {
                self.wrote(key, None);
                Operation::Delete { key: name }
            }
            Kind::Cas => {
                let value = self.fresh_value(client, len);
                let expected = self.keys[key].last.clone().filter(|_| expects_last);
                self.wrote(key, Some(value.clone()));
                Operation::Cas { key: name, expected, value: Some(value) }
            }
        }
    }

    fn copy(&self) -> Box<dyn Generator<Operation>> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::expand::default_workload;
    use crate::plan::Seed;
    use crate::rng::{Consumer, Stream};

    fn operations(workload: &Workload, count: usize) -> Vec<Operation> {
        let mut drawn = StoreOperations::new(workload);
        let mut streams = [1, 2, 3].map(|client| Stream::new(Seed(1), Consumer::Operations(ClientId(client))));
        (0..count).map(|n| drawn.next(ClientId(1 + n as u32 % 3), &mut streams[n % 3])).collect()
    }

    #[test]
    fn every_value_written_is_distinct_and_as_long_as_asked() {
        let workload = Workload { value_bytes_min: 20, value_bytes_max: 30, ..default_workload() };
        let mut seen = BTreeSet::new();
        for operation in operations(&workload, 5_000) {
            let (Operation::Put { value, .. }
            | Operation::Append { value, .. }
            | Operation::Cas { value: Some(value), .. }) = operation
            else {
                continue;
            };
            assert!((20..=30).contains(&value.len()), "{value} has {} bytes", value.len());
            assert!(seen.insert(value.clone()), "{value} was written twice");
        }
        assert!(seen.len() > 2_000);
    }

    #[test]
    fn a_weight_of_zero_switches_an_operation_off() {
        let mix = Mix::NONE.with_put(1).with_delete(2);
        let drawn = operations(&Workload { mix, ..default_workload() }, 3_000);
        let deletes = drawn.iter().filter(|operation| matches!(operation, Operation::Delete { .. })).count();
        assert!(drawn.iter().all(|operation| matches!(operation, Operation::Put { .. } | Operation::Delete { .. })));
        assert!((1_900..2_100).contains(&deletes), "{deletes} of 3000");
    }

    #[test]
    fn a_client_draws_as_often_whatever_others_have_asked() {
        struct Counted(Stream, u64);
        impl Random for Counted {
            fn next_u64(&mut self) -> u64 {
                self.1 += 1;
                self.0.next_u64()
            }
        }
        let mix = Mix::NONE.with_get(1).with_append(9).with_delete(1).with_cas(1);
        let mut drawn = StoreOperations::new(&Workload { keys: 1, mix, ..default_workload() });
        let mut random = Counted(Stream::new(Seed(1), Consumer::Operations(ClientId(1))), 0);
        for number in 1..=500 {
            drawn.next(ClientId(1), &mut random);
            assert_eq!(random.1, 3 * number);
        }
    }

    #[test]
    fn values_do_not_grow_without_end() {
        let mix = Mix { get: 0, put: 1, append: 1_000, delete: 0, cas: 0 };
        let mut in_a_row = [0; 4];
        for operation in operations(&Workload { keys: 4, mix, ..default_workload() }, 5_000) {
            let key: usize = operation.key()[1..].escape_ascii().to_string().parse().expect("a key's number");
            in_a_row[key] = if matches!(operation, Operation::Append { .. }) { in_a_row[key] + 1 } else { 0 };
            assert!(in_a_row[key] <= u32::from(APPENDS_IN_A_ROW_MAX));
        }
    }

    #[test]
    fn low_keys_are_hot_and_no_key_is_left_out() {
        let mut counts = [0; 8];
        for operation in operations(&Workload { keys: 8, ..default_workload() }, 8_000) {
            let key: usize = operation.key()[1..].escape_ascii().to_string().parse().expect("a key's number");
            counts[key] += 1;
        }
        assert!(counts.is_sorted_by(|hotter, colder| hotter > colder), "{counts:?}");
        assert!(counts[7] > 50, "{counts:?}");
    }
}
