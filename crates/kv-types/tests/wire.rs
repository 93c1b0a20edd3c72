//! The encodings of operations and answers.

extern crate stormglass_kv_types as kv_types;

#[path = "../../env/tests/support/mod.rs"]
mod support;

use env::{Bytes, Wire, WireError};
use kv_types::{Operation, Output};
use proptest::prelude::*;

use support::{assert_comes_back, assert_refused_or_canonical, damage, damaged, encoded};

fn bytes() -> impl Strategy<Value = Bytes> {
    prop::collection::vec(any::<u8>(), 0..12).prop_map(Bytes::from)
}

fn operations() -> impl Strategy<Value = Operation> {
    prop_oneof![
        bytes().prop_map(|key| Operation::Get { key }),
        (bytes(), bytes()).prop_map(|(key, value)| Operation::Put { key, value }),
        (bytes(), bytes()).prop_map(|(key, value)| Operation::Append { key, value }),
        bytes().prop_map(|key| Operation::Delete { key }),
        (bytes(), prop::option::of(bytes()), prop::option::of(bytes()))
            .prop_map(|(key, expected, value)| Operation::Cas { key, expected, value }),
    ]
}

fn outputs() -> impl Strategy<Value = Output> {
    prop_oneof![
        prop::option::of(bytes()).prop_map(Output::Value),
        Just(Output::Written),
        Just(Output::Swapped),
        Just(Output::Mismatch),
    ]
}

proptest! {
    #[test]
    fn values_come_back_as_they_were(operation in operations(), output in outputs()) {
        assert_comes_back(&operation);
        assert_comes_back(&output);
    }

    #[test]
    fn damaged_bytes_are_refused_or_mean_what_they_say(
        operation in operations(),
        output in outputs(),
        damages in damage(),
    ) {
        assert_refused_or_canonical::<Operation>(&damaged(encoded(&operation), &damages));
        assert_refused_or_canonical::<Output>(&damaged(encoded(&output), &damages));
    }

    #[test]
    fn any_bytes_are_refused_or_mean_what_they_say(bytes in prop::collection::vec(any::<u8>(), 0..24)) {
        assert_refused_or_canonical::<Operation>(&bytes);
        assert_refused_or_canonical::<Output>(&bytes);
    }
}

#[test]
fn an_operation_of_no_kind_is_refused() {
    assert_eq!(Operation::from_wire(&[7, 0]), Err(WireError::Invalid { at: 0, what: "operation kind" }));
}
