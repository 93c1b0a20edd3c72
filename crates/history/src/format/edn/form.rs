//! Values and maps.

use super::super::fields::{Fields, Raw, Role};
use super::super::names::edn_role;
use super::reader::{Hash, Reader, Stop};

/// A sequence of an operation's value nests no deeper: a key with a pair of values.
const NESTED_MAX: usize = 3;

/// Neighbouring integers are one float from here on: 2^53.
const FLOAT_MAX: f64 = 9_007_199_254_740_992.0;

/// The next part of a text of maps.
pub(in super::super) enum Found {
    /// A map, or a record.
    Map,
    /// The beginning of a sequence of maps, by the bracket that closes it.
    Open(u8),
    /// A bracket that closes.
    Close(u8),
    /// A form that is no map, by its name.
    Other(String),
}

/// Reads the next map of a text, or a bracket around maps. The text must not end before it does.
pub(in super::super) fn next<'a>(reader: &mut Reader<'a>, fields: &mut Fields<'a>) -> Result<Found, Stop> {
    reader.space()?;
    let close = match reader.peek()? {
        b'[' => b']',
        b'(' => b')',
        close @ (b']' | b')' | b'}') => {
            reader.pass();
            return Ok(Found::Close(close));
        }
        b'#' => return record(reader, fields),
        b'{' => return map(reader, fields),
        _ => return Ok(Found::Other(value(reader)?.to_string())),
    };
    reader.pass();
    Ok(Found::Open(close))
}

/// A form with a tag before it: a record's name before a map.
fn record<'a>(reader: &mut Reader<'a>, fields: &mut Fields<'a>) -> Result<Found, Stop> {
    match reader.hash()? {
        Hash::Tag => {}
        Hash::Prefix | Hash::Discard => {
            reader.skip()?;
            return Ok(Found::Other("a set".to_string()));
        }
        Hash::Number => return Ok(Found::Other("a number".to_string())),
    }
    reader.space()?;
    match reader.peek()? {
        b'{' => map(reader, fields),
        _ => Ok(Found::Other(value(reader)?.to_string())),
    }
}

/// Reads a map and keeps the fields of an operation.
fn map<'a>(reader: &mut Reader<'a>, fields: &mut Fields<'a>) -> Result<Found, Stop> {
    reader.pass();
    loop {
        reader.space()?;
        let role = match reader.peek()? {
            b'}' => {
                reader.pass();
                return Ok(Found::Map);
            }
            b':' => {
                reader.pass();
                let at = reader.at();
                match reader.atom()? {
                    "" => return reader.bad(at - 1, "a malformed keyword"),
                    name => edn_role(name),
                }
            }
            b'"' => edn_role(&reader.string()?),
            _ => {
                reader.skip()?;
                None
            }
        };
        reader.space()?;
        if reader.peek()? == b'}' {
            return reader.bad(reader.at(), "a field without a value");
        }
        match role {
            None | Some((Role::Error, _)) => reader.skip()?,
            Some((role, rank)) => {
                let at = reader.at();
                fields.put(role, rank, value(reader)?);
                if fields.clash().is_some() {
                    return reader.bad(at, "a field that is there twice");
                }
            }
        }
    }
}

/// Reads one value.
pub(in super::super) fn value<'a>(reader: &mut Reader<'a>) -> Result<Raw<'a>, Stop> {
    nested(reader, 0)
}

fn nested<'a>(reader: &mut Reader<'a>, depth: usize) -> Result<Raw<'a>, Stop> {
    reader.space()?;
    let at = reader.at();
    let name = match reader.peek()? {
        b'"' => return reader.string().map(Raw::Text),
        b'[' | b'(' if depth < NESTED_MAX => return sequence(reader, depth),
        b'#' => return tagged(reader, depth),
        b'[' => "a vector",
        b'(' => "a list",
        b'{' => "a map",
        b'\\' => "a character",
        b':' => {
            reader.pass();
            return match reader.atom()? {
                "" => reader.bad(at, "a malformed keyword"),
                name => Ok(Raw::Keyword(name)),
            };
        }
        _ => {
            let atom = reader.atom()?;
            // A bracket that closes, which is no value.
            if atom.is_empty() {
                reader.skip()?;
            }
            return Ok(of_atom(atom));
        }
    };
    reader.skip()?;
    Ok(Raw::Other(name))
}

/// A vector or a list. One of two keeps them.
fn sequence<'a>(reader: &mut Reader<'a>, depth: usize) -> Result<Raw<'a>, Stop> {
    let close = if reader.peek()? == b'[' { b']' } else { b')' };
    reader.pass();
    let (mut first, mut second, mut len) = (Raw::Missing, Raw::Missing, 0);
    loop {
        reader.space()?;
        if reader.peek()? == close {
            reader.pass();
            return Ok(match len {
                2 => Raw::Pair(Box::new([first, second])),
                len => Raw::Sequence(len),
            });
        }
        match len {
            0 => first = nested(reader, depth + 1)?,
            1 => second = nested(reader, depth + 1)?,
            _ => reader.skip()?,
        }
        len += 1;
    }
}

