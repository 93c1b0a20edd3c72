//! A history is written as JSON lines, which `read` reads back as it was.

use std::io::{self, Write};

use env::{Bytes, Completion, Instant};
use kv_types::{Operation, Output};
use serde_json::Value as Json;

use super::Kind;
use super::line::{Event, Function, Line, Value};
use crate::history::{Call, History, Point};

/// Writes a history, a line for each invocation and each completion, in their order. An answer is taken to be of the kind
/// of its operation: a value for one that reads, [`Output::Swapped`] or [`Output::Mismatch`] for a compare-and-swap.
///
/// # Errors
/// If it cannot be written there.
pub fn write(history: &History, to: &mut (impl Write + ?Sized)) -> io::Result<()> {
    let kind = kind(history);
    for (at, call, completion) in events(history) {
        serde_json::to_writer(&mut *to, &line(kind, at, call, completion))?;
        to.write_all(b"\n")?;
    }
    Ok(())
}

/// Writes a history of any object in plain values: one of a key-value store as [`write()`] does. Of any other object,
/// each line has the operation's name as its `f`, and its argument or answer as its `value`.
///
/// # Errors
/// If it cannot be written there.
pub fn write_values(history: &History<Json, Json>, to: &mut (impl Write + ?Sized)) -> io::Result<()> {
    if let Some(history) = history.of_store() {
        return write(&history, to);
    }
    for (at, call, completion) in events(history) {
        let (f, asked) = named(&call.input);
        let (event, value) = match completion {
            None => ("invoke", asked),
            Some(Completion::Ok(answer)) => ("ok", answer.clone()),
            Some(Completion::Fail) => ("fail", Json::Null),
            Some(Completion::Info) => ("info", Json::Null),
        };
        let time = at.time.map(|Instant(nanos)| nanos);
        let line = serde_json::json!({
            "process": call.process, "type": event, "f": f, "value": value, "time": time, "order": at.order,
        });
        writeln!(to, "{line}")?;
    }
    Ok(())
}

/// An operation's name, and its argument: `push` and 5 of `{"push":5}`, as serde writes an enum.
fn named(operation: &Json) -> (&str, Json) {
    match operation {
        Json::String(name) => (name, Json::Null),
        Json::Object(fields) if fields.len() == 1 => {
            fields.iter().next().map_or(("op", Json::Null), |(name, value)| (name, value.clone()))
        }
        _ => ("op", operation.clone()),
    }
}

/// Writes a line below a history that names the violation of the run. Its process has a name and no number, so it is no
/// operation, and is left out when the history is judged.
///
/// # Errors
/// If it cannot be written there.
pub fn write_note(note: &str, to: &mut (impl Write + ?Sized)) -> io::Result<()> {
    let line = serde_json::json!({ "process": "checker", "type": "info", "f": "violation", "error": note });
    writeln!(to, "{line}")
}

/// All invocations and completions, in their order; an invocation has no completion.
pub(super) fn events<I, O>(
    history: &History<I, O>,
) -> impl Iterator<Item = (Point, &Call<I, O>, Option<&Completion<O>>)> {
    let mut events = Vec::new();
    for call in history.calls() {
        events.push((call.invoked, call, None));
        events.extend(call.completed.as_ref().map(|(at, completion)| (*at, call, Some(completion))));
    }
    events.sort_unstable_by_key(|(at, ..)| at.order);
    events.into_iter()
}

/// It is a register's if all its operations could be.
fn kind(history: &History) -> Kind {
    let is_register = |input: &Operation| input.key().is_empty() && !matches!(input, Operation::Append { .. });
    if history.calls().iter().all(|call| is_register(&call.input)) { Kind::Register } else { Kind::KeyValue }
}

/// The line of an invocation or a completion.
pub(super) fn line(kind: Kind, at: Point, call: &Call, completion: Option<&Completion<Output>>) -> Line {
    let event = match completion {
        None => Event::Invoke,
        Some(Completion::Ok(_)) => Event::Ok,
        Some(Completion::Fail) => Event::Fail,
        Some(Completion::Info) => Event::Info,
    };
    let (value, swapped) = match completion {
        _ if kind == Kind::Mutex => (Value::Untold, None),
        None => (Value::of(&call.input), None),
        Some(Completion::Ok(output)) => answer(output),
        Some(Completion::Fail | Completion::Info) => (Value::Untold, None),
    };
    Line {
        process: call.process,
        event,
        f: function(kind, &call.input),
        key: key(kind, &call.input),
        value,
        swapped,
        time: at.time.map(|Instant(nanos)| nanos),
        order: Some(at.order),
        index: None,
        is_text: false,
    }
}

fn answer(output: &Output) -> (Value, Option<bool>) {
    match output {
        Output::Value(value) => (value.clone().into(), None),
        Output::Written => (Value::Untold, None),
        Output::Swapped => (Value::Untold, Some(true)),
        Output::Mismatch => (Value::Untold, Some(false)),
    }
}

fn function(kind: Kind, operation: &Operation) -> Function {
    match (kind, operation) {
        (Kind::Mutex, Operation::Cas { expected: None, .. }) => Function::Acquire,
        (Kind::Mutex, _) => Function::Release,
        (Kind::Register, Operation::Get { .. }) => Function::Read,
        (Kind::Register, Operation::Put { .. } | Operation::Delete { .. }) => Function::Write,
        (Kind::KeyValue, Operation::Get { .. }) => Function::Get,
        (Kind::KeyValue, Operation::Put { .. }) => Function::Put,
        (Kind::KeyValue, Operation::Delete { .. }) => Function::Delete,
        (_, Operation::Append { .. }) => Function::Append,
        (_, Operation::Cas { .. }) => Function::Cas,
    }
}

fn key(kind: Kind, operation: &Operation) -> Option<Bytes> {
    let has_key = match kind {
        Kind::Register => false,
        Kind::KeyValue => true,
        Kind::Mutex => !operation.key().is_empty(),
    };
    has_key.then(|| operation.key().clone())
}
