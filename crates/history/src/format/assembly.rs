//! The assembly of a history from its lines, in the order of its events. A line of any format gets its place here.

use env::{Bytes, Completion, Instant};
use hashbrown::HashMap;
use kv_types::{Operation, Output};
use rustc_hash::FxBuildHasher;

use super::error::{Problem, unexpected};
use super::line::{Event, Function, Line, Value};
use super::{Format, Kind, writer};
use crate::history::{Call, History, HistoryError, Point};

/// The value of a mutex that is held; one that is free has none.
const HELD: &str = "held";

/// The lines so far.
pub(super) struct Assembly {
    format: Format,
    /// `None` until there is an operation.
    kind: Option<Kind>,
    history: History,
    /// The operations that have begun and not ended, by their processes. The table is never gone through.
    outstanding: HashMap<u64, Outstanding, FxBuildHasher>,
    /// The key of a register.
    empty_key: Bytes,
    held: Bytes,
}

/// The facts about an operation in progress that its history does not hold.
#[derive(Clone, Copy)]
struct Outstanding {
    /// To write nothing is to delete.
    f: Function,
    is_text: bool,
}

impl Assembly {
    pub(super) fn new(format: Format) -> Assembly {
        Assembly {
            format,
            kind: None,
            history: History::new(),
            outstanding: HashMap::default(),
            empty_key: Bytes::default(),
            held: HELD.into(),
        }
    }

    /// Adds a line that comes after all others, at a place in their order. It is of the kind of all, and not misplaced.
    pub(super) fn add(&mut self, order: u64, line: Line) -> Result<(), Problem> {
        let at = Point { order, time: line.time.map(Instant) };
        match line.event {
            Event::Invoke => self.invoke(line, at),
            Event::Ok | Event::Fail | Event::Info => self.complete(line, at),
        }
    }

    /// The problem with a line that no client can have come to next, though it may have at another place.
    pub(super) fn misplaced(&self, line: &Line) -> Option<Problem> {
        let process = line.process;
        match (line.event, self.outstanding.contains_key(&process)) {
            (Event::Invoke, true) => Some(HistoryError::Outstanding { process }.into()),
            (Event::Invoke, false) => None,
            (Event::Ok | Event::Fail | Event::Info, _) => self.check_match(line).err(),
        }
    }

    /// The number of operations.
    pub(super) fn len(&self) -> usize {
        self.history.calls().len()
    }

    /// The bytes of memory that it takes, but for keys and values.
    pub(super) fn bytes(&self) -> usize {
        const OF_A_PROCESS: usize = 2 * (size_of::<Outstanding>() + size_of::<(u64, usize)>());
        self.len() * size_of::<Call>() + self.outstanding.len() * OF_A_PROCESS
    }

    /// The whole, if there was any operation.
    pub(super) fn finish(self) -> Option<(Kind, History)> {
        Some((self.kind?, self.history))
    }

    /// The lines that it was made of, in their order.
    pub(super) fn into_lines(self) -> Vec<Line> {
        let kind = self.kind.unwrap_or(Kind::Register);
        let line = |(at, call, completion): (Point, &Call, _)| {
            let mut line = writer::line(kind, at, call, completion);
            if let Some(known) = self.outstanding.get(&call.process).filter(|_| call.completed.is_none()) {
                (line.f, line.is_text) = (known.f, known.is_text);
            }
            line
        };
        writer::events(&self.history).map(line).collect()
    }

    /// Checks that the line is on a register, or on a key, or on a mutex, as all before it. A completion need not name
    /// its key.
    pub(super) fn check_kind(&mut self, line: &Line) -> Result<(), Problem> {
        let kind = match (line.f, &line.key) {
            (_, None) if line.event != Event::Invoke && self.kind == Some(Kind::KeyValue) => Kind::KeyValue,
            (Function::Acquire | Function::Release, _) => Kind::Mutex,
            (Function::Read | Function::Write | Function::Cas, None) => Kind::Register,
            (_, Some(_)) => Kind::KeyValue,
            (f, None) => return Err(unexpected(format_args!("a key with {}", self.word(f)), "none")),
        };
        match (*self.kind.get_or_insert(kind), kind) {
            (before, kind) if before == kind => Ok(()),
            (Kind::Register, Kind::KeyValue) if line.event == Event::Ok && line.f == Function::Read => {
                let key = line.key.as_ref().map(ToString::to_string).unwrap_or_default();
                let found = format!("[{key} {}]", self.shown(&line.value));
                Err(unexpected(format_args!("the value of {}", self.word(line.f)), found))
            }
            (before, kind) => Err(unexpected(
                format_args!("an operation on {}, as all before", on(before)),
                format_args!("one on {}", on(kind)),
            )),
        }
    }

    fn invoke(&mut self, line: Line, at: Point) -> Result<(), Problem> {
        self.check_swapped(&line)?;
        let (process, f, is_text) = (line.process, line.f, line.is_text);
        let key = line.key.unwrap_or_else(|| self.empty_key.clone());
        let operation = self.operation(f, key, line.value)?;
        self.history.invoke(process, operation, at)?;
        self.outstanding.insert(process, Outstanding { f, is_text });
        Ok(())
    }

