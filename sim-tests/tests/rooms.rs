//! The rooms of the house: each crate depends on the crates that docs/architecture.md names, nothing in the simulator
//! knows Raft, and a test of a system on the event engine needs neither tokio nor turmoil.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The crates that must not know Raft.
const WITHOUT_RAFT: [&str; 5] = ["parts", "history", "sim", "hosts", "explore"];
/// The crates that know it.
const OF_RAFT: [&str; 6] = ["raft-types", "raft", "raft-rules", "raft-kv", "kv", "zoo"];
/// The words of Raft that they must not use.
const WORDS: [&str; 3] = ["raft", "election", "appendentries"];
/// A system's name and an invariant's, which messages and tests give as examples, and a field of the first format of
/// plans, by which that is known.
const EXAMPLES: [&str; 4] = ["raft-kv", "election safety", "election-safety", "election_timeout_min_ms"];

type Rooms = BTreeMap<String, BTreeSet<String>>;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The crates under `crates/` by name, `fuzz` excepted, which is no member of the workspace.
fn crates() -> Vec<String> {
    let entries = fs::read_dir(root().join("crates")).expect("the folder of the crates");
    let names = entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("a plain name"));
    let mut names: Vec<String> = names.filter(|name| name != "fuzz").collect();
    names.sort();
    names
}

/// The other crates of the workspace under this heading of a crate's manifest.
fn dependencies(manifest: &str, heading: &str, members: &[String]) -> BTreeSet<String> {
    let lines = manifest.lines().skip_while(|line| *line != heading).skip(1);
    let section: Vec<&str> = lines.take_while(|line| !line.starts_with('[')).collect();
    // Names are given once, in the manifest of the workspace, so a key here is the name of a folder.
    let renamed = section.iter().find(|line| line.contains("package =") || line.starts_with("stormglass-"));
    assert_eq!(renamed, None, "a dependency that is not named by its folder");
    let names = section.iter().filter_map(|line| line.split(['.', ' ', '=']).next());
    names.filter(|name| members.iter().any(|member| member == name)).map(String::from).collect()
}

/// Each crate, with the others that it depends on if all of its features are on.
fn depended_on() -> Rooms {
    let members = crates();
    let of = |name: &String| (name.clone(), dependencies(&manifest(name), "[dependencies]", &members));
    members.iter().map(of).collect()
}

/// The same, but with the features of `stormglass` off.
fn needed() -> Rooms {
    let members = crates();
    let of = |name: &String| (name.clone(), dependencies(&without_features(name), "[dependencies]", &members));
    members.iter().map(of).collect()
}

fn manifest(name: &str) -> String {
    read(&root().join("crates").join(name).join("Cargo.toml"))
}

/// A crate's manifest without the dependencies that a feature of `stormglass` adds. Below `stormglass` the crates
/// switch on each other's features, so there all of them count.
fn without_features(name: &str) -> String {
    let manifest = manifest(name);
    assert!(manifest.lines().all(|line| !line.starts_with("default")), "{name} has features that are on by default");
    let is_off = |line: &&str| name != "stormglass" || !line.contains("optional = true");
    manifest.lines().filter(is_off).map(|line| format!("{line}\n")).collect()
}

/// The table of docs/architecture.md: each crate, and the crates that it may touch.
fn documented() -> Rooms {
    let text = read(&root().join("docs/architecture.md"));
    let rows = text.lines().skip_while(|line| !line.starts_with("| crate |")).skip(2);
    let rows = rows.take_while(|line| line.starts_with('|'));
    let quoted = |cell: &str| cell.split('`').skip(1).step_by(2).map(String::from).collect::<BTreeSet<_>>();
    let read = |row: &str| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').collect();
        let [name, _, touches] = cells[..] else { panic!("three cells, not {row}") };
        (name.trim().trim_matches('`').to_string(), quoted(touches))
    };
    rows.map(read).filter(|(name, _)| name != "sim-tests").collect()
}

