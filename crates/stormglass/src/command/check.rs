//! `stormglass check`: whether a recorded history is linearizable.

use std::collections::BTreeSet;
use std::error::Error;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::time::Duration;

use ::env::Bytes;
use explore::cost::WallClock;
use explore::plain::{disturbs, escaped};
use explore::shell;
use history::format::{self, Format, Kind, LeftOut, Limits, Order, Parsed, ReadError};
use history::linearizability::{
    Budget, Counterexample, KeyValue, Limit, Model, Mutex, Register, Start, Verdict, check_from, other_start,
};
use history::{Call, Deadline, History};
use kv_types::{Operation, Output as Answer};

use crate::command::args::{CheckArgs, ModelArg};
use crate::command::document::CheckDocument;
use crate::command::exit;
use crate::command::output::Output;
use crate::command::screen::counted;

/// A state of the object: the value of a register or of a key.
type Value = Option<Bytes>;

/// A history that was judged.
pub(crate) struct Judged {
    pub(crate) format: Format,
    pub(crate) model: ModelArg,
    pub(crate) operations: usize,
    pub(crate) order: Order,
    /// How many lines have an earlier time than the one before them, where the order is not that of times.
    pub(crate) backward_times: u64,
    pub(crate) left_out: LeftOut,
    pub(crate) initial: Start<Value>,
    pub(crate) wall: Duration,
    pub(crate) finding: Finding,
}

/// The judgement on it.
pub(crate) enum Finding {
    Linearizable,
    NotLinearizable(Box<Counterexample>),
    /// It is not linearizable from an empty store, but from this start, and no option says how it begins.
    OtherStart(Start<Value>),
    /// The judgement ran into a limit, for the reason given.
    GivenUp(String),
}

pub(crate) fn check(args: &CheckArgs) -> Result<u8, Box<dyn Error>> {
    let name = escaped(&args.file.display().to_string());
    let clock = WallClock::start();
    let is_over = || args.time.is_some_and(|time| clock.elapsed() >= time);
    let deadline = Deadline::new(&is_over);
    let source = open(&args.file).map_err(|error| format!("{name}: {error}"))?;
    let parsed = match format::read(source, &Limits { bytes: args.bytes(), deadline }) {
        Ok(parsed) => parsed,
        Err(error @ (ReadError::Memory { .. } | ReadError::Time { .. })) => {
            let option = if matches!(error, ReadError::Time { .. }) { "--time" } else { "--memory" };
            return unread(args, &format!("{name}: {error}; {option} raises the limit"));
        }
        Err(error) => return Err(format!("{name}: {error}").into()),
    };
    let keys = keys(&parsed.history);
    let model = model(args, &parsed, keys).map_err(|error| format!("{name}: {error}"))?;
    let judged = judge(args, model, parsed, deadline);
    let mut output = Output::new();
    if args.json {
        output.document(&CheckDocument::new(&judged))?;
    } else {
        report(&mut output, &judged, &name, keys)?;
    }
    output.flush()?;
    Ok(match judged.finding {
        Finding::Linearizable => exit::PASS,
        Finding::NotLinearizable(_) => exit::SAFETY,
        Finding::OtherStart(_) | Finding::GivenUp(_) => exit::UNKNOWN,
    })
}

/// A history that is too large to be read has no verdict.
fn unread(args: &CheckArgs, why: &str) -> Result<u8, Box<dyn Error>> {
    let mut output = Output::new();
    if args.json {
        output.document(&crate::command::document::ErrorDocument::new(why.into(), exit::UNKNOWN))?;
    } else {
        output.wrapped(&format!("UNKNOWN  {why}"), 6)?;
    }
    output.flush()?;
    Ok(exit::UNKNOWN)
}

/// The model that was asked for, or the one that the operations are of.
fn model(args: &CheckArgs, parsed: &Parsed, keys: usize) -> Result<ModelArg, String> {
    let of_kind = match parsed.kind {
        Kind::Register => ModelArg::Register,
        Kind::KeyValue => ModelArg::Kv,
        Kind::Mutex => ModelArg::Mutex,
    };
    let model = args.model.unwrap_or(of_kind);
    match (model, of_kind) {
        (ModelArg::Register, _) if keys > 1 => {
            Err(format!("it is about {keys} keys, and a register has none: give --model kv"))
        }
        (ModelArg::Mutex, other) | (other, ModelArg::Mutex) if other != ModelArg::Mutex => {
            Err(format!("its operations are those of a {}: leave --model out", parsed.kind))
        }
        _ => Ok(model),
    }
}

fn judge(args: &CheckArgs, model: ModelArg, parsed: Parsed, deadline: Deadline<'_>) -> Judged {
    let Parsed { format, history, order, left_out, backward_times, .. } = parsed;
    // The history stays in memory while it is judged.
    let held = history.calls().len().saturating_mul(size_of::<Call>()).min(args.bytes() / 2);
    let budget = Budget { steps: args.steps, bytes: args.bytes() - held, deadline };
    let clock = WallClock::start();
    let finding = match model {
        ModelArg::Register => finding(args, &Register, &history, budget),
        ModelArg::Kv => finding(args, &KeyValue, &history, budget),
        ModelArg::Mutex => finding(args, &Mutex, &history, budget),
    };
    let initial = args.initial.clone().unwrap_or(Start::At(None));
    let (operations, wall) = (history.calls().len(), clock.elapsed());
    Judged { format, model, operations, order, backward_times, left_out, initial, wall, finding }
}

