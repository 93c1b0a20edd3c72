//! Runs that fail: how they are told, and how they are shown again.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use explore::Repro;
use serde_json::Value;
use tempfile::TempDir;

use super::{command, fail, json, reproduce, stderr, stdout, stormglass, stormglass_in};

/// A run of a bug of the zoo that failed, with its output and files.
pub(super) struct Failed {
    pub(super) folder: TempDir,
    /// The `FAIL` line of the screen.
    pub(super) fail: String,
    /// The command that the screen says to paste.
    reproduce: Vec<String>,
    file: String,
    pub(super) repro: Repro,
}

pub(super) const BUG: &str = "even-quorum-off-by-one";

impl Failed {
    pub(super) fn new() -> Failed {
        let folder = tempfile::tempdir().expect("a folder for it");
        let campaign = ["fuzz", "--bug", BUG, "--first-seed", "0x1", "--seeds", "1"];
        let told = stormglass_in(folder.path(), &campaign);
        assert_eq!(told.status.code(), Some(10), "{}", stderr(&told));
        let document = json(&stormglass_in(folder.path(), &[&campaign[..], &["--json"]].concat()));
        let failure = &document["failures"][0];
        let file = failure["file"].as_str().expect("it was saved").to_string();
        let repro = Repro::load(Path::new(&file)).expect("just saved");
        let reproduce = reproduce(&told);
        assert_eq!(failure["repro"].as_str(), Some(&*reproduce.join(" ")));
        Failed { fail: fail(&told), folder, reproduce, file, repro }
    }

    pub(super) fn stormglass(&self, args: &[&str]) -> Output {
        stormglass_in(self.folder.path(), args)
    }

    /// The repro, changed and saved under another name.
    fn changed(&self, change: impl FnOnce(&mut Repro)) -> String {
        let mut repro = self.repro.clone();
        change(&mut repro);
        fs::write(self.folder.path().join("changed.json"), repro.to_json()).expect("a folder to write to");
        "changed.json".into()
    }

    /// The arguments of the line to paste, which calls this program.
    fn pasted(&self) -> Vec<&str> {
        assert_eq!(self.reproduce[0], env!("CARGO_BIN_EXE_stormglass"));
        self.reproduce[1..].iter().map(String::as_str).collect()
    }

    /// Demands that this shows the same failure.
    #[track_caller]
    pub(super) fn assert_shown_by(&self, args: &[&str]) {
        let output = self.stormglass(args);
        assert_eq!(output.status.code(), Some(10), "{args:?}: {}", stderr(&output));
        assert_eq!(fail(&output), self.fail, "{args:?}");
    }
}

#[test]
fn a_failed_run_is_shown_again_by_its_line_its_file_its_folder_and_its_token() {
    let failed = Failed::new();
    assert_eq!(failed.pasted(), ["replay", "0x1", "--bug", BUG]);
    failed.assert_shown_by(&failed.pasted());
    failed.assert_shown_by(&["replay", &failed.file]);
    let file = PathBuf::from(&failed.file);
    let folder = file.parent().and_then(Path::to_str).expect("plain");
    failed.assert_shown_by(&["replay", folder]);
    failed.assert_shown_by(&["replay", &failed.repro.token()]);
    let token = failed.repro.token();
    let (start, end) = token.split_at(100);
    failed.assert_shown_by(&["replay", &format!("  {start}\n  {end}\n")]);
    fs::write(failed.folder.path().join("token.txt"), format!("{start}\n{end}\n")).expect("a folder to write to");
    failed.assert_shown_by(&["replay", "./token.txt"]);
}

#[test]
fn a_token_that_was_pasted_is_kept_in_a_file_and_so_is_what_its_line_names() {
    let failed = Failed::new();
    let output = failed.stormglass(&["replay", &failed.repro.token()]);
    assert_eq!(reproduce(&output)[1..], ["replay", &failed.file]);
    failed.assert_shown_by(&["replay", &failed.file]);
}

