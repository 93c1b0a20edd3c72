//! Recorded histories of real stores get the verdicts that are known of them.
//!
//! Six are kept in `histories/`. A folder `shared/data/histories` beside the repository may hold more: without it the
//! tests say less, and pass.

use std::fs;
use std::path::{Path, PathBuf};

use history::History;
use history::format::{self, Format, Kind, LeftOut, Limits, Parsed};
use history::linearizability::{self, Budget, Counterexample, KeyValue, Register, Verdict, is_linearizable};

/// A recorded history and its verdict.
struct Recorded {
    path: PathBuf,
    parsed: Parsed,
    is_linearizable: bool,
}

/// All that there are.
fn recorded() -> Vec<Recorded> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let kept = listed(&here.join("histories"));
    assert_eq!(kept.len(), 6, "all histories kept here are judged");
    let beside = here.join("../../shared/data/histories");
    kept.into_iter().chain(if beside.exists() { listed(&beside) } else { Vec::new() }).collect()
}

/// The lines of a folder's `expected.txt`: `etcd/etcd_000.log not-linearizable`.
fn listed(folder: &Path) -> Vec<Recorded> {
    let expected = fs::read_to_string(folder.join("expected.txt")).expect("a folder of histories lists their verdicts");
    let of_line = |line: &str| {
        let (name, verdict) = line.split_once(' ').unwrap_or_else(|| panic!("'{line}' has no verdict"));
        let path = folder.join(name);
        let text = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let parsed =
            format::read(&text[..], &Limits::default()).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let is_linearizable = match verdict {
            "linearizable" => true,
            "not-linearizable" => false,
            other => panic!("'{other}' is no verdict"),
        };
        Recorded { path, parsed, is_linearizable }
    };
    expected.lines().map(of_line).collect()
}

fn judged(kind: Kind, history: &History) -> Option<bool> {
    match kind {
        Kind::Register | Kind::Mutex => is_linearizable(&Register, history, Budget::default()),
        Kind::KeyValue => is_linearizable(&KeyValue, history, Budget::default()),
    }
}

fn explained(Parsed { kind, history, .. }: &Parsed) -> Box<Counterexample> {
    let verdict = match kind {
        Kind::Register | Kind::Mutex => linearizability::check(&Register, history, Budget::default()),
        Kind::KeyValue => linearizability::check(&KeyValue, history, Budget::default()),
    };
    match verdict {
        Verdict::NotLinearizable(counterexample) => counterexample,
        other => panic!("{other:?}"),
    }
}

#[test]
fn recorded_histories_have_the_verdicts_that_are_known() {
    for Recorded { path, parsed, is_linearizable } in recorded() {
        assert_eq!(judged(parsed.kind, &parsed.history), Some(is_linearizable), "{}", path.display());
    }
}

#[test]
fn a_history_written_as_json_lines_reads_the_same_and_has_the_same_verdict() {
    for Recorded { path, parsed, is_linearizable } in recorded() {
        let mut lines = Vec::new();
        format::write(&parsed.history, &mut lines).expect("memory takes any bytes");
        let again = format::read(&lines[..], &Limits::default())
            .unwrap_or_else(|error| panic!("{}, written again: {error}", path.display()));
        let expected = Parsed { format: Format::JsonLines, left_out: LeftOut::default(), ..parsed };
        assert_eq!(again, expected, "{}", path.display());
        assert_eq!(judged(again.kind, &again.history), Some(is_linearizable), "{}", path.display());
    }
}

#[test]
fn what_is_not_linearizable_is_explained_by_a_few_operations_on_lines_of_80_columns() {
    for Recorded { path, parsed, .. } in recorded().into_iter().filter(|recorded| !recorded.is_linearizable) {
        let counterexample = explained(&parsed);
        let text = counterexample.to_string();
        let operations = counterexample.operations.len();
        assert!(operations <= 8, "{}: {operations} operations\n{text}", path.display());
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{}:\n{text}", path.display());
    }
}
