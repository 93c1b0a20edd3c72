//! Help, in all the ways one asks for it.

use super::{stderr, stdout, stormglass};

#[test]
fn help_and_version_are_results() {
    for args in [&["--help"][..], &["help"], &["help", "fuzz"], &["help", "scenario", "run"], &["--version"]] {
        let output = stormglass(args);
        assert_eq!(output.status.code(), Some(0), "{args:?}");
        assert!(stdout(&output).contains("tormglass") && stderr(&output).is_empty(), "{args:?}");
    }
}

#[test]
fn help_of_a_command_is_the_same_before_and_behind_its_name() {
    for name in ["fuzz", "replay", "shrink", "scenario", "zoo", "check", "bench", "completions", "man"] {
        assert_eq!(stdout(&stormglass(&["help", name])), stdout(&stormglass(&[name, "--help"])), "{name}");
    }
}

#[test]
fn help_names_the_system_that_is_run_where_none_is_named() {
    for args in [&["--help"][..], &["fuzz", "--help"], &["replay", "--help"], &["shrink", "--help"], &["zoo", "--help"]]
    {
        let help = stdout(&stormglass(args)).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(help.contains("as `fuzz --list` names it [default: raft-kv]"), "{args:?}: {help}");
    }
}

#[test]
fn help_lists_every_exit_code() {
    let text = stdout(&stormglass(&["--help"]));
    let (_, table) = text.split_once("Exit codes:\n").expect("there is a table");
    let codes: Vec<u8> = table.lines().filter_map(|line| line.get(..4)?.trim().parse().ok()).collect();
    assert_eq!(codes, [0, 1, 10, 11, 12, 13, 14, 15, 70]);
}