#[test]
fn a_replay_says_whether_the_failure_still_shows() {
    let failed = Failed::new();
    let replayed = |args: &[&str]| {
        let text = failed.stormglass(&[&["replay"], args].concat());
        let document = failed.stormglass(&[&["replay", "--json"], args].concat());
        assert_eq!(text.status.code(), document.status.code());
        (text.status.code(), json(&document)["reproduced"].clone(), stdout(&text))
    };
    let (code, reproduced, text) = replayed(&[&failed.file]);
    assert_eq!((code, reproduced), (Some(10), Value::Bool(true)));
    let said = text.lines().find(|line| line.starts_with("reproduced: ")).expect("it says so");
    assert!(said.starts_with("reproduced: Quorum Write Blocking of {") && said.ends_with(", as recorded"), "{said}");

    let elsewhere = failed.changed(|repro| repro.version = "0.0.1 (1234567)".into());
    let (code, reproduced, text) = replayed(&[&elsewhere]);
    assert_eq!((code, reproduced), (Some(10), Value::Bool(true)));
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains(", as recorded by version 0.0.1 (1234567) FAIL "), "{text}");

    let right = failed.changed(|repro| {
        repro.system = Some("raft-kv".into());
        let recorded = repro.outcome.as_mut().expect("a run is recorded");
        recorded.milestones.insert("leader on the moon".into(), 1);
    });
    let (code, reproduced, text) = replayed(&[&right]);
    assert_eq!((code, reproduced), (Some(0), Value::Bool(false)));
    assert!(text.ends_with("\nPASS\n"), "{text}");
    for said in ["not reproduced: pass, recorded as Quorum", "not reached: leader on the moon\n", "warning: digest "] {
        assert!(text.contains(said), "'{said}' is not in {text}");
    }

    assert_eq!(replayed(&["0x1"]).1, Value::Null);
}

#[test]
fn the_system_of_somebody_elses_test_is_refused_with_the_way_that_works() {
    let failed = Failed::new();
    let unknown = failed.changed(|repro| repro.system = Some("my-store".into()));
    let output = failed.stormglass(&["replay", &unknown]);
    assert_eq!(output.status.code(), Some(1));
    let line = stderr(&output);
    assert!(line.starts_with("error: changed.json: there is no system 'my-store' here: give raft-kv, lease-pair, relay-graph, peer-sync, or "), "{line}");
    assert!(line.contains("STORMGLASS_REPRO=FILE cargo test") && line.lines().count() == 1, "{line}");
}

#[test]
fn a_failing_seed_is_shrunk_to_a_story_and_a_file_that_shows_it() {
    let folder = tempfile::tempdir().expect("a folder for it");
    let shrink = ["shrink", "0x1", "--bug", "even-quorum-off-by-one", "--nodes", "4", "--time", "10s"];
    let told = stormglass_in(folder.path(), &shrink);
    assert_eq!(told.status.code(), Some(10), "{}", stderr(&told));
    let text = stdout(&told);
    for part in ["before  4 nodes", "after   4 nodes", "nothing more can be left out", "Quorum Write Blocking: "] {
        assert!(text.contains(part), "no '{part}' in {text}");
    }
    assert!(text.contains("\nshrunk "), "{text}");

    let document = json(&stormglass_in(folder.path(), &[&shrink[..], &["--json"]].concat()));
    assert_eq!(document["invariant"], "quorum-write-blocking");
    assert!(document["after"]["events"].as_u64() < document["before"]["events"].as_u64(), "{document}");
    let file = document["file"].as_str().expect("it is saved");
    let again = json(&stormglass_in(folder.path(), &["replay", file, "--json"]));
    assert_eq!((&again["reproduced"], &again["events"]), (&Value::Bool(true), &document["after"]["events"]));
    // The original file is unchanged.
    let original = file.replace("shrunk.json", "repro.json");
    let original = json(&stormglass_in(folder.path(), &["replay", &original, "--json"]));
    assert_eq!((&original["reproduced"], &original["events"]), (&Value::Bool(true), &document["before"]["events"]));
}

