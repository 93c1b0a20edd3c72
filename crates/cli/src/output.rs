//! Standard output: the result, and nothing else.

use std::io::{self, BufWriter, ErrorKind, Stdout, Write};

/// Standard output, of which a reader may have had enough (`| head`): what is written after that is dropped, and no
/// error.
pub(crate) struct Output {
    writer: BufWriter<Stdout>,
    is_closed: bool,
}

impl Output {
    pub(crate) fn new() -> Output {
        Output { writer: BufWriter::with_capacity(64 << 10, io::stdout()), is_closed: false }
    }

    pub(crate) fn line(&mut self, line: impl std::fmt::Display) -> io::Result<()> {
        let written = if self.is_closed { Ok(()) } else { writeln!(self.writer, "{line}") };
        self.unless_closed(written)
    }

    /// Writes out what is held back. To be called at the end: dropping it would hide an error.
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
            written => written,
        }
    }
}
