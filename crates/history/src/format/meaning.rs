//! The meaning of an operation's fields, the same for all formats.
//!
//! Always true: a line that is left out is counted by its kind; a word that could mean two things is refused.

use env::Bytes;

use super::error::{Problem, unexpected};
use super::fields::{Fields, Raw, Role};
use super::line::{Event, Function, Line, Value};
use super::objects::Objects;
use super::processes::Processes;
use super::shared::Shared;
use super::times::Times;
use super::{Format, answer, foreign, names};

/// A line, or the reason why it is left out.
pub(super) enum Meant {
    Line(Line),
    /// It is of the nemesis.
    Nemesis,
    /// It is of another process that is no client.
    Process,
    /// It is of no operation.
    Record,
}

/// Gives fields their meaning, one operation after the other.
pub(super) struct Meaning {
    format: Format,
    processes: Processes,
    times: Times,
    objects: Objects,
    shared: Shared,
}

impl Meaning {
    pub(super) fn new(format: Format) -> Meaning {
        Meaning {
            format,
            processes: Processes::default(),
            times: Times::default(),
            objects: Objects::default(),
            shared: Shared::new(),
        }
    }

    /// The bytes of memory that it takes, and those of all keys and values.
    pub(super) fn bytes(&self) -> usize {
        self.processes.bytes() + self.shared.bytes()
    }

    pub(super) fn of(&mut self, fields: &mut Fields<'_>) -> Result<Meant, Problem> {
        if let Some(role) = fields.clash() {
            return Err(unexpected(format_args!("one field for {}", self.format.field(role)), "two"));
        }
        let is_ours = self.format.is_json() && fields.are_ours();
        let f = self.function(fields);
        let process = match fields.take(Role::Process) {
            process if is_nemesis(&process, &f) => return Ok(Meant::Nemesis),
            _ if self.is_whole(fields) => return Err(Problem::Whole),
            Raw::Missing | Raw::Nil if is_unknown(&f) => return Ok(Meant::Record),
            Raw::Missing | Raw::Nil => {
                let expected = format!("a process in {}", self.format.field(Role::Process));
                return Err(unexpected(expected, "none"));
            }
            process if is_unknown(&f) && self.is_of_no_client(&process, fields) => return Ok(Meant::Process),
            process => self.processes.number(&process, self.format)?,
        };
        let event = self.event(fields, matches!(f, Ok(Function::Cas)))?;
        let f = f?;
        let mut line = Line {
            process,
            event,
            f,
            key: None,
            value: Value::Untold,
            swapped: answer::swapped(event, f, fields, self.format)?,
            time: self.times.nanos(fields.get(Role::Time), fields.rank(Role::Time), self.format)?,
            order: self.order(fields.get(Role::Order))?,
            index: fields.get(Role::Index).as_natural(),
            is_text: false,
        };
        self.key_and_value(&mut line, fields, is_ours)?;
        if line.event == Event::Invoke && line.key.is_none() {
            self.objects.pass(fields, self.format)?;
        }
        Ok(Meant::Line(line))
    }

    /// True of a whole operation, with the times of its invocation and its completion.
    fn is_whole(&self, fields: &Fields<'_>) -> bool {
        let has_both = fields.has(Role::Begin) && fields.has(Role::End);
        has_both && fields.are_of_an_operation() && foreign::event(fields, false).is_err()
    }

    /// True if a process has a name, none of its lines is an operation, and this line has nothing of one.
    fn is_of_no_client(&mut self, process: &Raw<'_>, fields: &Fields<'_>) -> bool {
        let has = |role| !matches!(fields.get(role), Raw::Missing | Raw::Nil);
        // Jepsen's clients have numbers; a keyword is one of its other processes, which may have any value.
        let is_keyword = matches!(process, Raw::Keyword(_));
        let has_argument = has(Role::Key) || !is_keyword && (has(Role::Value) || has(Role::Input));
        let name = name(process);
        !name.is_empty() && !has_argument && self.processes.leave_out(name)
    }

