//! A counterexample is true: the twin confirms it.

use history::linearizability::{Budget, Counterexample, KeyValue, Register, Verdict, check};
use history::{Call, History};
use kv_types::{Operation, Output};
use proptest::prelude::*;

use crate::agreement::{cases, small};
use crate::random::{Values, histories, show};
use crate::story::{Story, append, cas, get, put, value};
use crate::{brute, events};

/// The numbers of the operations that a counterexample names, as in the history.
fn named(found: &Counterexample, history: &History) -> Vec<usize> {
    let number = |named: &history::linearizability::Operation| {
        let is_named = |call: &Call| call.invoked == named.invoked && format!("p{}", call.process) == named.who;
        history.calls().iter().position(is_named).expect("a counterexample names operations of the history")
    };
    found.operations.iter().map(number).collect()
}

/// True if the history is right, or is wrong with a true counterexample.
fn is_told_truly(history: &History) -> Result<(), TestCaseError> {
    let Verdict::NotLinearizable(found) = check(&Register, history, Budget::default()) else { return Ok(()) };
    let seen = format!("{found}\n{}", show(history));
    let is_linearizable = |history: &History| brute::is_linearizable(&Register, history);
    let culprit = found.culprit();
    let returned = culprit.returned.expect("a culprit has returned");

    let (before, with) = (events::before(history, returned), events::until(history, returned));
    prop_assert!(is_linearizable(&before), "it was wrong before the culprit returned\n{}", seen);
    prop_assert!(!is_linearizable(&with), "it was right when the culprit had returned\n{}", seen);
    let ordered = before.calls().iter().filter(|call| call.ok().is_some()).count();
    prop_assert_eq!(found.ordered, Some(ordered), "{}", seen);
    prop_assert!(found.is_irreducible, "{}", seen);

    let named = named(&found, history);
    for (operation, number) in found.operations.iter().zip(&named) {
        let call = &history.calls()[*number];
        prop_assert_eq!(operation.returned, call.ok().map(|(at, _)| at), "{}", seen);
        prop_assert!(!call.has_failed(), "it names an operation that has not happened\n{}", seen);
    }
    let of_named: Vec<Call> = named.iter().map(|number| history.calls()[*number].clone()).collect();
    prop_assert!(
        !is_linearizable(&events::history(&of_named)),
        "the named operations are right by themselves\n{}",
        seen
    );
    Ok(())
}

proptest! {
    #![proptest_config(cases(3_000))]

    #[test]
    fn a_counterexample_of_distinct_values_is_true(history in histories(small(Values::Distinct, 1))) {
        is_told_truly(&history)?;
    }

    #[test]
    fn a_counterexample_of_repeated_values_is_true(history in histories(small(Values::Repeated, 1))) {
        is_told_truly(&history)?;
    }

    #[test]
    fn a_counterexample_of_tangled_values_is_true(history in histories(small(Values::Tangled, 1))) {
        is_told_truly(&history)?;
    }

    #[test]
    fn a_counterexample_is_about_one_key(history in histories(small(Values::Distinct, 3))) {
        if let Verdict::NotLinearizable(found) = check(&KeyValue, &history, Budget::default()) {
            let keys: Vec<String> =
                named(&found, &history).iter().map(|number| history.calls()[*number].input.key().to_string()).collect();
            prop_assert!(keys.iter().all(|key| Some(key) == found.key.as_ref()), "{}\n{}", found, show(&history));
        }
    }
}

// A counterexample implies that the operations it does not name make no difference, and each one it names is needed.

/// A counterexample of a register's history, and the history to the culprit's return; `None` if there is an order.
fn wrong(history: &History) -> Option<(Box<Counterexample>, History)> {
    let Verdict::NotLinearizable(found) = check(&Register, history, Budget::default()) else { return None };
    let with = events::until(history, found.culprit().returned.expect("a culprit has returned"));
    Some((found, with))
}

