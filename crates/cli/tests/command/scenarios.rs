//! `scenario`.

use tempfile::TempDir;

use super::{fail, json, reproduce, stderr, stdout, stormglass, stormglass_in};

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
    assert!(stdout(&output).ends_with("\nPASS\n"), "{}", stdout(&output));
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
    let args = ["scenario", "run", "network_partition_minority", "--bug", "ack-by-index-only", "--seed", "0"];
    let output = stormglass_in(folder.path(), &args);
    assert_eq!(output.status.code(), Some(10), "{}", stderr(&output));
    let line = reproduce(&output);
    let again: Vec<&str> = line[1..].iter().map(String::as_str).collect();
    assert_eq!(again[..4], ["scenario", "run", "network_partition_minority", "--seed"]);
    assert_eq!(fail(&stormglass_in(folder.path(), &again)), fail(&output));
}

#[test]
fn the_seeds_of_a_scenario_come_to_the_same_on_any_number_of_threads() {
    let folder = TempDir::new().expect("a folder");
    let run = |args: &[&str]| {
        let args = [&["scenario", "run", "quorum_loss", "--json", "--seeds", "12"], args].concat();
        json(&stormglass_in(folder.path(), &args))
    };
    let passed = run(&["--jobs", "1"]);
    assert_eq!((&passed["seeds"], &passed["seed"], &passed["stopped"]), (&12.into(), &"0xb".into(), &false.into()));
    assert_eq!(run(&["--jobs", "3"])["digest"], passed["digest"]);
    let broken = |jobs| run(&["--bug", "vote-cleared-on-same-term-stepdown", "--seed", "0", "--jobs", jobs]);
    let failed = broken("1");
    assert_eq!(failed["verdict"], "violation");
    for field in ["seeds", "seed", "digest"] {
        assert_eq!(broken("4")[field], failed[field], "{field}");
    }
}

#[test]
fn times_of_a_scenario_are_read_with_and_without_their_unit() {
    let digest = |time: &str| {
        let args =
            ["scenario", "run", "rapid_leader_changes", "--iterations", "2", "--time", time, "--seeds", "1", "--json"];
        json(&stormglass(&args))["digest"].clone()
    };
    assert_eq!(digest("60"), digest("1m"));
}

#[test]
fn a_time_limit_ends_the_seeds_of_a_scenario() {
    let document = json(&stormglass(&["scenario", "run", "quorum_loss", "--time", "1ms", "--jobs", "1", "--json"]));
    assert_eq!((&document["verdict"], &document["stopped"]), (&"pass".into(), &false.into()));
}