    fn function(&self, fields: &Fields<'_>) -> Result<Function, Problem> {
        let (raw, function) = if self.format.is_json() {
            foreign::function(fields)?
        } else {
            let raw = fields.get(Role::Function);
            let function = Function::named(name(raw));
            (raw, function.filter(|f| !self.format.is_log() || f.is_logged()))
        };
        function.ok_or_else(|| {
            let name = name(raw).trim_start_matches(':');
            if let Some((object, judge)) = names::not_judged(name) {
                return Problem::NotJudged { f: self.format.word(name), object, judge };
            }
            let expected = match self.format {
                Format::JsonLines | Format::Json => "a function in \"f\", such as \"read\", \"write\" or \"cas\"",
                Format::JepsenLog | Format::HistoryText => ":read, :write or :cas",
                Format::Edn => "an :f of :read, :write, :get, :put, :append, :delete or :cas",
            };
            unexpected(expected, self.format.shown(raw))
        })
    }

    fn event(&self, fields: &Fields<'_>, is_swap: bool) -> Result<Event, Problem> {
        if self.format.is_json() {
            return foreign::event(fields, is_swap);
        }
        let raw = fields.get(Role::Event);
        Event::named(name(raw)).ok_or_else(|| {
            let expected = match self.format {
                Format::Edn => "a :type of :invoke, :ok, :fail or :info",
                _ => ":invoke, :ok, :fail or :info",
            };
            unexpected(expected, self.format.shown(raw))
        })
    }

    fn order(&self, raw: &Raw<'_>) -> Result<Option<u64>, Problem> {
        match raw {
            Raw::Missing | Raw::Nil => Ok(None),
            raw => match raw.as_natural() {
                Some(order) => Ok(Some(order)),
                None => Err(unexpected("a number in \"order\"", self.format.shown(raw))),
            },
        }
    }

    /// Gives a line its key, its value, and whether it swapped where the value says so.
    ///
    /// In JSON of another tool, an array of numbers is a list and no bytes.
    fn key_and_value(&mut self, line: &mut Line, fields: &mut Fields<'_>, is_ours: bool) -> Result<(), Problem> {
        let mut key = fields.take(Role::Key);
        let mut value = answer::value(line.event, line.f, fields, self.format)?;
        if is_ours {
            (key, value) = (key.with_bytes(false), value.with_bytes(line.f == Function::Cas));
        } else if self.format.is_json() {
            (key, value) = (key.without_bytes(), value.without_bytes());
        }
        let empty_is_nil = self.format == Format::Edn && !matches!(key, Raw::Missing | Raw::Nil);
        if !matches!(key, Raw::Missing | Raw::Nil) {
            line.key = Some(self.key(&key)?);
        }
        let gives_reason = line.event.gives_reason();
        if gives_reason && matches!(value, Raw::Keyword(_) | Raw::Nil) {
            return Ok(());
        }
        let is_swap = line.f == Function::Cas && line.event == Event::Ok && line.swapped.is_none();
        let told = self.told(line, value, empty_is_nil);
        match told {
            Err(_) if gives_reason => Ok(()),
            Err(problem) => Err(problem),
            Ok(()) => {
                // Another tool repeats the swapped pair, in an `ok` that says nothing else.
                if is_swap && matches!(line.value, Value::Pair(..)) {
                    line.swapped = Some(true);
                }
                Ok(())
            }
        }
    }

    /// Reads a value, and the key that stands before it in a tuple.
    fn told(&mut self, line: &mut Line, value: Raw<'_>, empty_is_nil: bool) -> Result<(), Problem> {
        let (key, value) = match value {
            Raw::Tuple(tuple) => {
                let [key, value] = *tuple;
                (key, value)
            }
            Raw::Pair(pair) if line.key.is_none() && (line.f != Function::Cas || matches!(pair[1], Raw::Pair(_))) => {
                let [key, value] = *pair;
                (key, value)
            }
            value => (Raw::Missing, value),
        };
        if key != Raw::Missing {
            if line.key.is_some() {
                return Err(unexpected("one key", "one in a tuple, too"));
            }
            line.key = Some(self.key(&key)?);
        }
        line.is_text = matches!(value, Raw::Text(_));
        let is_read = matches!(line.f, Function::Read | Function::Get);
        line.value = match value {
            Raw::Missing => Value::Untold,
            Raw::Pair(pair) if key == Raw::Missing && !is_read || line.f == Function::Cas => {
                Value::Pair(self.scalar(&pair[0], empty_is_nil)?, self.scalar(&pair[1], empty_is_nil)?)
            }
            value => self.one(line.f, &value, empty_is_nil)?.into(),
        };
        Ok(())
    }

