//! Values as bytes: the encoding of messages on a wire.
//!
//! A value that implements [`Wire`] can be sent to another process. A [`Reader`] reads foreign bytes, from a wire or
//! from a file. docs/wire-format.md has the layout of every value.
//!
//! Always true:
//! - one value, one encoding: if `bytes` decode to a value, then that value encodes to the same `bytes`;
//! - no encoding is the beginning of another one of the same type;
//! - decoding any bytes ends with a value or an error, after one pass over them, and has allocated at most a constant
//!   times their length.
//!
//! Left out: where one message ends and the next begins, checksums, and versions; these belong to the connection. The
//! receiver judges whether a value makes sense; a decoder refuses only bytes that encode no value at all.

mod reader;
mod values;

use std::fmt;

pub use reader::Reader;

/// A value that can be sent over a wire.
///
/// A type of several fields encodes them one after the other, and one of several kinds begins with a byte for the kind.
pub trait Wire: Sized {
    /// Appends the encoding of this value to `into`.
    fn to_wire(&self, into: &mut Vec<u8>);

    /// Reads a value where `reader` stands, and leaves `reader` behind it.
    fn read_wire(reader: &mut Reader<'_>) -> Result<Self, WireError>;

    /// Reads a value back; all of `bytes` must be used up.
    fn from_wire(bytes: &[u8]) -> Result<Self, WireError> {
        let mut reader = Reader::new(bytes);
        let value = Self::read_wire(&mut reader)?;
        reader.finish("end of the message")?;
        Ok(value)
    }
}

/// Bytes that break their format: from another version, from a bug, or from an enemy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WireError {
    /// The bytes end before the value is complete.
    Truncated {
        /// Where the value begins, counted from the beginning of the input.
        at: usize,
        /// The name of the value.
        what: &'static str,
    },
    /// The bytes are none of the values that the type has.
    Invalid {
        /// Where the value begins, counted from the beginning of the input.
        at: usize,
        /// The name of the value.
        what: &'static str,
    },
    /// The bytes go on beyond their end.
    Trailing {
        /// Where they should end, counted from the beginning of the input.
        at: usize,
        /// The name of the expected end.
        what: &'static str,
    },
}

impl WireError {
    /// Where the error is, counted from the beginning of the input.
    pub fn at(&self) -> usize {
        let (WireError::Truncated { at, .. } | WireError::Invalid { at, .. } | WireError::Trailing { at, .. }) = self;
        *at
    }

    /// The name of the value, or of the expected end.
    pub fn what(&self) -> &'static str {
        let (WireError::Truncated { what, .. } | WireError::Invalid { what, .. } | WireError::Trailing { what, .. }) =
            self;
        what
    }
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WireError::Truncated { at, what } => write!(f, "{what} is cut short, from byte {at} on"),
            WireError::Invalid { at, what } => write!(f, "{what} makes no sense at byte {at}"),
            WireError::Trailing { at, what } => write!(f, "bytes where the {what} should be, at byte {at}"),
        }
    }
}

impl std::error::Error for WireError {}
