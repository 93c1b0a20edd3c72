//! Reading ends within bounds, for any text, however it comes.

use std::cell::Cell;
use std::io::{self, BufRead, BufReader, Read};

use history::Deadline;
use history::format::{self, Limits, Parsed, ReadError};

use crate::samples;

/// A text without end: the same again and again.
struct Endless {
    text: &'static [u8],
    at: usize,
    given: u64,
}

impl Endless {
    fn new(text: &'static str) -> Endless {
        Endless { text: text.as_bytes(), at: 0, given: 0 }
    }
}

impl Read for Endless {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let rest = &self.text[self.at..];
        let len = rest.len().min(to.len());
        to[..len].copy_from_slice(&rest[..len]);
        self.at = (self.at + len) % self.text.len();
        self.given += len as u64;
        Ok(len)
    }
}

/// A source that gives a few bytes at a time.
struct Dribble<'a>(&'a [u8], usize);

impl Read for Dribble<'_> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let len = self.1.min(self.0.len()).min(to.len());
        to[..len].copy_from_slice(&self.0[..len]);
        self.0 = &self.0[len..];
        Ok(len)
    }
}

fn read(source: impl BufRead) -> Result<Parsed, ReadError> {
    format::read(source, &Limits::default())
}

#[test]
fn an_endless_text_without_an_operation_is_refused_after_a_while() {
    let same = "the same line again\n";
    for text in
        [same, "\n", "; a comment\n", "{:a 1}\n", "{\"a\":1}\n", "{:process :nemesis, :type :info}\n", "INFO x\n"]
    {
        let mut endless = Endless::new(text);
        let error = read(BufReader::new(&mut endless)).expect_err(text);
        assert!(error.to_string().ends_with("expected an operation in the first 16 MiB, found none"), "{error}");
        assert!(endless.given < 20 << 20, "{} bytes of {text}", endless.given);
    }
}

#[test]
fn a_line_without_end_is_refused_before_it_fills_the_memory() {
    for text in ["\0", "{:process 0, :type :invoke, :f :write, :value [", "{\"process\":0,\"value\":", "[[[[{", "\""] {
        let mut endless = Endless::new(text);
        let error = read(BufReader::new(&mut endless)).expect_err(text);
        assert!(matches!(error, ReadError::Format(_)), "{text}: {error}");
        assert!(endless.given < 40 << 20, "{} bytes of {text}", endless.given);
    }
}

#[test]
fn a_history_that_is_larger_than_the_memory_is_given_up_at_its_line() {
    let pair = "{:process 0, :type :invoke, :f :read}\n{:process 0, :type :ok, :f :read, :value nil}\n";
    let limits = Limits { bytes: 4 << 20, ..Limits::default() };
    let error = format::read(BufReader::new(Endless::new(pair)), &limits).expect_err("it has no end");
    assert!(matches!(error, ReadError::Memory { bytes, line } if bytes == 4 << 20 && line > 10_000), "{error}");
    let given_up = error.to_string();
    assert!(given_up.ends_with("the history takes more than 4 MiB up to here"), "{given_up}");
    let lines = "{\"process\":0,\"type\":\"invoke\",\"f\":\"read\",\"time\":9}\n{\"process\":0,\"type\":\"info\",\"f\":\"read\",\"time\":7}\n";
    let error = format::read(BufReader::new(Endless::new(lines)), &limits).expect_err("it has no end");
    assert!(matches!(error, ReadError::Memory { .. }), "lines to be sorted are counted too: {error}");
}

#[test]
fn reading_ends_when_the_time_is_over() {
    let pair = "{:process 0, :type :invoke, :f :read}\n{:process 0, :type :ok, :f :read, :value nil}\n";
    let asked = Cell::new(0);
    let is_over = || {
        asked.set(asked.get() + 1);
        asked.get() > 20
    };
    let limits = Limits { deadline: Deadline::new(&is_over), ..Limits::default() };
    let error = format::read(BufReader::new(Endless::new(pair)), &limits).expect_err("it has no end");
    assert!(matches!(error, ReadError::Time { line } if line > 1_000), "{error}");
}

#[test]
fn a_text_that_comes_in_pieces_is_read_as_the_whole_is() {
    for text in samples::ALL.into_iter().chain(samples::MORE) {
        for end in 0..=text.len() {
            let text = &text.as_bytes()[..end];
            let told = |read: Result<Parsed, ReadError>| read.map_err(|error| error.to_string());
            let whole = told(read(text));
            for len in [1, 7] {
                let pieces = BufReader::with_capacity(len, Dribble(text, len));
                assert_eq!(told(read(pieces)), whole, "{} bytes at a time", len);
            }
        }
    }
}

#[test]
fn a_source_that_fails_is_no_history() {
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the disk is gone"))
        }
    }
    let begun = &b"{:process 0, :type :invoke, :f :read}\n"[..];
    let error = read(BufReader::new(begun.chain(Failing))).expect_err("it fails");
    assert_eq!(error.to_string(), "the disk is gone");
}
