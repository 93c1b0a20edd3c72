//! Wrong input is answered in one line of at most 200 characters and exit code 1.

use std::fs::File;

use super::{command, json, stderr, stdout, stormglass};

/// One line on stderr that says `said`, nothing on stdout, exit code 1.
#[track_caller]
pub(super) fn refused(args: &[&str], said: &str) {
    let output = stormglass(args);
    let line = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{args:?}: {line}");
    assert_eq!(line.lines().count(), 1, "{args:?}: {line}");
    assert!(line.trim_end().chars().count() <= 200, "{args:?}: {line}");
    assert!(!line.trim_end().contains(char::is_control), "{args:?}: {line:?}");
    assert!(line.contains(said), "{args:?}: '{line}' does not say '{said}'");
    assert_eq!(stdout(&output), "", "{args:?}");
}

#[test]
fn bad_input_is_answered_in_one_line_that_says_what_would_be_right() {
    refused(&["--nodes", "0"], "give 1 to 63");
    refused(&["fuzz", "--nodes", "64"], "give 1 to 63");
    refused(&["replay", "1", "--nodes", "300"], "give 1 to 63");
    refused(&["--profile", "mayhem"], "give calm, chaos, disk, clock, membership or swarm");
    refused(&["--engine", "steam"], "give event or turmoil");
    refused(&["bench", "--engine", "steam"], "give event or turmoil");
    refused(&["bench", "chaos7"], "heartbeat5, chaos5, saturated5, chaos25 or long5");
    refused(&["--seeds", "0"], "give a number from 1 up");
    refused(&["--seeds", "many"], "give a number from 1 up");
    refused(&["--jobs", "0"], "give a number from 1 up");
    refused(&["--time", "soon"], "such as 60s");
    refused(&["--first-seed", "0xyz"], "in hex (0x1f3a) or decimal (7994)");
    refused(&["check"], "<FILE>");
    refused(&["check", "no such file"], "no such file: ");
    refused(&["check", "Cargo.toml", "--model", "graph"], "give register, kv or mutex");
    refused(&["check", "Cargo.toml", "--steps", "0"], "give a number from 1 up");
    refused(&["check", "Cargo.toml"], "Cargo.toml: line 1: expected");
    refused(&["--bug", "even-quorum"], "did you mean even-quorum-off-by-one?");
    refused(&["fuzz", "--exact"], "unexpected argument '--exact' found");
    refused(&["--list", "--format", "terse"], "unexpected argument '--format' found");
    refused(&["--bug", "gremlins"], "'gremlins' is no bug of raft-kv: `fuzz --list` names them all");
    refused(&["replay"], "<WHAT>");
    refused(
        &["replay", "seven"],
        "in hex (0x1f3a) or decimal (7994); or a repro file (repro.json), or a token (sg2-...)",
    );
    refused(&["replay", "-1"], "in hex (0x1f3a) or decimal (7994)");
    refused(&["replay", "0x10000000000000000"], "below 2^64");
    refused(&["replay", "1", "2"], "unexpected argument '2'");
    refused(&["--frobnicate"], "see --help");
    refused(&["frobnicate"], "see --help");
    refused(&["--seeds"], "value is required");
    refused(&["--seeds", "5", "replay", "1"], "cannot be used with 'replay' behind it: give it after 'replay'");
    refused(&["help", "frobnicate"], "see --help");
    refused(&["zoo", "--list", "--bug", "ack-before-fsync"], "cannot be used with");
    refused(&["fuzz", "--shrink", "soon"], "such as 60s");
}

#[test]
fn what_is_no_repro_is_refused_in_one_line() {
    refused(&["replay", "missing.json"], "error: missing.json: No such file");
    refused(&["replay", "no/such/repro"], "error: no/such/repro: No such file");
    refused(&["replay", "src"], "error: src/repro.json: No such file");
    refused(&["replay", "Cargo.toml"], "error: Cargo.toml: no repro, plan or token");
    refused(&["replay", "sg2-AAAA"], "error: token: the token is damaged or not all there");
    refused(&["replay", "sg2-AA=A"], "'=' is no part of one");
    refused(&["replay", "sg1-AAAA"], "the token is of format 1: stormglass 0.1 reads it, and this one format 2");
    refused(&["replay", "sg2-AAAA", "--profile", "disk"], "leave --profile out, or give a seed");
    refused(&["replay", "missing.json", "--nodes", "3"], "leave --nodes out, or give a seed");
    let kept = "../../sim-tests/corpus/ack-before-fsync-on-turmoil.json";
    refused(&["replay", kept, "--engine", "event"], "leave --engine out, or give a seed");
    refused(&["replay", kept, "--bug", "ack-before-fsync"], "leave --bug out, or give a seed");
}

