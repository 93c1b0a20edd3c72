//! Histories in any format.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use history::Deadline;
use history::format::{self, Kind, Limits, Parsed, ReadError};
use history::linearizability::{self, Budget, KeyValue, Model, Mutex, Register, Verdict};
use kv_types::{Operation, Output};

/// The most that reading may take. No input here is larger than a small part of it.
const LIMITS: Limits<'_> = Limits { bytes: 64 << 20, deadline: Deadline::NEVER };

/// The most that judging may take: little, since the search has tests of its own.
const BUDGET: Budget<'_> = Budget { steps: 2_000, bytes: 1 << 20, deadline: Deadline::NEVER };

/// A text is refused at one of its lines, in one line, or is a history that is written and read again as the same. A
/// history is judged within a budget.
pub fn history(text: &[u8]) -> bool {
    match format::read(text, &LIMITS) {
        Ok(parsed) => {
            assert_written_and_read(&parsed);
            judge(&parsed);
            true
        }
        // The beginning of compressed data, and no more of it.
        Err(ReadError::Io(_)) => false,
        Err(ReadError::Format(error)) => {
            assert!(error.line >= 1, "refused at line 0: {error}");
            assert_plain(&error.to_string());
            false
        }
        // More memory than it may take, or more time.
        Err(error) => {
            assert!(text.starts_with(b"\x1f\x8b") || text.starts_with(b"\x28\xb5\x2f\xfd"), "{error}");
            false
        }
    }
}

/// The laws of a text hold of any bytes in its place, and gzip makes no difference to a text.
pub fn compressed(bytes: &[u8]) -> bool {
    let as_it_is = history(bytes);
    let unpacked = format::read(bytes, &LIMITS).ok();
    let is_marked = [&b"\x1f\x8b"[..], b"\x28\xb5\x2f\xfd"].iter().any(|mark| bytes.starts_with(mark));
    if !is_marked {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        let gzip = gzip.write_all(bytes).and_then(|()| gzip.finish()).expect("a vector takes any bytes");
        assert_eq!(format::read(&gzip[..], &LIMITS).ok(), unpacked, "gzip makes a difference");
    }
    as_it_is
}

fn assert_written_and_read(parsed: &Parsed) {
    let mut written = Vec::new();
    format::write(&parsed.history, &mut written).expect("a vector takes any bytes");
    match format::read(&written[..], &LIMITS) {
        Ok(again) => assert_eq!(again.history, parsed.history, "it was written as another history"),
        Err(error) => panic!("{error}, in the written history: {}", String::from_utf8_lossy(&written)),
    }
}

fn judge(Parsed { kind, history, .. }: &Parsed) {
    match kind {
        Kind::Register => judge_by(&Register, history),
        Kind::KeyValue => judge_by(&KeyValue, history),
        Kind::Mutex => judge_by(&Mutex, history),
    }
}

fn judge_by<M: Model<Input = Operation, Output = Output>>(model: &M, history: &history::History) {
    let verdict = linearizability::check(model, history, BUDGET);
    let is_linearizable = linearizability::is_linearizable(model, history, BUDGET);
    match &verdict {
        Verdict::Linearizable => assert_eq!(is_linearizable, Some(true), "two verdicts"),
        Verdict::NotLinearizable(counterexample) => {
            assert_eq!(is_linearizable, Some(false), "two verdicts");
            assert_shown(&counterexample.to_string());
            // There may be one or not; the search for one comes to an end.
            let _ = linearizability::other_start(model, history, BUDGET);
        }
        Verdict::Unknown(limit) => assert_eq!(is_linearizable, None, "unknown for {limit:?}, and yet known"),
    }
}

/// A message to a terminal: one line, of plain text.
pub(super) fn assert_plain(message: &str) {
    assert!(!message.is_empty() && !message.contains(char::is_control), "{message:?} is not one plain line");
}

/// A text for a terminal: lines of plain text.
fn assert_shown(text: &str) {
    assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text:?} is no plain text");
}
