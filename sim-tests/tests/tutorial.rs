//! The tutorial and its crates: every block of the text is a file under `docs/tutorial`, and every screen a real one.
//!
//! A block says in its first line which file it is of: "```rust src/node.rs". All blocks of a file together are the
//! file. `.ci/tutorial` builds the crates outside this workspace, and compares the screens whole, as cargo prints them
//! there.

use std::collections::BTreeMap;
use std::fs;
use std::panic;
use std::path::{Path, PathBuf};

use explore::Repro;
use sim::{Line, Recorder};
use stormglass::prelude::*;

use guestbook::GuestBook;

#[path = "../../docs/tutorial/state-machine/src/lib.rs"]
#[allow(unreachable_pub, unused_imports, reason = "a crate of its own, which exports them")]
#[allow(clippy::needless_pass_by_value, reason = "the crate keeps to the usual lints")]
mod guestbook;

/// A text of `docs`, and the folder of its crate.
const TEXTS: [(&str, &str); 2] = [("tutorial.md", "state-machine"), ("bring-your-own.md", "async-server")];

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs")
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// The blocks of a text, each with the words after its opening fence.
fn blocks(text: &str) -> Vec<(String, String)> {
    let mut blocks = Vec::new();
    let mut open: Option<(String, String)> = None;
    for line in text.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (Some(_), Some("")) => blocks.extend(open.take()),
            (Some((_, block)), _) => *block += &format!("{line}\n"),
            (None, Some(opened)) => open = Some((opened.into(), String::new())),
            (None, None) => {}
        }
    }
    assert_eq!(open, None, "a block that does not end");
    blocks
}

/// The block of this kind in the text of the state machine.
fn shown(kind: &str) -> String {
    let blocks = blocks(&read(&docs().join("tutorial.md")));
    blocks.into_iter().find(|(opened, _)| opened == kind).unwrap_or_else(|| panic!("no block '{kind}'")).1
}

/// The files of a crate that a reader types: all but its corpus.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for below in ["", "src", "tests", ".cargo"] {
        let entries = fs::read_dir(folder.join(below)).into_iter().flatten();
        files.extend(entries.map(|entry| entry.expect("a file").path()).filter(|path| path.is_file()));
    }
    files.retain(|file| file.file_name().is_some_and(|name| name != "Cargo.lock"));
    files
}

#[test]
fn the_blocks_of_each_text_are_the_files_of_its_crate() {
    for (text, name) in TEXTS {
        let folder = docs().join("tutorial").join(name);
        let mut typed: BTreeMap<PathBuf, String> = BTreeMap::new();
        for (opened, block) in blocks(&read(&docs().join(text))) {
            let (language, file) = opened.split_once(' ').unwrap_or((&opened, ""));
            if language == "text" || language == "console" {
                continue;
            }
            assert!(!file.is_empty(), "{text}: a block of {language} names no file: {block}");
            let content = typed.entry(folder.join(file)).or_default();
            // A file that is shown in pieces has an empty line between them.
            *content += if content.is_empty() { "" } else { "\n" };
            *content += &block;
        }
        for (file, content) in &typed {
            assert_eq!(*content, read(file), "{text} and {}", file.display());
        }
        let missing: Vec<_> = files(&folder).into_iter().filter(|file| !typed.contains_key(file)).collect();
        assert!(missing.is_empty(), "{text} does not show {missing:?}");
    }
}

/// The test of the corpus and the fix come after the first failure.
#[test]
fn a_crate_is_whole_where_the_text_first_builds_it() {
    for (text, name) in TEXTS {
        let (text, folder) = (read(&docs().join(text)), docs().join("tutorial").join(name));
        let (before, _) = text.split_once("\n    cargo test").expect("the text runs its test");
        for file in files(&folder) {
            let name = file.strip_prefix(&folder).expect("a file of the crate").display().to_string();
            let is_later = name == "tests/corpus.rs" || name == "fix.patch";
            assert!(is_later || before.contains(&format!(" {name}\n")), "{name} is shown too late");
        }
    }
}

#[test]
fn every_block_that_is_printed_is_compared_with_a_run() {
    for (text, known) in [
        ("tutorial.md", &["text failing", "text story", "text fixed"][..]),
        ("bring-your-own.md", &["text failing", "text replay", "text refused"]),
    ] {
        let blocks = blocks(&read(&docs().join(text)));
        let printed: Vec<_> =
            blocks.iter().map(|(opened, _)| &**opened).filter(|opened| opened.starts_with("text")).collect();
        assert_eq!(printed, known, "{text}");
    }
}

#[test]
fn the_words_in_italics_are_in_the_glossary() {
    let (text, glossary) = (read(&docs().join("tutorial.md")), read(&docs().join("glossary.md")));
    let is_word = |word: &&str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c == ' ');
    let prose: Vec<_> = text.split("```").step_by(2).collect();
    let words: Vec<_> = prose.iter().flat_map(|prose| prose.split('*').skip(1).step_by(2)).filter(is_word).collect();
    let has = |word: &str| glossary.contains(&format!("| **{word}** |"));
    let is_explained = |word: &str| has(word) || word.strip_suffix('s').is_some_and(has);
    let missing: Vec<_> = words.iter().filter(|word| !is_explained(word)).collect();
    assert!(words.len() > 5 && missing.is_empty(), "of {words:?} the glossary lacks {missing:?}");
}

/// The lines that are the same on every machine and in every commit.
fn steady(text: &str) -> Vec<&str> {
    let varies = |line: &&str| {
        !["saved ", "reproduce: ", "...", "running ", "test "].iter().any(|start| line.starts_with(start))
    };
    text.lines().filter(|line| !line.contains("version ")).filter(varies).filter(|line| !line.is_empty()).collect()
}

#[test]
fn the_text_shows_the_screen_of_the_failing_test() {
    let panic = panic::catch_unwind(|| Property::of(GuestBook).check()).expect_err("a guest is lost");
    let screen = panic.downcast_ref::<String>().expect("a screen").clone();
    let shown = shown("text failing");
    let unshown: Vec<_> = steady(&screen).into_iter().filter(|line| !shown.contains(line)).collect();
    assert!(unshown.is_empty(), "not shown: {unshown:?} of:\n{screen}");
}

/// Keeps every line of a run.
struct Told(String);

impl Recorder for Told {
    fn record(&mut self, line: &Line<'_>) {
        self.0 += &format!("{line}\n");
    }
}

#[test]
fn the_text_tells_the_story_of_the_kept_run() {
    let kept = docs().join("tutorial/state-machine/corpus/one-node-counts-twice.json");
    let repro = Repro::load(&kept).expect("it is a repro");
    let mut told = Told(String::new());
    let subject = GuestBook.into_subject();
    subject.run(repro.engine, &repro.plan, sim::Bounds::NONE, Some(&mut told)).expect("nothing bounds it");
    let lines: Vec<_> = told.0.lines().map(str::trim_end).collect();
    for line in shown("text story").lines().filter(|line| line.starts_with(' ')) {
        assert!(lines.contains(&line), "'{line}' is not in:\n{}", told.0);
    }
}
