//! A history as the log of a Jepsen test of a register. The level may come after a time and before a thread:
//!
//! ```text
//! INFO  jepsen.util - 3   :invoke :write  4
//! 2024-01-01 12:00:00,123{GMT} INFO [jepsen worker 3] jepsen.util - 3   :info   :write  :timed-out
//! ```
//!
//! The fields are apart by tabs or spaces: the process, what happened, the function, and a value in EDN, which is an
//! integer, `nil`, or the two of a `:cas`. A completion that is no `:ok` may say why instead of the value, or after it.
//!
//! All else in a log is skipped: the lines of other loggers and whatever those print below, and what a process did that
//! is no number (`:nemesis`). But a line that has been cut short before it says whose it is may have been an operation,
//! and is refused.

use clojure_reader::edn::Edn;
use clojure_reader::error::Code;

use super::edn;
use super::error::{Problem, unexpected};
use super::line::{Event, Function, Line, Value};

/// Who logs operations.
const LOGGER: &str = "jepsen.util";

/// Whether a word is the level of a log line.
pub(super) fn is_level(word: &str) -> bool {
    matches!(word, "TRACE" | "DEBUG" | "INFO" | "WARN" | "ERROR")
}

/// Reads a line with its end; `None` if it is not about a client's operation.
pub(super) fn read(line: &str) -> Result<Option<Line>, Problem> {
    let Some(message) = message(line) else {
        return if is_cut_short(line) { Err(unexpected("a logger and its message", quoted(line))) } else { Ok(None) };
    };
    let (process, rest) = word(message);
    let (event, rest) = word(rest);
    let (f, rest) = word(rest);
    if process.starts_with(':') {
        return Ok(None);
    }
    let event_named = event.strip_prefix(':').and_then(Event::named);
    // This logger says other things too, now and then.
    let is_operation = process.is_empty() || event_named.is_some() || process.starts_with(|c: char| c.is_ascii_digit());
    if !is_operation {
        return Ok(None);
    }
    let process = process.parse().map_err(|_| unexpected("a process", or_end(process)))?;
    let event = event_named.ok_or_else(|| unexpected(":invoke, :ok, :fail or :info", or_end(event)))?;
    let f = match f.strip_prefix(':').and_then(Function::named) {
        Some(f @ (Function::Read | Function::Write | Function::Cas)) => f,
        _ => return Err(unexpected(":read, :write or :cas", or_end(f))),
    };
    let value = value(rest, event)?;
    let swapped = edn::swapped(event, f);
    Ok(Some(Line { process, event, f, key: None, value, swapped, time: None, order: None }))
}

/// What the logger of operations says, if it is its line.
fn message(line: &str) -> Option<&str> {
    let (mut logger, mut rest) = word(line);
    while !logger.is_empty() {
        if logger == LOGGER {
            return rest.trim_ascii_start().strip_prefix('-');
        }
        if logger.strip_suffix(':') == Some(LOGGER) {
            return Some(rest);
        }
        (logger, rest) = word(rest);
    }
    None
}

/// Whether a line may be the beginning of one with an operation: it has a level, or no end, but nobody's message.
fn is_cut_short(line: &str) -> bool {
    let is_begun = !line.ends_with('\n') || is_level(word(line).0);
    is_begun && !line.contains(" - ") && !line.contains(": ")
}

fn value(text: &str, event: Event) -> Result<Value, Problem> {
    const EXPECTED: &str = "an integer, nil or a vector of two";
    edn::is_shallow(text)?;
    let (form, rest) = clojure_reader::edn::read(text).map_err(|why| match why.code {
        Code::UnexpectedEOF => unexpected(EXPECTED, or_end("")),
        _ => unexpected(EXPECTED, quoted(text)),
    })?;
    if event.gives_reason() && !matches!(form, Edn::Int(_) | Edn::Nil | Edn::Vector(_)) {
        return Ok(Value::Untold);
    }
    if !event.gives_reason() && !rest.trim().is_empty() {
        return Err(unexpected("the end of the line", quoted(rest)));
    }
    edn::value_of(&form, |edn| match edn {
        Edn::Nil => Ok(None),
        Edn::Int(int) => Ok(Some(edn::decimal(*int))),
        other => Err(unexpected(EXPECTED, edn::described(other))),
    })
}

/// The first word of a text, empty if it has none, and what comes after it.
fn word(text: &str) -> (&str, &str) {
    let text = text.trim_ascii_start();
    text.split_at(text.bytes().position(|byte| byte.is_ascii_whitespace()).unwrap_or(text.len()))
}

fn or_end(word: &str) -> &str {
    if word.is_empty() { "the end of the line" } else { word }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.trim())
}
