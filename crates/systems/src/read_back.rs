//! For tests: values that come back from each of their forms.

use std::fmt::{Debug, Display};

use env::Wire;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Checks that a value is written as this JSON and shown so, and comes back from its JSON and from its bytes on a wire; that
/// no beginning of these bytes is a value.
#[track_caller]
pub(crate) fn is_read_back<T>(value: &T, json: &str, shown: &str)
where
    T: Serialize + DeserializeOwned + Wire + PartialEq + Debug + Display,
{
    assert_eq!(serde_json::to_string(value).expect("plain values"), json);
    assert_eq!(&serde_json::from_str::<T>(json).expect("its own text"), value);
    assert_eq!(value.to_string(), shown);
    let mut bytes = Vec::new();
    value.to_wire(&mut bytes);
    assert_eq!(T::from_wire(&bytes).as_ref(), Ok(value));
    (0..bytes.len()).for_each(|len| assert!(T::from_wire(&bytes[..len]).is_err(), "{shown}: {len}"));
}

/// Checks that this JSON is no value of the type `T`, and that the refusal says so in one line with these words.
#[track_caller]
pub(crate) fn is_refused<T: DeserializeOwned + Debug>(json: &str, words: &str) {
    let error = serde_json::from_str::<T>(json).expect_err(json).to_string();
    assert!(error.contains(words) && error.lines().count() == 1, "{json}: {error}");
}
