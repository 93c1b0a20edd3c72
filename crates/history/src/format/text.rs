//! A text as it comes in: never more of it in memory than the line, the map or the object that is being read.
//!
//! Always true: the part in memory is valid UTF-8; the source is asked for more only where nothing whole is left; the
//! caller's deadline is asked before the source is.

use std::io::{self, BufRead};
use std::mem;

use super::error::{FormatError, Problem, ReadError, unexpected};
use super::{Limits, formats};

/// The source is read in pieces of so many bytes, or more where a line is longer.
const PIECE: usize = 1 << 16;

/// The longest line, map or object that is read, in bytes.
const LENGTH_MAX: usize = 16 << 20;

/// The part of a text that has been read and not yet passed.
pub(super) struct Text<'a> {
    source: &'a mut dyn BufRead,
    limits: Limits<'a>,
    text: String,
    /// The part that has been passed ends here in `text`.
    at: usize,
    /// Bytes after `text` that are the beginning of a character.
    begun: Vec<u8>,
    /// The byte after `text` that is no UTF-8.
    damaged: Option<u8>,
    is_ended: bool,
    line: u64,
    column: usize,
    passed: u64,
}

impl<'a> Text<'a> {
    pub(super) fn new(source: &'a mut dyn BufRead, limits: Limits<'a>) -> Text<'a> {
        Text {
            source,
            limits,
            text: String::new(),
            at: 0,
            begun: Vec::new(),
            damaged: None,
            is_ended: false,
            line: 1,
            column: 0,
            passed: 0,
        }
    }

    /// The text in memory that has not been passed.
    pub(super) fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    /// True if nothing comes after `rest`.
    pub(super) fn is_ended(&self) -> bool {
        self.is_ended
    }

    /// The number of the line in which `rest` begins, counted from 1.
    pub(super) fn line_number(&self) -> u64 {
        self.line
    }

    /// The number of bytes in that line before `rest`.
    pub(super) fn column(&self) -> usize {
        self.column
    }

    /// The number of the last line that there is something of.
    pub(super) fn last_line(&self) -> u64 {
        if self.column == 0 && self.rest().is_empty() { self.line.saturating_sub(1).max(1) } else { self.line }
    }

    /// The number of bytes passed.
    pub(super) fn passed(&self) -> u64 {
        self.passed
    }

    /// The bytes of memory that it takes.
    pub(super) fn bytes(&self) -> usize {
        self.text.capacity()
    }

    pub(super) fn limits(&self) -> &Limits<'a> {
        &self.limits
    }

    /// Passes the line with which `rest` begins, of so many bytes.
    pub(super) fn pass_line(&mut self, bytes: usize) {
        if self.rest().as_bytes()[..bytes].ends_with(b"\n") {
            (self.line, self.column) = (self.line + 1, 0);
        } else {
            self.column += bytes;
        }
        self.at += bytes;
        self.passed += bytes as u64;
    }

    /// Passes the first bytes of `rest`.
    pub(super) fn pass(&mut self, bytes: usize) {
        let passed = &self.text.as_bytes()[self.at..self.at + bytes];
        match memchr::memrchr(b'\n', passed) {
            None => self.column += bytes,
            Some(last) => {
                self.line += memchr::memchr_iter(b'\n', passed).count() as u64;
                self.column = bytes - last - 1;
            }
        }
        self.at += bytes;
        self.passed += bytes as u64;
    }

    /// Passes spaces and ends of lines, and gives the byte after them; `None` at the end of the text.
    pub(super) fn past_blank(&mut self) -> Result<Option<u8>, ReadError> {
        loop {
            let rest = self.rest();
            let blank = rest.len() - rest.trim_start().len();
            let byte = rest.as_bytes().get(blank).copied();
            self.pass(blank);
            formats::check_length(self)?;
            if byte.is_some() || !self.more()? {
                return Ok(byte);
            }
        }
    }

    /// The length of the line with which `rest` begins, its end included; `None` at the end of the text.
    pub(super) fn line(&mut self) -> Result<Option<usize>, ReadError> {
        let mut searched = 0;
        loop {
            let rest = self.rest().as_bytes();
            if let Some(end) = memchr::memchr(b'\n', &rest[searched..]) {
                return Ok(Some(searched + end + 1));
            }
            searched = rest.len();
            if !self.more()? {
                return Ok(Some(searched).filter(|len| *len > 0));
            }
        }
    }

    /// Reads on, so that `rest` is longer; false at the end of the text.
    ///
    /// # Errors
    /// If `rest` is as long as it may be, the next byte is no UTF-8, the time is over, or the source fails.
    pub(super) fn more(&mut self) -> Result<bool, ReadError> {
        if self.limits.deadline.is_over() {
            return Err(ReadError::Time { line: self.line });
        }
        if let Some(byte) = self.damaged {
            let newlines = memchr::memchr_iter(b'\n', self.rest().as_bytes()).count() as u64;
            return Err(unexpected("UTF-8", format_args!("the byte 0x{byte:02x}")).at(self.line + newlines).into());
        }
        let len = self.rest().len();
        let length_max = LENGTH_MAX.min(self.limits.bytes / 4);
        if len > length_max {
            return Err(self.refused(Problem::TooLong { bytes: length_max }));
        }
        self.text.drain(..mem::take(&mut self.at));
        let wanted = len + len.max(PIECE);
        while self.text.len() < wanted && !self.is_ended && self.damaged.is_none() {
            self.piece(wanted)?;
        }
        if self.text.len() == len && self.damaged.is_some() {
            return self.more();
        }
        Ok(self.text.len() > len)
    }

    /// A problem with the line in which `rest` begins.
    pub(super) fn refused(&self, problem: Problem) -> ReadError {
        ReadError::Format(FormatError { line: self.line, problem })
    }

    /// Takes the bytes that the source has at hand, or waits for some.
    fn piece(&mut self, wanted: usize) -> io::Result<()> {
        let piece = loop {
            match self.source.fill_buf() {
                Ok(piece) => break piece,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        };
        if piece.is_empty() {
            self.is_ended = true;
            self.damaged = self.begun.first().copied();
            return Ok(());
        }
        let taken = piece.len().min(wanted - self.text.len());
        self.begun.extend_from_slice(&piece[..taken]);
        self.source.consume(taken);
        match std::str::from_utf8(&self.begun) {
            Ok(text) => {
                self.text.push_str(text);
                self.begun.clear();
            }
            Err(why) => {
                let (valid, rest) = self.begun.split_at(why.valid_up_to());
                self.text.push_str(std::str::from_utf8(valid).unwrap_or_default());
                self.damaged = why.error_len().and_then(|_| rest.first().copied());
                let valid = valid.len();
                self.begun.drain(..valid);
            }
        }
        Ok(())
    }
}
