//! A text on its way into a history: one loop for each shape of text.

use super::edn::{self, Found, Reader, Stop};
use super::error::{Problem, ReadError, unexpected};
use super::fields::{Fields, Role};
use super::jepsen_log::{self, Said};
use super::left_out::{Indices, LeftOut};
use super::meaning::{Meaning, Meant};
use super::order::{Ordered, Ordering};
use super::text::Text;
use super::{Format, Parsed, formats, json};

/// A text, as far as it has been read.
pub(super) struct Reading<'a> {
    text: Text<'a>,
    taken: Taken,
}

impl<'a> Reading<'a> {
    pub(super) fn new(text: Text<'a>) -> Reading<'a> {
        Reading { text, taken: Taken::new(Format::JsonLines, LeftOut::default()) }
    }

    /// Reads it to its end.
    pub(super) fn whole(mut self) -> Result<Parsed, ReadError> {
        let mut left_out = LeftOut::default();
        let format = formats::format(&mut self.text, &mut left_out)?;
        self.taken = Taken::new(format, left_out);
        match format {
            Format::JepsenLog | Format::HistoryText => self.log(format)?,
            Format::Edn => self.edn()?,
            Format::JsonLines => self.json_lines()?,
            Format::Json => self.json()?,
        }
        let Taken { ordering, indices, mut left_out, .. } = self.taken;
        // Jepsen counts from 0; others may not.
        left_out.indices = indices.missing(u64::from(format.is_json()));
        match ordering.finish(self.text.limits())? {
            Some(Ordered { kind, history, order, backward_times }) => {
                Ok(Parsed { format, kind, history, order, backward_times, left_out })
            }
            None => Err(formats::no_operation(&self.text, &left_out)),
        }
    }

    fn log(&mut self, format: Format) -> Result<(), ReadError> {
        let Reading { text, taken } = self;
        // The line at which another test begins.
        let mut second = None;
        while let Some(len) = text.line()? {
            let line = &text.rest()[..len];
            let mut fields = Fields::default();
            match jepsen_log::read(line, &mut fields).map_err(|problem| text.refused(problem))? {
                Said::Operation { is_bare } if is_bare != (format == Format::HistoryText) => {
                    let (expected, found) = match is_bare {
                        true => ("a logger before the operation, as before", "none"),
                        false => ("nothing before the operation, as before", "a logger"),
                    };
                    return Err(text.refused(unexpected(expected, found)));
                }
                Said::Operation { .. } => {
                    if let Some(begin) = second {
                        return Err(text.refused(Problem::SecondTest { begin }));
                    }
                    taken.take(text, &mut fields)?;
                }
                Said::Nemesis => taken.left_out.nemesis += 1,
                Said::Other if is_of_another_format(line) => {
                    let found = format!("'{}'", line.trim());
                    return Err(text.refused(unexpected("a line of a log, as before", found)));
                }
                Said::Other => {
                    taken.left_out.others += u64::from(!line.trim().is_empty());
                    if !taken.ordering.is_empty() && jepsen_log::begins_test(line) {
                        second.get_or_insert(text.line_number());
                    }
                }
            }
            text.pass_line(len);
            taken.check_length(text)?;
        }
        Ok(())
    }

    fn edn(&mut self) -> Result<(), ReadError> {
        let Reading { text, taken } = self;
        let mut sequence = Sequence::new();
        loop {
            let mut reader = Reader::new(text.rest(), text.is_ended());
            match reader.space() {
                Ok(()) => {}
                Err(Stop::More) if text.more()? => continue,
                Err(Stop::More) => break,
                Err(Stop::Bad { at, found }) => return Err(edn::refused(text, at, &found)),
            }
            let blank = reader.at();
            text.pass(blank);
            match taken.edn(text, &mut sequence)? {
                Some(len) => text.pass(len),
                None if text.more()? => {}
                None => return Err(text.refused(unexpected("an EDN map", "one without an end"))),
            }
            taken.check_length(text)?;
        }
        sequence.finish(text)
    }

    fn json_lines(&mut self) -> Result<(), ReadError> {
        let Reading { text, taken } = self;
        while let Some(len) = text.line()? {
            let line = &text.rest()[..len];
            if !line.trim_ascii().is_empty() {
                let mut fields = Fields::default();
                json::line(line, &mut fields).map_err(|problem| text.refused(problem))?;
                taken.take(text, &mut fields)?;
            }
            text.pass_line(len);
            taken.check_length(text)?;
        }
        Ok(())
    }

    /// Objects with anything but words between them.
    fn json(&mut self) -> Result<(), ReadError> {
        let Reading { text, taken } = self;
        let mut sequence = Sequence::new();
        loop {
            let rest = text.rest();
            let blank = rest.len() - rest.trim_ascii_start().len();
            let byte = rest.as_bytes().get(blank).copied();
            text.pass(blank);
            match byte {
                None if text.more()? => continue,
                None => return sequence.finish(text),
                Some(b'[') => sequence.open(b']', text)?,
                Some(b']') => sequence.close(b']', text)?,
                Some(b',') if sequence.close.is_some() => {}
                Some(_) => {
                    sequence.pass(text)?;
                    match taken.json(text)? {
                        Some(len) => text.pass(len),
                        None if text.more()? => {}
                        None => return Err(text.refused(unexpected("a JSON object", "one without an end"))),
                    }
                    taken.check_length(text)?;
                    continue;
                }
            }
            text.pass(1);
        }
    }
}

/// The history and the lines that are not in it, so far.
struct Taken {
    meaning: Meaning,
    ordering: Ordering,
    left_out: LeftOut,
    indices: Indices,
}

impl Taken {
    fn new(format: Format, left_out: LeftOut) -> Taken {
        Taken { meaning: Meaning::new(format), ordering: Ordering::new(format), left_out, indices: Indices::default() }
    }

