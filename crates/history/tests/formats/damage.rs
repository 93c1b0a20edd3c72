//! A damaged file is read as a history or refused at one of its lines, in one line.

use history::format::{self, Limits, Parsed, ReadError};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::samples;

#[derive(Clone, Debug)]
enum Damage {
    Byte(Index, u8),
    Cut(Index),
    Lost(Index, usize),
    Inserted(Index, Vec<u8>),
    LineTwice(Index),
}

fn damage() -> impl Strategy<Value = Damage> {
    let at = any::<Index>;
    prop_oneof![
        (at(), any::<u8>()).prop_map(|(at, byte)| Damage::Byte(at, byte)),
        (at(), select(&b"{}[]:\"\\ \t\r\n#,;09nx-"[..])).prop_map(|(at, byte)| Damage::Byte(at, byte)),
        at().prop_map(Damage::Cut),
        (at(), 1..40_usize).prop_map(|(at, len)| Damage::Lost(at, len)),
        (at(), vec(any::<u8>(), 1..6)).prop_map(|(at, bytes)| Damage::Inserted(at, bytes)),
        (at(), "[\\[{(#:\"a0, \n]{1,6}").prop_map(|(at, text)| Damage::Inserted(at, text.into_bytes())),
        at().prop_map(Damage::LineTwice),
    ]
}

fn strike(text: &mut Vec<u8>, damage: Damage) {
    if text.is_empty() {
        return;
    }
    match damage {
        Damage::Byte(at, byte) => *at.get_mut(text) = byte,
        Damage::Cut(at) => text.truncate(at.index(text.len())),
        Damage::Lost(at, len) => {
            let from = at.index(text.len());
            text.drain(from..(from + len).min(text.len()));
        }
        Damage::Inserted(at, bytes) => {
            let from = at.index(text.len());
            text.splice(from..from, bytes);
        }
        Damage::LineTwice(at) => {
            let lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
            let twice = at.index(lines.len());
            *text = [&lines[..=twice], &lines[twice..]].concat().concat();
        }
    }
}

fn read(text: &[u8]) -> Result<Parsed, ReadError> {
    format::read(text, &Limits::default())
}

/// Checks the verdict on a text, and says whether it is a history.
fn judge(text: &[u8]) -> Result<bool, TestCaseError> {
    match read(text) {
        Ok(parsed) => {
            let mut written = Vec::new();
            format::write(&parsed.history, &mut written).unwrap();
            let again = read(&written).map_err(|error| TestCaseError::fail(error.to_string()))?;
            prop_assert_eq!(again.history, parsed.history);
            Ok(true)
        }
        // The beginning of compressed data, and no more of it.
        Err(ReadError::Io(_)) => Ok(false),
        Err(ReadError::Format(error)) => {
            let lines = text.split_inclusive(|byte| *byte == b'\n').count().max(1) as u64;
            prop_assert!((1..=lines).contains(&error.line), "{} of {} lines: {}", error.line, lines, error);
            let message = error.to_string();
            prop_assert!(message.starts_with(&format!("line {}: ", error.line)), "{}", message);
            prop_assert!(!message.contains(['\n', '\r']) && message.chars().count() <= 200, "{}", message);
            Ok(false)
        }
        // There is enough memory and time.
        Err(other) => Err(TestCaseError::fail(other.to_string())),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_refused_at_one_of_their_lines(text in vec(any::<u8>(), 0..200)) {
        prop_assert!(!judge(&text)?);
    }

    #[test]
    fn any_text_after_a_good_beginning_is_read_or_refused_at_a_line(
        (begun, rest) in (select([&samples::ALL[..], &samples::MORE[..]].concat()), any::<String>()),
    ) {
        judge(format!("{begun}{rest}").as_bytes())?;
    }

    #[test]
    fn a_damaged_file_is_read_or_refused_at_a_line(
        (whole, damages) in (select([&samples::ALL[..], &samples::MORE[..]].concat()), vec(damage(), 1..4)),
    ) {
        let mut text = whole.as_bytes().to_vec();
        damages.into_iter().for_each(|damage| strike(&mut text, damage));
        judge(&text)?;
    }
}

#[test]
fn a_file_that_ends_within_a_line_is_refused_at_that_line() {
    for whole in samples::ALL.into_iter().chain([samples::CONSOLE, samples::HISTORY_TEXT]) {
        for cut in (1..whole.len()).filter(|cut| whole.is_char_boundary(*cut)) {
            let text = &whole[..cut];
            let line = text.lines().count() as u64;
            let rest = whole[cut..].lines().next().unwrap_or_default();
            let cut_line = whole.lines().nth(line as usize - 1).unwrap_or_default();
            let is_operation =
                [":invoke", ":ok", ":fail", ":info", "\"type\""].iter().any(|event| cut_line.contains(event));
            // A line of the nemesis is no operation, however little is left of it.
            let is_nemesis =
                text.lines().last().is_some_and(|line| line.contains("jepsen.util - :") || line.starts_with(':'));
            if text.ends_with('\n') || rest.is_empty() || is_nemesis || !is_operation {
                continue;
            }
            match read(text.as_bytes()) {
                Ok(parsed) => panic!("it was read: {text}\nas {parsed:?}"),
                Err(ReadError::Format(error)) => assert_eq!(error.line, line, "{error} in\n{text}"),
                Err(other) => panic!("{other}"),
            }
        }
    }
}

#[test]
fn a_file_that_ends_between_lines_is_read_that_far() {
    let lens = samples::ALL.map(|whole| {
        let ends = whole.match_indices('\n').map(|(at, _)| at + 1);
        let read = ends.filter_map(|end| read(&whole.as_bytes()[..end]).ok());
        read.map(|parsed| parsed.history.calls().len()).collect::<Vec<_>>()
    });
    let expected = [vec![1, 2, 2, 2, 3, 3, 3, 4, 5, 5, 5], vec![1, 2, 2, 2, 3, 4, 4], vec![1, 2, 2, 2, 3, 3, 4]];
    assert_eq!(lens, expected);
}

#[test]
fn a_text_may_hold_any_brackets() {
    let value = "(".repeat(200) + "\\\"[";
    let line = format!("{{:process 0, :type :invoke, :f :put, :key \"a\", :value \"{value}\"}}");
    assert!(judge(line.as_bytes()).unwrap(), "{line}");
}

#[test]
fn a_line_that_nests_deeper_than_any_stack_is_refused() {
    let depth = 20_000;
    for (open, close) in [("[", "]"), ("(", ")"), ("#t ", ""), ("#{", "}"), ("{0 ", "}")] {
        let deep = format!("{}1{}", open.repeat(depth), close.repeat(depth));
        for text in [
            format!("{{:process 0, :type :invoke, :f :write, :value {deep}}}"),
            format!("{{:process {deep}, :type :invoke, :f :write, :value 1}}"),
            format!("INFO  jepsen.util - 0 :invoke :write {deep}"),
            format!("{{\"process\":0,\"type\":\"invoke\",\"f\":\"write\",\"value\":{deep}}}"),
        ] {
            assert!(!judge(text.as_bytes()).unwrap());
        }
    }
}
