//! Fields of a history without keys that look as if they held one: `"object"`, `"account"`, the key among the arguments.
//!
//! Always true: a history whose operations are on two objects under such a name is not judged as one register.

use std::collections::BTreeMap;

use super::error::{Problem, clipped, unexpected};
use super::fields::{Fields, Raw, Role};
use super::{Format, names};

/// The first object of each name, by its rank.
#[derive(Default)]
pub(super) struct Objects {
    first: BTreeMap<u8, String>,
}

impl Objects {
    /// Takes in the invocation of an operation without a key.
    pub(super) fn pass(&mut self, fields: &Fields<'_>, format: Format) -> Result<(), Problem> {
        let rank = fields.rank(Role::Object);
        let object = match fields.get(Role::Object) {
            Raw::Missing | Raw::Nil => return Ok(()),
            Raw::Keyed(key) => key,
            // The arguments are no key themselves.
            Raw::Other(_) | Raw::Sequence(_) | Raw::Pair(_) | Raw::Bytes(_) => return Ok(()),
            object => object,
        };
        let shown = clipped(&format.shown(object), 20);
        let first = self.first.entry(rank).or_insert_with(|| shown.clone());
        if *first == shown {
            return Ok(());
        }
        let (key, name) = (format.word("key"), format.word(names::object(rank)));
        let expected = format!("the key of each operation in {key}, or one {name} in all of them");
        Err(unexpected(expected, format_args!("{first} before, {shown} here")))
    }
}
