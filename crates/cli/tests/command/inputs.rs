//! Runs that are run again, in each way that they may be given: a plan alone, and standard input.

use std::fs;

use serde_json::Value;

use super::failures::{BUG, Failed};
use super::{fail, json, reproduce, stderr, stormglass_in, stormglass_reading, stormglass_reading_in};

#[test]
fn a_repro_a_token_and_a_plan_are_read_from_standard_input() {
    let failed = Failed::new();
    let plan = serde_json::to_string(&failed.repro.plan).expect("plain values");
    let bug: &[&str] = &["--bug", BUG];
    for (text, options) in [(failed.repro.to_json(), &[][..]), (failed.repro.token() + "\n", &[]), (plan, bug)] {
        let output = stormglass_reading_in(failed.folder.path(), &text, &[&["replay", "-"], options].concat());
        assert_eq!(output.status.code(), Some(10), "{}", stderr(&output));
        let pasted = reproduce(&output);
        assert_eq!((fail(&output), &*pasted[1]), (failed.fail.clone(), "replay"));
        failed.assert_shown_by(&pasted[1..].iter().map(String::as_str).collect::<Vec<_>>());
    }
    let refused = stormglass_reading("nothing of it", &["replay", "-"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(stderr(&refused).starts_with("error: -: no repro, plan or token"), "{}", stderr(&refused));
}

#[test]
fn a_plan_alone_runs_as_its_options_say() {
    let failed = Failed::new();
    let file = failed.folder.path().join("plan.json");
    fs::write(&file, serde_json::to_string(&failed.repro.plan).expect("plain values")).expect("a folder to write to");
    let replayed = |options: &[&str]| json(&failed.stormglass(&[&["replay", "plan.json", "--json"], options].concat()));
    let right = replayed(&[]);
    assert_eq!((&right["verdict"], &right["reproduced"]), (&"pass".into(), &Value::Null));
    assert_eq!(replayed(&["--bug", BUG])["invariant"], "quorum-write-blocking");
    assert_eq!(replayed(&["--engine", "turmoil"])["engine"], "turmoil");
    let told = failed.stormglass(&["replay", "plan.json", "--bug", BUG]);
    assert_eq!(reproduce(&told)[3..], ["--bug", BUG]);
    failed.assert_shown_by(&reproduce(&told)[1..].iter().map(String::as_str).collect::<Vec<_>>());
    let output = failed.stormglass(&["replay", "plan.json", "--nodes", "3"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("leave --nodes out, or give a seed"), "{}", stderr(&output));
}

#[test]
fn nodes_that_split_every_vote_make_no_progress_as_a_repro_and_as_a_plan_alone() {
    // Both run out of patience at the same moment, over and over: their timeouts are drawn from a range of one value.
    let folder = tempfile::tempdir().expect("a folder for it");
    let mut plan = sim::expand(sim::Seed(0xeb), sim::Profile::Calm, &sim::Overrides::nodes(2), &[]).expect("a plan");
    plan.cluster.suspicion_max_ms = plan.cluster.suspicion_min_ms;
    plan.link.latency_min_us = plan.link.latency_max_us;
    plan.disk.sync_min_us = plan.disk.sync_max_us;
    plan.workload.clients = 0;
    fs::write(folder.path().join("plan.json"), serde_json::to_string(&plan).expect("plain values")).expect("written");
    let of_plan = stormglass_in(folder.path(), &["replay", "plan.json", "--json", "--out", "kept"]);
    assert_eq!(of_plan.status.code(), Some(11), "{}", stderr(&of_plan));
    let document = json(&of_plan);
    assert_eq!((&document["invariant"], &document["reproduced"]), (&"progress".into(), &Value::Null));
    let saved = document["files"]["repro"].as_str().expect("it is saved");
    let of_repro = json(&stormglass_in(folder.path(), &["replay", saved, "--json"]));
    assert_eq!((&of_repro["digest"], &of_repro["reproduced"]), (&document["digest"], &Value::Bool(true)));
}