#[test]
fn each_crate_depends_on_the_crates_that_its_row_names() {
    let (depended_on, documented) = (depended_on(), documented());
    assert!(depended_on.len() > 10, "{depended_on:?}");
    for (name, crates) in &depended_on {
        assert_eq!(documented.get(name), Some(crates), "the row of {name} in docs/architecture.md");
    }
    assert_eq!(documented.keys().collect::<Vec<_>>(), depended_on.keys().collect::<Vec<_>>());
}

/// All crates that a crate needs to be built.
fn reached(from: &str, rooms: &Rooms) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    let mut ahead = vec![from.to_string()];
    while let Some(name) = ahead.pop() {
        ahead.extend(rooms[&name].iter().filter(|next| !reached.contains(*next)).cloned());
        reached.insert(name);
    }
    reached
}

#[test]
fn the_simulator_does_not_depend_on_raft() {
    let rooms = depended_on();
    assert!(reached("systems", &rooms).contains("raft"), "the walk reaches the crates below");
    for name in WITHOUT_RAFT {
        let reached = reached(name, &rooms);
        let of_raft: Vec<&&str> = OF_RAFT.iter().filter(|of_raft| reached.contains(**of_raft)).collect();
        assert!(of_raft.is_empty(), "{name} needs {of_raft:?}");
    }
}

/// The packages of Cargo.lock, with the packages that each needs to be built; those of the workspace need more here,
/// since the packages of their tests are among them.
fn locked() -> Rooms {
    let lock = read(&root().join("Cargo.lock"));
    let quoted = |line: &str| line.split('"').nth(1).map(|name| name.split(' ').next().unwrap_or(name).to_string());
    let mut packages = Rooms::new();
    for package in lock.split("[[package]]").skip(1) {
        let name = package.lines().find(|line| line.starts_with("name = ")).and_then(quoted).expect("a package's name");
        let needs = package.lines().skip_while(|line| *line != "dependencies = [").skip(1);
        // Two versions of a package count as one.
        packages.entry(name).or_default().extend(needs.map_while(quoted));
    }
    packages
}

/// The packages of the registry that crates from `from` on downwards need to be built, the features of `stormglass`
/// off.
fn foreign(from: &str) -> BTreeSet<String> {
    let (rooms, locked) = (needed(), locked());
    let is_foreign = |name: &&String| !rooms.contains_key(*name) && !name.starts_with("stormglass-");
    let packages: Vec<String> = locked.keys().filter(is_foreign).cloned().collect();
    let direct = |name: &String| {
        let manifest = without_features(name);
        for heading in manifest.lines().filter(|line| line.starts_with('[') && line.contains("dependencies")) {
            let is_read = heading == "[dependencies]" || heading == "[dev-dependencies]";
            assert!(is_read, "{name} declares dependencies under {heading}, where this test does not look");
        }
        dependencies(&manifest, "[dependencies]", &packages)
    };
    reached(from, &rooms).iter().flat_map(direct).flat_map(|package| reached(&package, &locked)).collect()
}

#[test]
fn a_test_on_the_event_engine_needs_no_tokio() {
    for name in ["tokio", "turmoil"] {
        assert!(foreign("hosts").contains(name), "the turmoil engine needs {name}");
        assert!(!foreign("stormglass").contains(name), "stormglass, or a crate below it, needs {name}");
        assert!(reached("stormglass", &depended_on()).contains("hosts"), "stormglass has no feature that adds {name}");
    }
}

fn sources(folder: &Path, to: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, to);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            to.push(path);
        }
    }
}

#[test]
fn the_simulator_does_not_speak_of_raft() {
    let mut found = Vec::new();
    let mut files = Vec::new();
    for name in WITHOUT_RAFT {
        sources(&root().join("crates").join(name).join("src"), &mut files);
    }
    assert!(files.len() > 200, "{} files", files.len());
    for file in &files {
        for (index, line) in read(file).lines().enumerate() {
            let said = EXAMPLES.iter().fold(line.to_lowercase(), |line, example| line.replace(example, ""));
            if WORDS.iter().any(|word| said.contains(word)) {
                found.push(format!("{}:{}: {line}", file.display(), index + 1));
            }
        }
    }
    // Two tests of a name with control characters in it.
    found.retain(|line| !line.contains("names no system"));
    assert!(found.is_empty(), "{}", found.join("\n"));
}
