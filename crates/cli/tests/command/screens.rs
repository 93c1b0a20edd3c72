//! Lines fit the terminal, and colour is for terminals only.

use std::process::Output;

use tempfile::TempDir;

use super::{command, stdout};

const FAILING: &[&str] = &["--bug", "even-quorum-off-by-one", "--seeds", "5"];

/// A result of every command that prints for people, but for those that print text of others.
const RESULTS: &[&[&str]] = &[
    &["--seeds", "20"],
    FAILING,
    &["replay", "0x1", "--bug", "even-quorum-off-by-one"],
    &["shrink", "0x1", "--bug", "even-quorum-off-by-one"],
    &["scenario", "list"],
    &["scenario", "run", "leader_failure_under_load"],
    &["scenario", "run", "network_partition_minority", "--bug", "ack-by-index-only"],
    &["zoo", "--list"],
    &["zoo", "--bug", "confchange-before-current-term-commit", "--seeds", "5"],
    &["zoo", "--bug", "ack-before-fsync", "--bug", "commit-index-regresses"],
    &["bench", "heartbeat5"],
    &["--help"],
    &["help", "scenario", "run"],
];

fn run(args: &[&str], columns: Option<usize>) -> Output {
    let folder = TempDir::new().expect("a folder");
    let mut command = command(args);
    if let Some(columns) = columns {
        command.env("COLUMNS", columns.to_string());
    }
    command.current_dir(folder.path()).output().expect("it starts")
}

/// True if a line is one that no terminal's width breaks: to be pasted, or one event of a timeline, for `grep`.
fn is_whole(line: &str) -> bool {
    let is_event = line.split_whitespace().nth(1).is_some_and(|word| word.starts_with('#'));
    let is_one_word = line.split_whitespace().count() <= 1;
    let is_to_paste = ["reproduce: ", "saved ", "Usage: "].iter().any(|of| line.trim_start().starts_with(of));
    is_event || is_one_word || is_to_paste
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    for args in RESULTS {
        for columns in [40, 80, 120] {
            let text = stdout(&run(args, Some(columns)));
            let wide = text.lines().find(|line| line.chars().count() > columns && !is_whole(line));
            assert_eq!(wide, None, "{args:?} at {columns}");
        }
    }
}

#[test]
fn a_pipe_is_80_wide_and_a_wider_terminal_is_used() {
    let piped = stdout(&run(FAILING, None));
    // The line of times differs every time.
    let of = |text: &str| text.lines().filter(|line| !line.starts_with("time")).map(String::from).collect::<Vec<_>>();
    assert_eq!(of(&piped), of(&stdout(&run(FAILING, Some(80)))));
    let widest =
        |columns| stdout(&run(FAILING, Some(columns))).lines().filter(|line| !is_whole(line)).map(str::len).max();
    assert!(widest(120) > Some(80) && widest(200) > Some(120));
}

#[test]
fn nothing_is_coloured_in_a_pipe() {
    for (variable, value) in [("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1"), ("TERM", "xterm-256color")] {
        for args in [FAILING, &["--help"], &["zoo", "--bug", "ack-before-fsync"]] {
            let folder = TempDir::new().expect("a folder");
            let mut command = command(args);
            let output = command.env(variable, value).current_dir(folder.path()).output().expect("it starts");
            assert!(!output.stdout.contains(&0x1b) && !output.stderr.contains(&0x1b), "{args:?} with {variable}");
        }
    }
}
