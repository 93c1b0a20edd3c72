//! No parser panics or breaks a law, however its input was damaged.
//!
//! Each parser is given the files of its corpus as they are, and then 500 mutations of them, or as many as
//! `STORMGLASS_MUTATIONS` says. The mutation of a number is the same in every run. A failure names the parser and the
//! number, and holds the input in base64, to be written to a file of `crates/fuzz/corpus` where it stays.

mod mutation;
mod seeds;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sim_tests::parsers::{PARSERS, Parser};

use mutation::mutated;

/// As many as a test of everything has time for.
const MUTATIONS: u64 = 500;

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn fuzz() -> PathBuf {
    here().join("../crates/fuzz")
}

#[expect(clippy::disallowed_methods, reason = "how long the test goes on is asked here, and no mutation sees it")]
fn mutations() -> u64 {
    match std::env::var("STORMGLASS_MUTATIONS") {
        Ok(count) => count.parse().unwrap_or_else(|_| panic!("STORMGLASS_MUTATIONS is {count:?}: give a number")),
        Err(_) => MUTATIONS,
    }
}

fn parser(name: &str) -> &'static Parser {
    PARSERS.iter().find(|parser| parser.name == name).expect("the tests are of the parsers")
}

/// The files of a folder whose names end so, in the order of their names.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("a file").path()).collect();
    files.retain(|file| file.is_file() && file.to_string_lossy().ends_with(ending));
    files.sort_unstable();
    files
}

/// All inputs of a parser that are kept.
fn corpus(parser: &Parser) -> Vec<Vec<u8>> {
    let mut all = files(&fuzz().join("corpus").join(parser.name), "");
    for (folder, ending) in parser.inputs {
        all.extend(files(&here().join(folder), ending));
    }
    all.iter().map(|file| fs::read(file).expect("a file of the corpus")).collect()
}

/// True if an input was read.
fn is_read(parser: &Parser, called: &str, input: &[u8]) -> bool {
    catch_unwind(AssertUnwindSafe(|| (parser.check)(input))).unwrap_or_else(|_| {
        panic!("{}: {called} breaks it, {} bytes in base64:\n{}", parser.name, input.len(), STANDARD.encode(input))
    })
}

fn try_out(name: &str) {
    let parser = parser(name);
    let corpus = corpus(parser);
    let good = corpus.iter().enumerate().filter(|(i, input)| is_read(parser, &format!("input {i}"), input)).count();
    assert!(good > 0, "{name}: no input of the corpus is read, so its mutations show little");
    let count = mutations();
    let called = |number: u64| format!("mutation {number}");
    let read = (0..count).filter(|number| is_read(parser, &called(*number), &mutated(&corpus, *number))).count() as u64;
    assert!(count < MUTATIONS || (0 < read && read < count), "{name}: {read} of {count} mutations are read");
}

/// A test by the name of each parser.
macro_rules! parsers {
    ($($name:ident),* $(,)?) => {
        $(#[test] fn $name() { try_out(stringify!($name)); })*

        #[test]
        fn every_parser_has_a_test_and_a_fuzz_target() {
            let tests = [$(stringify!($name)),*];
            assert_eq!(PARSERS.map(|parser| parser.name), tests);
            let mut targets = tests.map(|name| fuzz().join(format!("fuzz_targets/{name}.rs")));
            targets.sort_unstable();
            assert_eq!(files(&fuzz().join("fuzz_targets"), ".rs"), targets);
            let manifest = fs::read_to_string(fuzz().join("Cargo.toml")).expect("the fuzz targets have a manifest");
            for name in tests {
                assert!(manifest.contains(&format!("name = \"{name}\"")), "{name} is no target of the manifest");
            }
        }
    };
}

parsers![
    repro,
    token,
    history_log,
    history_text,
    history_edn,
    history_json_lines,
    history_json,
    history_compressed,
    wire,
    wal,
    seal,
    snapshot,
];
