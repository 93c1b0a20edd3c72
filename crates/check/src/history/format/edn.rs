//! A history as EDN, a map a line: what Jepsen stores as `history.edn`, and what labs on replicated stores write.
//!
//! ```text
//! {:process 9, :type :invoke, :f :append, :key "0", :value "x 9 0 y"}
//! #jepsen.history.Op{:index 1, :time 3291485317, :type :ok, :process 0, :f :read, :value 3}
//! ```
//!
//! A map may be the body of a record, and may have more fields than are read. `:time` is in nanoseconds. What a process
//! did that is no number (`:nemesis`) is no client's operation and is skipped. A key or value is a string, an integer,
//! or a keyword, which is its text with the colon. Of a completion that is no `:ok`, a keyword as value (`:timed-out`)
//! is a reason.
//!
//! The stores of those labs know no difference between a key that is absent and one whose value is the empty string. So
//! with a `:key`, `""` is `nil`: a `:get` of it found nothing, and a `:put` of it is a deletion, as is a swap to it. To
//! append it has no such meaning and is refused.
//!
//! Left out, and refused wherever in a line they are: a history that is one vector, numbers that are no integers, and
//! escapes in strings other than `\t`, `\r`, `\n`, `\\` and `\"`.

use std::io::Write;

use clojure_reader::edn::{self, Edn};
use clojure_reader::error::{Code, Error};
use env::Bytes;

use super::error::{Problem, unexpected};
use super::line::{Event, Function, Line, Value};

/// So deep may brackets nest in a line. No operation needs more than a few, and the time to read one grows faster than
/// the square of it.
const DEPTH_MAX: usize = 64;

/// Refuses what nests too deep.
pub(super) fn is_shallow(text: &str) -> Result<(), Problem> {
    let (mut depth, mut is_text, mut is_escaped) = (0_usize, false, false);
    for byte in text.bytes() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => is_text = !is_text,
            b'(' | b'[' | b'{' if !is_text => depth += 1,
            b')' | b']' | b'}' if !is_text => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEPTH_MAX {
            return Err(unexpected("an operation", format_args!("brackets that nest deeper than {DEPTH_MAX}")));
        }
    }
    Ok(())
}

/// Reads a line; `None` if it is no client's.
pub(super) fn read(text: &str) -> Result<Option<Line>, Problem> {
    is_shallow(text)?;
    let (form, rest) = edn::read(text).map_err(|why| unexpected("an EDN map", found(&why, text)))?;
    if !rest.trim().is_empty() {
        return Err(unexpected("the end of the line", format_args!("'{}'", rest.trim())));
    }
    let body = match &form {
        Edn::Tagged(_, body) => body,
        form => form,
    };
    let Edn::Map(fields) = body else { return Err(unexpected("an EDN map", described(body))) };
    let field = |name| fields.get(&Edn::key(name));
    let process = match field("process") {
        Some(Edn::Key(_)) => return Ok(None),
        process => natural(process, "a process in :process")?,
    };
    let event = word(field("type"), Event::named, "a :type of :invoke, :ok, :fail or :info")?;
    let f = word(field("f"), Function::named, "an :f of :read, :write, :get, :put, :append, :delete or :cas")?;
    let key = match field("key") {
        None | Some(Edn::Nil) => None,
        Some(key) => Some(text_of(key).ok_or_else(|| unexpected("a string or an integer in :key", described(key)))?),
    };
    let empty_is_nil = key.is_some();
    let scalar = |edn: &Edn| match edn {
        Edn::Nil => Ok(None),
        Edn::Str(text) if empty_is_nil && text.is_empty() => Ok(None),
        other => text_of(other).map(Some).ok_or_else(|| unexpected("a string or an integer", described(other))),
    };
    let value = match field("value") {
        None => Value::Untold,
        Some(Edn::Key(_)) if event.gives_reason() => Value::Untold,
        Some(value) => value_of(value, scalar)?,
    };
    let time = match field("time") {
        None | Some(Edn::Nil) => None,
        time => Some(natural(time, "nanoseconds in :time")?),
    };
    let swapped = swapped(event, f);
    Ok(Some(Line { process, event, f, key, value, swapped, time, order: None }))
}

