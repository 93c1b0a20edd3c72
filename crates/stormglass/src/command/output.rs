//! Standard output: the result, and nothing else.

use std::io::{self, BufWriter, ErrorKind, Stdout, Write};

use anstyle::{AnsiColor, Style};
use explore::layout::wrapped;
use serde::Serialize;

use crate::command::terminal;

/// Standard output. Its reader may stop early (`| head`): later output is dropped without an error.
pub(crate) struct Output {
    /// The width of its lines, in characters.
    pub(crate) width: usize,
    writer: BufWriter<Stdout>,
    is_closed: bool,
    is_colored: bool,
}

impl Output {
    pub(crate) fn new() -> Output {
        Output {
            width: terminal::width(),
            writer: BufWriter::with_capacity(64 << 10, io::stdout()),
            is_closed: false,
            is_colored: terminal::is_colored(),
        }
    }

    /// Writes a line or several as they are. A verdict that one begins with is in colour on a terminal.
    pub(crate) fn line(&mut self, line: impl std::fmt::Display) -> io::Result<()> {
        if self.is_closed {
            return Ok(());
        }
        let written = if self.is_colored {
            line.to_string().split('\n').try_for_each(|line| writeln!(self.writer, "{}", painted(line)))
        } else {
            writeln!(self.writer, "{line}")
        };
        self.unless_closed(written)
    }

    /// Writes a text in lines that fit, all but the first indented.
    pub(crate) fn wrapped(&mut self, text: &str, indent: usize) -> io::Result<()> {
        self.line(wrapped(text, self.width, indent))
    }

    /// Writes one JSON document.
    pub(crate) fn document(&mut self, document: &impl Serialize) -> io::Result<()> {
        self.line(serde_json::to_string(document)?)
    }

    /// Writes the buffer out. To be called at the end: dropping it would hide an error.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        let flushed = if self.is_closed { Ok(()) } else { self.writer.flush() };
        self.unless_closed(flushed)
    }

    fn unless_closed(&mut self, written: io::Result<()>) -> io::Result<()> {
        match written {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.is_closed = true;
                Ok(())
            }
            Err(error) => {
                // The lines held back cannot be written either, and are not tried again when this is dropped.
                self.is_closed = true;
                Err(io::Error::new(error.kind(), format!("the result could not be written: {error}")))
            }
            Ok(()) => Ok(()),
        }
    }
}

/// A line whose first word is a verdict, with that in colour.
fn painted(line: &str) -> String {
    let word = line.split(' ').next().unwrap_or_default();
    let color = match word {
        "PASS" | "CAUGHT" => AnsiColor::Green,
        "FAIL" | "MISSED" => AnsiColor::Red,
        "STOPPED" | "UNKNOWN" => AnsiColor::Yellow,
        _ => return line.into(),
    };
    let style = Style::new().bold().fg_color(Some(color.into()));
    format!("{style}{word}{style:#}{}", &line[word.len()..])
}

#[cfg(test)]
mod tests {
    use super::painted;

    #[test]
    fn the_verdict_that_a_line_begins_with_is_painted_and_nothing_else() {
        assert_eq!(painted("PASS  200 runs"), "\x1b[1m\x1b[32mPASS\x1b[0m  200 runs");
        assert_eq!(painted("FAIL"), "\x1b[1m\x1b[31mFAIL\x1b[0m");
        for plain in ["  PASS", "FAILED  x", "runs  FAIL", ""] {
            assert_eq!(painted(plain), plain);
        }
    }
}
