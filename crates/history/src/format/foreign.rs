//! The event and the function of an operation in the JSON of another tool: in other words, and under other names.
//!
//! `"type"` and `"f"` have the meaning of our own JSON where their values fit it. Otherwise the value of a field
//! decides whether it is the event or the function: `{"event":"call","op":"put"}`, `{"type":"write","phase":"invoke"}`.
//!
//! Always true: two fields that disagree are refused, and so is an `ok` beside an error or a status that tells of none.

use std::borrow::Cow;

use super::error::{Problem, unexpected};
use super::fields::{Fields, Raw, Role};
use super::line::{Event, Function};
use super::{Format, answer, names};

/// An event in the words of another tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    Event(Event),
    /// An end, which says less than an `ok` does.
    End,
    /// An end in an error, which may be a `fail` or an `info`.
    Error,
}

/// The event of an operation. An `ok` beside which another field tells of a failure is refused.
///
/// The success of a compare-and-swap says whether it found the expected value, and is no matter of the event.
pub(super) fn event(fields: &Fields<'_>, is_swap: bool) -> Result<Event, Problem> {
    let (mut found, mut end) = (None, None);
    for word in candidates(fields, Role::Event).filter_map(word) {
        match word {
            Word::Event(event) if found.is_some_and(|found| found != event) => return Err(two()),
            Word::Event(event) => found = Some(event),
            Word::End => end = end.or(Some(word)),
            Word::Error => end = Some(word),
        }
    }
    match (found, end) {
        (Some(Event::Invoke), Some(_)) => Err(two()),
        (Some(Event::Ok), _) | (None, Some(_)) => {
            let is_answer = is_swap && found.is_some() && matches!(fields.get(Role::Success), Raw::Bool(_));
            check_end(fields, end, is_answer).map(|()| Event::Ok)
        }
        (Some(event), _) => Ok(event),
        (None, None) => {
            let expected = "a \"type\" of \"invoke\", \"ok\", \"fail\" or \"info\"";
            Err(unexpected(expected, Format::Json.shown(fields.get(Role::Event))))
        }
    }
}

/// Checks that an operation that is said to have ended did not end in a failure.
fn check_end(fields: &Fields<'_>, end: Option<Word>, is_answer: bool) -> Result<(), Problem> {
    let expected = "a \"fail\" if it surely did not happen, or else an \"info\"";
    let (error, success, status) = (fields.get(Role::Error), fields.get(Role::Success), fields.get(Role::Status));
    let has_error = !matches!(error, Raw::Missing | Raw::Nil | Raw::Bool(false)) && text(error) != Some("");
    let has_failed = end == Some(Word::Error) || *success == Raw::Bool(false) && !is_answer || has_error;
    if has_failed {
        return Err(unexpected(expected, "an operation that ended in an error"));
    }
    if !is_answer && !matches!(success, Raw::Missing | Raw::Nil) && !answer::is_success(success) {
        return Err(unexpected(expected, format_args!("an end with the success {}", Format::Json.shown(success))));
    }
    let is_known = match status {
        Raw::Missing | Raw::Nil => true,
        Raw::Integer { magnitude, .. } => matches!(magnitude, 0 | 200..300),
        status => answer::is_success(status) || word(status).is_some() || text(status).and_then(named).is_some(),
    };
    if is_known {
        Ok(())
    } else {
        Err(unexpected(expected, format_args!("an end with the status {}", Format::Json.shown(status))))
    }
}

fn two() -> Problem {
    unexpected("one field for \"type\"", "two")
}

/// The field with the function of an operation, and the function, if it is one that is judged here.
///
/// # Errors
/// If two fields name functions that differ.
pub(super) fn function<'f, 'a>(fields: &'f Fields<'a>) -> Result<(&'f Raw<'a>, Option<Function>), Problem> {
    let own = fields.get(Role::Function);
    let is_other = |raw: &&Raw<'_>| text(raw).is_some_and(|name| names::not_judged(name).is_some());
    let others = || candidates(fields, Role::Function).skip(1);
    let mut judged = candidates(fields, Role::Function).filter_map(|raw| Some((raw, text(raw).and_then(named)?)));
    let first = judged.next();
    if let Some((raw, function)) = first
        && let Some((other, _)) = judged.find(|(_, other)| other.plain() != function.plain())
    {
        return Err(Problem::TwoFunctions { one: Format::Json.shown(raw), other: Format::Json.shown(other) });
    }
    Ok(match first.filter(|(raw, _)| std::ptr::eq(*raw, own) || !is_other(&own)) {
        Some((raw, function)) => (raw, Some(function)),
        None if *own != Raw::Missing => (own, None),
        None => {
            let unknown = || others().find(|raw| text(raw).is_some() && word(raw).is_none());
            (others().find(is_other).or_else(unknown).unwrap_or(own), None)
        }
    })
}

/// The fields that may have a role: its own, the fields of either role, and the field of the other role.
fn candidates<'f, 'a>(fields: &'f Fields<'a>, role: Role) -> impl Iterator<Item = &'f Raw<'a>> {
    let other = if role == Role::Event { Role::Function } else { Role::Event };
    let status = fields.get(Role::Status);
    [fields.get(role)].into_iter().chain(fields.words()).chain([status, fields.get(other)])
}

fn text<'f>(raw: &'f Raw<'_>) -> Option<&'f str> {
    match raw {
        Raw::Text(text) => Some(text),
        _ => None,
    }
}

fn word(raw: &Raw<'_>) -> Option<Word> {
    Some(match &*plain(text(raw)?) {
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
        Some(match &*plain(name) {
            "set" | "store" => Function::Write,
            "load" => Function::Read,
            "del" => Function::Delete,
            "compareandset" | "compareandswap" | "compareexchange" | "testandset" => Function::Cas,
            name => return Function::named(name),
        })
    })
}

/// A name in small letters, without a colon before it or marks between its words.
fn plain(name: &str) -> Cow<'_, str> {
    if name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()) {
        // Nearly all are so, and a line has several.
        return name.into();
    }
    let letters = name.trim_start_matches(':').chars().filter(|c| !matches!(c, '-' | '_' | ' '));
    letters.collect::<String>().to_lowercase().into()
}
