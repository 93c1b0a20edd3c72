//! The cost of histories that used to be too much: steps and sizes, no times.

use env::Completion;
use history::History;
use history::linearizability::{Budget, Counterexample, KeyValue, Verdict, check, is_linearizable};
use kv_types::{Operation, Output};

use crate::events;
use crate::generated::{Mix, REGISTER, Recipe, STORE, Writes, history};
use crate::story::{get, value};

const LONG: Recipe = Recipe {
    operations: 20_000,
    clients: 20,
    keys: 1,
    info_percent: 0,
    writes: Writes::Distinct,
    mix: REGISTER,
    seed: 1,
};

/// The operations of a register that is read and written only.
const READ_WRITE: Mix = [1, 1, 0, 0, 0];

fn steps(count: u64) -> Budget<'static> {
    Budget { steps: count, ..Budget::default() }
}

/// `history` with another answer to a read near its end.
fn misread(history: &History, answer: &str) -> History {
    let near_the_end = history.calls().len() * 9 / 10;
    let is_read = |call: &history::Call| matches!(call.ok(), Some((_, Output::Value(Some(_)))));
    let calls = history.calls().iter().enumerate().skip(near_the_end);
    let (number, _) = calls.into_iter().find(|(_, call)| is_read(call)).expect("half of the operations are reads");
    events::ending(history, number, Completion::Ok(value(answer)))
}

fn explained(history: &History) -> Box<Counterexample> {
    match check(&KeyValue, history, Budget::default()) {
        Verdict::NotLinearizable(found) => found,
        verdict => panic!("{verdict:?}"),
    }
}

#[test]
fn a_few_values_that_are_written_twice_cost_a_wide_history_little() {
    for (clients, info_percent) in [(20, 0), (50, 0), (20, 10)] {
        let recipe = Recipe { writes: Writes::Resent, clients, info_percent, ..LONG };
        assert_eq!(is_linearizable(&KeyValue, &history(&recipe), steps(100_000)), Some(true), "{recipe:?}");
    }
}

#[test]
fn values_that_end_in_one_another_cost_a_wide_history_little() {
    for (clients, mix) in [(20, STORE), (50, [5, 1, 5, 0, 0])] {
        let recipe = Recipe { writes: Writes::Suffixes, clients, mix, ..LONG };
        assert_eq!(is_linearizable(&KeyValue, &history(&recipe), steps(100_000)), Some(true), "{recipe:?}");
    }
}

#[test]
fn twenty_clients_that_write_five_values_are_judged() {
    for mix in [READ_WRITE, REGISTER] {
        let recipe = Recipe { writes: Writes::Digits, operations: 1_000, mix, ..LONG };
        assert_eq!(is_linearizable(&KeyValue, &history(&recipe), steps(100_000)), Some(true), "{recipe:?}");
    }
}

#[test]
fn a_value_that_nobody_wrote_is_refused_without_a_search() {
    for (writes, mix, info_percent) in
        [(Writes::Digits, REGISTER, 10), (Writes::Digits, STORE, 0), (Writes::Suffixes, STORE, 0)]
    {
        let recipe = Recipe { writes, mix, info_percent, operations: 1_000, ..LONG };
        let wrong = misread(&history(&recipe), "x");
        assert_eq!(is_linearizable(&KeyValue, &wrong, steps(0)), Some(false), "{recipe:?}");
        let found = explained(&wrong);
        assert_eq!((found.operations.len(), found.is_irreducible), (1, true), "{recipe:?}\n{found}");
    }
}

/// The key `k0` is too hard for the budget; at `k1` there is a read of a value that was overwritten.
#[test]
fn a_violation_at_one_key_is_found_whatever_another_costs() {
    let hard = Recipe { writes: Writes::Digits, clients: 50, mix: STORE, operations: 2_000, ..LONG };
    let hard = history(&hard);
    assert_eq!(is_linearizable(&KeyValue, &hard, steps(300_000)), None, "it is hard");
    let mut both = hard.clone();
    let mut order = hard.calls().iter().filter_map(|call| call.ok()).map(|(at, _)| at.order).max().expect("it ended");
    for (operation, output) in [
        (Operation::Put { key: "k1".into(), value: "a".into() }, Output::Written),
        (Operation::Put { key: "k1".into(), value: "b".into() }, Output::Written),
        (get("k1"), value("a")),
    ] {
        both.invoke(1_000, operation, history::Point::line(order + 1)).expect("a new process");
        both.complete(1_000, Completion::Ok(output), history::Point::line(order + 2)).expect("it was invoked");
        order += 2;
    }
    assert_eq!(is_linearizable(&KeyValue, &both, steps(300_000)), Some(false));
}

#[test]
fn a_stale_read_in_a_long_history_is_explained_by_two_operations() {
    for writes in [Writes::Distinct, Writes::Resent] {
        let right = history(&Recipe { writes, ..LONG });
        let written = right.calls().iter().find_map(|call| match &call.input {
            Operation::Put { value, .. } => call.ok().map(|_| value.to_string()),
            _ => None,
        });
        let found = explained(&misread(&right, &written.expect("one of the first operations writes")));
        assert_eq!((found.operations.len(), found.is_irreducible), (2, true), "{found}");
        assert!(found.ordered.is_some_and(|ordered| ordered > 10_000), "{found}");
    }
}

#[test]
fn an_explanation_without_time_says_so_and_tells_twelve_operations() {
    let right = history(&Recipe { writes: Writes::Digits, operations: 300, clients: 6, ..LONG });
    let read = |call: &history::Call| matches!(call.ok(), Some((_, Output::Value(Some(_)))));
    let reads: Vec<usize> = (0..300).filter(|number| read(&right.calls()[*number])).collect();
    let mut large = 0;
    for number in reads {
        for digit in ["0", "1", "2", "3", "4"] {
            let wrong = events::ending(&right, number, Completion::Ok(value(digit)));
            if let Verdict::NotLinearizable(found) = check(&KeyValue, &wrong, steps(400)) {
                assert!(found.operations.len() <= 12, "{found}");
                assert!(found.left_out == 0 || !found.is_irreducible, "{found}");
                large += usize::from(found.left_out > 0);
            }
        }
    }
    assert!(large > 0, "no explanation was too large");
}

/// The prefix before the culprit is more than a small budget can judge, so that an earlier culprit may go unseen.
#[test]
fn an_explanation_names_its_culprit_whatever_the_budget() {
    for seed in 0..6 {
        let recipe = Recipe { writes: Writes::Digits, operations: 150, clients: 10, mix: STORE, seed, ..LONG };
        let right = history(&recipe);
        let reads = (0..150).filter(|number| matches!(right.calls()[*number].ok(), Some((_, Output::Value(Some(_))))));
        for number in reads {
            let wrong = events::ending(&right, number, Completion::Ok(value("4")));
            for budget in [2_000, 40_000] {
                if let Verdict::NotLinearizable(found) = check(&KeyValue, &wrong, steps(budget)) {
                    assert!(found.culprit().returned.is_some(), "{found}");
                }
            }
        }
    }
}
