//! Bounds of runs, campaigns and threads.

use std::fs;
use std::path::Path;

use explore::Repro;

use super::refusals::refused;
use super::{fail, json, reproduce, stderr, stdout, stormglass, stormglass_in};

/// A plan of three nodes and 100 clients that write values of up to 1 MiB, changed.
fn bomb(folder: &Path, change: impl FnOnce(&mut sim::Plan)) -> String {
    let mut plan = sim::expand(sim::Seed(1), sim::Profile::Calm, &sim::Overrides::nodes(3), &[]).expect("a plan");
    (plan.workload.clients, plan.workload.value_bytes_max) = (100, 1 << 20);
    (plan.storm_ms, plan.events_max) = (60_000, u64::MAX);
    plan.settings = serde_json::json!({ "snapshot_every": u64::MAX });
    change(&mut plan);
    sim::validate(&plan).expect("each field is as it may be");
    let file = folder.join("bomb.json");
    fs::write(&file, serde_json::to_string(&plan).expect("plain values")).expect("a folder to write to");
    file.to_str().expect("a plain path").into()
}

#[test]
fn a_plan_that_takes_more_than_it_may_is_refused_in_one_line_that_names_what_grows() {
    let folder = tempfile::tempdir().expect("a folder for it");
    let month_ms = 30 * 24 * 3_600 * 1_000;
    let file = bomb(folder.path(), |plan| {
        (plan.cluster.nodes, plan.cluster.heartbeat_ms, plan.storm_ms) = (63, 1, month_ms);
        (plan.workload.clients, plan.workload.retry_ms) = (10_000, 1);
    });
    let said = "63 nodes with a heartbeat every 1 ms for 2592000000 ms make some 324000000000 events";
    let token = Repro::load(Path::new(&file)).expect("just written").token();
    for what in [&file, &token] {
        refused(&["replay", what], said);
        refused(&["shrink", what, "--time", "100ms"], said);
    }
    let file = bomb(folder.path(), |_| {});
    for command in ["replay", "shrink"] {
        refused(&[command, &file, "--heap", "32"], "--heap raises the limit");
        refused(&[command, &file, "--events", "2000"], "--events raises the limit");
        refused(&[command, &file, "--operations", "30"], "--operations raises the limit");
    }
    refused(
        &["shrink", &endless(folder.path()), "--time", "100ms"],
        "it takes more than 1s of CPU time: give more --time",
    );
}

#[test]
fn what_a_run_may_take_can_be_raised() {
    let folder = tempfile::tempdir().expect("a folder for it");
    let file = bomb(folder.path(), |plan| (plan.workload.clients, plan.storm_ms) = (2, 500));
    refused(&["replay", &file, "--heap", "4"], "--heap raises the limit");
    let output = stormglass_in(folder.path(), &["replay", &file, "--heap", "2000", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}

#[test]
fn a_run_of_a_seed_that_takes_more_than_it_may_has_stalled() {
    let folder = tempfile::tempdir().expect("a folder for it");
    let args = ["--first-seed", "5", "--seeds", "1", "--events", "1000", "--shrink", "0"];
    let document = json(&stormglass_in(folder.path(), &[&args[..], &["--json"]].concat()));
    assert_eq!(document["failures"][0]["verdict"], "stalled");
    let told = stormglass_in(folder.path(), &args);
    assert_eq!(told.status.code(), Some(11), "{}", stderr(&told));
    let said = fail(&told);
    assert!(said.contains("Stalled: the run takes more than 1000 events"), "{said}");
    let pasted = reproduce(&told);
    // The run that its file records has stalled too.
    let file = document["failures"][0]["file"].as_str().expect("it is saved");
    let of_line: Vec<&str> = pasted[1..].iter().map(String::as_str).collect();
    for again in [&of_line[..], &["replay", file, "--events", "1000"]] {
        let again = stormglass_in(folder.path(), again);
        assert_eq!((again.status.code(), fail(&again)), (Some(11), said.clone()));
        assert!(!stdout(&again).contains("warning: digest"), "{}", stdout(&again));
        let pasted = reproduce(&again);
        let again = stormglass_in(folder.path(), &pasted[1..].iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!((again.status.code(), fail(&again)), (Some(11), said.clone()));
    }
    // The run that is told in the end is bounded too.
    let shrunk = stormglass_in(folder.path(), &["shrink", file, "--events", "1000", "--time", "100ms"]);
    assert_eq!(shrunk.status.code(), Some(11), "{}", stderr(&shrunk));
    let text = stdout(&shrunk);
    assert!(
        text.contains("Stalled: the run takes more than 1000 events") && !text.contains("run       pass"),
        "{text}"
    );
}

#[test]
fn a_run_of_a_seed_that_holds_more_than_it_may_is_shown_again_by_its_line() {
    // The process itself takes more than this limit: only the run's own count may decide.
    let folder = tempfile::tempdir().expect("a folder for it");
    let args = ["--profile", "chaos", "--nodes", "20", "--seeds", "6", "--heap", "1", "--shrink", "0"];
    let told = stormglass_in(folder.path(), &args);
    assert_eq!(told.status.code(), Some(11), "{}", stderr(&told));
    let said = fail(&told);
    assert!(said.contains("Stalled: the run holds 2 MiB"), "{said}");
    let pasted = reproduce(&told);
    let again = stormglass_in(folder.path(), &pasted[1..].iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!((again.status.code(), fail(&again)), (Some(11), said));
}

/// A plan of one node that no client uses, for days.
pub(super) fn endless(folder: &Path) -> String {
    bomb(folder, |plan| {
        (plan.workload.clients, plan.workload.value_bytes_max, plan.storm_ms) = (1, 8, 1_000_000_000);
        plan.workload.value_bytes_min = 0;
        plan.cluster.nodes = 1;
    })
}

#[test]
fn threads_are_no_more_than_there_is_work_for() {
    let output = stormglass(&["--seeds", "2", "--jobs", "100000000"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = stdout(&output);
    assert!(text.contains("2 seeds, jobs 2 ") && text.ends_with("\nPASS  2 runs\n"), "{text}");
}

#[test]
fn seeds_do_not_wrap_around() {
    const LAST: &str = "0xffffffffffffffff";
    refused(&["--first-seed", LAST, "--seeds", "3"], "there are 1 seeds from 0xffffffffffffffff on, and not 3");
    refused(&["zoo", "--first-seed", LAST, "--seeds", "3"], "there are 1 seeds from 0xffffffffffffffff on");
    refused(
        &["scenario", "run", "quorum_loss", "--seed", LAST, "--seeds", "3"],
        "--seeds is 3: from seed 0xffffffffffffffff on there are 1",
    );
    assert_eq!(stormglass(&["--first-seed", LAST, "--seeds", "1", "--profile", "calm"]).status.code(), Some(0));
}
