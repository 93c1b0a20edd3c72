//! Text that clients and nodes exchange: lines of `key=value` fields, canonical, so that answers can be compared as
//! they stand.

use std::fmt::Write;

/// The characters with a meaning in a path or in a query.
const IN_PATHS: &[char] = &['%', '/', ';', '=', '?', '&', '\n', '\r'];
/// The characters with a meaning among fields.
const IN_FIELDS: &[char] = &['%', ';', '=', '\n', '\r'];

/// `text` as one part of a path: each character with a meaning is written as `%` and its code in two hexadecimal
/// digits.
pub(crate) fn escape(text: &str) -> String {
    without(IN_PATHS, text)
}

fn without(special: &[char], text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if special.contains(&character) {
            let _ = write!(escaped, "%{:02x}", u32::from(character));
        } else {
            escaped.push(character);
        }
    }
    escaped
}

/// The text that was escaped; `None` if this is no escaped text.
pub(crate) fn unescape(text: &str) -> Option<String> {
    let mut parts = text.split('%');
    let mut plain = parts.next()?.to_owned();
    for part in parts {
        let code = u8::from_str_radix(part.get(..2)?, 16).ok()?;
        plain.push(IN_PATHS.iter().copied().find(|special| u32::from(*special) == u32::from(code))?);
        plain.push_str(&part[2..]);
    }
    Some(plain)
}

/// Fields as `key=value;key=value`.
pub(crate) fn fields<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let written =
        fields.into_iter().map(|(key, value)| format!("{}={}", without(IN_FIELDS, key), without(IN_FIELDS, value)));
    written.collect::<Vec<String>>().join(";")
}

/// The fields that were written so, in their order, with `between` between them; `None` if this is no such text.
pub(crate) fn read_fields(text: &str, between: char) -> Option<Vec<(String, String)>> {
    if text.is_empty() {
        return Some(Vec::new());
    }
    let field = |field: &str| {
        let (key, value) = field.split_once('=')?;
        Some((unescape(key)?, unescape(value)?))
    };
    text.split(between).map(field).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_escaped_comes_back() {
        for text in ["", "plain", "a/b=c;d", "100%", "%2f", "two\nlines", "ünïcode"] {
            assert_eq!(unescape(&escape(text)).as_deref(), Some(text));
        }
    }

    #[test]
    fn what_is_no_escape_is_refused() {
        for text in ["%", "%2", "%41", "%zz"] {
            assert_eq!(unescape(text), None, "{text}");
        }
    }

    #[test]
    fn fields_come_back_in_order() {
        let written = fields([("type", "agent"), ("name", "a;b=c")]);
        assert_eq!(written, "type=agent;name=a%3bb%3dc");
        let read = read_fields(&written, ';').expect("fields");
        assert_eq!(read, [("type".into(), "agent".into()), ("name".into(), "a;b=c".into())]);
        assert_eq!(read_fields("no field", ';'), None);
    }
}
