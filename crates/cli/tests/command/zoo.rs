//! `zoo`.

use serde_json::Value;

use super::{json, reproduce, stderr, stdout, stormglass, stormglass_in};

#[test]
fn the_zoo_says_what_was_caught_and_fails_if_anything_was_not() {
    let folder = tempfile::tempdir().expect("a folder for it");
    let hunt = ["zoo", "--bug", "ack-before-fsync", "--bug", "commit-index-regresses", "--json"];
    let caught = stormglass_in(folder.path(), &hunt);
    assert_eq!(caught.status.code(), Some(0), "{}", stderr(&caught));
    let document = json(&caught);
    // In the order of the zoo, however they were asked for.
    for (place, bug) in ["commit-index-regresses", "ack-before-fsync"].iter().enumerate() {
        let hunted = &document[place];
        assert_eq!((&hunted["bug"], &hunted["caught"]), (&Value::from(*bug), &Value::Bool(true)));
        assert!(hunted["invariant"].is_string() && hunted["seeds"].as_u64() > Some(0), "{hunted}");
        assert!(hunted["shrunk_events"].as_u64() > Some(0) && hunted["cpu_s"].as_f64().is_some(), "{hunted}");
        let file = hunted["file"].as_str().expect("it is saved");
        assert_eq!(json(&stormglass_in(folder.path(), &["replay", file, "--json"]))["reproduced"], true);
    }

    // Nothing goes wrong in a calm sea, and one seed is not many.
    let missed = stormglass(&["zoo", "--bug", "lease-survives-transfer", "--seeds", "1", "--profile", "calm"]);
    assert_eq!(missed.status.code(), Some(10));
    assert!(
        stdout(&missed).contains("not caught") && stdout(&missed).ends_with("FAIL  caught 0 of 1\n"),
        "{}",
        stdout(&missed)
    );
}

#[test]
fn the_zoo_lists_every_bug_in_80_columns() {
    let text = stdout(&stormglass(&["zoo", "--list"]));
    assert!(::zoo::Bug::ALL.iter().all(|bug| text.contains(bug.name())), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
}

#[test]
fn the_zoo_lists_every_bug_as_a_document() {
    for args in [["zoo", "--list", "--json"], ["--json", "zoo", "--list"]] {
        let document = json(&stormglass(&args));
        assert_eq!(document.as_array().expect("a list").len(), ::zoo::Bug::ALL.len());
        assert_eq!(document[0]["bug"], "vote-not-durable-before-reply");
        assert!(document[0]["change"].is_string() && document[0]["source"].is_string());
    }
}

#[test]
fn a_bug_that_is_caught_is_no_failure_of_the_hunt() {
    let folder = tempfile::tempdir().expect("a folder for it");
    let output = stormglass_in(folder.path(), &["zoo", "--bug", "ack-before-fsync"]);
    assert_eq!(output.status.code(), Some(0));
    let text = stdout(&output);
    assert!(text.contains("\nCAUGHT  Quorum Write Blocking: ") && !text.contains("FAIL"), "{text}");
    assert_eq!(stderr(&output), "");
    let line = reproduce(&output);
    let again: Vec<&str> = line[1..].iter().map(String::as_str).collect();
    assert_eq!(stormglass_in(folder.path(), &again).status.code(), Some(10));
}

#[test]
fn several_bugs_that_are_caught_end_in_a_pass() {
    let folder = tempfile::tempdir().expect("a folder for it");
    let hunt = ["zoo", "--bug", "ack-before-fsync", "--bug", "commit-index-regresses", "--shrink", "0"];
    let output = stormglass_in(folder.path(), &hunt);
    assert!(stdout(&output).ends_with("PASS  caught 2 of 2\n"), "{}", stdout(&output));
}