fn finding<M>(args: &CheckArgs, model: &M, history: &History, budget: Budget<'_>) -> Finding
where
    M: Model<Input = Operation, Output = Answer, State = Value>,
{
    let start = args.initial.clone().unwrap_or(Start::At(model.initial()));
    match check_from(model, &start, history, budget) {
        Verdict::Linearizable => Finding::Linearizable,
        Verdict::NotLinearizable(found) => {
            match if args.initial.is_none() { other_start(model, history, budget) } else { Ok(None) } {
                Ok(None) => Finding::NotLinearizable(found),
                Ok(Some(start)) => Finding::OtherStart(start),
                Err(limit) => Finding::GivenUp(format!(
                    "not linearizable from an empty store, and undecided from another first value: {}; give \
                     --initial nil if the store was empty",
                    given_up(args, limit)
                )),
            }
        }
        Verdict::Unknown(limit) => Finding::GivenUp(given_up(args, limit)),
    }
}

/// Why there is no verdict, and which option helps.
fn given_up(args: &CheckArgs, limit: Limit) -> String {
    match limit {
        Limit::Steps => format!("given up after {}: --steps raises the limit", counted(args.steps, "step")),
        Limit::Memory => format!("given up at {} MiB: --memory raises the limit", args.memory),
        Limit::Time => format!("given up after {:?}: --time raises the limit", args.time.unwrap_or_default()),
        Limit::Concurrency => "given up: more than 1,024 operations run at once".into(),
        Limit::Starts => "given up: more than 1,000 values may be the first one: give it by --initial".into(),
    }
}

fn report(output: &mut Output, judged: &Judged, name: &str, keys: usize) -> io::Result<()> {
    let operations = counted(judged.operations as u64, "operation");
    let object = match judged.model {
        ModelArg::Register => "a register".into(),
        ModelArg::Kv => format!("a store of {}", counted(keys as u64, "key")),
        ModelArg::Mutex if keys == 1 => "a mutex".into(),
        ModelArg::Mutex => counted(keys as u64, "mutex").replace("mutexs", "mutexes"),
    };
    let headline = match &judged.finding {
        Finding::Linearizable => "PASS  linearizable",
        Finding::NotLinearizable(_) => "FAIL  not linearizable",
        Finding::OtherStart(_) => "UNKNOWN  not linearizable from an empty store",
        Finding::GivenUp(_) => "UNKNOWN",
    };
    output.wrapped(&format!("{headline}: {operations} on {object}"), 6)?;
    output.wrapped(&format!("file  {name} ({})", judged.format), 6)?;
    if judged.order != Order::Lines {
        output.wrapped(&format!("order by :{}; the lines stand otherwise", judged.order), 6)?;
    }
    if judged.backward_times > 0 {
        let lines = counted(judged.backward_times, "line");
        output.wrapped(&format!("times go back at {lines}; the order is not that of the times"), 6)?;
    }
    if !judged.left_out.is_nothing() {
        output.wrapped(&format!("left out: {}", judged.left_out), 6)?;
    }
    match &judged.finding {
        Finding::Linearizable => Ok(()),
        Finding::NotLinearizable(found) => output.line(found.to_string().trim_end()),
        Finding::OtherStart(start) => output.wrapped(&advice(judged.model, start), 6),
        Finding::GivenUp(why) => output.wrapped(why, 6),
    }
}

/// The start from which a history is linearizable that is not from an empty store.
fn advice(model: ModelArg, start: &Start<Value>) -> String {
    let each = match model {
        ModelArg::Register => "every register",
        ModelArg::Kv => "every key",
        ModelArg::Mutex => "every mutex",
    };
    let begins = match start {
        Start::At(_) => format!("begins with {}", name_of(start)),
        Start::Anywhere => "may begin with a value of its own".into(),
    };
    format!("linearizable if {each} {begins}: --initial {}", shell::word(&name_of(start)))
}

/// A start as `--initial` names it: a text that means something else there, or would not be seen, is in double quotes.
pub(crate) fn name_of(start: &Start<Value>) -> String {
    let value = match start {
        Start::Anywhere => return "any".into(),
        Start::At(None) => return "nil".into(),
        Start::At(Some(value)) => value,
    };
    match std::str::from_utf8(value) {
        Ok(text)
            if matches!(text, "" | "any" | "nil" | "null")
                || text.starts_with('"')
                || text.contains(|c: char| c.is_whitespace() || disturbs(c)) =>
        {
            serde_json::to_string(text).expect("text is JSON")
        }
        _ => value.to_string(),
    }
}

/// The file to read; `-` is standard input.
fn open(path: &Path) -> io::Result<Box<dyn BufRead>> {
    if path == Path::new("-") {
        return Ok(Box::new(io::stdin().lock()));
    }
    Ok(Box::new(BufReader::new(File::open(path)?)))
}

/// How many keys there are.
fn keys(history: &History) -> usize {
    history.calls().iter().map(|call| call.input.key()).collect::<BTreeSet<_>>().len()
}
