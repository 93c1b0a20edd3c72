//! The judge that watches a run says what the one says that sees the whole history, and forgets what is settled.

use check::linearizability::{Budget, KeyValue, is_linearizable};
use check::{History, HistoryChecker, Invariant, Moment, Violation};
use env::{ClientId, Completion, Instant, Operation, Output, RequestId};
use proptest::prelude::*;

use crate::agreement::{cases, samples, small};
use crate::events::{self, Event};
use crate::generated::{REGISTER, Recipe, STORE, Writes, history};
use crate::random::{Values, histories, show};
use crate::story::{append, cas, get, put, value};

/// Tells a checker all of a history, one event after another.
fn watch(history: &History) -> Result<HistoryChecker, Violation> {
    let mut checker = HistoryChecker::default();
    let mut last = Moment::default();
    for (at, event) in events::events(history.calls()) {
        last = Moment { time: Instant(at.order), event: at.order };
        match event {
            Event::Invoked { number, call } => checker.invoked(last, request(call.process, number), &call.input),
            Event::Completed { number, call, completion } => {
                checker.completed(last, request(call.process, number), completion)?;
            }
        }
    }
    checker.finished(last)?;
    Ok(checker)
}

fn request(process: u64, number: usize) -> RequestId {
    let client = ClientId(u32::try_from(process).expect("few processes"));
    RequestId { client, seq: number as u64 + 1 }
}

/// What nobody could decide does not count.
fn agrees_with_the_whole(history: &History) -> Result<(), TestCaseError> {
    let budget = Budget { steps: 200_000, ..Budget::default() };
    let Some(expected) = is_linearizable(&KeyValue, history, budget) else { return Ok(()) };
    match watch(history) {
        Ok(checker) => {
            prop_assert!(expected || checker.undecided() > 0, "nothing was noticed\n{}", show(history));
        }
        Err(violation) => {
            let told = violation.explanation.as_deref().unwrap_or_default();
            prop_assert_eq!(violation.invariant, Invariant::Linearizability);
            prop_assert!(!expected, "{}\n{}\n{}", violation, told, show(history));
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

/// A long history that was right, with the answers of a few operations changed for those of others. Whether it still is
/// right, nobody knows.
fn garbled() -> impl Strategy<Value = History> {
    let change = (any::<prop::sample::Index>(), 1..12_usize);
    (any::<u64>(), 1..4_u64, 1..3_u64, 0..12_u64, any::<(bool, bool)>(), prop::collection::vec(change, 0..3)).prop_map(
        |(seed, clients, keys, info_percent, (distinct, is_register), changes)| {
            // Without foresight many operations without an answer are too much.
            let info_percent = if distinct { info_percent } else { info_percent / 6 };
            let mix = if is_register { REGISTER } else { STORE };
            let writes = if distinct { Writes::Distinct } else { Writes::Digits };
            let mut garbled = history(&Recipe { operations: 400, clients, keys, info_percent, writes, mix, seed });
            for (place, distance) in changes {
                let calls = garbled.calls();
                let number = place.index(calls.len());
                // Of the nearest that answered the same kind of thing.
                let kind = |output: &Output| std::mem::discriminant(output);
                let Some((_, mine)) = calls[number].ok() else { continue };
                let others = calls[..number].iter().rev().filter_map(|call| call.ok());
                let other = others.map(|(_, output)| output).filter(|output| kind(output) == kind(mine)).nth(distance);
                let answer = match (mine, other) {
                    (Output::Swapped, _) => Output::Mismatch,
                    (Output::Mismatch, _) => Output::Swapped,
                    (Output::Value(_), Some(other)) => other.clone(),
                    _ => continue,
                };
                garbled = events::ending(&garbled, number, Completion::Ok(answer));
            }
            garbled
        },
    )
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn long_histories_with_a_few_wrong_answers_are_judged_alike(history in garbled()) {
        agrees_with_the_whole(&history)?;
    }
}

#[test]
fn a_fair_share_of_the_garbled_histories_is_right_and_a_fair_share_is_wrong() {
    let budget = Budget { steps: 200_000, ..Budget::default() };
    let judged: Vec<_> = samples(garbled(), 200).map(|history| is_linearizable(&KeyValue, &history, budget)).collect();
    let count = |verdict| judged.iter().filter(|judged| **judged == verdict).count();
    let [right, wrong] = [Some(true), Some(false)].map(count);
    assert!(right.min(wrong) >= 40, "{right} are right and {wrong} wrong");
}

#[test]
fn long_histories_that_are_right_are_passed() {
    for seed in 0..20 {
        use Writes::{Digits, Distinct};
        for (clients, info_percent, writes) in [(2, 0, Digits), (3, 2, Distinct), (8, 5, Distinct), (16, 1, Distinct)] {
            let recipe = Recipe { operations: 2_000, clients, keys: 3, info_percent, writes, mix: STORE, seed };
            let checker = watch(&history(&recipe)).unwrap_or_else(|violation| panic!("{recipe:?}: {violation}"));
            assert_eq!(checker.undecided(), 0, "{recipe:?}");
        }
    }
}

/// A checker that is told what one client does, one operation after another.
#[derive(Default)]
struct Watched {
    checker: HistoryChecker,
    event: u64,
}

impl Watched {
    fn now(&mut self) -> Moment {
        self.event += 1;
        Moment { time: Instant(self.event), event: self.event }
    }

    fn does(&mut self, client: u32, operation: &Operation, completion: &Completion) -> Result<(), Violation> {
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
    // What is seen is right as long as the record has not been judged as a whole, and for the last time at its end.
    watched.does(2, &put("k", "new"), &Completion::Ok(Output::Written)).expect("it is right");
    let again = watched.does(2, &get("k"), &Completion::Ok(value("lost")));
    let end = watched.now();
    let violation = again.and_then(|()| watched.checker.finished(end)).expect_err("it took effect twice");
    assert_eq!(violation.invariant, Invariant::Linearizability);
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
    let end = watched.now();
    watched.checker.finished(end).expect("it is right");
}
