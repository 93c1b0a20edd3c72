//! Small histories of every kind that people have get the verdicts, or the refusals, that `inputs/expected.txt` lists, and
//! the examples of docs/formats.md those that stand above them.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};

use env::Bytes;
use history::History;
use history::format::{self, Kind, Limits, Parsed, ReadError};
use history::linearizability::{Budget, KeyValue, Model, Mutex, Register, Start, is_linearizable, other_start};
use kv_types::{Operation, Output};

/// A line of `expected.txt`: a file, a verdict, and the other facts known of it.
struct Expected {
    file: String,
    verdict: String,
    detail: String,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("inputs")
}

fn expected() -> Vec<Expected> {
    let lines =
        fs::read_to_string(folder().join("expected.txt")).expect("the folder lists its files and their verdicts");
    let of_line = |line: &str| match line.splitn(3, " | ").collect::<Vec<_>>()[..] {
        [file, verdict, detail] => Expected { file: file.into(), verdict: verdict.into(), detail: detail.into() },
        _ => panic!("'{line}' is no file with its verdict"),
    };
    lines.lines().map(of_line).collect()
}

fn read(file: &str) -> Result<Parsed, ReadError> {
    let source = File::open(folder().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
    format::read(BufReader::new(source), &Limits::default())
}

/// The verdict on a text, and the detail, in the words of `expected.txt`.
fn judged(read: Result<Parsed, ReadError>) -> (String, String) {
    let Parsed { kind, history, left_out, .. } = match read {
        Ok(parsed) => parsed,
        Err(error) => return ("refused".into(), error.to_string()),
    };
    let verdict = match kind {
        Kind::Register => verdict(&Register, &history),
        Kind::KeyValue => verdict(&KeyValue, &history),
        Kind::Mutex => verdict(&Mutex, &history),
    };
    let operations = history.calls().len();
    let mut detail = format!("{operations} operation{}", if operations == 1 { "" } else { "s" });
    if !left_out.is_nothing() {
        detail += &format!("; left out: {left_out}");
    }
    (verdict, detail)
}

fn verdict<M>(model: &M, history: &History) -> String
where
    M: Model<Input = Operation, Output = Output, State = Option<Bytes>>,
{
    match is_linearizable(model, history, Budget::default()) {
        None => "undecided".into(),
        Some(true) => "linearizable".into(),
        Some(false) => match other_start(model, history, Budget::default()) {
            Ok(None) => "not-linearizable".into(),
            Ok(Some(Start::At(Some(value)))) => format!("linearizable-from {value}"),
            Ok(Some(Start::At(None) | Start::Anywhere)) => "linearizable-from any".into(),
            Err(_) => "undecided".into(),
        },
    }
}

#[test]
fn every_input_has_the_verdict_or_the_refusal_that_is_listed() {
    let expected = expected();
    let wrong: Vec<String> = expected
        .iter()
        .filter_map(|Expected { file, verdict, detail }| {
            let found = judged(read(file));
            (found != (verdict.clone(), detail.clone())).then(|| format!("{file}: {} | {}", found.0, found.1))
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), expected.len(), wrong.join("\n"));
}

#[test]
fn every_input_is_listed() {
    let listed: BTreeSet<String> = expected().into_iter().map(|expected| expected.file).collect();
    let there =
        fs::read_dir(folder()).expect("the folder is there").map(|entry| entry.expect("it is read").file_name());
    let there: BTreeSet<String> = there.map(|name| name.to_string_lossy().into_owned()).collect();
    let texts = ["README.md", "expected.txt"].map(String::from);
    let unlisted: Vec<_> = there.iter().filter(|name| !listed.contains(*name) && !texts.contains(name)).collect();
    assert!(unlisted.is_empty(), "{unlisted:?}");
}

#[test]
fn a_refusal_is_one_line_of_at_most_200_characters() {
    for Expected { file, .. } in expected() {
        if let Err(error) = read(&file) {
            let message = error.to_string();
            assert!(message.chars().count() <= 200 && !message.contains(char::is_control), "{file}: {message}");
        }
    }
}

#[test]
fn every_example_of_the_documentation_has_the_verdict_that_stands_above_it() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/formats.md");
    let text = fs::read_to_string(path).expect("the formats are documented");
    let mut examples = 0;
    for (heading, rest) in text
        .match_indices("\nJudged: `")
        .map(|(at, mark)| text[at + mark.len()..].split_once("`\n"))
        .map(|parts| parts.expect("the words have an end"))
    {
        let example = rest.strip_prefix("\n```text\n").and_then(|rest| rest.split_once("```\n"));
        let (example, _) = example.unwrap_or_else(|| panic!("no example follows '{heading}'"));
        let (verdict, detail) = judged(format::read(example.as_bytes(), &Limits::default()));
        assert_eq!(format!("{verdict} | {detail}"), heading, "of\n{example}");
        examples += 1;
    }
    assert_eq!(examples, text.matches("```text").count(), "every example is judged");
}
