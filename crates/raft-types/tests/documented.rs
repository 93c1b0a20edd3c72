//! docs/observations.md names every observation, and each rule that docs/invariants.md says it feeds.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The variants of `Observation`, in the order of the source.
fn variants() -> Vec<String> {
    let source = read("src/observation.rs");
    let lines = source.lines().skip_while(|line| *line != "pub enum Observation {").skip(1);
    let names = lines.take_while(|line| *line != "}").filter_map(|line| line.strip_prefix("    "));
    let names = names.filter(|line| line.starts_with(|first: char| first.is_ascii_uppercase()));
    names.map(|line| line.trim_end_matches([' ', '{', ',']).to_string()).collect()
}

/// The words in backquotes.
fn quoted(text: &str) -> BTreeSet<String> {
    text.split('`').skip(1).step_by(2).map(String::from).collect()
}

/// The rows of the first table of docs/observations.md: the observation, and the rules that it feeds.
fn table() -> Vec<(String, String)> {
    let text = read("../../docs/observations.md");
    let rows = text.lines().skip_while(|line| !line.starts_with("| your Raft |")).skip(2);
    let rows = rows.take_while(|line| line.starts_with('|')).map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').collect();
        let [_, report, _, rules] = cells[..] else { panic!("four cells, not {row}") };
        (report.trim().trim_matches('`').to_string(), rules.trim().to_string())
    });
    rows.collect()
}

#[test]
fn each_observation_has_one_row() {
    let (mut rows, mut variants): (Vec<String>, _) = (table().into_iter().map(|(name, _)| name).collect(), variants());
    assert!(variants.len() > 10, "{variants:?}");
    rows.sort();
    variants.sort();
    assert_eq!(rows, variants);
}

#[test]
fn each_row_has_the_rules_that_the_observation_feeds() {
    let text = read("../../docs/invariants.md");
    let rows: BTreeMap<String, String> = table().into_iter().collect();
    let mut feeds = 0;
    for section in text.split("\n### ").skip(1) {
        let rule = section.lines().next().expect("a heading");
        let Some((_, fed)) = section.split_once("- *Fed by* ") else { continue };
        let fed = fed.split("\n- ").next().expect("the first of the points");
        let became = quoted(fed).contains("Became...");
        for name in rows.keys().filter(|name| quoted(fed).contains(*name) || became && name.starts_with("Became")) {
            assert!(rows[name].split(", ").any(|of_row| of_row == rule), "the row of {name} does not name {rule}");
            feeds += 1;
        }
    }
    assert!(feeds > 30, "{feeds}");
}
