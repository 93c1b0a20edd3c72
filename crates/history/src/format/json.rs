//! JSON: an object an operation, one a line, or in an array, or with its fields on lines of their own.
//!
//! ```text
//! {"process":1,"type":"ok","f":"get","key":"k1","value":"c1-1.","time":1234,"order":56}
//! {"t_ns":1234,"client":"w1","type":"invoke","op":"write","value":7}
//! ```
//!
//! Our own names of fields are those of `line.rs`; where one is missing, another tool's name for it may stand
//! (`names.rs`). All other fields are passed over.
//!
//! Always true: a number is read exactly or refused; text without escapes is not copied.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Deserializer as Json;

use super::error::{Problem, clipped, unexpected};
use super::fields::{Fields, Raw, Role};
use super::names::json_role;

/// Reads a line with one object.
pub(super) fn line<'a>(text: &'a str, fields: &mut Fields<'a>) -> Result<(), Problem> {
    // An array would do for serde, too.
    if !text.trim_ascii_start().starts_with('{') {
        return Err(not_an_object(text));
    }
    let mut json = Json::from_str(text);
    Object(fields).deserialize(&mut json).and_then(|()| json.end()).map_err(|why| problem(&why, why.column()))
}

/// Reads the first object of a text that may hold others after it, and gives the number of bytes up to its end; `None` if
/// the text ends within it.
pub(super) fn object<'a>(
    text: &'a str,
    column: usize,
    fields: &mut Fields<'a>,
) -> Result<Option<usize>, (u64, Problem)> {
    if !text.starts_with('{') {
        return Err((0, not_an_object(text)));
    }
    let mut objects = Json::from_str(text).into_iter();
    match objects.next() {
        Some(Ok(Owned(read))) => {
            *fields = read;
            Ok(Some(objects.byte_offset()))
        }
        None => Ok(None),
        Some(Err(why)) if why.is_eof() => Ok(None),
        Some(Err(why)) => {
            let (line, at) = place(&why, text);
            Err((line, problem(&why, if line == 0 { column + at } else { at })))
        }
    }
}

/// The line of an error, counted from 0, and its column. serde_json tells the place after the character it objects to: for
/// the end of a line, that is the next line, which the text may not have.
fn place(why: &serde_json::Error, text: &str) -> (u64, usize) {
    let line = why.line().saturating_sub(1);
    match line.checked_sub(1) {
        Some(ended) if why.column() == 0 => {
            (ended as u64, text.split('\n').nth(ended).map_or(0, |line| line.len() + 1))
        }
        _ => (line as u64, why.column()),
    }
}

pub(super) fn not_an_object(text: &str) -> Problem {
    unexpected("a JSON object", format_args!("'{}'", text.trim()))
}

/// The message of serde_json, at a column of the line.
fn problem(why: &serde_json::Error, column: usize) -> Problem {
    // serde_json counts lines from the beginning of its input.
    let place = format!(" at line {} column {}", why.line(), why.column());
    let why = match why.to_string().strip_suffix(&place) {
        Some(message) => format!("{} at column {}", clipped(message, 100), column),
        None => clipped(&why.to_string(), 120),
    };
    Problem::Json { why }
}

/// Where the fields of an object go.
struct Object<'f, 'de>(&'f mut Fields<'de>);

impl<'de> DeserializeSeed<'de> for Object<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Object<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Name(role)) = map.next_key()? {
            match role {
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
                Some((role, rank)) => self.0.put(role, rank, map.next_value()?),
            }
        }
        Ok(())
    }
}

/// Fields that a stream of objects can give.
struct Owned<'de>(Fields<'de>);

impl<'de> Deserialize<'de> for Owned<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Owned<'de>, D::Error> {
        let mut fields = Fields::default();
        Object(&mut fields).deserialize(deserializer)?;
        Ok(Owned(fields))
    }
}

/// The name of a field.
struct Name(Option<(Role, u8)>);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Name, D::Error> {
        struct NameVisitor;
        impl Visitor<'_> for NameVisitor {
            type Value = Name;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a field")
            }

            fn visit_str<E>(self, name: &str) -> Result<Name, E> {
                Ok(Name(json_role(name)))
            }
        }
        deserializer.deserialize_str(NameVisitor)
    }
}

impl<'de> Deserialize<'de> for Raw<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Raw<'de>, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Raw<'de>, E> {
        Ok(Raw::Nil)
    }

    fn visit_bool<E>(self, is_true: bool) -> Result<Raw<'de>, E> {
        Ok(Raw::Bool(is_true))
    }

    fn visit_u64<E>(self, magnitude: u64) -> Result<Raw<'de>, E> {
        Ok(Raw::natural(magnitude))
    }

    fn visit_i64<E>(self, integer: i64) -> Result<Raw<'de>, E> {
        Ok(Raw::Integer { is_negative: integer < 0, magnitude: integer.unsigned_abs() })
    }

    fn visit_f64<E>(self, float: f64) -> Result<Raw<'de>, E> {
        // An integer of more than 64 bits comes as a float, too, and has been rounded.
        const EXACT: f64 = 9_007_199_254_740_992.0;
        Ok(if float.abs() < EXACT { Raw::Float(float) } else { Raw::Other("a number of more than 64 bits") })
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Raw<'de>, E> {
        Ok(Raw::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Raw<'de>, E> {
        Ok(Raw::Text(Cow::Owned(text.to_string())))
    }

    /// An object is no value. The key in it is kept.
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw<'de>, A::Error> {
        let mut key = None;
        while let Some(Name(role)) = map.next_key()? {
            match role {
                Some((Role::Key, _)) => key = Some(Box::new(map.next_value()?)),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(key.map_or(Raw::Other("an object"), Raw::Keyed))
    }

    /// Two elements are a pair, as long as they are not known to be bytes; another number of small integers are bytes.
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Raw<'de>, A::Error> {
        let Some(first) = seq.next_element::<Raw<'_>>()? else { return Ok(Raw::Bytes(Vec::new())) };
        let Some(second) = seq.next_element::<Raw<'_>>()? else { return Ok(of_bytes(&[first])) };
        let Some(third) = seq.next_element::<Raw<'_>>()? else { return Ok(Raw::Pair(Box::new([first, second]))) };
        let mut elements = of_bytes(&[first, second, third]);
        let mut len = 3;
        while let Some(element) = seq.next_element::<Raw<'_>>()? {
            len += 1;
            match (&mut elements, element.as_byte()) {
                (Raw::Bytes(bytes), Some(byte)) => bytes.push(byte),
                _ => elements = Raw::Sequence(len),
            }
        }
        Ok(elements)
    }
}

/// Elements as bytes, if all are.
fn of_bytes<'a>(elements: &[Raw<'a>]) -> Raw<'a> {
    match elements.iter().map(Raw::as_byte).collect() {
        Some(bytes) => Raw::Bytes(bytes),
        None => Raw::Sequence(elements.len()),
    }
}