#[test]
fn a_seed_that_passes_is_not_shrunk() {
    let output = stormglass(&["shrink", "1", "--profile", "calm"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("error: the run passes: there is nothing to shrink"), "{}", stderr(&output));
}

#[test]
fn a_failing_campaign_is_told_once_and_on_stdout() {
    let folder = tempfile::tempdir().expect("a folder for it");
    let output = stormglass_in(folder.path(), &["--bug", BUG, "--seeds", "6", "--jobs", "1"]);
    assert_eq!(output.status.code(), Some(10));
    let text = stdout(&output);
    let at = |what: &str| text.find(what).unwrap_or_else(|| panic!("no '{what}' in {text}"));
    // Statistics, the other failures in short, and the first one in full, up to the line to paste.
    let order =
        ["\nruns  ", "\ndigest  ", "\n  also 0x1  Quorum", "\n  also 0x4  Quorum", "\nFAIL  Quorum", "\nshrunk "];
    assert!(order.map(at).is_sorted(), "{text}");
    assert!(at("\nsaved ") < at("\nreproduce: ") && reproduce(&output).contains(&"0x0".into()), "{text}");
    fail(&output);
    // Each failure has one line to paste.
    assert_eq!(text.matches("reproduce: ").count(), text.matches("Quorum Write Blocking").count(), "{text}");
    let progress = stderr(&output);
    assert!(progress.lines().all(|line| line.starts_with("failure: seed 0x")), "{progress}");
}

#[test]
fn a_token_is_in_a_file_and_on_the_screen_only_if_it_is_asked_for() {
    let failed = Failed::new();
    let args = ["replay", "0x1", "--bug", BUG];
    let usual = stdout(&failed.stormglass(&args));
    assert!(!usual.contains("\ntoken ") && usual.contains("token.txt"), "{usual}");
    let asked = stdout(&failed.stormglass(&[&args[..], &["--token"]].concat()));
    let shown = asked.lines().find_map(|line| line.strip_prefix("token ")).expect("it is shown");
    let file = Path::new(&failed.file).with_file_name("token.txt");
    assert_eq!(fs::read_to_string(file).expect("it is saved").trim_end(), shown);
    // It is the smaller run that the campaign found.
    assert_eq!(json(&failed.stormglass(&["replay", shown, "--json"]))["reproduced"], true);
}

#[test]
fn a_program_that_the_shell_finds_is_called_by_its_bare_name() {
    let folder = tempfile::tempdir().expect("a folder for it");
    let program = folder.path().join("stormglass");
    fs::copy(env!("CARGO_BIN_EXE_stormglass"), &program).expect("a folder to write to");
    let shell = |line: &str, path: &Path| {
        let path = format!("{}:/usr/bin:/bin", path.display());
        let mut shell = std::process::Command::new("sh");
        shell.current_dir(folder.path()).env("PATH", path).env_remove("CARGO").args(["-c", line]);
        shell.output().expect("there is a shell")
    };
    let campaign = format!("--seeds 1 --shrink 0 --bug {BUG}");
    let installed = shell(&format!("stormglass {campaign}"), folder.path());
    assert_eq!(reproduce(&installed).join(" "), format!("stormglass replay 0x0 --bug {BUG}"));
    let elsewhere = shell(&format!("./stormglass {campaign}"), Path::new("/nowhere"));
    let line = reproduce(&elsewhere).join(" ");
    assert_eq!(line, format!("./stormglass replay 0x0 --bug {BUG}"));
    assert_eq!(fail(&shell(&line, Path::new("/nowhere"))), fail(&elsewhere));
}

#[test]
fn a_program_that_cargo_runs_is_run_by_cargo_again() {
    let folder = tempfile::tempdir().expect("a folder for it");
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("the workspace");
    let by_cargo = |folder: &Path, out: &Path| {
        let mut command =
            command(&["--seeds", "1", "--shrink", "0", "--bug", BUG, "--out", out.to_str().expect("plain")]);
        // As cargo sets them for a program that it runs.
        command.env("CARGO", env!("CARGO")).env("CARGO_MANIFEST_DIR", env!("CARGO_MANIFEST_DIR"));
        reproduce(&command.current_dir(folder).output().expect("it starts")).join(" ")
    };
    let release = if cfg!(debug_assertions) { "" } else { " --release" };
    let replay = format!("replay 0x0 --bug {BUG}");
    assert_eq!(by_cargo(workspace, folder.path()), format!("cargo run{release} -- {replay}"));
    let crates = by_cargo(&workspace.join("crates"), folder.path());
    assert_eq!(crates, format!("cargo run{release} -p cli -- {replay}"));
    let manifest = workspace.join("Cargo.toml").display().to_string();
    let elsewhere = by_cargo(folder.path(), folder.path());
    assert_eq!(elsewhere, format!("cargo run{release} --manifest-path {manifest} -- {replay}"));
}
