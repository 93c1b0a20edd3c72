//! The answer of a completion, which other tools spread over fields: a value, an output, a word on success.
//!
//! Always true: an answer that two fields give differently is refused, and so is a write whose output is no sign that it
//! happened.

use super::Format;
use super::error::{Problem, unexpected};
use super::fields::{Fields, Raw, Role};
use super::line::{Event, Function};

/// True if a compare-and-swap found the expected value; `None` if the line does not tell.
///
/// In EDN an `:ok` alone says that it took effect. In JSON a field says it.
pub(super) fn swapped(event: Event, f: Function, fields: &Fields<'_>, format: Format) -> Result<Option<bool>, Problem> {
    let own = match fields.get(Role::Swapped) {
        Raw::Missing | Raw::Nil => None,
        Raw::Bool(swapped) => Some(*swapped),
        other => return Err(unexpected("true or false in \"swapped\"", format.shown(other))),
    };
    if event != Event::Ok || f != Function::Cas {
        return Ok(own);
    }
    let others = [Role::Value, Role::Output, Role::Success];
    let mut told = own.into_iter().chain(others.into_iter().filter_map(|role| boolean(fields.get(role))));
    match told.next() {
        None => Ok((!format.is_json()).then_some(true)),
        Some(first) if told.any(|other| other != first) => {
            Err(unexpected(format_args!("one answer of {}", format.word(f.name())), "true and false"))
        }
        Some(first) => Ok(Some(first)),
    }
}

/// The value of a line: the argument of an invocation, the answer of a completion.
pub(super) fn value<'a>(
    event: Event,
    f: Function,
    fields: &mut Fields<'a>,
    format: Format,
) -> Result<Raw<'a>, Problem> {
    let (value, input, output) = (fields.take(Role::Value), fields.take(Role::Input), fields.take(Role::Output));
    match (event, f) {
        (Event::Fail | Event::Info, _) => Ok(value),
        (Event::Invoke, _) => Ok(or(value, input)),
        (Event::Ok, Function::Read | Function::Get) => read(f, value, output, format),
        (Event::Ok, Function::Cas) => {
            // A boolean is the answer of `swapped`.
            let [value, output] = [value, output].map(|raw| if boolean(&raw).is_some() { Raw::Missing } else { raw });
            written(f, or(value, input), output, format)
        }
        (Event::Ok, _) => written(f, or(value, input), output, format),
    }
}

fn read<'a>(f: Function, value: Raw<'a>, output: Raw<'a>, format: Format) -> Result<Raw<'a>, Problem> {
    match (value, output) {
        (Raw::Missing, output) => Ok(output),
        (value, Raw::Missing | Raw::Nil) => Ok(value),
        (Raw::Nil, output) if !is_success(&output) => Ok(output),
        (value, output) if is_same(&value, &output) => Ok(value),
        (value, output) => {
            let found = format!("{} and {}", format.shown(&value), format.shown(&output));
            Err(unexpected(format_args!("one answer of {}", format.word(f.name())), found))
        }
    }
}

/// The value that the completion of a write repeats, if its output is no other.
fn written<'a>(f: Function, told: Raw<'a>, output: Raw<'a>, format: Format) -> Result<Raw<'a>, Problem> {
    let has_value = matches!(f, Function::Write | Function::Put | Function::Append | Function::Cas);
    match (told, output) {
        (told, Raw::Missing | Raw::Nil) => Ok(told),
        (told, output) if is_success(&output) => Ok(told),
        // The invocation has the value that it must be.
        (Raw::Missing | Raw::Nil, output) if has_value => Ok(output),
        (told, output) if has_value && is_same(&told, &output) => Ok(told),
        (_, output) => {
            let own = if has_value { "its own value" } else { "\"done\"" };
            let expected = format!("null, true, \"ok\" or {own} as the output of an ok {}", format.word(f.name()));
            Err(unexpected(expected, format.shown(&output)))
        }
    }
}

/// True of an output that says no more than that the operation happened.
pub(super) fn is_success(raw: &Raw<'_>) -> bool {
    const WORDS: [&str; 17] = [
        "",
        "ok",
        "success",
        "succeeded",
        "successful",
        "done",
        "true",
        "yes",
        "written",
        "stored",
        "set",
        "committed",
        "applied",
        "created",
        "updated",
        "deleted",
        "completed",
    ];
    match raw {
        Raw::Bool(is_true) => *is_true,
        Raw::Text(text) => WORDS.iter().any(|word| text.eq_ignore_ascii_case(word)),
        _ => false,
    }
}

fn or<'a>(raw: Raw<'a>, other: Raw<'a>) -> Raw<'a> {
    if raw == Raw::Missing { other } else { raw }
}

fn boolean(raw: &Raw<'_>) -> Option<bool> {
    match raw {
        Raw::Bool(is_true) => Some(*is_true),
        _ => None,
    }
}

/// True if both have the same text: `1` and `"1"` are one value.
fn is_same(one: &Raw<'_>, other: &Raw<'_>) -> bool {
    let text = |raw: &Raw<'_>| raw.with_text(<[u8]>::to_vec);
    match (one, other) {
        (Raw::Pair(one), Raw::Pair(other)) => is_same(&one[0], &other[0]) && is_same(&one[1], &other[1]),
        (Raw::Nil, Raw::Nil) => true,
        (one, other) => text(one).is_some() && text(one) == text(other),
    }
}
