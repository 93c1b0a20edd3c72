//! The format of a text is told by its first operation. Much may come before that.
//!
//! Comments, records that are no operations, and lines of other loggers or of a test runner may come first. They are
//! left out and counted. A line that has the words of an operation is never one of them.

use super::edn::{self, Found, Reader, Stop};
use super::error::{Problem, ReadError, clipped, unexpected};
use super::fields::{Fields, Role};
use super::jepsen_log::{self, Said};
use super::text::Text;
use super::{Format, LeftOut, json};

/// The first operation comes within so many bytes.
pub(super) const BEFORE_MAX: u64 = 16 << 20;

/// So much of a form is looked at to tell whether it is an operation.
const LOOK_MAX: usize = 1 << 13;

/// So many forms are looked at that are none; those after them are taken for other lines.
const FORMS_MAX: u64 = 1_000;

const EXPECTED: &str = "a line of a Jepsen log, an EDN map or a JSON object";

/// The beginning of a text.
enum Beginning {
    Format(Format),
    /// A record of so many bytes that is no operation.
    Record(usize),
    /// Something else, and why it is no form of a format if it begins as one.
    Other(Option<ReadError>),
}

/// Passes the text before the first operation, and tells the format of the rest.
pub(super) fn format(text: &mut Text<'_>, left_out: &mut LeftOut) -> Result<Format, ReadError> {
    let mut first: Option<ReadError> = None;
    let mut is_log = false;
    let mut forms = 0;
    while let Some(byte) = text.past_blank()? {
        match byte {
            b'{' | b'[' | b'(' | b'#' if forms < FORMS_MAX => match form(text)? {
                Beginning::Format(format) => return Ok(format),
                Beginning::Record(len) => {
                    left_out.records += 1;
                    text.pass(len);
                    continue;
                }
                Beginning::Other(refused) => {
                    forms += 1;
                    first = first.or(refused);
                }
            },
            // A comment in EDN.
            b';' => {
                let len = text.line()?.unwrap_or(0);
                text.pass(len);
                check_length(text)?;
                continue;
            }
            _ => {
                let len = text.line()?.unwrap_or(0);
                let line = &text.rest()[..len];
                match jepsen_log::read(line, &mut Fields::default()) {
                    Ok(Said::Operation { is_bare: true }) => return Ok(Format::HistoryText),
                    Ok(Said::Operation { is_bare: false }) | Err(_) => return Ok(Format::JepsenLog),
                    Ok(Said::Nemesis) => {
                        is_log = true;
                        left_out.nemesis += 1;
                        text.pass(len);
                        continue;
                    }
                    Ok(Said::Other) => is_log |= jepsen_log::has_level(line),
                }
            }
        }
        let len = text.line()?.unwrap_or(0);
        let line = &text.rest()[..len];
        if !is_log && is_damaged(line) {
            return Err(text.refused(other(line)));
        }
        first.get_or_insert_with(|| text.refused(other(line)));
        left_out.others += 1;
        text.pass(len);
        check_length(text)?;
    }
    match first {
        Some(refused) if !is_log => Err(refused),
        _ => Err(no_operation(text, left_out)),
    }
}

/// Refuses a text in which no operation comes for too long.
pub(super) fn check_length(text: &Text<'_>) -> Result<(), ReadError> {
    if text.passed() <= BEFORE_MAX {
        return Ok(());
    }
    Err(text.refused(unexpected(format_args!("an operation in the first {} MiB", BEFORE_MAX >> 20), "none")))
}

/// Refuses a text that ends without an operation.
pub(super) fn no_operation(text: &Text<'_>, left_out: &LeftOut) -> ReadError {
    let has_others = LeftOut { records: 0, ..*left_out } != LeftOut::default();
    let problem = match left_out.records {
        count if count > 1 && !has_others => Problem::Records { count },
        _ => unexpected("an operation", "the end of the history"),
    };
    ReadError::Format(problem.at(text.last_line()))
}

/// The name of the field with the list of operations in it, if a form is a wrapper around one.
fn wrapper(look: &str) -> Option<&'static str> {
    const OTHERS: [&str; 3] = ["\"operations\"", "\"ops\"", "\"events\""];
    if !["history", "operations", "ops", "events"].iter().any(|name| look.contains(name)) {
        return None;
    }
    let packed: String = look.chars().filter(|c| !c.is_whitespace() && *c != ',').collect();
    let is_edn = ["[{", "({", "[#", "(#"].iter().any(|begin| packed.starts_with(&format!("{{:history{begin}")));
    if is_edn {
        return Some(":history");
    }
    if packed.contains("\"history\":[{") {
        return Some("\"history\"");
    }
    OTHERS.into_iter().find(|name| packed.starts_with(&format!("{{{name}:[{{")))
}

