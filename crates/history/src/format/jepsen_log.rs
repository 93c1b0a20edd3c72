//! The output of Jepsen and Maelstrom as they go, in any layout, and the `history.txt` that they leave, which has none:
//!
//! ```text
//! INFO  jepsen.util - 3   :invoke :write  4
//! INFO [2024-01-06 15:07:52,664] jepsen worker 3 - jepsen.util 3   :ok :write  4
//! 2024-01-01 12:00:00,123{GMT} INFO [jepsen worker 3] jepsen.util: 3   :info   :write  :timed-out
//! 2024-01-01 12:00:00,123{GMT} INFO [jepsen worker 3] jepsen.util: [ 1350999542 ] 3   :fail   :cas [1 2]  :conn-closed
//! 3   :invoke :read   nil
//! ```
//!
//! The message of an operation is the process, its event, the function and a value in EDN, with tabs or spaces between
//! them. The logger of operations says it, or another one if its message is nothing else. A completion that is no `:ok`
//! may say why instead of the value; any completion may say more after it.
//!
//! All other lines are left out: those of other loggers, continuation lines of these and of the test runner, and the
//! operations of a process without a number (`:nemesis`). But a line that was cut short before its process may have
//! been an operation, and is refused; so are a line that has lost its front and one that the next is glued to.

use super::edn::{Reader, Stop, value};
use super::error::{Problem, unexpected};
use super::fields::{Fields, Raw, Role};
use super::line::{Event, Function};

/// The logger of operations.
const LOGGER: &str = "jepsen.util";

const LEVELS: [&str; 6] = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];

const EXPECTED: &str = "an integer, nil or a vector of two";

/// A line of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// An operation of a client. It is bare if nothing stands before it, no logger and no time.
    Operation { is_bare: bool },
    /// An operation of the nemesis.
    Nemesis,
    /// Something else.
    Other,
}

/// True of a line with which the log of a test begins.
pub(super) fn begins_test(line: &str) -> bool {
    let begins = |line: &str| line.find("Running test").is_some_and(|at| !line[at..].starts_with("Running tests"));
    line.starts_with("lein test ") || line.contains("jepsen.") && begins(line)
}

/// True of a line with the level of a log line as a word.
pub(super) fn has_level(line: &str) -> bool {
    line.split_ascii_whitespace().any(is_level)
}

/// Reads a line with its end, and puts the fields of an operation where they belong.
pub(super) fn read<'a>(line: &'a str, fields: &mut Fields<'a>) -> Result<Said, Problem> {
    let Some(message) = message(line) else {
        return if is_cut_short(line) || has_operation(line) {
            Err(unexpected("a logger and its message", quoted(line)))
        } else {
            Ok(Said::Other)
        };
    };
    let is_bare = message.len() == line.trim_ascii_start().len();
    let (process, rest) = word(message);
    let (event, rest) = word(rest);
    let (f, rest) = word(rest);
    if let Some(name) = process.strip_prefix(':') {
        if Event::named(name).is_some() && has_operation(message) {
            return Err(unexpected("a logger and its message", quoted(line)));
        }
        check_alone(rest)?;
        return Ok(if name.starts_with("nemesis") { Said::Nemesis } else { Said::Other });
    }
    let event_named = event.strip_prefix(':').and_then(Event::named);
    // This logger says other things too, now and then.
    let is_operation = process.is_empty() || event_named.is_some() || process.starts_with(|c: char| c.is_ascii_digit());
    if !is_operation {
        check_alone(rest)?;
        return Ok(Said::Other);
    }
    let process = process.parse().map_err(|_| unexpected("a process", or_end(process)))?;
    let event_named = event_named.ok_or_else(|| unexpected(":invoke, :ok, :fail or :info", or_end(event)))?;
    let function = match f.strip_prefix(':') {
        Some(name) => Raw::Keyword(name),
        None if f.is_empty() => return Err(unexpected(":read, :write or :cas", or_end(f))),
        None => Raw::Atom(f),
    };
    fields.put(Role::Process, Fields::NAMED, Raw::natural(process));
    fields.put(Role::Event, Fields::NAMED, Raw::Keyword(&event[1..]));
    fields.put(Role::Function, Fields::NAMED, function);
    fields.put(Role::Value, Fields::NAMED, operand(rest, event_named)?);
    Ok(Said::Operation { is_bare })
}