/// A value, or a pair of them; what a value may be, `scalar` says.
pub(super) fn value_of(edn: &Edn, scalar: impl Fn(&Edn) -> Result<Option<Bytes>, Problem>) -> Result<Value, Problem> {
    let Edn::Vector(pair) = edn else { return Ok(scalar(edn)?.into()) };
    let [expected, new] = pair.as_slice() else {
        return Err(unexpected("a vector of two values", format_args!("a vector of {}", pair.len())));
    };
    Ok(Value::Pair(scalar(expected)?, scalar(new)?))
}

/// Jepsen's compare-and-swap is `:ok` if it swapped.
pub(super) fn swapped(event: Event, f: Function) -> Option<bool> {
    (event == Event::Ok && f == Function::Cas).then_some(true)
}

/// The decimal text of an integer.
pub(super) fn decimal(int: i64) -> Bytes {
    let mut text = [0; 20];
    let mut rest = &mut text[..];
    let fits = write!(rest, "{int}");
    assert!(fits.is_ok(), "{int} has more than 20 digits");
    let unused = rest.len();
    Bytes::from(&text[..20 - unused])
}

/// What was found, for a message. A form that has others in it is only named: it may be deeper than any stack.
pub(super) fn described(edn: &Edn) -> String {
    match edn {
        Edn::Vector(_) => "a vector".to_string(),
        Edn::Set(_) => "a set".to_string(),
        Edn::Map(_) => "a map".to_string(),
        Edn::List(_) => "a list".to_string(),
        Edn::Tagged(..) => "a tagged form".to_string(),
        atom => atom.to_string(),
    }
}

fn text_of(edn: &Edn) -> Option<Bytes> {
    match edn {
        Edn::Str(text) => Some(Bytes::from(&**text)),
        Edn::Int(int) => Some(decimal(*int)),
        Edn::Key(name) => Some(Bytes::from(&*format!(":{name}"))),
        _ => None,
    }
}

fn word<T>(edn: Option<&Edn>, named: impl Fn(&str) -> Option<T>, expected: &str) -> Result<T, Problem> {
    match edn {
        Some(Edn::Key(name)) => named(name).ok_or_else(|| unexpected(expected, format_args!(":{name}"))),
        other => Err(unexpected(expected, or_none(other))),
    }
}

fn natural(edn: Option<&Edn>, expected: &str) -> Result<u64, Problem> {
    match edn {
        Some(Edn::Int(int)) if *int >= 0 => Ok(int.unsigned_abs()),
        other => Err(unexpected(expected, or_none(other))),
    }
}

fn or_none(edn: Option<&Edn>) -> String {
    edn.map_or_else(|| "none".to_string(), described)
}

fn found(why: &Error, text: &str) -> String {
    let what = match &why.code {
        Code::UnexpectedEOF if why.ptr.is_some_and(|ptr| ptr < text.trim_end().len()) => "a field without a value",
        Code::UnexpectedEOF => return "the end of the line".to_string(),
        Code::UnmatchedDelimiter(delimiter) => &format!("a '{delimiter}' that closes nothing"),
        Code::HashMapDuplicateKey => "a field that is there twice",
        Code::SetDuplicateKey => "an element that is there twice",
        Code::InvalidChar => "a malformed character",
        Code::InvalidEscape => "an unknown escape in a string",
        Code::InvalidKeyword => "a malformed keyword",
        Code::InvalidNumber | Code::InvalidRadix(_) | Code::NoFloatFeature => "a number that is no integer",
        Code::InvalidTag => "a malformed tag",
        other => &format!("{other:?}"),
    };
    why.column.map_or_else(|| what.to_string(), |column| format!("{what} at column {column}"))
}
