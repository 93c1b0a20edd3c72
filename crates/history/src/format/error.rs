//! The reasons why a text is not read as a history.

use std::fmt::{self, Write};
use std::io;

use super::Order;
use crate::history::HistoryError;

/// The reason why [`read`](super::read) gives no history.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The text is no history that can be judged.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// The source failed, or its compressed data is damaged.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The history takes more memory than the limits give.
    #[error("line {line}: the history takes more than {} MiB up to here", .bytes >> 20)]
    Memory {
        /// The line that was read last.
        line: u64,
        /// The limit, in bytes.
        bytes: usize,
    },
    /// The caller's deadline has passed.
    #[error("line {line}: the deadline passed here")]
    Time {
        /// The line that was read last.
        line: u64,
    },
}

/// The first malformed line, and its problem. The message is one line of at most 200 characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormatError {
    /// Its number, counted from 1.
    pub line: u64,
    /// The problem with it.
    pub problem: Problem,
}

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&clipped(&format!("line {}: {}", self.line, self.problem), 197))
    }
}

impl std::error::Error for FormatError {}

/// The ways in which a line can be wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The line has another form than the expected one.
    #[error("expected {expected}, found {found}")]
    Unexpected {
        /// The form that should be there.
        expected: String,
        /// The form that is there, or the beginning of it.
        found: String,
    },
    /// It is not the JSON of an operation.
    #[error("expected an operation in JSON: {why}")]
    Json {
        /// The message of the reader of JSON.
        why: String,
    },
    /// It is an operation on an object that another tool judges.
    #[error("{f} is {object}, which stormglass does not judge: {judge} does")]
    NotJudged {
        /// The function, as the text names it.
        f: String,
        /// The kind of operation.
        object: &'static str,
        /// The tool that judges it.
        judge: &'static str,
    },
    /// It is an invocation and its completion at once.
    #[error("one object is a whole operation: give a line for its invocation and one for its completion")]
    Whole,
    /// There are records, and no operation.
    #[error("{count} records are no operations: an operation has process, type and f")]
    Records {
        /// The number of records.
        count: u64,
    },
    /// It is an object with the history in it.
    #[error("it is a wrapper: give the list of operations in {field} alone")]
    Wrapper {
        /// The field with the list.
        field: String,
    },
    /// A log has the operations of two tests.
    #[error("a second test begins at line {begin}: give one test at a time")]
    SecondTest {
        /// The line at which it begins.
        begin: u64,
    },
    /// Two fields of a line name functions that differ.
    #[error("expected one function in a line, found {one} and {other}")]
    TwoFunctions {
        /// The first, as the text has it.
        one: String,
        /// The second.
        other: String,
    },
    /// The file is in an encoding or a container that is not read.
    #[error("it is {encoding}: {advice}")]
    Encoding {
        /// The encoding.
        encoding: &'static str,
        /// The way out.
        advice: &'static str,
    },
    /// A line, a map or an object is longer than the limit.
    #[error("expected lines of at most {} KiB, found a longer one", .bytes >> 10)]
    TooLong {
        /// The longest that is read, in bytes.
        bytes: usize,
    },
    /// The lines stand in another order than they say, and do not all say which.
    #[error("the {by} goes back from {last} to {found} here, and not every line has one")]
    PartlyOrdered {
        /// The field that goes back.
        by: Order,
        /// Its value in a line before.
        last: u64,
        /// Its value in this line.
        found: u64,
    },
    /// Two lines claim one place.
    #[error("the {by} {value} is also that of an earlier line: give each line its own")]
    OrderedTwice {
        /// The field.
        by: Order,
        /// Its value in both lines.
        value: u64,
    },
    /// The lines are not in the order of their times, and equal times leave the order open.
    #[error("the lines are not in the order of their times, and several lines of time {time} have no order")]
    Tie {
        /// The time of the lines that can be ordered in more than one way.
        time: u64,
    },
    /// In the order that the lines claim, no client can have caused the event.
    #[error("the lines are not in the order of their {by}, and in that order: {problem}")]
    Reordered {
        /// The field that gives the order.
        by: Order,
        /// The problem.
        problem: Box<Problem>,
    },
    /// No client can have caused the event.
    #[error(transparent)]
    History(#[from] HistoryError),
}

impl Problem {
    pub(super) fn at(self, line: u64) -> FormatError {
        FormatError { line, problem: self }
    }
}

/// The problem of a form that stands in the place of the expected one.
pub(super) fn unexpected(expected: impl fmt::Display, found: impl fmt::Display) -> Problem {
    Problem::Unexpected { expected: clipped(&expected.to_string(), 80), found: clipped(&found.to_string(), 60) }
}

/// So much of a text as belongs into a message of one line.
pub(super) fn clipped(text: &str, chars_max: usize) -> String {
    let mut clipped = String::new();
    for (position, char) in text.chars().enumerate() {
        if position == chars_max {
            clipped.push_str("...");
            break;
        }
        if env::is_visible(char) {
            clipped.push(char);
        } else {
            // `\n` and `\t` are shorter than their numbers, and known.
            let _ = match char {
                '\n' | '\r' | '\t' => write!(clipped, "{}", char.escape_default()),
                char => write!(clipped, "{}", char.escape_unicode()),
            };
        }
    }
    clipped
}
