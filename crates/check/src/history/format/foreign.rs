//! The event and the function of an operation in the JSON of another tool: in other words, and under other names.
//!
//! `"type"` and `"f"` are what they are in our own JSON where they are understood so. Otherwise each field that may be of
//! either is taken for what its value says: `{"event":"call","op":"put"}`, `{"type":"write","phase":"invoke"}`.
//!
//! Always true: two fields that disagree are refused, and so is an end without a word on how it went.

use super::Format;
use super::error::{Problem, unexpected};
use super::fields::{Fields, Raw, Role};
use super::line::{Event, Function};
use super::names;

/// An event in the words of another tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    Event(Event),
    /// An end, which says less than an `ok` does.
    End,
    /// An end in an error, which may be a `fail` or an `info`.
    Error,
}

/// The event of an operation.
pub(super) fn event(fields: &Fields<'_>) -> Result<Event, Problem> {
    if let Some(event) = text(fields.get(Role::Event)).and_then(Event::named) {
        return Ok(event);
    }
    let (mut found, mut end) = (None, None);
    for word in candidates(fields, Role::Event).filter_map(word) {
        match word {
            Word::Event(event) if found.is_some_and(|found| found != event) => return Err(two()),
            Word::Event(event) => found = Some(event),
            Word::End | Word::Error => end = Some(word),
        }
    }
    let has_failed = end == Some(Word::Error)
        || !matches!(fields.get(Role::Error), Raw::Missing | Raw::Nil)
        || *fields.get(Role::Success) == Raw::Bool(false);
    match (found, end) {
        (Some(Event::Invoke), Some(_)) => Err(two()),
        (Some(event), _) => Ok(event),
        (None, Some(_)) if has_failed => {
            let expected = "a \"fail\" if it surely did not happen, or else an \"info\"";
            Err(unexpected(expected, "an operation that ended in an error"))
        }
        (None, Some(_)) => Ok(Event::Ok),
        (None, None) => {
            let expected = "a \"type\" of \"invoke\", \"ok\", \"fail\" or \"info\"";
            Err(unexpected(expected, Format::Json.shown(fields.get(Role::Event))))
        }
    }
}

fn two() -> Problem {
    unexpected("one field for \"type\"", "two")
}

/// The field with the function of an operation, and the function, if it is one that is judged here.
pub(super) fn function<'f, 'a>(fields: &'f Fields<'a>) -> (&'f Raw<'a>, Option<Function>) {
    let own = fields.get(Role::Function);
    let is_other = |raw: &&Raw<'_>| text(raw).is_some_and(|name| names::not_judged(name).is_some());
    if let Some(function) = text(own).and_then(named) {
        return (own, Some(function));
    }
    let others = || candidates(fields, Role::Function).skip(1);
    let judged = others().find_map(|raw| Some((raw, text(raw).and_then(named)?)));
    match judged.filter(|_| !is_other(&own)) {
        Some((raw, function)) => (raw, Some(function)),
        None => (others().find(is_other).filter(|_| *own == Raw::Missing).unwrap_or(own), None),
    }
}

/// The fields that may be of a role: its own, those that may be of either, and that of the other role.
fn candidates<'f, 'a>(fields: &'f Fields<'a>, role: Role) -> impl Iterator<Item = &'f Raw<'a>> {
    let other = if role == Role::Event { Role::Function } else { Role::Event };
    [fields.get(role)].into_iter().chain(fields.words()).chain([fields.get(other)])
}

fn text<'f>(raw: &'f Raw<'_>) -> Option<&'f str> {
    match raw {
        Raw::Text(text) => Some(text),
        _ => None,
    }
}

fn word(raw: &Raw<'_>) -> Option<Word> {
    Some(match plain(text(raw)?).as_str() {
        "invoke" | "invocation" | "invoked" | "call" | "start" | "begin" | "request" => Word::Event(Event::Invoke),
        "ok" | "success" | "succeeded" => Word::Event(Event::Ok),
        "fail" | "failed" | "failure" => Word::Event(Event::Fail),
        "info" | "unknown" | "timeout" | "timedout" | "indeterminate" => Word::Event(Event::Info),
        "return" | "returned" | "response" | "complete" | "completed" | "completion" | "end" => Word::End,
        "error" | "err" => Word::Error,
        _ => return None,
    })
}

fn named(name: &str) -> Option<Function> {
    Function::named(name).or_else(|| {
        Some(match plain(name).as_str() {
            "set" | "store" => Function::Write,
            "load" => Function::Read,
            "del" => Function::Delete,
            "compareandset" | "compareandswap" | "compareexchange" | "testandset" => Function::Cas,
            name => return Function::named(name),
        })
    })
}

/// A name in small letters, without a colon before it or marks between its words.
fn plain(name: &str) -> String {
    name.trim_start_matches(':').chars().filter(|c| !matches!(c, '-' | '_' | ' ')).collect::<String>().to_lowercase()
}
