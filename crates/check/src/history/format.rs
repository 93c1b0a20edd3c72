//! Histories as text: read from three formats that are told apart by their content, and written as JSON lines.
//!
//! [`read`] takes whatever it is given, and says in a [`FormatError`] at which line it is no history and what was
//! expected there. The formats, each with a line for an invocation and a line for its completion:
//! - [`Format::JepsenLog`] (`jepsen_log.rs`), what Jepsen prints as it goes, of a register:
//!   ```text
//!   INFO  jepsen.util - 3   :invoke :cas    [4 0]
//!   INFO  jepsen.util - 3   :fail   :cas    [4 0]
//!   ```
//! - [`Format::Edn`] (`edn.rs`), a map a line, as Jepsen stores it, of a register or of keys and their values:
//!   ```text
//!   {:process 9, :type :invoke, :f :append, :key "0", :value "x 9 0 y"}
//!   ```
//! - [`Format::JsonLines`] (`line.rs`), our own, which loses nothing of a history:
//!   ```text
//!   {"process":1,"type":"ok","f":"get","key":"k1","value":"c1-1.","time":1234,"order":56}
//!   ```
//!
//! What the lines mean is the same in all of them (`assembly.rs`):
//! - `ok` happened, `fail` did not and never will, `info` may have. A `fail` of a compare-and-swap says no more than
//!   that: it is no reading of the register;
//! - a register has no keys. Its operations are those of a store that has one key, the empty one: a read is a
//!   [`Get`](env::Operation::Get), a write a [`Put`](env::Operation::Put);
//! - an integer is its decimal text, `nil` and `null` are a value that is absent, and to write that is a
//!   [`Delete`](env::Operation::Delete).
//!
//! Always true of what is read:
//! - a completion is of the operation that its process has outstanding, with the same name, key and value;
//! - all operations are on a register, or all are on keys;
//! - there is at least one.

use std::fmt;

use super::History;

mod assembly;
mod edn;
mod error;
mod jepsen_log;
mod line;
mod writer;

use assembly::Assembly;
use error::unexpected;

pub use error::{FormatError, Problem};
pub use writer::{write, write_note};

/// How a history is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The log of a Jepsen test.
    JepsenLog,
    /// An EDN map a line.
    Edn,
    /// A JSON object a line.
    JsonLines,
}

impl Format {
    /// What a text is in that has this as its first line, which is not blank.
    fn of(first: &str) -> Option<Format> {
        let first = first.trim();
        if let Some(fields) = first.strip_prefix('{') {
            return match fields.trim_start().chars().next() {
                Some('"') => Some(Format::JsonLines),
                Some(':') => Some(Format::Edn),
                _ => None,
            };
        }
        if first.starts_with('#') {
            return Some(Format::Edn);
        }
        first.split_whitespace().any(jepsen_log::is_level).then_some(Format::JepsenLog)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Format::JepsenLog => "Jepsen log",
            Format::Edn => "EDN maps",
            Format::JsonLines => "JSON lines",
        })
    }
}

/// What the operations of a history are on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One register: `read`, `write`, `cas`.
    Register,
    /// Keys and their values: `get`, `put`, `append`, `delete`, `cas`.
    KeyValue,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Kind::Register => "register",
            Kind::KeyValue => "key-value store",
        })
    }
}

/// A text that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed {
    /// What it is in.
    pub format: Format,
    /// What its operations are on.
    pub kind: Kind,
    /// What it says. A point's order is the number of its line, unless the text gives it another.
    pub history: History,
}

/// Reads a history. Blank lines do not matter.
///
/// # Errors
/// If it is none: at the first line that is not as it should be, or at the last if there is no operation in it.
pub fn read(text: &[u8]) -> Result<Parsed, FormatError> {
    let text = utf8(text)?;
    // A mark that some editors put at the beginning and nobody sees.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = (1..).zip(text.split_inclusive('\n')).filter(|(_, line)| !line.trim_ascii().is_empty()).peekable();
    let Some((number, first)) = lines.peek() else { return Err(no_operation(text)) };
    let format = Format::of(first).ok_or_else(|| {
        let expected = "a line of a Jepsen log, an EDN map or a JSON object";
        unexpected(expected, format_args!("'{}'", first.trim())).at(*number)
    })?;
    let mut assembly = Assembly::new(format);
    for (number, line) in lines {
        let line = match format {
            Format::JepsenLog => jepsen_log::read(line),
            Format::Edn => edn::read(line),
            Format::JsonLines => line::read(line).map(Some),
        };
        let added = line.and_then(|line| line.map_or(Ok(()), |line| assembly.add(number, line)));
        added.map_err(|problem| problem.at(number))?;
    }
    assembly.finish().ok_or_else(|| no_operation(text))
}

fn utf8(text: &[u8]) -> Result<&str, FormatError> {
    std::str::from_utf8(text).map_err(|why| {
        let (before, after) = text.split_at(why.valid_up_to());
        let number = before.iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
        unexpected("UTF-8", format_args!("the byte 0x{:02x}", after[0])).at(number)
    })
}

fn no_operation(text: &str) -> FormatError {
    unexpected("an operation", "the end of the history").at((text.lines().count() as u64).max(1))
}
