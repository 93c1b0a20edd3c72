//! Small random histories, most of them nearly right.
//!
//! A store is worked on by a few processes. Each operation takes effect at some moment between its invocation and its
//! completion, unless chance has it that the store lies: a write is acknowledged and has no effect, or has failed and has
//! one; a read answers an earlier value; a compare-and-swap answers the contrary. Of the histories that are not
//! very short, at least a fifth is linearizable and at least a fifth is not.

use std::collections::BTreeMap;
use std::fmt::Write;

use env::{Bytes, Completion};
use history::{History, Point};
use kv_types::{Operation, Output};
use proptest::prelude::*;

/// The bytes that are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Values {
    /// No bytes twice, and none that others could add up to.
    Distinct,
    /// Few, again and again.
    Repeated,
    /// Few now and then, and others that come once.
    Mixed,
    /// No bytes twice, but of two letters alone: the bytes of some writes may add up to those of another.
    Tangled,
}

/// The parameters of a random history.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Likeness {
    pub(crate) values: Values,
    pub(crate) keys: u8,
    /// So many processes.
    pub(crate) processes: u64,
    /// How often the store lies, of 1.
    pub(crate) lies: f64,
    /// So many events at most, each an invocation, an effect or a completion.
    pub(crate) events: usize,
}

/// One event of a random history: the next one of this process. The kind of event decides the meaning of the numbers.
#[derive(Clone, Debug)]
struct Step {
    process: u64,
    /// Of an invocation: the operation.
    operation: u8,
    value: u8,
    expected: u8,
    /// Of an effect: how the operation ends.
    end: u8,
    /// True if the store lies then.
    lies: bool,
}

/// The next event of an operation that a process waits for.
enum Waits {
    ForEffect(Operation),
    ForCompletion(Completion<Output>),
}

/// Random histories.
pub(crate) fn histories(likeness: Likeness) -> impl Strategy<Value = History> {
    let lies = prop::bool::weighted(likeness.lies);
    let step = (0..likeness.processes, 0..10_u8, 0..16_u8, 0..8_u8, 0..16_u8, lies).prop_map(
        |(process, operation, value, expected, end, lies)| Step { process, operation, value, expected, end, lies },
    );
    prop::collection::vec(step, 0..=likeness.events).prop_map(move |steps| history(likeness, &steps))
}

/// A history in the order of its events, for a person to read.
pub(crate) fn show(history: &History) -> String {
    let mut text = String::new();
    for call in history.calls() {
        let until = call.completed.as_ref().map_or("..".into(), |(at, _)| at.order.to_string());
        let end = match &call.completed {
            None => "open".into(),
            Some((_, Completion::Ok(output))) => output.to_string(),
            Some((_, Completion::Fail)) => "fail".into(),
            Some((_, Completion::Info)) => "info".into(),
        };
        let Point { order, .. } = call.invoked;
        writeln!(text, "  {order:>3} to {until:>3}  p{}  {} -> {end}", call.process, call.input).expect("a string");
    }
    text
}

fn history(likeness: Likeness, steps: &[Step]) -> History {
    let mut history: History = History::new();
    let mut store = Store::default();
    let mut unused: Vec<String> = ["a", "b"].iter().flat_map(|a| ["", "a", "b"].map(|b| format!("{a}{b}"))).collect();
    unused.extend(["aaa", "aab", "aba", "abb", "baa", "bab", "bba", "bbb"].map(Into::into));
    let mut waits: BTreeMap<u64, Waits> = BTreeMap::new();
    for (order, step) in (1..).zip(steps) {
        let at = Point::line(order);
        match waits.remove(&step.process) {
            None => {
                let value = match likeness.values {
                    Values::Distinct => format!("<{order}>"),
                    Values::Mixed if step.value < 6 => format!("({})", step.value % 2),
                    Values::Mixed => format!("<{order}>"),
                    Values::Repeated => ["", "0", "1", "00"][step.value as usize % 4].into(),
                    Values::Tangled if unused.is_empty() => format!("<{order}>"),
                    Values::Tangled => unused.swap_remove(step.value as usize % unused.len()),
                };
                let operation = store.asked(step, likeness.keys, Bytes::from(&*value));
                history.invoke(step.process, operation.clone(), at).expect("it waits for nothing");
                waits.insert(step.process, Waits::ForEffect(operation));
            }
            Some(Waits::ForEffect(operation)) => {
                let completion = store.affected(&operation, step);
                waits.insert(step.process, Waits::ForCompletion(completion));
            }
            Some(Waits::ForCompletion(completion)) => {
                history.complete(step.process, completion, at).expect("it has an operation outstanding");
            }
        }
    }
    history
}

/// The store that is worked on.
#[derive(Default)]
struct Store {
    values: BTreeMap<Bytes, Bytes>,
    /// All values that were ever there, the latest last.
    seen: Vec<Bytes>,
}

impl Store {
    fn asked(&self, step: &Step, keys: u8, value: Bytes) -> Operation {
        let key = Bytes::from(&*format!("k{}", step.end % keys));
        match step.operation {
            0..=3 => Operation::Get { key },
            4..=5 => Operation::Put { key, value },
            6..=7 => Operation::Append { key, value },
            8 if step.expected < 5 => Operation::Delete { key },
            _ => Operation::Cas {
                key,
                expected: self.once_seen(step.expected),
                value: Some(value).filter(|_| step.value < 14),
            },
        }
    }

    /// A value that was there, or none. Mostly one of the last.
    fn once_seen(&self, which: u8) -> Option<Bytes> {
        match which {
            0 => None,
            1..=3 => self.seen.last().cloned(),
            _ => self.seen.iter().rev().nth(usize::from(which) - 3).cloned(),
        }
    }

    /// An operation takes effect, or not; how it ends.
    fn affected(&mut self, operation: &Operation, step: &Step) -> Completion<Output> {
        let now = self.values.get(operation.key()).cloned();
        let (is_info, is_fail) = (step.end < 2, step.end == 2);
        // An `info` operation takes effect half of the time, and for all that a process knows later than here.
        if step.end == 0 || is_fail && !step.lies {
            return if is_info { Completion::Info } else { Completion::Fail };
        }
        let is_expected = matches!(operation, Operation::Cas { expected, .. } if *expected == now);
        let output = match operation {
            Operation::Get { .. } if step.lies => {
                let mut others = self.seen.iter().rev().filter(|value| Some(*value) != now.as_ref());
                Output::Value(others.nth(step.expected as usize % 4).cloned())
            }
            Operation::Get { .. } => Output::Value(now.clone()),
            Operation::Cas { .. } if is_expected != step.lies => Output::Swapped,
            Operation::Cas { .. } => Output::Mismatch,
            _ => Output::Written,
        };
        let has_effect = is_fail || is_info || !step.lies;
        let value = match operation {
            Operation::Put { value, .. } if has_effect => Some(value.clone()),
            Operation::Append { value, .. } if has_effect => {
                Some(Bytes::from([now.as_deref().unwrap_or_default(), &value[..]].concat()))
            }
            Operation::Delete { .. } if has_effect => None,
            Operation::Cas { value, .. } if output == Output::Swapped => value.clone(),
            _ => now,
        };
        self.seen.extend(value.clone());
        match value {
            Some(value) => self.values.insert(operation.key().clone(), value),
            None => self.values.remove(operation.key()),
        };
        match (is_info, is_fail) {
            (true, _) => Completion::Info,
            (_, true) => Completion::Fail,
            _ => Completion::Ok(output),
        }
    }
}
