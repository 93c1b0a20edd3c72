//! A history being put together again, line by line. Whatever the format, here a line gets its meaning.

use std::collections::BTreeMap;

use env::{Bytes, Completion, Instant, Operation, Output};

use super::error::{Problem, unexpected};
use super::line::{Event, Function, Line, Value};
use super::{Format, Kind, Parsed};
use crate::history::{History, HistoryError, Point};

/// The lines so far.
pub(super) struct Assembly {
    format: Format,
    /// `None` until there is an operation.
    kind: Option<Kind>,
    history: History,
    /// What each process that has an operation outstanding called it. The operation does not tell: to write nothing is
    /// to delete.
    outstanding: BTreeMap<u64, Function>,
    /// The one of a register.
    empty_key: Bytes,
}

impl Assembly {
    pub(super) fn new(format: Format) -> Assembly {
        Assembly {
            format,
            kind: None,
            history: History::new(),
            outstanding: BTreeMap::new(),
            empty_key: Bytes::default(),
        }
    }

    pub(super) fn add(&mut self, number: u64, line: Line) -> Result<(), Problem> {
        self.check_kind(&line)?;
        let at = Point { order: line.order.unwrap_or(number), time: line.time.map(Instant) };
        match line.event {
            Event::Invoke => self.invoke(line, at),
            Event::Ok | Event::Fail | Event::Info => self.complete(line, at),
        }
    }

    /// The whole, if there was any operation.
    pub(super) fn finish(self) -> Option<Parsed> {
        Some(Parsed { format: self.format, kind: self.kind?, history: self.history })
    }

    /// Checks that the line is on a register, or on a key, as all before it.
    fn check_kind(&mut self, line: &Line) -> Result<(), Problem> {
        let kind = match (line.f, &line.key) {
            (Function::Read | Function::Write | Function::Cas, None) => Kind::Register,
            (Function::Read | Function::Write, Some(key)) => {
                return Err(unexpected(format_args!("no key with {}", self.word(line.f)), format_args!("{key:?}")));
            }
            (_, Some(_)) => Kind::KeyValue,
            (f, None) => return Err(unexpected(format_args!("a key with {}", self.word(f)), "none")),
        };
        match (*self.kind.get_or_insert(kind), kind) {
            (Kind::Register, Kind::KeyValue) => {
                Err(unexpected("an operation on a register, as all before", "one on a key"))
            }
            (Kind::KeyValue, Kind::Register) => {
                Err(unexpected("an operation on a key, as all before", "one on a register"))
            }
            (Kind::Register, Kind::Register) | (Kind::KeyValue, Kind::KeyValue) => Ok(()),
        }
    }

    fn invoke(&mut self, line: Line, at: Point) -> Result<(), Problem> {
        self.check_swapped(&line)?;
        let (process, f) = (line.process, line.f);
        let key = line.key.unwrap_or_else(|| self.empty_key.clone());
        let operation = self.operation(f, key, line.value)?;
        self.history.invoke(process, operation, at)?;
        self.outstanding.insert(process, f);
        Ok(())
    }

    fn complete(&mut self, line: Line, at: Point) -> Result<(), Problem> {
        let process = line.process;
        self.check_match(&line)?;
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

    /// Checks that a completion is of what its process has outstanding.
    fn check_match(&self, line: &Line) -> Result<(), Problem> {
        let process = line.process;
        let (Some(call), Some(f)) = (self.history.outstanding(process), self.outstanding.get(&process)) else {
            return Err(HistoryError::NothingOutstanding { process }.into());
        };
        if line.f != *f {
            return Err(unexpected(format_args!("a completion of {}", self.word(*f)), self.word(line.f)));
        }
        let key = line.key.as_ref().unwrap_or(&self.empty_key);
        if key != call.input.key() {
            let expected = format!("a completion of {} of {:?}", self.word(*f), call.input.key());
            return Err(unexpected(expected, format_args!("one of {key:?}")));
        }
        if line.value.repeats(&call.input) {
            return Ok(());
        }
        let expected = format!("a completion of {} {}", self.word(*f), self.shown(&Value::of(&call.input)));
        Err(unexpected(expected, self.shown(&line.value)))
    }

    /// Checks that the line says whether a compare-and-swap found what it expected, if it should.
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
            (Function::Read | Function::Get, Value::Untold | Value::Nil) => return Ok(Operation::Get { key }),
            (Function::Write | Function::Put, Value::One(value)) => return Ok(Operation::Put { key, value }),
            (Function::Write | Function::Put, Value::Nil) => return Ok(Operation::Delete { key }),
            (Function::Append, Value::One(value)) => return Ok(Operation::Append { key, value }),
            (Function::Delete, Value::Untold | Value::Nil) => return Ok(Operation::Delete { key }),
            (Function::Cas, Value::Pair(expected, value)) => {
                return Ok(Operation::Cas { key, expected, value });
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
            (Function::Cas, _) => Ok(Output::Swapped),
            _ => Ok(Output::Written),
        }
    }

    /// A function as the text names it.
    fn word(&self, f: Function) -> String {
        match self.format {
            Format::JepsenLog | Format::Edn => format!(":{}", f.name()),
            Format::JsonLines => format!("\"{}\"", f.name()),
        }
    }

    /// A value, much as the text has it.
    fn shown(&self, value: &Value) -> String {
        let nil = if self.format == Format::JsonLines { "null" } else { "nil" };
        // What Jepsen keeps in a register is integers.
        let is_integer = self.kind == Some(Kind::Register) && self.format != Format::JsonLines;
        let one = |value: &Bytes| if is_integer { value.to_string() } else { format!("{value:?}") };
        match value {
            Value::Untold => "none".to_string(),
            Value::Nil => nil.to_string(),
            Value::One(value) => one(value),
            Value::Pair(expected, value) => {
                let one = |value: &Option<Bytes>| value.as_ref().map_or_else(|| nil.to_string(), one);
                format!("[{} {}]", one(expected), one(value))
            }
        }
    }
}
