//! The command as its users meet it: exit codes, what goes where, and the lines that must paste as they stand.

use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn stormglass(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stormglass"));
    command.args(args).stdin(Stdio::null()).output().expect("the command starts")
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
    refused(&["replay"], "<SEED>");
    refused(&["replay", "seven"], "in hex (0x1f3a) or decimal (7994)");
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
    use std::io::Write;

    let mut command = Command::new(env!("CARGO_BIN_EXE_stormglass"));
    command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
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
