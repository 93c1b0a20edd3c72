//! The documents of `--json` are as `docs/schemas` says.

use std::fs;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use super::histories::STALE;
use super::{json, stormglass, stormglass_in, stormglass_reading};

mod validator;

use validator::violations;

fn schema(name: &str) -> Value {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../docs/schemas/{name}.json"));
    let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    serde_json::from_str(&text).expect("a schema is JSON")
}

/// Demands that a document is as its schema says, down to the last field.
#[track_caller]
pub(super) fn assert_valid(name: &str, document: &Value) {
    let found = violations(&schema(name), document);
    assert!(found.is_empty(), "{name}: {found:#?}");
}

const BUG: &str = "even-quorum-off-by-one";

#[test]
fn documents_of_failed_runs_are_as_their_schemas_say() {
    let folder = TempDir::new().expect("a folder");
    let run = |args: &[&str]| json(&stormglass_in(folder.path(), &[&["--json"], args].concat()));
    let fuzz = run(&["fuzz", "--bug", BUG, "--seeds", "6"]);
    assert_valid("fuzz", &fuzz);
    let failure = &fuzz["failures"][0];
    assert_eq!(failure["fingerprint"]["invariant"], "quorum-write-blocking");
    for file in ["repro", "shrunk", "history", "token"] {
        let path = Path::new(failure["files"][file].as_str().expect("it is saved"));
        assert!(path.is_absolute() && path.exists(), "{file}: {failure}");
    }
    let token = fs::read_to_string(failure["files"]["token"].as_str().expect("it is saved")).expect("it is there");
    assert_eq!(failure["token"].as_str(), Some(token.trim_end()));
    assert_valid("replay", &run(&["replay", failure["file"].as_str().expect("it is saved")]));
    assert_valid("replay", &run(&["replay", "0x0", "--bug", BUG]));
    assert_valid("shrink", &run(&["shrink", "0x0", "--bug", BUG]));
    assert_valid("scenario", &run(&["scenario", "run", "network_partition_minority", "--bug", "ack-by-index-only"]));
    let missed = ["--bug", "lease-survives-transfer", "--seeds", "1", "--profile", "calm"];
    assert_valid("zoo", &run(&["zoo", "--bug", "ack-before-fsync"]));
    assert_valid("zoo", &run(&[&["zoo"], &missed[..]].concat()));
}

#[test]
fn documents_of_what_passes_are_as_their_schemas_say() {
    let run = |args: &[&str]| json(&stormglass(&[&["--json"], args].concat()));
    assert_valid("fuzz", &run(&["--seeds", "3", "--nodes", "5"]));
    assert_valid("replay", &run(&["replay", "0x1f3a"]));
    assert_valid("scenario", &run(&["scenario", "run", "leader_failure_under_load"]));
    assert_valid("scenario-list", &run(&["scenario", "list"]));
    assert_valid("zoo-list", &run(&["zoo", "--list"]));
    assert_valid("system-list", &run(&["fuzz", "--list"]));
    assert_valid("bench", &run(&["bench", "heartbeat5"]));
    let check =
        |text: &str, options: &[&str]| json(&stormglass_reading(text, &[&["check", "-", "--json"], options].concat()));
    assert_valid("check", &check(STALE, &[]));
    assert_valid("check", &check(&STALE.replace(":read\t1", ":read\t2"), &[]));
    let begins = check("{:process 0 :type :invoke :f :read}\n{:process 0 :type :ok :f :read :value 0}\n", &[]);
    assert_eq!(begins["other_initial"], "0");
    assert_valid("check", &begins);
    let given_up = check(STALE, &["--steps", "1"]);
    assert_eq!(given_up["verdict"], "unknown");
    assert_valid("check", &given_up);
    assert_valid("error", &check("frob", &[]));
    assert_valid("error", &run(&["replay", "seven"]));
}

#[test]
fn a_document_that_is_not_as_its_schema_says_is_found_out() {
    let document = json(&stormglass(&["--seeds", "1", "--json"]));
    let found = |change: &dyn Fn(&mut Value)| {
        let mut changed = document.clone();
        change(&mut changed);
        violations(&schema("fuzz"), &changed).join("; ")
    };
    assert_eq!(found(&|_| ()), "");
    assert_eq!(found(&|of| of["operations"]["odd"] = 1.into()), "/operations/odd is no field of it");
    assert_eq!(found(&|of| of["seeds"] = (-1).into()), "/seeds is -1, less than 0");
    assert_eq!(found(&|of| of["engine"] = "steam".into()), "/engine is \"steam\", none of [\"event\",\"turmoil\"]");
    assert_eq!(found(&|of| of["failures"] = serde_json::json!([7])), "/failures/0 is 7, no \"object\"");
    assert_eq!(found(&|of| drop(of.as_object_mut().expect("an object").remove("nodes"))), " lacks nodes");
    assert_eq!(found(&|of| of["schema"] = "stormglass/fuzz/0".into()), "/schema is \"stormglass/fuzz/0\"");
}
