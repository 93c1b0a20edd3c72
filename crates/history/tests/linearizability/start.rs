//! Histories that do not begin with an empty store.

use std::collections::BTreeSet;

use env::Bytes;
use history::History;
use history::linearizability::{
    Budget, KeyValue, Limit, Model, Register, Start, Verdict, check, check_from, is_linearizable_from, other_start,
};
use kv_types::{Operation, Output};
use proptest::prelude::*;

use crate::agreement::{cases, small};
use crate::brute;
use crate::random::{Values, histories, show};
use crate::story::{Story, append, cas, get, put, value};

/// A register that holds this at first.
struct Begins(Option<Bytes>);

impl Model for Begins {
    type Input = Operation;
    type Output = Output;
    type State = Option<Bytes>;

    fn initial(&self) -> Option<Bytes> {
        self.0.clone()
    }

    fn step(&self, state: &Option<Bytes>, input: &Operation, output: Option<&Output>) -> Option<Option<Bytes>> {
        Register.step(state, input, output)
    }

    fn show(&self, state: &Option<Bytes>) -> String {
        Register.show(state)
    }
}

/// Every value that a history names, every beginning of one, none, and one that it does not name.
fn firsts(history: &History) -> BTreeSet<Option<Bytes>> {
    let mut firsts = BTreeSet::from([None, Some("never".into())]);
    for call in history.calls() {
        let mut values = Vec::new();
        match &call.input {
            Operation::Put { value, .. } | Operation::Append { value, .. } => values.push(value.clone()),
            Operation::Cas { expected, value, .. } => values.extend([expected, value].into_iter().flatten().cloned()),
            Operation::Get { .. } | Operation::Delete { .. } => {}
        }
        if let Some((_, Output::Value(Some(value)))) = call.ok() {
            values.push(value.clone());
        }
        firsts.extend(values.iter().flat_map(|value| (0..=value.len()).map(|len| Some(Bytes::from(&value[..len])))));
    }
    firsts
}

fn agrees(history: &History) -> Result<(), TestCaseError> {
    let expected = firsts(history).into_iter().any(|first| brute::is_linearizable(&Begins(first), history));
    let judged = is_linearizable_from(&Register, &Start::Anywhere, history, Budget::default());
    prop_assert_eq!(judged, Some(expected), "from anywhere\n{}", show(history));
    if let Ok(Some(Start::At(first))) = other_start(&Register, history, Budget::default()) {
        prop_assert!(brute::is_linearizable(&Begins(first.clone()), history), "from {:?}\n{}", first, show(history));
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn any_first_value_is_tried_of_distinct_values(history in histories(small(Values::Distinct, 1))) {
        agrees(&history)?;
    }

    #[test]
    fn any_first_value_is_tried_of_repeated_values(history in histories(small(Values::Repeated, 1))) {
        agrees(&history)?;
    }

    #[test]
    fn any_first_value_is_tried_of_tangled_values(history in histories(small(Values::Tangled, 1))) {
        agrees(&history)?;
    }
}

#[test]
fn a_register_that_begins_at_zero_is_told_from_one_that_is_wrong() {
    let mut story = Story::default();
    story.does(1, get(""), value("0"));
    story.does(2, cas("", "0", "7"), Output::Swapped);
    story.does(1, get(""), value("7"));
    let history = story.told();
    let zero = Start::At(Some(Bytes::from("0")));
    assert!(matches!(check(&Register, &history, Budget::default()), Verdict::NotLinearizable(_)));
    assert_eq!(check_from(&Register, &zero, &history, Budget::default()), Verdict::Linearizable);
    assert_eq!(other_start(&Register, &history, Budget::default()), Ok(Some(zero)));
}

#[test]
fn keys_that_begin_with_values_of_their_own_begin_anywhere() {
    let mut story = Story::default();
    story.does(1, get("a"), value("1"));
    story.does(1, append("b", "x"), Output::Written);
    story.does(1, get("b"), value("2x"));
    let history = story.told();
    assert_eq!(other_start(&KeyValue, &history, Budget::default()), Ok(Some(Start::Anywhere)));
    assert_eq!(is_linearizable_from(&KeyValue, &Start::Anywhere, &history, Budget::default()), Some(true));
}

#[test]
fn no_first_value_helps_what_is_wrong_later() {
    let mut story = Story::default();
    story.does(1, put("", "1"), Output::Written);
    story.does(1, get(""), value("7"));
    assert_eq!(other_start(&Register, &story.told(), Budget::default()), Ok(None));
}

#[test]
fn the_first_value_is_found_among_many_that_operations_make() {
    let mut story = Story::default();
    story.does(0, get(""), value("1000"));
    for client in 1..=80 {
        story.invokes(client, put("", &client.to_string()));
        story.does(0, get(""), value(&client.to_string()));
    }
    for client in 1..=80 {
        story.answers(client, Output::Written);
    }
    let history = story.told();
    assert_eq!(is_linearizable_from(&Register, &Start::Anywhere, &history, Budget::default()), Some(true));
    let thousand = Start::At(Some(Bytes::from("1000")));
    assert_eq!(other_start(&Register, &history, Budget::default()), Ok(Some(thousand)));
    let little = Budget { steps: 10, ..Budget::default() };
    assert_eq!(other_start(&Register, &history, little), Err(Limit::Steps));
}

#[test]
fn more_first_values_than_are_tried_are_unknown_and_not_wrong() {
    let mut story = Story::default();
    for client in 1..=1_100 {
        story.invokes(client, cas("", &format!("{client}"), &format!("to {client}")));
    }
    story.does(0, get(""), value("1"));
    story.does(0, get(""), value("2"));
    let history = story.told();
    assert_eq!(is_linearizable_from(&Register, &Start::Anywhere, &history, Budget::default()), None);
}
