//! The judge that watches a run agrees with the one that sees the whole history, and forgets settled operations.

use std::ops::Range;

use env::{ClientId, Completion, Instant, RequestId};
use history::linearizability::{Budget, Counterexample, KeyValue, is_linearizable};
use history::{History, HistoryChecker};
use kv_types::{Operation, Output};
use proptest::prelude::*;

use crate::agreement::{cases, samples, small};
use crate::events::{self, Event};
use crate::generated::{Mix, REGISTER, Recipe, STORE, Writes, history};
use crate::random::{Likeness, Values, histories, show};
use crate::story::{append, cas, get, put, value};

/// Tells a checker all of a history, one event after another.
fn watch(history: &History) -> Result<HistoryChecker, Box<Counterexample>> {
    tell(HistoryChecker::default(), history)
}

/// The same, to a given checker.
fn tell(mut checker: HistoryChecker, history: &History) -> Result<HistoryChecker, Box<Counterexample>> {
    for (at, event) in events::events(history.calls()) {
        let last = Instant(at.order);
        match event {
            Event::Invoked { number, call } => checker.invoked(last, request(call.process, number), &call.input),
            Event::Completed { number, call, completion } => {
                checker.completed(last, request(call.process, number), completion)?;
            }
        }
    }
    checker.finished()?;
    Ok(checker)
}

fn request(process: u64, number: usize) -> RequestId {
    let client = ClientId(u32::try_from(process).expect("few processes"));
    RequestId { client, seq: number as u64 + 1 }
}

/// A checker that settles as much as it can at each completion (of a short history) agrees with the whole, and so do
/// checkers that settle now and then. A history that the whole judge cannot decide does not count.
fn agrees_with_the_whole(history: &History) -> Result<(), TestCaseError> {
    let budget = Budget { steps: 50_000, ..Budget::default() };
    let Some(expected) = is_linearizable(&KeyValue, history, budget) else { return Ok(()) };
    let settle_at = if history.calls().len() < 60 { [0, 5, 16] } else { [8, 20, 64] };
    settle_at.into_iter().try_for_each(|settle_at| judges(settle_at, history, expected))
}

fn judges(settle_at: usize, history: &History, expected: bool) -> Result<(), TestCaseError> {
    match tell(HistoryChecker::settling_at(settle_at), history) {
        Ok(checker) => {
            let is_right = expected || checker.undecided() > 0;
            prop_assert!(is_right, "nothing was noticed, settling at {}\n{}", settle_at, show(history));
        }
        Err(found) => {
            let told = found.to_string();
            prop_assert!(!expected, "settling at {}: {}\n{}\n{}", settle_at, found.headline(), told, show(history));
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(3_000))]

    #[test]
    fn small_histories_of_distinct_values_are_judged_alike(history in histories(small(Values::Distinct, 1))) {
        agrees_with_the_whole(&history)?;
    }

    #[test]
    fn small_histories_of_repeated_values_are_judged_alike(history in histories(small(Values::Repeated, 2))) {
        agrees_with_the_whole(&history)?;
    }

    #[test]
    fn small_histories_of_tangled_values_are_judged_alike(history in histories(small(Values::Tangled, 1))) {
        agrees_with_the_whole(&history)?;
    }
}

/// A history that was right, with the ends of a few operations changed. It may be right still, or wrong.
fn garbled(recipe: impl Strategy<Value = Recipe>, changes: Range<usize>) -> impl Strategy<Value = History> {
    let change = (any::<prop::sample::Index>(), 1..12_usize);
    (recipe, prop::collection::vec(change, changes)).prop_map(|(recipe, changes)| {
        let mut garbled = history(&recipe);
        for (place, distance) in changes {
            let number = place.index(garbled.calls().len());
            // The more operations are under way, the more answers are right.
            if let Some(end) = another_end(&garbled, number, distance * recipe.clients.div_ceil(4) as usize) {
                garbled = events::ending(&garbled, number, end);
            }
        }
        garbled
    })
}