    /// Takes in the operation that the text stands at.
    fn take(&mut self, text: &Text<'_>, fields: &mut Fields<'_>) -> Result<(), ReadError> {
        self.indices.pass(fields.get(Role::Index).as_natural());
        let number = text.line_number();
        match self.meaning.of(fields).map_err(|problem| text.refused(problem))? {
            Meant::Line(line) => self.ordering.add(number, line)?,
            Meant::Nemesis => self.left_out.nemesis += 1,
            Meant::Process => self.left_out.processes += 1,
            Meant::Record => self.left_out.records += 1,
        }
        let limit = text.limits().bytes;
        if self.ordering.bytes() + self.meaning.bytes() + text.bytes() > limit {
            return Err(ReadError::Memory { line: number, bytes: limit });
        }
        Ok(())
    }

    /// Takes in the form that the text stands at, and gives its length; `None` if its end has not been read.
    fn edn(&mut self, text: &Text<'_>, sequence: &mut Sequence) -> Result<Option<usize>, ReadError> {
        let mut reader = Reader::new(text.rest(), text.is_ended());
        let mut fields = Fields::default();
        match edn::next(&mut reader, &mut fields) {
            Ok(Found::Map) => {
                sequence.pass(text)?;
                self.take(text, &mut fields)?;
            }
            Ok(Found::Open(close)) => sequence.open(close, text)?,
            Ok(Found::Close(close)) => sequence.close(close, text)?,
            Ok(Found::Other(name)) => return Err(text.refused(unexpected("an EDN map", name))),
            Err(Stop::More) => return Ok(None),
            Err(Stop::Bad { at, found }) => return Err(edn::refused(text, at, &found)),
        }
        Ok(Some(reader.at()))
    }

    /// Takes in the object that the text stands at, and gives its length; `None` if its end has not been read.
    fn json(&mut self, text: &Text<'_>) -> Result<Option<usize>, ReadError> {
        let mut fields = Fields::default();
        match json::object(text.rest(), text.column(), &mut fields) {
            Ok(Some(len)) => {
                self.take(text, &mut fields)?;
                Ok(Some(len))
            }
            Ok(None) => Ok(None),
            Err((lines, problem)) => Err(problem.at(text.line_number() + lines).into()),
        }
    }

    fn check_length(&self, text: &Text<'_>) -> Result<(), ReadError> {
        if self.ordering.is_empty() { formats::check_length(text) } else { Ok(()) }
    }
}

/// The one vector, list or array that a text may be.
struct Sequence {
    /// The bracket that is to come.
    close: Option<u8>,
    is_closed: bool,
    is_begun: bool,
}

impl Sequence {
    fn new() -> Sequence {
        Sequence { close: None, is_closed: false, is_begun: false }
    }

    /// An element, or one without a sequence.
    fn pass(&mut self, text: &Text<'_>) -> Result<(), ReadError> {
        self.is_begun = true;
        if self.is_closed {
            return Err(text.refused(unexpected("the end of the history after its last bracket", "more")));
        }
        Ok(())
    }

    fn open(&mut self, close: u8, text: &Text<'_>) -> Result<(), ReadError> {
        if self.close.is_some() || self.is_begun {
            return Err(text.refused(unexpected("operations in one sequence, or in none", "another bracket")));
        }
        self.close = Some(close);
        self.is_begun = true;
        Ok(())
    }

    fn close(&mut self, close: u8, text: &Text<'_>) -> Result<(), ReadError> {
        if self.close != Some(close) {
            let found = format!("a '{}' that closes nothing", char::from(close));
            return Err(text.refused(unexpected("an operation", found)));
        }
        (self.close, self.is_closed) = (None, true);
        Ok(())
    }

    fn finish(&self, text: &Text<'_>) -> Result<(), ReadError> {
        match self.close {
            None => Ok(()),
            Some(close) => {
                let problem = unexpected(format_args!("a '{}'", char::from(close)), "the end of the history");
                Err(problem.at(text.last_line()).into())
            }
        }
    }
}

/// True of a line in a log that begins as an operation in another format does.
fn is_of_another_format(line: &str) -> bool {
    let line = line.trim_start_matches(['[', '(']);
    let map = line.strip_prefix("#jepsen.history.Op").unwrap_or(line);
    [":process ", ":type ", ":index ", "\"process\"", "\"type\"", "\"index\""]
        .iter()
        .any(|field| map.strip_prefix('{').is_some_and(|fields| fields.starts_with(field)))
}
