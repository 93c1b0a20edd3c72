//! Histories that are hard to judge: on a hot key, of values that repeat, with a violation somewhere.

use std::io;

use env::Completion;
use history::linearizability::{Budget, KeyValue, Verdict, check, is_linearizable};
use history::{Call, History, Point};
use kv_types::{Operation, Output};

use crate::figures::{figure, measured};
use crate::generated::{self, Mix, REGISTER, Recipe, STORE, Writes};

/// Twenty clients on one key.
const HOT: Recipe =
    Recipe { operations: 1_000, clients: 20, keys: 1, info_percent: 0, writes: Writes::Digits, mix: REGISTER, seed: 1 };

const READ_WRITE: Mix = [1, 1, 0, 0, 0];

pub(crate) fn all() -> io::Result<()> {
    let million = Recipe { operations: 1_000_000, clients: 5, ..HOT };
    judged(
        "1,000,000 operations, one hot key, five values",
        "2 s",
        "out of 8 GiB",
        &generated::history(&million),
        true,
    )?;
    judged("1,000 operations, 20 clients, five values", "0.1 s", "11.1", &generated::history(&HOT), true)?;
    let read_write = generated::history(&Recipe { mix: READ_WRITE, ..HOT });
    judged("1,000 operations, 20 clients, five values, no cas", "0.1 s", "14.1", &read_write, true)?;
    of_size(&HOT, "1,000 operations", "0.1 s")?;
    of_size(&Recipe { operations: 100_000, ..HOT }, "100,000 operations", "2 s")
}

/// Judges histories like `recipe`; `count` is its number of operations, in words.
fn of_size(recipe: &Recipe, count: &str, wanted: &str) -> io::Result<()> {
    let suffixes = Recipe { writes: Writes::Suffixes, mix: STORE, ..recipe.clone() };
    let name = format!("{count}, values that end in one another");
    judged(&name, wanted, "not in 60", &generated::history(&suffixes), true)?;
    let resent = Recipe { writes: Writes::Resent, clients: 50, ..recipe.clone() };
    judged(&format!("{count}, one value in a hundred written twice"), wanted, "", &generated::history(&resent), true)?;
    let fifty = Recipe { clients: 50, keys: 10, writes: Writes::Resent, mix: STORE, ..recipe.clone() };
    let wrong = misread(&generated::history(&fifty), Misread::Stale);
    judged(&format!("{count}, 50 clients, 10 keys, a violation at one"), wanted, "0.065", &wrong, false)?;
    let unanswered = Recipe { info_percent: 10, ..recipe.clone() };
    let wrong = misread(&generated::history(&unanswered), Misread::Unwritten);
    judged(&format!("{count}, 10 % info, a value never written"), wanted, "not in 60", &wrong, false)?;
    explained(&format!("{count}, the same, explained"), wanted, &wrong)?;
    let wrong = misread(&generated::history(&Recipe { writes: Writes::Resent, ..recipe.clone() }), Misread::Stale);
    judged(&format!("{count}, a stale read"), wanted, "", &wrong, false)?;
    explained(&format!("{count}, the same, explained"), wanted, &wrong)
}

fn judged(name: &str, wanted: &str, porcupine: &str, history: &History, expected: bool) -> io::Result<()> {
    let judged = measured(|| assert_eq!(is_linearizable(&KeyValue, history, Budget::default()), Some(expected)));
    figure(name, wanted, porcupine, judged)
}

fn explained(name: &str, wanted: &str, history: &History) -> io::Result<()> {
    let explained = measured(|| match check(&KeyValue, history, Budget::default()) {
        Verdict::NotLinearizable(found) => assert!(found.is_irreducible, "{found}"),
        verdict => panic!("{verdict:?}"),
    });
    figure(name, wanted, "", explained)
}

/// The wrong answer of a read near the end of a history.
#[derive(Clone, Copy)]
enum Misread {
    /// The first value that was written.
    Stale,
    /// A value never written.
    Unwritten,
}

fn misread(history: &History, misread: Misread) -> History {
    let calls = history.calls();
    let is_read = |call: &Call| matches!(call.ok(), Some((_, Output::Value(Some(_)))));
    let late = calls.iter().enumerate().skip(calls.len() * 9 / 10).find(|(_, call)| is_read(call));
    let (number, read) = late.expect("half of the operations are reads");
    let first = calls.iter().filter(|call| call.input.key() == read.input.key()).find_map(|call| match &call.input {
        Operation::Put { value, .. } => call.ok().map(|_| value.clone()),
        _ => None,
    });
    let value = match misread {
        Misread::Stale => first.expect("every key is written"),
        Misread::Unwritten => "x".into(),
    };
    ending(history, number, &Completion::Ok(Output::Value(Some(value))))
}

/// `history` with another end of one operation.
fn ending(history: &History, number: usize, end: &Completion<Output>) -> History {
    let mut events: Vec<(u64, usize, Option<&Completion<Output>>)> = Vec::new();
    for (place, call) in history.calls().iter().enumerate() {
        events.push((call.invoked.order, place, None));
        events.extend(
            call.completed.iter().map(|(at, own)| (at.order, place, Some(if place == number { end } else { own }))),
        );
    }
    events.sort_unstable_by_key(|(order, ..)| *order);
    let mut ending = History::new();
    for (order, place, completion) in events {
        let Call { process, input, .. } = &history.calls()[place];
        match completion {
            None => ending.invoke(*process, input.clone(), Point::line(order)),
            Some(completion) => ending.complete(*process, completion.clone(), Point::line(order)),
        }
        .expect("the events are those of a history");
    }
    ending
}
