//! Histories as text: read from the formats that people have, which are told apart by their content, and written as
//! JSON lines.
//!
//! [`read`] takes any bytes, within [`Limits`] of memory and time. Where they are no history, a [`FormatError`] names
//! the line and the form expected there. docs/formats.md shows each format by examples. In short:
//! - [`Format::JepsenLog`] (`jepsen_log.rs`), the log of a running Jepsen or Maelstrom test, in any layout, other lines
//!   between its operations:
//!   ```text
//!   INFO [2024-01-06 15:07:52,664] jepsen worker 3 - jepsen.util 3   :invoke :cas    [4 0]
//!   ```
//! - [`Format::HistoryText`] (the same file), Jepsen's `history.txt`, which has nothing before the operation;
//! - [`Format::Edn`] (`edn.rs`), maps or records, in lines, over lines, or in one vector, as Jepsen stores them:
//!   ```text
//!   {:process 9, :type :invoke, :f :append, :key "0", :value "x 9 0 y"}
//!   ```
//! - [`Format::JsonLines`] (`json.rs`), of our own, which lose nothing of a history, or of another tool; and
//!   [`Format::Json`], the same objects in an array or over lines:
//!   ```text
//!   {"process":1,"type":"ok","f":"get","key":"k1","value":"c1-1.","time":1234,"order":56}
//!   ```
//!
//! On its way from the text to a history a line goes through these files: `unpacked` (compression), `text` (bounded
//! memory), `formats` (which format), `jepsen_log`, `edn` or `json` into `fields` (the line's values by role),
//! `meaning`, with `foreign`, `answer` and `objects` for the fields of other tools, into `line` (the meaning), `order`
//! (the line's place) and `assembly` (the history under construction).
//!
//! The meaning of a line is the same in all formats:
//! - `ok` happened, `fail` did not and never will, `info` may have. A `fail` of a compare-and-swap says no more than
//!   that: it is no reading of the register;
//! - a register has no keys. Its operations are those of a store that has one key, the empty one: a read is a
//!   [`Get`](kv_types::Operation::Get), a write a [`Put`](kv_types::Operation::Put);
//! - a mutex is a register that is swapped from no value to one and back: see [`Kind::Mutex`];
//! - an integer is its decimal text, `nil` and `null` are a value that is absent, and to write that is a
//!   [`Delete`](kv_types::Operation::Delete).
//!
//! Always true of a history that was read:
//! - a completion is of the operation that its process has outstanding, with the same name, key and value;
//! - all operations are on a register, or all are on keys, or all on mutexes;
//! - it has at least one operation;
//! - a line that is not in the history is counted in [`LeftOut`], and a line that may have been an operation is
//!   refused.

use std::fmt;
use std::io::BufRead;

use super::History;
use crate::Deadline;

mod answer;
mod assembly;
mod edn;
mod error;
mod fields;
mod foreign;
mod formats;
mod jepsen_log;
mod json;
mod left_out;
mod line;
mod meaning;
mod names;
mod objects;
mod order;
mod processes;
mod reading;
mod shared;
mod text;
mod times;
mod unpacked;
mod writer;

use fields::{Raw, Role};
use reading::Reading;
use text::Text;

pub use error::{FormatError, Problem, ReadError};
pub use left_out::LeftOut;
pub use order::Order;
pub use writer::{write, write_note, write_values};

/// The way in which a history is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// The log of a Jepsen or Maelstrom test.
    JepsenLog,
    /// Jepsen's `history.txt`.
    HistoryText,
    /// EDN maps.
    Edn,
    /// A JSON object a line.
    JsonLines,
    /// JSON objects in an array, or over lines.
    Json,
}

impl Format {
    fn is_json(self) -> bool {
        matches!(self, Format::JsonLines | Format::Json)
    }

    fn is_log(self) -> bool {
        matches!(self, Format::JepsenLog | Format::HistoryText)
    }

    /// A word, such as a function's name, as a text in this format has it.
    fn word(self, name: &str) -> String {
        if self.is_json() { format!("\"{name}\"") } else { format!(":{name}") }
    }

    /// The name of a field.
    fn field(self, role: Role) -> String {
        self.word(match role {
            Role::Process => "process",
            Role::Event => "type",
            Role::Function => "f",
            Role::Key | Role::Object => "key",
            Role::Value | Role::Input | Role::Output => "value",
            Role::Time | Role::Begin | Role::End => "time",
            Role::Index => "index",
            Role::Order => "order",
            Role::Swapped => "swapped",
            Role::Success => "success",
            Role::Error => "error",
            Role::Status => "status",
            Role::Word => "type",
        })
    }

    /// A value of a field, for a message.
    fn shown(self, raw: &Raw<'_>) -> String {
        let shown = raw.to_string();
        match (raw, self.is_json()) {
            (Raw::Nil, true) => "null".to_string(),
            (Raw::Pair(_) | Raw::Sequence(_), true) => shown.replace("a vector", "an array"),
            _ => shown,
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Format::JepsenLog => "Jepsen log",
            Format::HistoryText => "Jepsen history.txt",
            Format::Edn => "EDN maps",
            Format::JsonLines => "JSON lines",
            Format::Json => "JSON objects",
        })
    }
}

/// The object that the operations of a history are on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One register: `read`, `write`, `cas`.
    Register,
    /// Keys and their values: `get` or `read`, `put` or `write`, `append`, `delete`, `cas`.
    KeyValue,
    /// A mutex, or one for each key: `acquire` is a compare-and-swap from no value to `held`, `release` the one back.
    Mutex,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Kind::Register => "register",
            Kind::KeyValue => "key-value store",
            Kind::Mutex => "mutex",
        })
    }
}

/// The memory and the time that reading a history may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits<'a> {
    /// So many bytes of memory, of the history and of the part of the text that is at hand, counted roughly. A quarter
    /// of it, and at most 16 MiB, is the longest line, map or object.
    pub bytes: usize,
    /// The deadline of the caller. The reader asks it some thousand times in a GiB of text.
    pub deadline: Deadline<'a>,
}

impl Default for Limits<'_> {
    /// A GiB, and as much time as it takes.
    fn default() -> Limits<'static> {
        Limits { bytes: 1 << 30, deadline: Deadline::NEVER }
    }
}

/// A text that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed {
    /// The format that it is in.
    pub format: Format,
    /// The kind of object that its operations are on.
    pub kind: Kind,
    /// The operations. A point's order is the number of its line, unless the text gives it another, a line has more
    /// than one, or the lines were put in an order that they do not stand in.
    pub history: History,
    /// The source of the order of the lines.
    pub order: Order,
    /// The number of lines whose time is before the time of the line before, if an index gives the order. If it is not
    /// 0, the index and the times tell of two histories, and the verdict is on the history of the index.
    pub backward_times: u64,
    /// The lines that are not in the history.
    pub left_out: LeftOut,
}

/// Reads a history. Blank lines do not matter, and compressed text is unpacked if the feature `compressed` is on.
///
/// # Errors
/// If the text is no history that can be judged: at the first line that is malformed, or at the last if no line is an
/// operation. If the limits are reached, or the source fails.
pub fn read(mut source: impl BufRead, limits: &Limits<'_>) -> Result<Parsed, ReadError> {
    let mut source = unpacked::unpacked(&mut source, limits)?;
    Reading::new(Text::new(&mut *source, *limits)).whole()
}