    fn one(&mut self, f: Function, value: &Raw<'_>, empty_is_nil: bool) -> Result<Option<Bytes>, Problem> {
        let is_collection = matches!(value, Raw::Sequence(_) | Raw::Pair(_) | Raw::Other("a set" | "a map"));
        match f {
            Function::Read | Function::Get if is_collection => {
                let is_map = *value == Raw::Other("a map");
                Err(Problem::NotJudged {
                    f: format!("{} of {}", self.format.word(f.name()), self.format.shown(value)),
                    object: if is_map { "an operation on a bank" } else { "an operation on a set or a list" },
                    judge: if is_map { "jepsen.tests.bank" } else { "Jepsen's checker/set-full or Elle" },
                })
            }
            Function::Acquire | Function::Release if *value != Raw::Nil => Err(Problem::NotJudged {
                f: format!("{} with a value", self.format.word(f.name())),
                object: "an operation on a lock with owners or fences",
                judge: "Knossos",
            }),
            Function::Cas => match value {
                Raw::Sequence(_) => {
                    let expected =
                        if self.format.is_json() { "an array of two values" } else { "a vector of two values" };
                    Err(unexpected(expected, self.format.shown(value)))
                }
                value => self.scalar(value, empty_is_nil),
            },
            _ => self.scalar(value, empty_is_nil),
        }
    }

    fn scalar(&mut self, raw: &Raw<'_>, empty_is_nil: bool) -> Result<Option<Bytes>, Problem> {
        match raw {
            Raw::Nil => Ok(None),
            Raw::Text(text) if empty_is_nil && text.is_empty() => Ok(None),
            // In a log, the keyword of an error stands where a value is expected.
            Raw::Keyword(_) if self.format.is_log() => Err(self.no_value(raw)),
            raw => raw.with_text(|text| self.shared.get(text)).map(Some).ok_or_else(|| self.no_value(raw)),
        }
    }

    fn no_value(&self, raw: &Raw<'_>) -> Problem {
        let expected = match self.format {
            Format::JsonLines | Format::Json => "a string, a number, null or [expected, new]",
            Format::JepsenLog | Format::HistoryText => "an integer, nil or a vector of two",
            Format::Edn => "a string or an integer",
        };
        unexpected(expected, self.format.shown(raw))
    }

    fn key(&mut self, raw: &Raw<'_>) -> Result<Bytes, Problem> {
        raw.with_text(|text| self.shared.get(text)).ok_or_else(|| {
            let expected = format!("a string or an integer in {}", self.format.field(Role::Key));
            unexpected(expected, self.format.shown(raw))
        })
    }
}

/// True of a function without a meaning here, which is of no client.
fn is_unknown(f: &Result<Function, Problem>) -> bool {
    !matches!(f, Ok(_) | Err(Problem::NotJudged { .. } | Problem::TwoFunctions { .. }))
}

/// True of the processes that Jepsen and other tools give the nemesis: its name, or -1.
fn is_nemesis(process: &Raw<'_>, f: &Result<Function, Problem>) -> bool {
    let is_minus_one = *process == Raw::Integer { is_negative: true, magnitude: 1 };
    name(process).trim_start_matches(':').starts_with("nemesis") || is_minus_one && is_unknown(f)
}

/// The name of an event or a function, empty if it is none.
fn name<'r>(raw: &'r Raw<'_>) -> &'r str {
    match raw {
        Raw::Keyword(name) => name,
        Raw::Text(name) => name,
        _ => "",
    }
}