/// Another end of an operation: for a read the answer of an earlier one, with `distance` others between; for a swap the
/// contrary; for a write fail or info.
fn another_end(history: &History, number: usize, distance: usize) -> Option<Completion<Output>> {
    let calls = history.calls();
    let (_, mine) = calls[number].ok()?;
    // Of the nearest that answered the same kind of thing.
    let kind = |output: &Output| std::mem::discriminant(output);
    let others = calls[..number].iter().rev().filter_map(|call| call.ok());
    let other = others.map(|(_, output)| output).filter(|output| kind(output) == kind(mine)).nth(distance);
    Some(match (mine, other) {
        (Output::Swapped, _) => Completion::Ok(Output::Mismatch),
        (Output::Mismatch, _) => Completion::Ok(Output::Swapped),
        (Output::Value(_), Some(other)) => Completion::Ok(other.clone()),
        (Output::Written, _) if distance.is_multiple_of(4) => Completion::Fail,
        (Output::Written, _) if distance % 4 == 1 => Completion::Info,
        _ => return None,
    })
}

fn writes(distinct: bool) -> Writes {
    if distinct { Writes::Distinct } else { Writes::Digits }
}

fn mix() -> impl Strategy<Value = Mix> {
    prop_oneof![Just(REGISTER), Just(STORE)]
}

/// A long history of a few clients.
fn long() -> impl Strategy<Value = Recipe> {
    (any::<u64>(), 1..4_u64, 1..3_u64, 0..12_u64, any::<bool>(), mix()).prop_map(
        |(seed, clients, keys, info_percent, distinct, mix)| {
            // Without foresight many operations without an answer are too much.
            let info_percent = if distinct { info_percent } else { info_percent / 6 };
            Recipe { operations: 400, clients, keys, info_percent, writes: writes(distinct), mix, seed }
        },
    )
}

/// A history of a key that several operations are always under way on.
fn saturated() -> impl Strategy<Value = Recipe> {
    (any::<u64>(), 20..120_usize, 6..=10_u64, 0..4_u64, prop::bool::weighted(0.8), mix()).prop_map(
        |(seed, operations, clients, info_percent, distinct, mix)| {
            let info_percent = if distinct { info_percent } else { 0 };
            Recipe { operations, clients, keys: 1, info_percent, writes: writes(distinct), mix, seed }
        },
    )
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn long_histories_with_a_few_wrong_answers_are_judged_alike(history in garbled(long(), 0..3)) {
        agrees_with_the_whole(&history)?;
    }
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn saturated_histories_with_a_few_wrong_answers_are_judged_alike(history in garbled(saturated(), 0..6)) {
        agrees_with_the_whole(&history)?;
    }

    #[test]
    fn crowded_histories_of_distinct_values_are_judged_alike(history in histories(crowded(Values::Distinct))) {
        agrees_with_the_whole(&history)?;
    }

    #[test]
    fn crowded_histories_of_repeated_values_are_judged_alike(history in histories(crowded(Values::Repeated))) {
        agrees_with_the_whole(&history)?;
    }
}

/// Histories of a key that many processes work on, most of them right for a while.
fn crowded(values: Values) -> Likeness {
    Likeness { values, keys: 1, processes: 8, lies: 0.2, events: 100 }
}

#[test]
fn a_fair_share_of_the_garbled_histories_is_right_and_a_fair_share_is_wrong() {
    let budget = Budget { steps: 50_000, ..Budget::default() };
    let shares = |histories: &mut dyn Iterator<Item = History>| {
        let judged: Vec<_> = histories.map(|history| is_linearizable(&KeyValue, &history, budget)).collect();
        [Some(true), Some(false)].map(|verdict| judged.iter().filter(|judged| **judged == verdict).count())
    };
    let long = shares(&mut samples(garbled(long(), 0..3), 200));
    let saturated = shares(&mut samples(garbled(saturated(), 0..6), 200));
    let crowded = shares(&mut samples(histories(crowded(Values::Distinct)), 200));
    for [right, wrong] in [long, saturated, crowded] {
        assert!(right.min(wrong) >= 40, "{right} are right and {wrong} wrong");
    }
}

