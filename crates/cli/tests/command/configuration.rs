//! The defaults of options: from the file of the workspace and from the environment.

use std::fs;
use std::path::Path;

use super::{command, fail, json, reproduce, stderr, stdout, stormglass};

/// A cargo workspace with this `stormglass.toml`.
fn workspace(file: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder for it");
    fs::write(folder.path().join("Cargo.toml"), "[workspace]\n").expect("a folder to write to");
    fs::write(folder.path().join("stormglass.toml"), file).expect("a folder to write to");
    fs::create_dir(folder.path().join("member")).expect("a folder to write to");
    folder
}

fn run(folder: &Path, args: &[&str], variables: &[(&str, &str)]) -> std::process::Output {
    command(args).current_dir(folder).envs(variables.iter().copied()).output().expect("the command starts")
}

/// The profile and the count of seeds of a campaign.
fn campaign(folder: &Path, args: &[&str], variables: &[(&str, &str)]) -> (String, u64) {
    let output = run(folder, &[&["fuzz", "--json"], args].concat(), variables);
    let document = json(&output);
    let profile = document["profile"].as_str().unwrap_or_else(|| panic!("{document}"));
    (profile.into(), document["seeds"].as_u64().expect("a number"))
}

#[test]
fn an_option_comes_before_the_environment_and_that_before_the_file() {
    let folder = workspace("profile = \"calm\"\nseeds = 3\n");
    let here = folder.path();
    assert_eq!(campaign(here, &[], &[]), ("calm".into(), 3));
    assert_eq!(campaign(&here.join("member"), &[], &[]), ("calm".into(), 3), "the file is that of the workspace");
    let variables = [("STORMGLASS_PROFILE", "clock"), ("STORMGLASS_SEEDS", "4")];
    assert_eq!(campaign(here, &[], &variables), ("clock".into(), 4));
    assert_eq!(campaign(here, &["--profile", "disk", "--seeds", "2"], &variables), ("disk".into(), 2));
    assert_eq!(campaign(here, &[], &[("STORMGLASS_PROFILE", "")]), ("calm".into(), 3), "an empty one is not set");
}

#[test]
fn every_budget_of_the_file_is_that_of_a_campaign() {
    let folder = workspace("seeds = 5\njobs = 1\nevents = 2500\nshrink = 0\nout = \"found\"\n");
    let output = run(&folder.path().join("member"), &["fuzz"], &[]);
    assert_eq!(output.status.code(), Some(11), "2500 events are too few: {}{}", stdout(&output), stderr(&output));
    let text = stdout(&output);
    assert!(text.contains("5 seeds, jobs 1") && !text.contains("\nshrunk "), "{text}");
    assert!(folder.path().join("found").is_dir(), "the folder is below the root of the workspace: {text}");
    assert!(reproduce(&output).join(" ").ends_with(" --events 2500"), "{text}");
    let unlimited = run(folder.path(), &["fuzz", "--events", "1000000", "--seeds", "1"], &[]);
    assert_eq!(unlimited.status.code(), Some(0), "{}", stdout(&unlimited));
    let operations = run(folder.path(), &["fuzz", "--events", "1000000"], &[("STORMGLASS_OPERATIONS", "60")]);
    assert_eq!(operations.status.code(), Some(11), "{}", stdout(&operations));
    assert!(reproduce(&operations).join(" ").ends_with(" --operations 60"), "{}", stdout(&operations));
    let timed = run(folder.path(), &["fuzz", "--events", "1000000"], &[("STORMGLASS_TIME", "1ms")]);
    assert!(stdout(&timed).contains(" for 1ms, jobs 1"), "a time takes the place of the seeds: {}", stdout(&timed));
}

