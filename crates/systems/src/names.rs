//! Names in the operations of a plan: ids, and the names of entries, properties and notes.

use std::collections::BTreeMap;

use serde::de::{Deserialize, Deserializer, Error, Unexpected};

/// Reads an id or a name, which has at least one character.
pub(crate) fn read_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    String::deserialize(deserializer).and_then(named)
}

/// Reads values by their names.
pub(crate) fn read_named<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, String>, D::Error> {
    let values = BTreeMap::<String, String>::deserialize(deserializer)?;
    values.into_iter().map(|(name, value)| Ok((named(name)?, value))).collect()
}

fn named<E: Error>(name: String) -> Result<String, E> {
    let is_name = !name.is_empty();
    is_name.then_some(name).ok_or_else(|| E::invalid_value(Unexpected::Str(""), &"a name of one character or more"))
}
