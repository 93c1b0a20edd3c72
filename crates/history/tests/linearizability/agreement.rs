//! The judge and its dumb twin agree on small random histories.

use env::Completion;
use history::linearizability::{Budget, KeyValue, Model, Register, WholeStore, is_linearizable};
use history::{History, Point};
use kv_types::{Operation, Output};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::brute;
use crate::plain::Plain;
use crate::random::{Likeness, Values, histories, show};
use crate::story::{get, put, value};

/// So many cases, or as many as `PROPTEST_CASES` says if they are more.
pub(crate) fn cases(cases: u32) -> ProptestConfig {
    let config = ProptestConfig::default();
    ProptestConfig { cases: config.cases.max(cases), failure_persistence: None, ..config }
}

/// A history as small as the twin can bear.
pub(crate) fn small(values: Values, keys: u8) -> Likeness {
    Likeness { values, keys, processes: 5, lies: 0.4, events: 36 }
}

fn judges<M: Model<Input = Operation, Output = Output>>(
    model: &M,
    history: &History,
    expected: bool,
    how: &str,
) -> Result<(), TestCaseError> {
    let judged = is_linearizable(model, history, Budget::default());
    prop_assert_eq!(judged, Some(expected), "{}\n{}", how, show(history));
    Ok(())
}

fn agree_on_a_register(history: &History) -> Result<(), TestCaseError> {
    let expected = brute::is_linearizable(&Register, history);
    judges(&Plain(Register), history, expected, "by search alone")?;
    judges(&Register, history, expected, "by foresight")
}

fn agree_on_a_store(history: &History) -> Result<(), TestCaseError> {
    let expected = brute::is_linearizable(&WholeStore, history);
    judges(&WholeStore, history, expected, "as a whole")?;
    judges(&Plain(KeyValue), history, expected, "by key, by search alone")?;
    judges(&KeyValue, history, expected, "by key, by foresight")
}

proptest! {
    #![proptest_config(cases(5_000))]

    #[test]
    fn a_register_of_distinct_values_is_judged_as_by_the_twin(history in histories(small(Values::Distinct, 1))) {
        agree_on_a_register(&history)?;
    }

    #[test]
    fn a_register_of_repeated_values_is_judged_as_by_the_twin(history in histories(small(Values::Repeated, 1))) {
        agree_on_a_register(&history)?;
    }

    #[test]
    fn a_register_of_mixed_values_is_judged_as_by_the_twin(history in histories(small(Values::Mixed, 1))) {
        agree_on_a_register(&history)?;
    }

    #[test]
    fn a_register_of_tangled_values_is_judged_as_by_the_twin(history in histories(small(Values::Tangled, 1))) {
        agree_on_a_register(&history)?;
    }

    #[test]
    fn a_store_of_distinct_values_is_judged_as_by_the_twin(history in histories(small(Values::Distinct, 3))) {
        agree_on_a_store(&history)?;
    }

    #[test]
    fn a_store_of_repeated_values_is_judged_as_by_the_twin(history in histories(small(Values::Repeated, 2))) {
        agree_on_a_store(&history)?;
    }
}

/// The same random histories every time.
pub(crate) fn samples(histories: impl Strategy<Value = History>, count: usize) -> impl Iterator<Item = History> {
    let mut runner = TestRunner::deterministic();
    (0..count).map(move |_| histories.new_tree(&mut runner).expect("nothing is filtered out").current())
}

#[test]
fn a_fair_share_of_the_random_histories_is_right_and_a_fair_share_is_wrong() {
    for likeness in [
        small(Values::Distinct, 1),
        small(Values::Repeated, 1),
        small(Values::Mixed, 1),
        small(Values::Tangled, 1),
        small(Values::Distinct, 3),
        small(Values::Repeated, 2),
    ] {
        let long = samples(histories(likeness), 2_000).filter(|history| history.calls().len() >= 5);
        let (right, wrong): (Vec<_>, Vec<_>) = long.partition(|history| brute::is_linearizable(&WholeStore, history));
        let shares = [right.len(), wrong.len()];
        let enough = shares.iter().sum::<usize>() / 5;
        assert!(shares.iter().all(|share| *share >= enough), "{likeness:?}: {shares:?} are right and wrong");
    }
}

/// A history and, after it, a part that no search without foresight can decide cheaply: ten writes at once, which are
/// read in the contrary order of their invocations while none of them has returned.
fn widened(history: &History) -> History {
    let mut history = history.clone();
    let mut order = 1_000;
    let mut at = || {
        order += 1;
        Point::line(order)
    };
    let writers = 0..10_u64;
    for writer in writers.clone() {
        history.invoke(100 + writer, put("k0", &format!("w{writer}")), at()).expect("a new process");
    }
    for writer in writers.clone().rev() {
        history.invoke(200, get("k0"), at()).expect("idle");
        history.complete(200, Completion::Ok(value(&format!("w{writer}"))), at()).expect("just invoked");
    }
    for writer in writers {
        history.complete(100 + writer, Completion::Ok(Output::Written), at()).expect("a write is outstanding");
    }
    history
}

#[test]
fn most_histories_of_distinct_values_are_foreseen() {
    let right = samples(histories(small(Values::Distinct, 1)), 2_000)
        .filter(|history| brute::is_linearizable(&Register, history));
    let wide: Vec<History> = right.map(|history| widened(&history)).collect();
    let budget = Budget { steps: 200, ..Budget::default() };
    let foreseen = wide.iter().filter(|history| is_linearizable(&Register, history, budget) == Some(true)).count();
    let searched = wide.iter().filter(|history| is_linearizable(&Plain(Register), history, budget).is_some()).count();
    assert!(foreseen * 10 >= wide.len() * 9, "{foreseen} of {} are foreseen", wide.len());
    assert_eq!(searched, 0, "as many of {} need no foresight", wide.len());
}