/// The message of a line that is about an operation, or as good as.
fn message(line: &str) -> Option<&str> {
    let (mut before, mut process) = ("", "");
    let mut begin = 0;
    let mut has_level = false;
    let mut rest = line;
    loop {
        let (word, after) = self::word(rest);
        match word.as_bytes().first()? {
            b'j' if word == LOGGER || word.strip_suffix(':') == Some(LOGGER) => {
                let (dash, after_dash) = self::word(after);
                return Some(unmarked(if dash == "-" { after_dash } else { after }));
            }
            b':' if is_process(process) => {
                let is_message = has_level && ends_layout(before) && Event::named(&word[1..]).is_some();
                if before.is_empty() || is_message {
                    return Some(&line[begin..]);
                }
            }
            _ => {}
        }
        has_level |= is_level(word.trim_end_matches(':'));
        begin = line.len() - after.len() - word.len();
        (before, process, rest) = (process, word, after);
    }
}

/// True of a word that may be a process, a client or another.
fn is_process(word: &str) -> bool {
    word.starts_with(':') || !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// A message without a number in brackets before it, with which some tests began theirs.
fn unmarked(message: &str) -> &str {
    let trimmed = message.trim_ascii_start();
    match trimmed.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((number, rest)) if number.trim().bytes().all(|byte| byte.is_ascii_digit()) => rest,
        _ => message,
    }
}

/// True of a word that may stand right before a message: a logger, or a mark after it.
fn ends_layout(word: &str) -> bool {
    word == "-" || word.ends_with([':', ']']) || word.contains('.') && !word.ends_with('.')
}

/// True of a line that may be the beginning of one with an operation.
fn is_cut_short(line: &str) -> bool {
    let text = line.trim();
    let (first, _) = word(text);
    if text.is_empty() {
        return false;
    }
    let last = text.rsplit(|c: char| c.is_ascii_whitespace()).next().unwrap_or_default();
    let is_before_message = last == "-" || LOGGER.starts_with(last);
    if is_level(first) && (first == text || is_before_message) {
        return true;
    }
    if line.ends_with('\n') {
        return false;
    }
    let is_dated = first.starts_with(|c: char| c.is_ascii_digit())
        && first
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'/' | b':' | b',' | b'.' | b'T' | b'Z'))
        && (first == text || first.len() >= "24-01-06".len());
    let has_message = text.contains(" - ") || text.contains(": ");
    LEVELS.iter().any(|level| level.starts_with(text))
        || (is_level(first) || is_dated) && (!has_message || is_before_message)
}

/// Checks that no other operation stands in the rest of a line, which was glued to the next.
fn check_alone(rest: &str) -> Result<(), Problem> {
    let has_logger = words(rest).any(|word| word.strip_suffix(':').unwrap_or(word) == LOGGER);
    let mut pairs = words(rest).zip(words(rest).skip(1));
    let has_event = pairs.any(|(process, event)| is_process(process) && is_event(event));
    if has_logger || has_event {
        return Err(unexpected("one operation in a line", format_args!("more after it: {}", quoted(rest))));
    }
    Ok(())
}

/// True of a line that begins with an event and a function: it has lost its front.
fn has_operation(line: &str) -> bool {
    let is_function = |word: &str| word.strip_prefix(':').and_then(Function::named).is_some_and(Function::is_logged);
    let mut rest = words(line);
    let Some(first) = rest.next() else { return false };
    let is_end_of_event = [":invoke", ":ok", ":fail", ":info"].iter().any(|event| event.ends_with(first));
    is_end_of_event && rest.clone().next().is_some_and(is_function)
        || words(line).zip(rest).any(|(event, f)| is_event(event) && is_function(f))
}

fn words(text: &str) -> impl Iterator<Item = &str> + Clone {
    text.split_ascii_whitespace()
}

fn is_event(word: &str) -> bool {
    word.strip_prefix(':').and_then(Event::named).is_some()
}

/// The value of an operation; that of one that did not end well may be a reason.
fn operand(text: &str, event: Event) -> Result<Raw<'_>, Problem> {
    let mut reader = Reader::new(text, true);
    let raw = match value(&mut reader) {
        Ok(raw) => raw,
        Err(Stop::More) => return Err(unexpected(EXPECTED, or_end(""))),
        Err(Stop::Bad { .. }) if event.gives_reason() => {
            check_alone(text)?;
            return Ok(Raw::Missing);
        }
        Err(Stop::Bad { .. }) => return Err(unexpected(EXPECTED, quoted(text))),
    };
    let rest = reader.rest().trim();
    if event == Event::Invoke && !rest.is_empty() {
        return Err(unexpected("the end of the line", quoted(rest)));
    }
    check_alone(rest)?;
    Ok(raw)
}

fn is_level(word: &str) -> bool {
    LEVELS.contains(&word)
}

/// The first word of a text, empty if it has none, and the rest.
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
