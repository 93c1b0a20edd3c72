//! Repros that a folder keeps, run by a property.

mod vault;

use std::fs;
use std::panic;
use std::path::Path;

use stormglass::explore::{Origin, Repro};
use stormglass::prelude::*;

use vault::Vault;

/// A vault that answers before the value is durable, and its first failure as a repro that reached these milestones.
fn lost_value(milestones: &[&str]) -> Repro {
    let hasty = Vault { syncs: false }.into_subject();
    let report = Property::of(Vault { syncs: false }).profile(Profile::Chaos).seeds(150).run();
    let failure = report.failures.first().expect("150 seeds lose a value");
    let plan = hasty.plan(failure.seed, Profile::Chaos, &Overrides::default()).expect("it was run");
    let outcome = hasty.run_checked(Engine::Event, &plan).expect("it was run");
    let mut repro = Repro::of(&Origin::of(&*hasty, Engine::Event), &plan, &outcome, Some(failure));
    let recorded = repro.outcome.as_mut().expect("a run is recorded");
    recorded.milestones = milestones.iter().map(|name| (String::from(*name), 1)).collect();
    repro
}

/// The text that a property ends with over a folder of these files; `None` if it passes.
fn said(syncs: bool, files: &[(&str, String)]) -> Option<String> {
    let folder = tempfile::tempdir().expect("a folder for it");
    for (name, content) in files {
        fs::write(folder.path().join(name), content).expect("a folder to write to");
    }
    over(syncs, folder.path())
}

fn over(syncs: bool, folder: &Path) -> Option<String> {
    let ended = panic::catch_unwind(|| Property::of(Vault { syncs }).corpus(folder));
    ended.err().map(|panic| panic.downcast_ref::<String>().expect("a text").clone())
}

#[test]
fn a_bug_that_was_fixed_passes_and_one_that_came_back_fails_with_the_line_to_paste() {
    let files = [("lost-value.json", lost_value(&[]).to_json()), ("notes.txt", "no repro".into())];
    assert_eq!(said(true, &files), None);
    let screen = said(false, &files).expect("the value is lost again");
    assert!(screen.contains("\nFAIL  Linearizability: "), "{screen}");
    let line = screen.lines().last().expect("a line");
    assert!(line.starts_with("reproduce: STORMGLASS_REPRO=/") && line.contains("lost-value.json cargo test"), "{line}");
}

#[test]
fn a_run_that_misses_a_milestone_guards_nothing() {
    let text = said(true, &[("lost-value.json", lost_value(&["the moon is full"]).to_json())]).expect("a milestone");
    let why = "lost-value.json guards nothing any more: its run does not reach the moon is full. Replace the file, ";
    assert!(text.contains(why), "{text}");
}

#[test]
fn a_folder_without_repros_is_an_error() {
    let text = said(true, &[("notes.txt", String::new())]).expect("nothing is run");
    assert!(
        text.starts_with("error: ") && text.contains(" holds no repro (NAME.json): copy the shrunk.json"),
        "{text}"
    );
    let text = said(true, &[("broken.json", "{".into())]).expect("nothing can be run");
    assert!(text.contains("broken.json: no repro, plan or token"), "{text}");
    let text = over(true, Path::new("no-such-folder")).expect("nothing is run");
    assert!(text.starts_with("error: no-such-folder: "), "{text}");
}
