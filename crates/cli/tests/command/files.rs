//! Where the files of failed runs go.

use std::fs;
use std::path::Path;

use super::{command, json, stderr, stdout, stormglass_in};

const FAILING: [&str; 6] = ["--bug", "even-quorum-off-by-one", "--seeds", "1", "--shrink", "0"];
const SAVED: &str = "quorum-write-blocking-0x0-even-quorum-off-by-one/repro.json";

#[test]
fn files_go_where_the_option_says_else_the_environment_else_into_the_workspaces_target() {
    let folder = tempfile::tempdir().expect("a folder for it");
    let here = folder.path();
    let save = |args: &[&str], variables: &[(&str, &str)], from: &str| {
        let mut command = command(&[&FAILING[..], args].concat());
        command.envs(variables.iter().copied()).current_dir(here.join(from));
        assert_eq!(command.output().expect("it starts").status.code(), Some(10));
    };
    let is_saved = |below: &str| here.join(below).join(SAVED).exists();
    save(&[], &[], "");
    assert!(is_saved("stormglass-out"));
    save(&[], &[("STORMGLASS_OUT", "by/variable")], "");
    assert!(is_saved("by/variable"));
    save(&["--out", "by/option"], &[("STORMGLASS_OUT", "not/here")], "");
    assert!(is_saved("by/option") && !here.join("not").exists());

    fs::write(here.join("Cargo.toml"), "[workspace]\n").expect("a folder to write to");
    fs::create_dir(here.join("member")).expect("a folder to write to");
    save(&[], &[], "member");
    assert!(is_saved("target/stormglass") && !here.join("member/stormglass-out").exists());
    save(&[], &[("CARGO_TARGET_DIR", "elsewhere")], "");
    assert!(is_saved("elsewhere/stormglass"));
}

#[test]
fn a_path_is_shown_as_short_as_it_is_valid() {
    let folder = tempfile::tempdir().expect("a folder for it");
    let shown = |args: &[&str]| stdout(&stormglass_in(folder.path(), &[&FAILING[..], args].concat()));
    let text = shown(&["--out", "here"]);
    assert!(text.contains("\nsaved here/quorum-write-blocking-0x0"), "{text}");
    let other = tempfile::tempdir().expect("a folder for it");
    let text = shown(&["--out", other.path().to_str().expect("plain")]);
    assert!(text.contains(&format!("\nsaved {}/quorum-", other.path().display())), "{text}");
}

#[test]
fn a_replay_of_a_file_keeps_no_copy_unless_it_is_asked_to() {
    let folder = tempfile::tempdir().expect("a folder for it");
    let campaign = json(&stormglass_in(folder.path(), &[&FAILING[..], &["--json"]].concat()));
    let file = campaign["failures"][0]["file"].as_str().expect("it is saved");
    let other = tempfile::tempdir().expect("a folder for it");
    let replayed = |args: &[&str]| stormglass_in(other.path(), &[&["replay", file], args].concat());
    let usual = replayed(&["--json"]);
    assert_eq!((usual.status.code(), &json(&usual)["files"]), (Some(10), &serde_json::Value::Null));
    assert_eq!(fs::read_dir(other.path()).expect("it is there").count(), 0);
    assert!(!stdout(&replayed(&[])).contains("saved "));
    let kept = json(&replayed(&["--json", "--out", "kept"]));
    assert!(Path::new(kept["files"]["repro"].as_str().expect("it is saved")).starts_with(other.path().join("kept")));
}

#[test]
fn a_save_that_fails_is_told_and_does_not_hide_the_failure() {
    let folder = tempfile::tempdir().expect("a folder for it");
    fs::write(folder.path().join("taken"), "").expect("a folder to write to");
    let output = stormglass_in(folder.path(), &[&FAILING[..], &["--out", "taken/below"]].concat());
    assert_eq!(output.status.code(), Some(10), "{}", stderr(&output));
    let text = stdout(&output);
    assert!(text.contains("\nnot saved:") && text.contains("Not a directory"), "{text}");
    assert_eq!(fs::read_dir(folder.path()).expect("it is there").count(), 1);
}