/// True if there is an order of the operations that a counterexample names, `without` one of them, with any end of all
/// others. The history ends with the culprit's return.
fn is_right_without_the_others(found: &Counterexample, history: &History, without: Option<usize>) -> bool {
    let named = named(found, history);
    let left_out = without.map(|place| named[place]);
    let is_other = |number: usize| !named.contains(&number) || Some(number) == left_out;
    brute::is_linearizable_doubting(&Register, history, &is_other)
}

fn others_make_no_difference(history: &History) -> Result<(), TestCaseError> {
    let Some((found, with)) = wrong(history) else { return Ok(()) };
    prop_assert!(!is_right_without_the_others(&found, &with, None), "{}\n{}", found, show(history));
    Ok(())
}

/// Without any one of them there is an order, or the rest before the culprit has none already.
fn all_named_are_needed(history: &History) -> Result<(), TestCaseError> {
    let Some((found, with)) = wrong(history) else { return Ok(()) };
    let before = events::before(&with, found.culprit().returned.expect("a culprit has returned"));
    let named = named(&found, &with);
    for (place, operation) in found.operations.iter().enumerate() {
        let rest =
            named.iter().filter(|number| **number != named[place] && !is_culprit(&before.calls()[**number], &found));
        let rest: Vec<Call> = rest.map(|number| before.calls()[*number].clone()).collect();
        let is_needed = is_right_without_the_others(&found, &with, Some(place))
            || !brute::is_linearizable(&Register, &events::history(&rest));
        prop_assert!(is_needed, "{} is not needed\n{}\n{}", operation.told, found, show(history));
    }
    Ok(())
}

fn is_culprit(call: &Call, found: &Counterexample) -> bool {
    call.invoked == found.culprit().invoked
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn it_makes_no_difference_what_became_of_the_others(history in histories(small(Values::Tangled, 1))) {
        others_make_no_difference(&history)?;
    }

    #[test]
    fn none_of_the_operations_named_can_be_left_out(history in histories(small(Values::Distinct, 1))) {
        all_named_are_needed(&history)?;
    }
}

#[test]
fn what_another_swap_did_makes_no_difference() {
    let mut story = Story::default();
    story.does(4, put("k0", "1"), Output::Written);
    story.invokes(1, cas("k0", "1", "2"));
    story.invokes(4, cas("k0", "1", "3"));
    story.answers(1, Output::Mismatch);
    story.answers(4, Output::Mismatch);
    others_make_no_difference(&story.told()).unwrap();
}

#[test]
fn nothing_is_named_for_the_sake_of_what_is_named_itself() {
    let mut story = Story::default();
    story.invokes(4, put("k0", "1"));
    story.invokes(3, Operation::Cas { key: "k0".into(), expected: None, value: Some("2".into()) });
    story.answers(4, Output::Written);
    story.invokes(4, get("k0"));
    story.answers(3, Output::Mismatch);
    story.answers(4, Output::Value(None));
    all_named_are_needed(&story.told()).unwrap();
}

#[test]
fn nothing_is_named_only_to_tell_where_the_object_stood() {
    let mut story = Story::default();
    story.invokes(0, get("k0"));
    story.invokes(3, get("k0"));
    story.invokes(4, put("k0", "<5>"));
    story.answers(0, Output::Value(None));
    story.invokes(0, get("k0"));
    story.invokes(2, get("k0"));
    story.answers(0, Output::Value(None));
    story.invokes(1, put("k0", "<12>"));
    story.answers(3, Output::Value(None));
    story.answers(1, Output::Written);
    story.invokes(3, get("k0"));
    story.answers(4, Output::Written);
    story.invokes(0, get("k0"));
    story.invokes(1, append("k0", "<20>"));
    story.answers(1, Output::Written);
    story.answers(2, value("<5>"));
    story.answers(0, value("<5>"));
    story.answers(3, value("<12><20>"));
    all_named_are_needed(&story.told()).unwrap();
}

#[test]
fn a_value_that_an_open_swap_may_have_made_is_no_contradiction_yet() {
    let mut story = Story::default();
    story.invokes(4, get("k0"));
    story.invokes(1, Operation::Cas { key: "k0".into(), expected: None, value: Some("00".into()) });
    story.answers(4, value("00"));
    story.answers(1, Output::Mismatch);
    is_told_truly(&story.told()).unwrap();
}