fn other(line: &str) -> Problem {
    unexpected(EXPECTED, format_args!("'{}'", clipped(line.trim(), 60)))
}

/// True of a line with the words of an operation in a map, without the map.
fn is_damaged(line: &str) -> bool {
    [":process", ":type", ":invoke", "\"process\"", "\"type\""].iter().any(|word| line.contains(word))
}

/// Classifies the form at the beginning of a text.
fn form(text: &mut Text<'_>) -> Result<Beginning, ReadError> {
    while text.rest().len() < LOOK_MAX && text.more()? {}
    let whole = text.rest();
    let end = (0..=LOOK_MAX.min(whole.len())).rev().find(|end| whole.is_char_boundary(*end)).unwrap_or(0);
    let (look, is_whole) = (&whole[..end], text.is_ended() && end == whole.len());
    let inner = look.strip_prefix(['[', '(']).map(str::trim_start);
    let mut after = inner.unwrap_or(look).chars();
    let first = after.next();
    // A tag follows its mark at once.
    let marks = (first, if first == Some('#') { after.next() } else { after.find(|c| !c.is_whitespace()) });
    let beginning = match (marks, inner.is_some()) {
        ((Some('{'), Some('"')), true) => Beginning::Format(Format::Json),
        ((Some('{'), Some('"')), false) => json(look),
        ((Some('{'), Some(':' | ';' | '#')), true) => Beginning::Format(Format::Edn),
        ((Some('#'), Some(c)), true) if begins_tag(c) => Beginning::Format(Format::Edn),
        ((Some('{'), Some(':' | ';' | '#')), false) => edn(text, look, is_whole),
        ((Some('#'), Some(c)), false) if begins_tag(c) => edn(text, look, is_whole),
        _ => Beginning::Other(None),
    };
    let form = match beginning {
        Beginning::Record(len) => &look[..len],
        Beginning::Format(_) | Beginning::Other(_) => look,
    };
    let is_one = inner.is_none() && form.starts_with("{") && !is_operation(look, &beginning);
    match wrapper(form).filter(|_| is_one) {
        Some(field) => Err(text.refused(Problem::Wrapper { field: field.to_string() })),
        None => Ok(beginning),
    }
}

/// True if the form at the beginning of a text is a whole operation.
fn is_operation(look: &str, beginning: &Beginning) -> bool {
    let mut fields = Fields::default();
    match beginning {
        Beginning::Format(Format::Edn) => {
            matches!(edn::next(&mut Reader::new(look, true), &mut fields), Ok(Found::Map)) && fields.has(Role::Process)
        }
        Beginning::Format(_) => {
            matches!(json::object(look, 0, &mut fields), Ok(Some(_))) && fields.are_of_an_operation()
        }
        Beginning::Record(_) | Beginning::Other(_) => false,
    }
}

fn begins_tag(c: char) -> bool {
    c.is_alphabetic() || matches!(c, '_' | ':')
}

fn json(look: &str) -> Beginning {
    let line = look.lines().next().unwrap_or_default();
    let mut fields = Fields::default();
    match json::object(look, 0, &mut fields) {
        Ok(Some(len)) if fields.are_of_an_operation() => {
            let is_line = len <= line.len();
            Beginning::Format(if is_line { Format::JsonLines } else { Format::Json })
        }
        Ok(Some(len)) => Beginning::Record(len),
        _ if !is_damaged(look) => Beginning::Other(None),
        _ if is_damaged(line) => Beginning::Format(Format::JsonLines),
        _ => Beginning::Format(Format::Json),
    }
}

fn edn(text: &Text<'_>, look: &str, is_whole: bool) -> Beginning {
    let mut reader = Reader::new(look, is_whole);
    let mut fields = Fields::default();
    match edn::next(&mut reader, &mut fields) {
        Ok(Found::Map) if fields.has(Role::Process) || fields.are_of_an_operation() => Beginning::Format(Format::Edn),
        Ok(Found::Map) => Beginning::Record(reader.at()),
        Ok(_) => Beginning::Format(Format::Edn),
        Err(_) if fields.are_of_an_operation() || is_damaged(look.lines().next().unwrap_or_default()) => {
            Beginning::Format(Format::Edn)
        }
        Err(Stop::Bad { at, found }) => Beginning::Other(Some(edn::refused(text, at, &found))),
        Err(Stop::More) => Beginning::Other(None),
    }
}
