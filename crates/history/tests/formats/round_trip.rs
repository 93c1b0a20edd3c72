//! A history that is written and read back is the same.

use env::{Bytes, Completion, Instant};
use history::format::{self, Format, Limits};
use history::{History, Point};
use kv_types::{Operation, Output};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

/// The next event of a process: it completes its outstanding operation, or else invokes this one.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    process: u64,
    operation: Operation,
    /// How it ends; its answer is chosen from `read` and `has_swapped`.
    end: End,
    read: Option<Bytes>,
    has_swapped: bool,
    /// The distance to the event before it.
    gap: u64,
    time: Option<u64>,
}

#[derive(Clone, Copy, Debug)]
enum End {
    Ok,
    Fail,
    Info,
}

fn bytes() -> impl Strategy<Value = Bytes> {
    prop_oneof![
        "[a-c]{0,2}".prop_map(|text| Bytes::from(&*text)),
        any::<String>().prop_map(|text| Bytes::from(&*text)),
        vec(any::<u8>(), 0..4).prop_map(Bytes::from),
    ]
}

/// Of a register if it is to have no keys.
fn operation(has_keys: bool) -> impl Strategy<Value = Operation> {
    let key = move || bytes().prop_map(move |key| if has_keys { key } else { Bytes::default() });
    prop_oneof![
        key().prop_map(|key| Operation::Get { key }),
        (key(), bytes()).prop_map(|(key, value)| Operation::Put { key, value }),
        key().prop_map(|key| Operation::Delete { key }),
        (key(), option::of(bytes()), option::of(bytes())).prop_map(|(key, expected, value)| Operation::Cas {
            key,
            expected,
            value
        }),
        (key(), bytes()).prop_map(move |(key, value)| match has_keys {
            true => Operation::Append { key, value },
            false => Operation::Put { key, value },
        }),
    ]
}

pub(crate) fn step(has_keys: bool) -> impl Strategy<Value = Step> {
    let process = prop_oneof![0..3_u64, Just(u64::MAX)];
    let end = prop_oneof![Just(End::Ok), Just(End::Ok), Just(End::Fail), Just(End::Info)];
    let gap = prop_oneof![Just(1), 1..1_u64 << 50];
    let time = option::of(any::<u64>());
    (process, operation(has_keys), end, option::of(bytes()), any::<bool>(), gap, time).prop_map(
        |(process, operation, end, read, has_swapped, gap, time)| Step {
            process,
            operation,
            end,
            read,
            has_swapped,
            gap,
            time,
        },
    )
}

pub(crate) fn history(steps: Vec<Step>) -> History {
    let mut history = History::new();
    let mut order = 0;
    for step in steps {
        order += step.gap;
        let at = Point { order, time: step.time.map(Instant) };
        let outcome = match history.outstanding(step.process) {
            None => history.invoke(step.process, step.operation, at),
            Some(call) => {
                let completion = match (step.end, &call.input) {
                    (End::Fail, _) => Completion::Fail,
                    (End::Info, _) => Completion::Info,
                    (End::Ok, Operation::Get { .. }) => Completion::Ok(Output::Value(step.read)),
                    (End::Ok, Operation::Cas { .. }) if step.has_swapped => Completion::Ok(Output::Swapped),
                    (End::Ok, Operation::Cas { .. }) => Completion::Ok(Output::Mismatch),
                    (End::Ok, _) => Completion::Ok(Output::Written),
                };
                history.complete(step.process, completion, at)
            }
        };
        outcome.unwrap();
    }
    history
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_history_that_was_written_is_read_back_as_it_was(
        steps in any::<bool>().prop_flat_map(|has_keys| vec(step(has_keys), 1..30)),
    ) {
        let history = history(steps);
        let mut text = Vec::new();
        format::write(&history, &mut text).unwrap();
        let parsed = format::read(&text[..], &Limits::default()).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let events = history.calls().iter().map(|call| 1 + usize::from(call.completed.is_some())).sum::<usize>();
        prop_assert_eq!(text.iter().filter(|byte| **byte == b'\n').count(), events);
        prop_assert_eq!(parsed.format, Format::JsonLines);
        prop_assert_eq!(parsed.history, history);
    }
}
