//! Why a text is not a history.

use std::fmt::{self, Write};

use crate::history::HistoryError;

/// The first line that is not as it should be, and why. Its message is one line, however many the text has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct FormatError {
    /// Its number, counted from 1.
    pub line: u64,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What can be wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// There is something else than what should be there.
    #[error("expected {expected}, found {found}")]
    Unexpected {
        /// What should be there.
        expected: String,
        /// What is there, or the beginning of it.
        found: String,
    },
    /// It is not the JSON of an operation.
    #[error("expected an operation in JSON: {why}")]
    Json {
        /// What the reader of JSON says.
        why: String,
    },
    /// No client can have done it.
    #[error(transparent)]
    History(#[from] HistoryError),
}

impl Problem {
    pub(super) fn at(self, line: u64) -> FormatError {
        FormatError { line, problem: self }
    }
}

/// Something else than what should be there.
pub(super) fn unexpected(expected: impl fmt::Display, found: impl fmt::Display) -> Problem {
    Problem::Unexpected { expected: clipped(&expected.to_string(), 80), found: clipped(&found.to_string(), 60) }
}

impl From<serde_json::Error> for Problem {
    fn from(why: serde_json::Error) -> Problem {
        // It counts lines too, and knows of one only.
        let place = format!(" at line {} column {}", why.line(), why.column());
        let why = match why.to_string().strip_suffix(&place) {
            Some(message) => format!("{} at column {}", clipped(message, 160), why.column()),
            None => clipped(&why.to_string(), 160),
        };
        Problem::Json { why }
    }
}

/// So much of a text as belongs into a message of one line.
fn clipped(text: &str, chars_max: usize) -> String {
    let mut clipped = String::new();
    for (position, char) in text.chars().enumerate() {
        if position == chars_max {
            clipped.push_str("...");
            break;
        }
        // A space of another kind may break the line.
        if char.is_control() || (char.is_whitespace() && char != ' ') {
            let _ = write!(clipped, "{}", char.escape_default());
        } else {
            clipped.push(char);
        }
    }
    clipped
}