    fn complete(&mut self, line: Line, at: Point) -> Result<(), Problem> {
        let process = line.process;
        self.check_swapped(&line)?;
        let completion = match line.event {
            Event::Ok => Completion::Ok(self.output(line)?),
            Event::Fail => Completion::Fail,
            Event::Invoke | Event::Info => Completion::Info,
        };
        self.history.complete(process, completion, at)?;
        self.outstanding.remove(&process);
        Ok(())
    }

    /// Checks that a completion matches the outstanding operation of its process.
    fn check_match(&self, line: &Line) -> Result<(), Problem> {
        let process = line.process;
        let (Some(call), Some(known)) = (self.history.outstanding(process), self.outstanding.get(&process)) else {
            return Err(HistoryError::NothingOutstanding { process }.into());
        };
        let f = known.f;
        if line.f != f {
            return Err(unexpected(format_args!("a completion of {}", self.word(f)), self.word(line.f)));
        }
        if let Some(key) = line.key.as_ref().filter(|key| *key != call.input.key()) {
            let expected = format!("a completion of {} of {:?}", self.word(f), call.input.key());
            return Err(unexpected(expected, format_args!("one of {key:?}")));
        }
        let is_reason = line.event.gives_reason() && line.is_text && !known.is_text;
        // A store may answer a write with nothing, which JSON has a word for.
        let is_no_answer = line.value == Value::Nil && self.format.is_json();
        let is_of_mutex = matches!(f, Function::Acquire | Function::Release);
        if is_reason || is_no_answer || is_of_mutex || line.value.repeats(&call.input) {
            return Ok(());
        }
        let expected = format!("a completion of {} {}", self.word(f), self.shown(&Value::of(&call.input)));
        Err(unexpected(expected, self.shown(&line.value)))
    }

    /// Checks that the `ok` of a compare-and-swap, and no other line, says whether it found the expected value.
    fn check_swapped(&self, line: &Line) -> Result<(), Problem> {
        let is_due = line.event == Event::Ok && line.f == Function::Cas;
        match line.swapped {
            Some(swapped) if !is_due => Err(unexpected("\"swapped\" with an ok \"cas\" only", swapped)),
            None if is_due => Err(unexpected("\"swapped\" with an ok \"cas\"", "none")),
            _ => Ok(()),
        }
    }

    fn operation(&self, f: Function, key: Bytes, value: Value) -> Result<Operation, Problem> {
        let (expected, found) = match (f, value) {
            // A read's value that is known at its invocation comes from its completion, filled in later.
            (Function::Read | Function::Get, Value::Untold | Value::Nil | Value::One(_)) => {
                return Ok(Operation::Get { key });
            }
            (Function::Write | Function::Put, Value::One(value)) => return Ok(Operation::Put { key, value }),
            (Function::Write | Function::Put, Value::Nil) => return Ok(Operation::Delete { key }),
            (Function::Append, Value::One(value)) => return Ok(Operation::Append { key, value }),
            (Function::Delete, Value::Untold | Value::Nil) => return Ok(Operation::Delete { key }),
            (Function::Cas, Value::Pair(expected, value)) => return Ok(Operation::Cas { key, expected, value }),
            (Function::Acquire, _) => {
                return Ok(Operation::Cas { key, expected: None, value: Some(self.held.clone()) });
            }
            (Function::Release, _) => {
                return Ok(Operation::Cas { key, expected: Some(self.held.clone()), value: None });
            }
            (Function::Read | Function::Get | Function::Delete, value) => ("no value", value),
            (Function::Write | Function::Put | Function::Append, value) => ("a value", value),
            (Function::Cas, value) => ("[expected new]", value),
        };
        Err(unexpected(format_args!("{expected} with {}", self.word(f)), self.shown(&found)))
    }

    fn output(&self, line: Line) -> Result<Output, Problem> {
        match (line.f, line.value) {
            (Function::Read | Function::Get, Value::One(value)) => Ok(Output::Value(Some(value))),
            (Function::Read | Function::Get, Value::Nil) => Ok(Output::Value(None)),
            (Function::Read | Function::Get, value) => {
                Err(unexpected(format_args!("the value of {}", self.word(line.f)), self.shown(&value)))
            }
            (Function::Cas, _) if line.swapped == Some(false) => Ok(Output::Mismatch),
            (Function::Cas | Function::Acquire | Function::Release, _) => Ok(Output::Swapped),
            _ => Ok(Output::Written),
        }
    }

    /// A function as the text names it.
    fn word(&self, f: Function) -> String {
        self.format.word(f.name())
    }

    /// A value, much as the text has it.
    fn shown(&self, value: &Value) -> String {
        let nil = if self.format.is_json() { "null" } else { "nil" };
        // Jepsen keeps integers in a register.
        let is_integer = self.kind == Some(Kind::Register) && !self.format.is_json();
        let one = |value: &Bytes| if is_integer { value.to_string() } else { format!("{value:?}") };
        let or_nil = |value: &Option<Bytes>| value.as_ref().map_or_else(|| nil.to_string(), one);
        match value {
            Value::Untold => "none".to_string(),
            Value::Nil => nil.to_string(),
            Value::One(value) => one(value),
            Value::Pair(expected, value) => format!("[{} {}]", or_nil(expected), or_nil(value)),
        }
    }
}

/// The object of an operation.
fn on(kind: Kind) -> &'static str {
    match kind {
        Kind::Register => "a register",
        Kind::KeyValue => "a key",
        Kind::Mutex => "a mutex",
    }
}
