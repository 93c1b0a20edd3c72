//! A budget bounds the work, never the care: a judge that runs out of it does not know.

use env::Completion;
use history::linearizability::{Budget, KeyValue, Limit, Register, Verdict, check, is_linearizable};
use history::{History, Point};
use kv_types::Output;
use proptest::prelude::*;

use crate::agreement::{cases, small};
use crate::brute;
use crate::plain::Plain;
use crate::random::{Values, histories, show};
use crate::story::{append, get, put, value};

fn budgets() -> impl Strategy<Value = Budget<'static>> {
    let bytes = prop_oneof![Just(1 << 30), 0..4_096_usize];
    (0..24_u64, bytes).prop_map(|(steps, bytes)| Budget { steps, bytes, ..Budget::default() })
}

fn is_right_or_unknown(history: &History, budget: Budget<'_>) -> Result<(), TestCaseError> {
    let expected = brute::is_linearizable(&Register, history);
    for judged in [is_linearizable(&Register, history, budget), is_linearizable(&Plain(Register), history, budget)] {
        prop_assert!(judged.is_none_or(|judged| judged == expected), "{:?}\n{}", budget, show(history));
    }
    match check(&Plain(Register), history, budget) {
        Verdict::Unknown(_) => {}
        Verdict::Linearizable => prop_assert!(expected, "{:?}\n{}", budget, show(history)),
        // The explanation, too, has to do with little.
        Verdict::NotLinearizable(found) => prop_assert!(!expected, "{:?}\n{}\n{}", budget, found, show(history)),
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(3_000))]

    #[test]
    fn a_small_budget_gives_no_wrong_verdict_on_distinct_values(
        history in histories(small(Values::Distinct, 1)), budget in budgets(),
    ) {
        is_right_or_unknown(&history, budget)?;
    }

    #[test]
    fn a_small_budget_gives_no_wrong_verdict_on_repeated_values(
        history in histories(small(Values::Repeated, 1)), budget in budgets(),
    ) {
        is_right_or_unknown(&history, budget)?;
    }
}

/// So many writes at once, and one process that reads meanwhile.
fn crowd(writers: u64, reads: &[&str]) -> History {
    let mut history = History::new();
    let mut order = 0;
    let mut at = || {
        order += 1;
        Point::line(order)
    };
    for writer in 0..writers {
        history.invoke(writer, put("k", &format!("w{writer}")), at()).expect("a new process");
    }
    for read in reads {
        history.invoke(writers, get("k"), at()).expect("idle");
        history.complete(writers, Completion::Ok(value(read)), at()).expect("just invoked");
    }
    for writer in 0..writers {
        history.complete(writer, Completion::Ok(Output::Written), at()).expect("a write is outstanding");
    }
    history
}

#[test]
fn no_budget_is_enough_for_no_verdict_but_unknown() {
    let none = Budget { steps: 0, bytes: 0, ..Budget::default() };
    assert_eq!(check(&KeyValue, &crowd(2, &["w1", "w0"]), none), Verdict::Unknown(Limit::Memory));
    let no_steps = Budget { steps: 0, ..Budget::default() };
    assert_eq!(check(&KeyValue, &crowd(2, &["w1", "w0"]), no_steps), Verdict::Unknown(Limit::Steps));
}

/// Forty appends without an answer, in any order, and a value that none of them makes: more states than fit anywhere.
#[test]
fn the_memory_that_states_take_counts() {
    let mut history = History::new();
    let mut order = 0;
    let mut at = || {
        order += 1;
        Point::line(order)
    };
    for writer in 0..40 {
        let bytes = if writer % 2 == 0 { "a" } else { "b" }.repeat(2_000);
        history.invoke(writer, append("k", &bytes), at()).expect("a new process");
    }
    history.invoke(40, get("k"), at()).expect("a new process");
    history.complete(40, Completion::Ok(value("zz")), at()).expect("it reads");
    let little = Budget { bytes: 8 << 20, ..Budget::default() };
    assert_eq!(check(&Plain(KeyValue), &history, little), Verdict::Unknown(Limit::Memory));
}

#[test]
fn a_thousand_operations_at_once_are_judged() {
    assert_eq!(check(&KeyValue, &crowd(1_000, &["w7", "w999", "w0"]), Budget::default()), Verdict::Linearizable);
    let twice = check(&KeyValue, &crowd(1_000, &["w7", "w999", "w7"]), Budget::default());
    assert!(matches!(twice, Verdict::NotLinearizable(_)), "{twice:?}");
}

#[test]
fn more_operations_at_once_than_can_be_searched_are_unknown() {
    for writers in [1_024, 1_025, 2_000] {
        let right = crowd(writers, &["w7", "w999", "w0"]);
        assert_ne!(is_linearizable(&KeyValue, &right, Budget::default()), Some(false), "{writers} writers");
        let wrong = crowd(writers, &["w7", "w999", "w7"]);
        assert_ne!(is_linearizable(&KeyValue, &wrong, Budget::default()), Some(true), "{writers} writers");
    }
}