#[test]
fn what_a_scenario_does_not_have_is_refused() {
    refused(&["scenario", "run", "rapid_leader"], "did you mean rapid_leader_changes?");
    refused(&["scenario", "run", "leader_failure"], "did you mean leader_failure_under_load?");
    refused(&["scenario", "run", "quorum_loss", "--wait-time", "500ms"], "no whole number of seconds");
    refused(&["scenario", "run", "quorum_loss", "--seed", "0xffffffffffffffff", "--seeds", "3"], "on there are 1");
    refused(&["scenario", "run", "something"], "`scenario list` names them all");
    refused(
        &["scenario", "run", "quorum_loss", "--iterations", "3"],
        "quorum_loss has no --iterations: there is nothing",
    );
    refused(&["scenario", "run", "rapid_leader_changes", "--nodes", "3"], "it takes --iterations");
    refused(&["scenario", "run", "rapid_leader_changes", "--iterations", "21"], "give 1 to 20");
    refused(&["scenario", "run", "quorum_loss", "--bug", "ack-by"], "did you mean ack-by-index-only?");
    refused(&["scenario", "run", "quorum_loss", "--engine", "steam"], "give event or turmoil");
    refused(&["scenario", "run"], "<NAME>");
    refused(&["scenario"], "give list or run");
}

#[test]
fn no_argument_disturbs_the_terminal() {
    refused(&["--time", "\r"], "'\\r' is no length of time");
    refused(&["--time", "\u{1b}]0;title\u{7}"], "is no length of time");
    refused(&["check", "a\u{1b}[31mb"], "a\\u{1b}[31mb: No such file");
    refused(&["scenario", "run", "\n"], "'\\n' is no scenario");
    refused(&["scenario", "run", "gpj\u{202e}.exe"], "'gpj\\u{202e}.exe' is no scenario");
    refused(&["--bug", "ack\u{200b}-before-fsync"], "'ack\\u{200b}-before-fsync' is no name of a bug");
    refused(&["frob\nnicate"], "unrecognized subcommand 'frob");
    refused(&["replay", "missing\u{9b}.json"], "missing\\u{9b}.json: No such file");
}

#[test]
fn a_long_argument_is_cut_and_the_hint_is_kept() {
    let long = "x".repeat(5_000);
    refused(&["--profile", &long], "xxx' is no profile: give calm, chaos, disk, clock, membership or swarm");
    refused(&[&format!("--time={long}")], "xxx' is no length of time: give a whole number with ms, s, m or h");
    refused(
        &["replay", &format!("sg26{long}")],
        "(0x1f3a) or decimal (7994); or a repro file (repro.json), or a token",
    );
    refused(&["check", &long], "xxx: File name too long");
    refused(&["--frobnicate", &long], "see --help");
    refused(&[&long], "see --help");
}

#[test]
fn a_variable_that_means_nothing_is_refused_and_an_empty_one_is_not_set() {
    let with = |name: &str, value: &str| command(&["zoo", "--list"]).env(name, value).output().expect("it starts");
    let mistyped = with("STORMGLASS_OUTPUT", "x");
    assert_eq!(mistyped.status.code(), Some(1));
    assert!(stderr(&mistyped).contains("did you mean STORMGLASS_OUT?"), "{}", stderr(&mistyped));
    for (name, value) in [("STORMGLASS_OUTPUT", ""), ("STORMGLASS_SEED", ""), ("STORMGLASS_SEED", "7")] {
        assert_eq!(with(name, value).status.code(), Some(0), "{name}={value}");
    }
}

#[test]
fn an_error_is_a_document_where_one_is_asked_for() {
    for (args, said) in [
        (&["--json", "--nodes", "0"][..], "give 1 to 63"),
        (&["replay", "seven", "--json"], "is no seed"),
        (&["scenario", "run", "nothing", "--json"], "names them all"),
        (&["replay", "0", "--json", "--history", "no/such/folder/x.jsonl"], "No such file"),
        (&["check", "missing", "--json"], "No such file"),
    ] {
        let output = stormglass(args);
        let document = json(&output);
        assert_eq!((output.status.code(), &document["error"]["code"]), (Some(1), &1.into()), "{args:?}");
        let message = document["error"]["message"].as_str().expect("a text");
        assert!(message.contains(said), "{args:?}: {document}");
        assert_eq!(stderr(&output), format!("error: {message}\n"), "{args:?}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_result_that_cannot_be_written_is_an_error_in_one_line() {
    for args in
        [&["--help"][..], &["--version"], &["zoo", "--list"], &["scenario", "list", "--json"], &["--seeds", "1"]]
    {
        let full = File::options().write(true).open("/dev/full").expect("Linux has one");
        let output = command(args).stdout(full).output().expect("the command starts");
        assert_eq!(output.status.code(), Some(1), "{args:?}");
        let expected = "error: the result could not be written: No space left on device (os error 28)\n";
        assert_eq!(stderr(&output), expected, "{args:?}");
    }
}

#[test]
fn a_history_is_written_into_folders_that_are_there_only() {
    let folder = tempfile::tempdir().expect("a folder for it");
    let file = folder.path().join("new/history.jsonl");
    let output = stormglass(&["replay", "0", "--profile", "calm", "--history", file.to_str().expect("plain")]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("new/history.jsonl: No such file"), "{}", stderr(&output));
    assert!(!folder.path().join("new").exists() && !stdout(&output).contains("PASS"));
}
