//! The command as its users meet it: exit codes, what goes where, and the lines that must paste as they stand.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use explore::Repro;
use serde_json::Value;
use tempfile::TempDir;

#[path = "command/bounds.rs"]
mod bounds;
#[path = "command/inputs.rs"]
mod inputs;

fn stormglass(args: &[&str]) -> Output {
    stormglass_in(Path::new("."), args)
}

/// Runs the command in this folder, which is where it saves what a failed run leaves behind.
fn stormglass_in(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stormglass"));
    command.current_dir(folder).args(args).stdin(Stdio::null()).output().expect("the command starts")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("text")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("text")
}

fn json(output: &Output) -> Value {
    serde_json::from_str(&stdout(output)).expect("one JSON document")
}

/// One line on stderr that says `said`, nothing on stdout, exit code 1.
#[track_caller]
fn refused(args: &[&str], said: &str) {
    let output = stormglass(args);
    let line = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{args:?}: {line}");
    assert_eq!(line.lines().count(), 1, "{args:?}: {line}");
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
    refused(&["check", "Cargo.toml", "--model", "graph"], "give register or kv");
    refused(&["check", "Cargo.toml", "--steps", "0"], "give a number from 1 up");
    refused(&["check", "Cargo.toml"], "Cargo.toml: line 1: expected");
    refused(&["--bug", "even-quorum"], "did you mean even-quorum-off-by-one?");
    refused(&["--bug", "gremlins"], "'gremlins' is no bug of the zoo");
    refused(&["replay"], "<WHAT>");
    refused(
        &["replay", "seven"],
        "in hex (0x1f3a) or decimal (7994); or a repro file (repro.json), or a token (sg1-...)",
    );
    refused(&["replay", "-1"], "in hex (0x1f3a) or decimal (7994)");
    refused(&["replay", "0x10000000000000000"], "below 2^64");
    refused(&["replay", "1", "2"], "unexpected argument '2'");
    refused(&["--frobnicate"], "see --help");
    refused(&["frobnicate"], "see --help");
    refused(&["--seeds"], "value is required");
    refused(&["--seeds", "5", "replay", "1"], "cannot be used with");
}

#[test]
fn help_and_version_are_results() {
    for args in [["--help"], ["--version"]] {
        let output = stormglass(&args);
        assert_eq!(output.status.code(), Some(0));
        assert!(stdout(&output).contains("tormglass") && stderr(&output).is_empty());
    }
}