#[test]
fn the_line_to_paste_names_a_value_of_the_file() {
    let bug = ["--bug", "even-quorum-off-by-one", "--seeds", "20", "--shrink", "0"];
    let exported = [("STORMGLASS_PROFILE", "calm"), ("STORMGLASS_EVENTS", "50"), ("STORMGLASS_HEAP", "1")];
    for (file, args, is_named) in [
        ("profile = \"chaos\"\n", &[][..], true),
        ("profile = \"disk\"\n", &["--profile", "swarm"], false),
        ("", &[], false),
    ] {
        let folder = workspace(file);
        let found = run(folder.path(), &[&["fuzz"], &bug[..], args].concat(), &[]);
        assert_eq!(found.status.code(), Some(10), "{}{}", stdout(&found), stderr(&found));
        let line = reproduce(&found);
        assert_eq!(line.iter().any(|word| word == "--profile"), is_named, "{line:?}");
        let args: Vec<&str> = line[1..].iter().map(String::as_str).collect();
        let other = workspace("profile = \"calm\"\nevents = 50\n");
        for (here, variables) in [(folder.path(), &[][..]), (other.path(), &[]), (folder.path(), &exported)] {
            let again = run(here, &args, variables);
            assert_eq!(fail(&again), fail(&found), "{line:?}");
            assert_eq!(reproduce(&again), line);
        }
        let saved = fs::read_dir(folder.path().join("target/stormglass")).expect("the failures are kept");
        let names = saved.map(|entry| entry.expect("an entry").path().display().to_string());
        let of_first = names.into_iter().find(|name| name.contains(&format!("-{}-", line[2])));
        let again = run(other.path(), &["replay", &of_first.expect("the first is kept")], &exported);
        assert_eq!(fail(&again), fail(&found), "{}", stderr(&again));
    }
    let folder = workspace("profile = \"chaos\"\n");
    let hunted = run(folder.path(), &["zoo", "--bug", "even-quorum-off-by-one", "--shrink", "0"], &[]);
    assert!(stdout(&hunted).contains("profile chaos"), "{}", stdout(&hunted));
}

#[test]
fn a_mistake_in_the_file_is_told_in_one_line_with_its_place() {
    for (file, said) in [
        ("seeds = 3\nseedz = 4\n", "stormglass.toml: line 2: 'seedz' is no key: give profile, seeds, "),
        ("profile = \"mayhem\"\n", "stormglass.toml: line 1: profile: 'mayhem' is no profile: give calm, "),
        ("seeds = \"many\"\n", "stormglass.toml: line 1: seeds is a text: give a whole number"),
    ] {
        let folder = workspace(file);
        for args in [&["fuzz"][..], &["replay", "1"], &["shrink", "1"], &["zoo"], &["scenario", "run", "quorum_loss"]] {
            let output = run(folder.path(), args, &[]);
            let error = stderr(&output);
            assert_eq!(output.status.code(), Some(1), "{args:?}: {error}");
            assert!(error.contains(said) && error.lines().count() == 1, "'{error}' does not say '{said}'");
            assert!(error.trim_end().chars().count() <= 200, "{error}");
        }
        assert_eq!(run(folder.path(), &["--help"], &[]).status.code(), Some(0));
    }
    let output = run(Path::new("."), &["fuzz"], &[("STORMGLASS_JOBS", "0")]);
    assert!(stderr(&output).contains("STORMGLASS_JOBS: '0' is no count"), "{}", stderr(&output));
}

/// docs/configuration.md is where one looks a key up.
#[test]
fn the_table_of_keys_has_every_key_with_its_variable_and_its_option() {
    let text = include_str!("../../../../docs/configuration.md");
    let table = text.split("| --- | --- | --- | --- | --- | --- |\n").nth(1).expect("a table of them");
    let rows: Vec<Vec<&str>> =
        table.lines().take_while(|line| line.starts_with('|')).map(|row| row.split(" | ").collect()).collect();
    let listed: Vec<(&str, &str)> = rows.iter().map(|row| (row[0].trim_start_matches("| "), row[3])).collect();
    let keys = explore::Key::ALL.iter().map(|key| (format!("`{}`", key.name), format!("`{}`", key.variable)));
    let keys: Vec<(String, String)> = keys.collect();
    assert_eq!(listed, keys.iter().map(|(name, variable)| (&**name, &**variable)).collect::<Vec<_>>());
    let help = stdout(&stormglass(&["fuzz", "--help"]));
    for row in rows.iter().filter(|row| row[4] != "none") {
        assert!(help.contains(row[4].trim_matches('`')), "fuzz has no {}", row[4]);
    }
}
