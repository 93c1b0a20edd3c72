//! Numbered keys, written and found again.

use stormglass::{Cluster, StoryError, expect_eq};

/// Writes `NAME-0` and so on, each acknowledged before the next.
pub(crate) fn write(c: &mut Cluster<'_>, name: &str, count: u64) -> Result<(), StoryError> {
    (0..count).try_for_each(|number| c.put(&key(name, number), &value(name, number)))
}

/// Demands that every online node answers with the values that were [written](write).
pub(crate) fn verify(c: &mut Cluster<'_>, name: &str, count: u64) -> Result<(), StoryError> {
    (0..count).try_for_each(|number| c.verify_data(&key(name, number), Some(&value(name, number))))
}

/// Demands that the serving node answers with the values that were [written](write).
pub(crate) fn read(c: &mut Cluster<'_>, name: &str, count: u64) -> Result<(), StoryError> {
    (0..count).try_for_each(|number| {
        let key = key(name, number);
        expect_eq(c.get(&key)?, Some(value(name, number)), &key)
    })
}

pub(crate) fn key(name: &str, number: u64) -> String {
    format!("{name}-{number}")
}

fn value(name: &str, number: u64) -> String {
    format!("value of {name}-{number}")
}