#[test]
fn a_calm_campaign_passes_and_says_what_happened() {
    let output = stormglass(&["fuzz", "--seeds", "3", "--profile", "calm", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let document = json(&output);
    assert_eq!(document["seeds"], 3);
    assert_eq!(document["passed"], 3);
    assert_eq!(document["failures"].as_array().map(Vec::len), Some(0));
    assert!(document["operations"]["ok"].as_u64() > Some(0), "{document}");
    assert!(document["messages"].as_u64() > Some(0), "{document}");
    assert!(document["sim_s"].as_f64() > Some(10.0), "{document}");
}

#[test]
fn the_number_of_threads_changes_nothing_but_the_time() {
    let report = |jobs| {
        let mut document = json(&stormglass(&["--seeds", "12", "--first-seed", "0x100", "--jobs", jobs, "--json"]));
        for cost in ["wall_s", "cpu_s", "speed"] {
            document.as_object_mut().expect("an object").remove(cost).expect(cost);
        }
        document
    };
    assert_eq!(report("1"), report("3"));
}

#[test]
fn a_replay_is_the_same_byte_for_byte_in_another_process() {
    for engine in ["event", "turmoil"] {
        let replayed = || stormglass(&["replay", "0x1f3a", "--all", "--engine", engine]);
        let (first, second) = (replayed(), replayed());
        assert_eq!(first.status.code(), Some(0), "{}", stderr(&first));
        assert!(stdout(&first).lines().count() > 1_000, "{}", stdout(&first));
        assert!(stdout(&first) == stdout(&second), "two replays on {engine} differ");
    }
}

#[test]
fn replay_and_fuzz_agree_on_a_seed_on_either_engine() {
    for engine in ["event", "turmoil"] {
        agree_on_a_seed(engine);
    }
}

fn agree_on_a_seed(engine: &str) {
    let run = ["--profile", "disk", "--nodes", "5", "--engine", engine, "--json"];
    let replayed = json(&stormglass(&[&["replay", "42"], &run[..]].concat()));
    let fuzzed = json(&stormglass(&[&["fuzz", "--first-seed", "42", "--seeds", "1"], &run[..]].concat()));
    for field in ["messages", "operations", "sim_s", "profile", "engine"] {
        assert_eq!(replayed[field], fuzzed[field], "{field}");
    }
    assert_eq!(replayed["seed"], "0x2a");
    assert_eq!(replayed["engine"], engine);
    assert_eq!(replayed["verdict"], "pass");
    assert_eq!(replayed["invariant"], Value::Null);
}

#[test]
fn a_time_limit_ends_a_campaign() {
    let output = stormglass(&["--time", "300ms", "--jobs", "1", "--json"]);
    let document = json(&output);
    assert!(document["seeds"].as_u64() > Some(0), "{document}");
    assert!(document["wall_s"].as_f64() < Some(60.0), "{document}");
}

#[test]
fn what_is_no_repro_is_refused_in_one_line() {
    refused(&["replay", "missing.json"], "error: missing.json: No such file");
    refused(&["replay", "no/such/repro"], "error: no/such/repro: No such file");
    refused(&["replay", "src"], "error: src/repro.json: No such file");
    refused(&["replay", "Cargo.toml"], "error: Cargo.toml: no repro as a failed run saves it");
    refused(&["replay", "sg1-AAAA"], "error: token: the token is damaged or not all there");
    refused(&["replay", "sg1-AA=A"], "'=' is no part of one");
    refused(&["replay", "sg2-AAAA"], "a token begins with 'sg1-' in this version");
    refused(&["replay", "sg1-AAAA", "--profile", "disk"], "leave --profile out, or give a seed");
    refused(&["replay", "missing.json", "--nodes", "3"], "leave --nodes out, or give a seed");
    let kept = "../../sim-tests/corpus/ack-before-fsync-on-turmoil.json";
    refused(&["replay", kept, "--engine", "event"], "leave --engine out, or give a seed");
    refused(&["replay", kept, "--bug", "ack-before-fsync"], "leave --bug out, or give a seed");
}

/// A run of a bug of the zoo that failed, and what it left behind.
struct Failed {
    folder: TempDir,
    /// The screen's line that says what was wrong.
    fail: String,
    /// What the screen says to paste, as arguments of the command.
    reproduce: Vec<String>,
    /// Relative to the folder.
    file: String,
    repro: Repro,
}

const BUG: &str = "even-quorum-off-by-one";

impl Failed {
    fn new() -> Failed {
        let folder = tempfile::tempdir().expect("a folder for it");
        let output = stormglass_in(folder.path(), &["fuzz", "--bug", BUG, "--seeds", "50", "--json"]);
        assert_eq!(output.status.code(), Some(10), "{}", stderr(&output));
        let document = json(&output);
        let failure = &document["failures"][0];
        let file = failure["file"].as_str().expect("it was saved").to_string();
        let repro = Repro::load(&folder.path().join(&file)).expect("just saved");
        let (fail, reproduce) = screen(&output);
        assert_eq!(failure["repro"].as_str(), Some(&*format!("{PASTED}{}", reproduce.join(" "))));
        Failed { folder, fail, reproduce, file, repro }
    }

    fn stormglass(&self, args: &[&str]) -> Output {
        stormglass_in(self.folder.path(), args)
    }

    /// The repro, changed and saved under another name.
    fn changed(&self, change: impl FnOnce(&mut Repro)) -> String {
        let mut repro = self.repro.clone();
        change(&mut repro);
        fs::write(self.folder.path().join("changed.json"), repro.to_json()).expect("a folder to write to");
        "changed.json".into()
    }

    /// Demands that this shows the same failure.
    #[track_caller]
    fn assert_shown_by(&self, args: &[&str]) {
        let output = self.stormglass(args);
        assert_eq!(output.status.code(), Some(10), "{args:?}: {}", stderr(&output));
        assert_eq!(screen(&output).0, self.fail, "{args:?}");
    }
}

const PASTED: &str = "cargo run --release -- ";

/// Of the last screen on stderr: the line that says what was wrong, and the arguments of the line to paste.
fn screen(output: &Output) -> (String, Vec<String>) {
    let text = stderr(output);
    let fail = text.lines().rfind(|line| line.starts_with("FAIL  ")).unwrap_or_else(|| panic!("no screen: {text}"));
    let last = text.lines().last().expect("a line");
    let pasted = last.strip_prefix("reproduce: ").and_then(|command| command.strip_prefix(PASTED));
    let pasted = pasted.unwrap_or_else(|| panic!("'{last}' is not to be pasted"));
    (fail.into(), pasted.split(' ').map(String::from).collect())
}

#[test]
fn a_failed_run_is_shown_again_by_its_line_its_file_its_folder_and_its_token() {
    let failed = Failed::new();
    assert!(failed.reproduce.join(" ").ends_with(&format!("--bug {BUG}")), "{:?}", failed.reproduce);
    failed.assert_shown_by(&failed.reproduce.iter().map(String::as_str).collect::<Vec<_>>());
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
    let (_, reproduce) = screen(&output);
    assert_eq!(reproduce, ["replay", &failed.file]);
    failed.assert_shown_by(&reproduce.iter().map(String::as_str).collect::<Vec<_>>());
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
    let last = text.lines().last().expect("a line");
    assert!(last.starts_with("reproduced: Quorum Write Blocking of {") && last.ends_with(", as recorded"), "{last}");

    let elsewhere = failed.changed(|repro| repro.version = "0.0.1 (1234567)".into());
    let (code, reproduced, text) = replayed(&[&elsewhere]);
    assert_eq!((code, reproduced), (Some(10), Value::Bool(true)));
    assert!(text.ends_with(", as recorded by version 0.0.1 (1234567)\n"), "{text}");

    let right = failed.changed(|repro| {
        repro.system = "raft-kv".into();
        let recorded = repro.outcome.as_mut().expect("a run is recorded");
        recorded.milestones.insert("leader on the moon".into(), 1);
    });
    let (code, reproduced, text) = replayed(&[&right]);
    assert_eq!((code, reproduced), (Some(0), Value::Bool(false)));
    for said in ["not reproduced: pass, recorded as Quorum", "not reached: leader on the moon\n", "warning: digest "] {
        assert!(text.contains(said), "'{said}' is not in {text}");
    }

    assert_eq!(replayed(&["0x1"]).1, Value::Null);
}

#[test]
fn the_system_of_somebody_elses_test_is_refused_with_the_way_that_works() {
    let failed = Failed::new();
    let unknown = failed.changed(|repro| repro.system = "my-store".into());
    let output = failed.stormglass(&["replay", &unknown]);
    assert_eq!(output.status.code(), Some(1));
    let line = stderr(&output);
    assert!(line.starts_with("error: changed.json: the system 'my-store' is known to its own tests only"), "{line}");
    assert!(line.contains("STORMGLASS_REPRO=FILE cargo test") && line.lines().count() == 1, "{line}");
}

/// A history in which a read is stale: what it returns was overwritten before it began.
const STALE: &str = "\
INFO  jepsen.util - 0\t:invoke\t:write\t1
INFO  jepsen.util - 0\t:ok\t:write\t1
INFO  jepsen.util - 1\t:invoke\t:write\t2
INFO  jepsen.util - 1\t:ok\t:write\t2
INFO  jepsen.util - 0\t:invoke\t:read\tnil
INFO  jepsen.util - 0\t:ok\t:read\t1
";

/// Runs the command with this on standard input.
fn stormglass_reading(text: &str, args: &[&str]) -> Output {
    stormglass_reading_in(Path::new("."), text, args)
}

fn stormglass_reading_in(folder: &Path, text: &str, args: &[&str]) -> Output {
    use std::io::Write;

    let mut command = Command::new(env!("CARGO_BIN_EXE_stormglass"));
    command.current_dir(folder).args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the command starts");
    child.stdin.take().expect("piped").write_all(text.as_bytes()).expect("it reads");
    child.wait_with_output().expect("it ends")
}

#[test]
fn a_stale_read_is_shown_with_the_write_that_it_missed() {
    let output = stormglass_reading(STALE, &["check", "-"]);
    assert_eq!(output.status.code(), Some(10), "{}", stderr(&output));
    let text = stdout(&output);
    assert!(text.starts_with("FAIL  not linearizable: 3 operations on a register\nfile  - (Jepsen log)\n"), "{text}");
    assert!(text.contains("     p1       line 3  line 4  write 2\n"), "{text}");
    assert!(text.contains("  *  p0       line 5  line 6  read -> 1\n"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
}

#[test]
fn check_prints_one_document() {
    let stale = json(&stormglass_reading(STALE, &["check", "-", "--json"]));
    assert_eq!(stale["verdict"], "not-linearizable");
    assert_eq!(stale["operations"], 3);
    assert!(stale["wall_s"].as_f64() < Some(10.0), "{stale}");
    let fresh = stormglass_reading(&STALE.replace(":read\t1", ":read\t2"), &["check", "-", "--json"]);
    assert_eq!((fresh.status.code(), &json(&fresh)["verdict"]), (Some(0), &Value::from("linearizable")));
}

#[test]
fn a_model_that_does_not_fit_the_history_is_refused() {
    let keyed = "{:process 0, :type :invoke, :f :get, :key \"a\", :value nil}\n\
                 {:process 1, :type :invoke, :f :get, :key \"b\", :value nil}\n";
    let output = stormglass_reading(keyed, &["check", "-", "--model", "register"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(stderr(&output), "error: -: it is about 2 keys, and a register has none: give --model kv\n");
}

#[test]
fn the_history_of_a_run_is_written_and_judged_again() {
    let path = std::env::temp_dir().join(format!("stormglass-history-{}.jsonl", std::process::id()));
    let file = path.to_str().expect("a plain path");
    let replay = json(&stormglass(&["replay", "0x1f3a", "--json", "--history", file]));
    let check = stormglass(&["check", file, "--json"]);
    std::fs::remove_file(&path).expect("just written");
    assert_eq!(check.status.code(), Some(0), "{}", stderr(&check));
    let operations: u64 = ["ok", "fail", "info"].iter().filter_map(|end| replay["operations"][end].as_u64()).sum();
    // The probe of the calm phase is in the history too.
    assert!(json(&check)["operations"].as_u64() > Some(operations), "{replay}");
}

#[test]
fn a_bench_prints_its_figures() {
    let document = json(&stormglass(&["bench", "chaos5", "--json"]));
    let figure = &document[0];
    assert_eq!(figure["name"], "chaos5");
    assert_eq!(figure["nodes"], 5);
    for field in ["sim_s", "cpu_s", "speed", "messages", "messages_per_cpu_s", "operations", "operations_per_cpu_s"] {
        assert!(figure[field].as_f64() > Some(0.0), "{field}: {figure}");
    }
}

#[test]
#[cfg(unix)]
fn a_reader_that_has_had_enough_is_no_error() {
    use std::io::{BufRead, BufReader};

    let mut command = Command::new(env!("CARGO_BIN_EXE_stormglass"));
    command.args(["replay", "0x1f3a", "--all"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the command starts");
    let mut first = String::new();
    BufReader::new(child.stdout.take().expect("piped")).read_line(&mut first).expect("a line");
    // The reader is gone; most of the timeline is yet to come.
    let output = child.wait_with_output().expect("it ends");
    assert!(first.starts_with("seed  0x1f3a"), "{first}");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(stderr(&output), "");
}

#[test]
#[cfg(unix)]
fn ctrl_c_ends_a_campaign_with_the_summary_of_what_ran() {
    use std::io::{BufRead, BufReader};

    let mut command = Command::new(env!("CARGO_BIN_EXE_stormglass"));
    command.args(["--seeds", "1000000000", "--json"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the command starts");
    // It says what it is about to run once it listens for Ctrl-C.
    let mut first = String::new();
    BufReader::new(child.stderr.take().expect("piped")).read_line(&mut first).expect("a line");
    let interrupted = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill starts");
    assert!(interrupted.success());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(0));
    let document = json(&output);
    assert_eq!(document["stopped"], true);
    assert!(document["seeds"].as_u64() < Some(1_000_000_000), "{document}");
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
    assert!(stderr(&told).contains("\nshrunk "), "{}", stderr(&told));

    let document = json(&stormglass_in(folder.path(), &[&shrink[..], &["--json"]].concat()));
    assert_eq!(document["invariant"], "quorum-write-blocking");
    assert!(document["after"]["events"].as_u64() < document["before"]["events"].as_u64(), "{document}");
    let file = document["file"].as_str().expect("it is saved");
    let again = json(&stormglass_in(folder.path(), &["replay", file, "--json"]));
    assert_eq!((&again["reproduced"], &again["events"]), (&Value::Bool(true), &document["after"]["events"]));
    // The original is where it was, and what it was.
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
        stdout(&missed).contains("not caught") && stdout(&missed).contains("caught  0 of 1"),
        "{}",
        stdout(&missed)
    );
}

#[test]
fn the_zoo_lists_every_bug_in_80_columns() {
    let text = stdout(&stormglass(&["zoo", "--list"]));
    assert!(zoo::Bug::ALL.iter().all(|bug| text.contains(bug.name())), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
}

#[test]
fn every_scenario_is_listed_with_its_source_and_runs_by_its_name() {
    let listed = stormglass(&["scenario", "list"]);
    assert_eq!(listed.status.code(), Some(0));
    let text = stdout(&listed);
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    let documents = json(&stormglass(&["scenario", "list", "--json"]));
    let documents = documents.as_array().expect("a list");
    for document in documents {
        let (name, engines) = (document["name"].as_str().expect("a name"), &document["engines"]);
        assert!(text.contains(&format!("\n  {name}\n")), "{name}");
        assert!(document["source"].is_string() && engines == &serde_json::json!(["event", "turmoil"]), "{document}");
    }
    let first = documents[0]["name"].as_str().expect("a name");
    let output = stormglass(&["scenario", "run", first, "--seed", "0x7"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).starts_with(&format!("{first}   seed 0x7   engine event\n")), "{}", stdout(&output));
    assert!(stdout(&output).contains("\nPASS\n"), "{}", stdout(&output));
}

#[test]
fn a_scenario_reports_what_it_measured_and_takes_its_knobs() {
    let run =
        |more: &[&str]| json(&stormglass(&[&["scenario", "run", "rapid_leader_changes", "--json"], more].concat()));
    let usual = run(&[]);
    assert_eq!(usual["verdict"], "pass");
    assert_eq!((&usual["name"], &usual["engine"]), (&"rapid_leader_changes".into(), &"event".into()));
    assert!(usual["report"]["elections"].as_u64().expect("a count") >= 4, "{usual}");
    assert_eq!(run(&[])["digest"], usual["digest"]);
    assert_ne!(run(&["--seed", "1"])["digest"], usual["digest"]);
    assert_ne!(run(&["--engine", "turmoil"])["digest"], usual["digest"]);
    let more = run(&["--iterations", "5"]);
    assert!(more["report"]["elections"].as_u64().expect("a count") >= 6, "{more}");
}

#[test]
fn a_scenario_whose_rule_is_broken_fails_by_the_line_that_it_prints() {
    let folder = TempDir::new().expect("a folder");
    let args = ["scenario", "run", "network_partition_minority", "--break", "ack-by-index-only", "--seed", "0"];
    let output = stormglass_in(folder.path(), &args);
    assert_eq!(output.status.code(), Some(10), "{}", stderr(&output));
    let text = stderr(&output);
    let line = text.lines().find_map(|line| line.strip_prefix("reproduce: cargo run --release -- "));
    let again: Vec<&str> = line.expect("it says how").split(' ').collect();
    let pasted = stormglass_in(folder.path(), &again);
    let fail = |text: &str| text.lines().find(|line| line.starts_with("FAIL  ")).map(String::from);
    assert_eq!(fail(&stderr(&pasted)), fail(&text));
    assert!(fail(&text).is_some(), "{text}");
}

#[test]
fn what_a_scenario_does_not_have_is_refused() {
    refused(&["scenario", "run", "rapid_leader"], "did you mean rapid_leader_changes?");
    refused(&["scenario", "run", "something"], "`stormglass scenario list` names them all");
    refused(
        &["scenario", "run", "quorum_loss", "--iterations", "3"],
        "quorum_loss has no --iterations: there is nothing",
    );
    refused(&["scenario", "run", "rapid_leader_changes", "--nodes", "3"], "it takes --iterations");
    refused(&["scenario", "run", "rapid_leader_changes", "--iterations", "21"], "give 1 to 20");
    refused(&["scenario", "run", "quorum_loss", "--break", "ack-by"], "did you mean ack-by-index-only?");
    refused(&["scenario", "run", "quorum_loss", "--engine", "steam"], "give event or turmoil");
    refused(&["scenario", "run"], "<NAME>");
    refused(&["scenario"], "give list or run");
}