#[test]
fn long_histories_that_are_right_are_passed() {
    for seed in 0..20 {
        use Writes::{Digits, Distinct};
        for (clients, info_percent, writes) in [(2, 0, Digits), (3, 2, Distinct), (8, 5, Distinct), (16, 1, Distinct)] {
            let recipe = Recipe { operations: 2_000, clients, keys: 3, info_percent, writes, mix: STORE, seed };
            let checker = watch(&history(&recipe)).unwrap_or_else(|found| panic!("{recipe:?}: {found}"));
            assert_eq!(checker.undecided(), 0, "{recipe:?}");
        }
    }
}

/// A checker that is told one operation after another, each invoked and completed at once.
#[derive(Default)]
struct Watched {
    checker: HistoryChecker,
    event: u64,
}

impl Watched {
    fn now(&mut self) -> Instant {
        self.event += 1;
        Instant(self.event)
    }

    fn does(
        &mut self,
        client: u32,
        operation: &Operation,
        completion: &Completion<Output>,
    ) -> Result<(), Box<Counterexample>> {
        let request = RequestId { client: ClientId(client), seq: self.event + 1 };
        let (begin, end) = (self.now(), self.now());
        self.checker.invoked(begin, request, operation);
        self.checker.completed(end, request, completion)
    }

    fn size(&self) -> usize {
        format!("{:?}", self.checker).len()
    }
}

#[test]
fn what_is_settled_is_forgotten() {
    let mut watched = Watched::default();
    let mut sizes = Vec::new();
    for number in 0..25_000 {
        let (one, other) = (format!("{number}"), format!("{number}+"));
        for (operation, output) in [
            (put("k", &one), Output::Written),
            (append("k", "+"), Output::Written),
            (get("k"), value(&other)),
            (cas("k", &other, &one), Output::Swapped),
        ] {
            watched.does(1, &operation, &Completion::Ok(output)).expect("it is right");
        }
        sizes.push(watched.size());
    }
    let largest = sizes.iter().max().expect("there are some");
    assert!(*largest < 1_000, "it takes {largest} bytes to tell");
}

#[test]
fn an_unanswered_write_is_kept_until_somebody_sees_it() {
    let mut watched = Watched::default();
    watched.does(1, &put("k", "lost"), &Completion::Info).expect("nothing is known");
    for number in 0..1_000 {
        let written = format!("{number}");
        watched.does(2, &put("k", &written), &Completion::Ok(Output::Written)).expect("it is right");
        watched.does(2, &get("k"), &Completion::Ok(value(&written))).expect("it is right");
    }
    assert!(watched.size() < 2_000, "it takes {} bytes to tell", watched.size());
    watched.does(2, &get("k"), &Completion::Ok(value("lost"))).expect("it may have taken effect just now");
    // The second read of "lost" may pass until the record is judged as a whole, at the latest at its end.
    watched.does(2, &put("k", "new"), &Completion::Ok(Output::Written)).expect("it is right");
    let again = watched.does(2, &get("k"), &Completion::Ok(value("lost")));
    again.and_then(|()| watched.checker.finished()).expect_err("it took effect twice");
}

#[test]
fn an_operation_given_up_may_still_take_effect() {
    let mut watched = Watched::default();
    let begin = watched.now();
    watched.checker.invoked(begin, RequestId { client: ClientId(1), seq: 1 }, &put("k", "given up"));
    // The client asks something else without having been answered.
    watched.does(1, &get("other"), &Completion::Ok(Output::Value(None))).expect("it is right");
    watched.does(2, &get("k"), &Completion::Ok(Output::Value(None))).expect("it is right");
    watched.does(2, &get("k"), &Completion::Ok(value("given up"))).expect("it may have taken effect");
    watched.checker.finished().expect("it is right");
}
