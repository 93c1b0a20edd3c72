//! Shared, immutable bytes.

use std::fmt::{self, Write};
use std::ops::Deref;
use std::sync::Arc;

/// Immutable bytes that are cheap to clone: a command on its way into five logs is one allocation.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes(Arc<[u8]>);

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl Default for Bytes {
    fn default() -> Bytes {
        Bytes(Arc::from([]))
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Bytes {
        Bytes(bytes.into())
    }
}

impl From<&[u8]> for Bytes {
    fn from(bytes: &[u8]) -> Bytes {
        Bytes(bytes.into())
    }
}

impl From<&str> for Bytes {
    fn from(text: &str) -> Bytes {
        Bytes(text.as_bytes().into())
    }
}

impl fmt::Display for Bytes {
    /// As text. Quotes, backslashes, characters that are not [visible](is_visible) and bytes that are no UTF-8 are
    /// escaped.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            for char in chunk.valid().chars() {
                match u8::try_from(char) {
                    Ok(byte) if byte.is_ascii() => write!(f, "{}", byte.escape_ascii())?,
                    _ if is_visible(char) => f.write_char(char)?,
                    _ => write!(f, "{}", char.escape_unicode())?,
                }
            }
            write!(f, "{}", chunk.invalid().escape_ascii())?;
        }
        Ok(())
    }
}

/// True if the character prints as itself, on one line. False for control characters, for marks that turn the
/// direction of text or join it, for spaces other than the usual one, and for all other characters without ink.
pub fn is_visible(char: char) -> bool {
    match char {
        ' '..='~' => true,
        // Letters, marks and symbols by their class, without ink all the same: fillers and variation selectors.
        '\u{34f}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{17b4}'
        | '\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{2800}'
        | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{ffa0}'
        | '\u{e0100}'..='\u{e01ef}' => false,
        char => {
            // A combining mark is seen with a letter before it.
            let mut text = *b"a\0\0\0\0";
            let len = char.encode_utf8(&mut text[1..]).len();
            std::str::from_utf8(&text[..=len]).is_ok_and(|text| text.escape_debug().count() == 2)
        }
    }
}

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Bytes {
    /// As a string: keys and values of tests are text.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(&self.0) {
            Ok(text) => serializer.serialize_str(text),
            Err(_) => serializer.serialize_bytes(&self.0),
        }
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Bytes {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Bytes, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Bytes;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or an array of bytes")
            }

            fn visit_str<E>(self, text: &str) -> Result<Bytes, E> {
                Ok(text.into())
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Bytes, E> {
                Ok(bytes.into())
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> Result<Bytes, A::Error> {
                let mut bytes = Vec::new();
                while let Some(byte) = seq.next_element()? {
                    bytes.push(byte);
                }
                Ok(bytes.into())
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_shown_as_it_is_written() {
        for text in ["k1", "ключ🔑", "鍵 é", "e\u{301}", "नमस्ते", "«»"] {
            assert_eq!(Bytes::from(text).to_string(), text);
        }
    }

    #[test]
    fn characters_that_disturb_a_line_or_are_not_seen_are_escaped() {
        let shown = |bytes: &[u8]| format!("{:?}", Bytes::from(bytes));
        assert_eq!(shown(b"a\0\x1b[31m\n\"\\\x7f"), r#""a\x00\x1b[31m\n\"\\\x7f""#);
        assert_eq!(shown("\u{85}\u{a0}\u{ad}\u{200b}".as_bytes()), r#""\u{85}\u{a0}\u{ad}\u{200b}""#);
        assert_eq!(shown("a\u{202e}b\u{2066}\u{feff}".as_bytes()), r#""a\u{202e}b\u{2066}\u{feff}""#);
        assert_eq!(shown("\u{2028}\u{fe0f}\u{3164}\u{e0001}".as_bytes()), r#""\u{2028}\u{fe0f}\u{3164}\u{e0001}""#);
        assert_eq!(shown("\u{e000}\u{378}".as_bytes()), r#""\u{e000}\u{378}""#);
    }

    #[test]
    fn bytes_that_are_no_text_are_escaped_one_by_one() {
        assert_eq!(Bytes::from(&b"\xff\xc3ok\xf0\x9f\x94"[..]).to_string(), r"\xff\xc3ok\xf0\x9f\x94");
        assert_eq!(Bytes::from(&[0xc3, 0xa9, 0xa9][..]).to_string(), r"é\xa9");
    }
}
