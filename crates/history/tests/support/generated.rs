//! Histories that are linearizable by construction.
//!
//! A store is worked on by several clients, and each operation takes effect at one moment between its invocation and its
//! completion. The store is a map, and nothing is searched or judged here. Equal recipes make equal histories.

use std::collections::BTreeMap;

use env::{Bytes, Completion, Random};
use history::{History, Point};
use kv_types::{Operation, Output};
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

/// The parameters of a generated history.
#[derive(Clone, Debug)]
pub(crate) struct Recipe {
    /// So many are invoked in all.
    pub(crate) operations: usize,
    /// So many are outstanding at once, at most.
    pub(crate) clients: u64,
    /// They are about so many keys, `k0` and so on.
    pub(crate) keys: u64,
    /// So many of 100 operations end as `info`. Half of those have taken effect.
    pub(crate) info_percent: u64,
    /// The bytes that are written.
    pub(crate) writes: Writes,
    /// How often each operation is chosen.
    pub(crate) mix: Mix,
    /// Where chance begins.
    pub(crate) seed: u64,
}

/// The bytes that are written and appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Writes {
    /// No two operations write the same bytes, nor bytes that others add up to. Values that were put and swapped in are
    /// written `(7)`, and appended ones `[8]`.
    Distinct,
    /// As distinct ones, but one in a hundred is written once more right away.
    Resent,
    /// No two operations write the same bytes, but many end in the bytes of another, as `12.` in `2.`.
    Suffixes,
    /// One of five digits.
    Digits,
}

/// Weights of get, put, append, delete and compare-and-swap.
pub(crate) type Mix = [u64; 5];

/// The operations of a register.
pub(crate) const REGISTER: Mix = [5, 3, 0, 0, 2];
/// The operations of a store.
pub(crate) const STORE: Mix = [5, 2, 2, 1, 2];

/// A value is replaced rather than appended to once it has so many bytes.
const VALUE_LEN_MAX: usize = 200;

/// A history as `recipe` says.
pub(crate) fn history(recipe: &Recipe) -> History {
    let mut random = Draw(ChaCha8Rng::seed_from_u64(recipe.seed));
    let mut history = History::new();
    let mut store: BTreeMap<Bytes, Bytes> = BTreeMap::new();
    let mut clients: Vec<(u64, Client)> = (0..recipe.clients).map(|process| (process, Client::Idle)).collect();
    let (mut order, mut begun, mut next_process) = (0, 0, recipe.clients);
    while begun < recipe.operations || clients.iter().any(|(_, client)| !matches!(client, Client::Idle)) {
        let place = random.below(recipe.clients) as usize;
        let (process, client) = &mut clients[place];
        order += 1;
        *client = match std::mem::replace(client, Client::Idle) {
            Client::Idle if begun == recipe.operations => Client::Idle,
            Client::Idle => {
                begun += 1;
                let operation = operation(recipe, &store, begun, &mut random);
                history.invoke(*process, operation.clone(), Point::line(order)).expect("it was idle");
                Client::Asking(operation)
            }
            Client::Asking(operation) => {
                let is_info = random.below(100) < recipe.info_percent;
                if is_info && random.below(2) == 0 {
                    Client::Answered(Completion::Info)
                } else {
                    let output = take_effect(&mut store, &operation);
                    Client::Answered(if is_info { Completion::Info } else { Completion::Ok(output) })
                }
            }
            Client::Answered(completion) => {
                let is_info = completion == Completion::Info;
                history.complete(*process, completion, Point::line(order)).expect("it was asking");
                if is_info {
                    // As Jepsen does it: a process that does not know is not used again.
                    *process = next_process;
                    next_process += 1;
                }
                Client::Idle
            }
        };
    }
    history
}

struct Draw(ChaCha8Rng);

impl Random for Draw {
    fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }
}

/// The state of a client.
enum Client {
    Idle,
    /// Its operation has not taken effect.
    Asking(Operation),
    /// Its operation has taken effect or never will, and is about to end like this.
    Answered(Completion<Output>),
}

fn operation(recipe: &Recipe, store: &BTreeMap<Bytes, Bytes>, number: usize, random: &mut Draw) -> Operation {
    let key = Bytes::from(&*format!("k{}", random.below(recipe.keys)));
    let digit = random.below(5);
    let (value, added) = match recipe.writes {
        Writes::Distinct => (format!("({number})"), format!("[{number}]")),
        Writes::Resent => (format!("({})", number - usize::from(number.is_multiple_of(100))), format!("[{number}]")),
        Writes::Suffixes => (format!("{number},"), format!("{number}.")),
        Writes::Digits => (digit.to_string(), digit.to_string()),
    };
    let (value, added) = (Bytes::from(&*value), Bytes::from(&*added));
    let mut left = random.below(recipe.mix.iter().sum());
    for (kind, weight) in recipe.mix.iter().enumerate() {
        if left < *weight {
            let now = store.get(&key);
            return match kind {
                0 => Operation::Get { key },
                1 => Operation::Put { key, value },
                2 if now.is_some_and(|value| value.len() > VALUE_LEN_MAX) => Operation::Put { key, value },
                2 => Operation::Append { key, value: added },
                3 => Operation::Delete { key },
                _ => {
                    // Of an appended value a swap can expect only the part that has been read.
                    let is_known = |value: &&Bytes| {
                        recipe.writes == Writes::Digits || !value.iter().any(|byte| matches!(byte, b'[' | b'.'))
                    };
                    let expected = now.filter(is_known);
                    Operation::Cas {
                        expected: expected.filter(|_| random.below(4) > 0).cloned(),
                        key,
                        value: Some(value),
                    }
                }
            };
        }
        left -= weight;
    }
    unreachable!("a draw is less than all weights")
}

fn take_effect(store: &mut BTreeMap<Bytes, Bytes>, operation: &Operation) -> Output {
    let now = store.get(operation.key()).cloned();
    let (key, now_bytes) = (operation.key().clone(), now.as_deref().unwrap_or_default());
    match operation {
        Operation::Get { .. } => return Output::Value(now),
        Operation::Put { value, .. } => store.insert(key, value.clone()),
        Operation::Append { value, .. } => store.insert(key, Bytes::from([now_bytes, &value[..]].concat())),
        Operation::Delete { .. } => store.remove(&key),
        Operation::Cas { expected, value, .. } if *expected == now => {
            match value {
                Some(value) => store.insert(key, value.clone()),
                None => store.remove(&key),
            };
            return Output::Swapped;
        }
        Operation::Cas { .. } => return Output::Mismatch,
    };
    Output::Written
}