/// A set, a number such as `##NaN`, or a form with a tag.
fn tagged<'a>(reader: &mut Reader<'a>, depth: usize) -> Result<Raw<'a>, Stop> {
    let begin = reader.at();
    match reader.hash()? {
        Hash::Tag => {}
        Hash::Number => return Ok(Raw::Atom(reader.since(begin))),
        Hash::Prefix | Hash::Discard => {
            let name = if reader.peek()? == b'{' { "a set" } else { "a tagged form" };
            reader.skip()?;
            return Ok(Raw::Other(name));
        }
    }
    let tag = reader.since(begin);
    if depth < NESTED_MAX && is_tuple(tag) {
        reader.space()?;
        let tuple = match reader.peek()? {
            b'[' | b'(' => sequence(reader, depth)?,
            b'{' => entry(reader, depth)?,
            _ => Raw::Missing,
        };
        if let Raw::Pair(pair) = tuple {
            return Ok(Raw::Tuple(pair));
        }
        if tuple != Raw::Missing {
            return Ok(Raw::Other("a tagged form"));
        }
    }
    reader.skip()?;
    Ok(Raw::Other("a tagged form"))
}

/// True of the tags with which `jepsen.independent` and records of a key and a value are printed.
fn is_tuple(tag: &str) -> bool {
    let tag = tag.to_ascii_lowercase();
    tag.ends_with("tuple") || tag.ends_with("mapentry")
}

/// A map of a key and a value, as a pair.
fn entry<'a>(reader: &mut Reader<'a>, depth: usize) -> Result<Raw<'a>, Stop> {
    reader.pass();
    let (mut key, mut value) = (Raw::Missing, Raw::Missing);
    loop {
        reader.space()?;
        match reader.peek()? {
            b'}' => {
                reader.pass();
                let is_whole = key != Raw::Missing && value != Raw::Missing;
                return Ok(if is_whole { Raw::Pair(Box::new([key, value])) } else { Raw::Other("a map") });
            }
            b':' => {
                let at = reader.at();
                match nested(reader, depth + 1)? {
                    Raw::Keyword("key" | "k") => key = nested(reader, depth + 1)?,
                    Raw::Keyword("value" | "val" | "v") => value = nested(reader, depth + 1)?,
                    other => return reader.bad(at, format!("a tuple with {other}")),
                }
            }
            _ => return reader.bad(reader.at(), "a tuple without the names of its fields"),
        }
    }
}

/// A number, a symbol, or one of the symbols that are values.
fn of_atom(atom: &str) -> Raw<'_> {
    if let Some(number) = number(atom) {
        return number;
    }
    match atom {
        "nil" => Raw::Nil,
        "true" => Raw::Bool(true),
        "false" => Raw::Bool(false),
        _ => Raw::Atom(atom),
    }
}

/// An integer or a float. A ratio, a number in another base and one of exact decimals is none.
fn number(atom: &str) -> Option<Raw<'_>> {
    let (is_negative, digits) = match atom.as_bytes().first()? {
        b'-' => (true, &atom[1..]),
        b'+' => (false, &atom[1..]),
        _ => (false, atom),
    };
    match digits.as_bytes() {
        [b'0', b'0'..=b'9', ..] => return None,
        [b'0'..=b'9', ..] => {}
        _ => return None,
    }
    let digits = digits.strip_suffix('N').unwrap_or(digits);
    let mut magnitude = Some(0_u64);
    let mut is_integer = true;
    for byte in digits.bytes() {
        is_integer &= byte.is_ascii_digit();
        let digit = u64::from(byte.wrapping_sub(b'0'));
        magnitude = magnitude.and_then(|magnitude| magnitude.checked_mul(10)?.checked_add(digit));
    }
    match (is_integer, magnitude) {
        (true, Some(magnitude)) => Some(Raw::Integer { is_negative, magnitude }),
        (true, None) if is_negative => Some(Raw::Digits(&atom[..=digits.len()])),
        (true, None) => Some(Raw::Digits(digits)),
        (false, _) => {
            let is_float = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-');
            let float: f64 = atom.parse().ok().filter(|_| atom.bytes().all(is_float))?;
            // From here on, a float is no longer the number that was written.
            Some(if float.abs() < FLOAT_MAX { Raw::Float(float) } else { Raw::Other("a float of 2^53 or more") })
        }
    }
}
