//! One thing is made wrong in a long history that was right, and is found: at once, at the operation that was changed.

use env::{Bytes, Completion};
use history::linearizability::{Budget, KeyValue, Verdict, check};
use history::{Call, History, Point};
use kv_types::{Operation, Output};

use crate::events;
use crate::generated::{Mix, REGISTER, Recipe, STORE, Writes, history};

/// A change that makes a history wrong for sure: this operation gets this answer instead of its own. It answers too early
/// for nothing else to show it.
struct Plant {
    number: usize,
    answer: Output,
}

/// Plants the wrong answers that `plants` proposes, a few of each history, each by itself.
fn are_found(mix: Mix, plants: fn(&[Call]) -> Vec<Plant>) {
    let mut planted = 0;
    for seed in 0..10 {
        let recipe =
            Recipe { operations: 400, clients: 8, keys: 3, info_percent: 2, writes: Writes::Distinct, mix, seed };
        let right = history(&recipe);
        let plants = plants(right.calls());
        for Plant { number, answer } in plants.iter().step_by(plants.len() / 8 + 1) {
            planted += 1;
            let wrong = events::ending(&right, *number, Completion::Ok(answer.clone()));
            is_found(&wrong, *number);
        }
    }
    assert!(planted >= 20, "only {planted} planted");
}

fn is_found(wrong: &History, number: usize) {
    let call = &wrong.calls()[number];
    let Verdict::NotLinearizable(found) = check(&KeyValue, wrong, Budget::default()) else {
        panic!("not found: {} of process {} at {}", call.input, call.process, call.invoked);
    };
    assert_eq!(found.key, Some(call.input.key().to_string()));
    let culprit = found.culprit();
    assert_eq!((culprit.invoked, &culprit.who), (call.invoked, &format!("p{}", call.process)), "{found}");
}

/// The reads that returned a value: number, call, return and value.
fn reads(calls: &[Call]) -> impl Iterator<Item = (usize, &Call, Point, Option<&Bytes>)> {
    calls.iter().enumerate().filter_map(|(number, call)| match call.ok() {
        Some((returned, Output::Value(value))) => Some((number, call, returned, value.as_ref())),
        _ => None,
    })
}

/// Puts of this key that surely took effect: the value, the invocation and the return.
fn puts<'a>(calls: &'a [Call], key: &'a Bytes) -> impl Iterator<Item = (&'a Bytes, Point, Point)> {
    calls.iter().filter_map(move |call| match &call.input {
        Operation::Put { key: of, value } if of == key => {
            call.ok().map(|(returned, _)| (value, call.invoked, returned))
        }
        _ => None,
    })
}

#[test]
fn a_value_that_nobody_wrote_is_found() {
    are_found(STORE, |calls| {
        let never = || Output::Value(Some("(never)".into()));
        reads(calls).map(|(number, ..)| Plant { number, answer: never() }).collect()
    });
}

#[test]
fn a_read_of_what_was_overwritten_before_is_found() {
    are_found(REGISTER, |calls| {
        let stale = |(number, read, ..): (usize, &Call, Point, Option<&Bytes>)| {
            let overwritten = |(_, _, returned): &(&Bytes, Point, Point)| {
                puts(calls, read.input.key()).any(|(_, invoked, over)| *returned < invoked && over < read.invoked)
            };
            let (value, ..) = puts(calls, read.input.key()).filter(overwritten).last()?;
            Some(Plant { number, answer: Output::Value(Some(value.clone())) })
        };
        reads(calls).filter_map(stale).collect()
    });
}

#[test]
fn a_stale_read_after_a_newer_one_is_found() {
    are_found(REGISTER, |calls| {
        let stale = |(number, read, ..): (usize, &Call, Point, Option<&Bytes>)| {
            let key = read.input.key();
            // A read has returned the value of a put still under way; the put before it returned before that put began.
            let seen = |value: &Bytes| {
                reads(calls).any(|(_, other, returned, seen)| {
                    other.input.key() == key && returned < read.invoked && seen == Some(value)
                })
            };
            let (_, newer, _) = puts(calls, key).find(|(value, _, over)| *over > read.invoked && seen(value))?;
            let (value, ..) = puts(calls, key).filter(|(_, _, returned)| *returned < newer).last()?;
            Some(Plant { number, answer: Output::Value(Some(value.clone())) })
        };
        reads(calls).filter_map(stale).collect()
    });
}

#[test]
fn an_acknowledged_append_that_is_missing_is_found() {
    are_found(STORE, |calls| {
        let lossy = |(number, read, _, value): (usize, &Call, Point, Option<&Bytes>)| {
            let text = String::from_utf8(value?.to_vec()).expect("generated values are text");
            let (base, _) = text.split_once('[').filter(|(base, _)| !base.is_empty())?;
            let (_, _, based) = puts(calls, read.input.key()).find(|(value, ..)| value[..] == *base.as_bytes())?;
            // The append began after the put of the base returned, and returned before the read began.
            let lost = calls.iter().find_map(|call| match &call.input {
                Operation::Append { value, .. } => {
                    let (returned, _) = call.ok()?;
                    let added = value.to_string();
                    (text.contains(&added) && based < call.invoked && returned < read.invoked).then_some(added)
                }
                _ => None,
            })?;
            Some(Plant { number, answer: Output::Value(Some(Bytes::from(&*text.replace(&lost, "")))) })
        };
        reads(calls).filter_map(lossy).collect()
    });
}

#[test]
fn a_second_swap_from_the_same_value_is_found() {
    are_found(REGISTER, |calls| {
        let swaps = |swapped: Output| {
            calls.iter().enumerate().filter_map(move |(number, call)| match (&call.input, call.ok()) {
                (Operation::Cas { key, expected: Some(expected), .. }, Some((returned, output))) => {
                    (*output == swapped).then_some((number, key, expected, returned))
                }
                _ => None,
            })
        };
        let second = swaps(Output::Mismatch).filter(|(_, key, expected, returned)| {
            swaps(Output::Swapped).any(|(_, of, from, before)| of == *key && from == *expected && before < *returned)
        });
        second.map(|(number, ..)| Plant { number, answer: Output::Swapped }).collect()
    });
}
