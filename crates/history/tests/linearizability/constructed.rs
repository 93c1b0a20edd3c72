//! Long histories that are linearizable by construction are found so, at a price that grows no faster than they do.

use history::linearizability::{Budget, KeyValue, Model, WholeStore, is_linearizable};
use kv_types::{Operation, Output};

use crate::generated::{Mix, REGISTER, Recipe, STORE, Writes, history};
use crate::plain::Plain;

/// Many clients on one key; no bytes are written twice.
const WIDE: Recipe = Recipe {
    operations: 3_000,
    clients: 64,
    keys: 1,
    info_percent: 0,
    writes: Writes::Distinct,
    mix: REGISTER,
    seed: 1,
};

/// As many clients as can be searched without foresight.
const NARROW: Recipe = Recipe { clients: 4, writes: Writes::Digits, ..WIDE };

fn is_found_linearizable<M>(model: &M, recipe: &Recipe, steps_per_operation: u64)
where
    M: Model<Input = Operation, Output = Output>,
{
    for seed in 0..8 {
        let recipe = Recipe { seed, ..recipe.clone() };
        let budget = Budget { steps: recipe.operations as u64 * steps_per_operation, ..Budget::default() };
        assert_eq!(is_linearizable(model, &history(&recipe), budget), Some(true), "{recipe:?}");
    }
}

#[test]
fn a_wide_history_of_a_register_takes_a_few_steps_for_each_operation() {
    is_found_linearizable(&KeyValue, &WIDE, 4);
}

#[test]
fn a_wide_history_with_appends_and_deletes_takes_a_few_steps_for_each_operation() {
    is_found_linearizable(&KeyValue, &Recipe { mix: STORE, ..WIDE }, 4);
}

#[test]
fn operations_without_an_answer_cost_a_wide_history_little() {
    for info_percent in [1, 10, 40] {
        is_found_linearizable(&KeyValue, &Recipe { info_percent, ..WIDE }, 4);
        is_found_linearizable(&KeyValue, &Recipe { info_percent, mix: STORE, ..WIDE }, 4);
    }
}

#[test]
fn every_mix_of_operations_is_found_linearizable() {
    let mixes: [Mix; 6] =
        [[1, 1, 0, 0, 0], [1, 0, 1, 0, 0], [2, 1, 0, 1, 0], [1, 1, 0, 0, 4], [1, 1, 1, 1, 1], [0, 1, 1, 1, 3]];
    for mix in mixes {
        is_found_linearizable(&KeyValue, &Recipe { mix, clients: 16, info_percent: 3, ..WIDE }, 4);
    }
}

#[test]
fn a_narrow_history_of_repeated_values_is_found_linearizable_by_search_alone() {
    is_found_linearizable(&KeyValue, &NARROW, 16);
    is_found_linearizable(&Plain(KeyValue), &Recipe { writes: Writes::Distinct, ..NARROW }, 16);
    is_found_linearizable(&KeyValue, &Recipe { mix: STORE, keys: 8, clients: 16, info_percent: 1, ..NARROW }, 16);
}

#[test]
fn a_whole_store_is_found_linearizable_too() {
    is_found_linearizable(&WholeStore, &Recipe { mix: STORE, keys: 3, ..NARROW }, 64);
}
