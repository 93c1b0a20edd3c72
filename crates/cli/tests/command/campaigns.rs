//! `fuzz`, `bench` and `replay` of runs that pass.

use std::process::Stdio;

use serde_json::Value;

use super::{command, json, stderr, stdout, stormglass};

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
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let document = json(&output);
    assert_eq!(document["stopped"], false, "it was asked for");
    assert!(document["seeds"].as_u64() > Some(0), "{document}");
    assert!(document["wall_s"].as_f64() < Some(60.0), "{document}");
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

    let mut command = command(&["replay", "0x1f3a", "--all"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the command starts");
    let mut first = String::new();
    BufReader::new(child.stdout.take().expect("piped")).read_line(&mut first).expect("a line");
    // The reader is gone; most of the timeline is yet to come.
    let output = child.wait_with_output().expect("it ends");
    assert!(first.starts_with("seed  0x1f3a"), "{first}");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(stderr(&output), "");
}
