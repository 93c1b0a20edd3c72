//! Repros that a folder keeps, run by a property.

mod vault;

use std::ops::ControlFlow;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;
use std::{env, fs};

use raft_kv::RaftKv;
use stormglass::explore::{self, Origin, Repro, Runner, Shrunk};
use stormglass::prelude::*;
use stormglass::raft::Membership;

use vault::Vault;

/// A vault that answers before the value is durable, and its first failure, made smaller, as a repro that reached these
/// milestones.
fn lost_value(milestones: &[&str]) -> Repro {
    let hasty = Vault { syncs: false }.into_subject();
    let report = Property::of(Vault { syncs: false }).profile(Profile::Chaos).seeds(150).run();
    let failure = report.failures.first().expect("150 seeds lose a value");
    let plan = hasty.plan(failure.seed, Profile::Chaos, &Overrides::default()).expect("it was run");
    let runner = Runner::new(Engine::Event, &*hasty);
    let shrunk = explore::shrink(&runner, &plan, Duration::from_secs(20), &mut |_| ControlFlow::Continue(()));
    let Shrunk { plan, outcome, failure, .. } = shrunk.expect("it was run").expect("it fails");
    reaching(milestones, Repro::of(&Origin::of(&*hasty, Engine::Event), &plan, &outcome, Some(&failure)))
}

/// The repro with these milestones alone.
fn reaching(milestones: &[&str], mut repro: Repro) -> Repro {
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
    over(Vault { syncs }, folder.path())
}

fn over(system: impl IntoSubject, folder: &Path) -> Option<String> {
    let property = Property::of(system);
    let ended = panic::catch_unwind(AssertUnwindSafe(|| property.corpus(folder)));
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
fn without_milestones_each_kind_of_fault_is_effective() {
    let repro = lost_value(&[]);
    let guards = |schedule: Vec<TimedFault>| {
        let mut plan = repro.plan.clone();
        plan.schedule = schedule;
        said(true, &[("lost-value.json", Repro { plan, ..repro.clone() }.to_json())])
    };
    // The only node has no other node to lose messages to.
    let idle = TimedFault::new(0, Fault::Isolate { target: Target::Any }).lasting(100);
    let text = guards([repro.plan.schedule.clone(), vec![idle]].concat()).expect("a fault without effect");
    let why =
        "lost-value.json guards nothing any more: no isolate was effective. Replace the file, or take these faults";
    assert!(text.contains(why), "{text}");
}

#[test]
fn a_file_without_a_recorded_failure_guards_nothing() {
    let lost = lost_value(&[]);
    let plan = serde_json::to_string(&lost.plan).expect("plain values");
    let text = said(true, &[("plan.json", plan)]).expect("nothing is recorded");
    assert!(
        text.ends_with(
            "plan.json: a plan without a recorded run guards nothing: copy the shrunk.json of a failed run here"
        ),
        "{text}"
    );
    let vault = Vault { syncs: true }.into_subject();
    let outcome = vault.run_checked(Engine::Event, &lost.plan).expect("it was run");
    let passed = Repro::of(&Origin::of(&*vault, Engine::Event), &lost.plan, &outcome, None).to_json();
    let text = said(true, &[("passed.json", passed)]).expect("no failure is recorded");
    assert!(text.contains("passed.json: a run that passed when it was recorded guards nothing: copy the"), "{text}");
}

#[test]
fn the_repro_of_another_system_is_refused_and_that_of_other_settings_runs() {
    let of = |system| {
        let repro = Repro { system: Some(system), ..lost_value(&[]) };
        said(true, &[("lost-value.json", repro.to_json())])
    };
    let text = of(SubjectId::new("safe")).expect("another system");
    assert!(text.ends_with("lost-value.json: it is of the system safe, and the corpus is of vault"), "{text}");
    assert_eq!(of(SubjectId::new("vault").with_setting("locks", 2).with_bug("loses-the-key")), None);
}

#[test]
fn the_files_run_in_the_order_of_their_names_up_to_the_first_that_fails() {
    let kept = lost_value(&[]).to_json();
    let names = ["f.json", "c.json", "e.json", "b.json", "d.json", "a.json"];
    let files = names.map(|name| (name, if name == "a.json" { kept.clone() } else { "{".into() }));
    let text = said(true, &files).expect("all but the first are broken");
    assert!(
        text.contains("b.json: cut off: its JSON is incomplete where it ends, in line 1") && text.lines().count() == 1,
        "{text}"
    );
}

/// Half of an even cluster commits.
#[derive(Clone, Debug)]
struct Half;

impl raft::Rules for Half {
    fn commit_quorum(&self, membership: &Membership, holders: NodeSet) -> bool {
        2 * holders.intersection(membership.voters).len() >= membership.voters.len()
    }

    fn asserts_invariants(&self) -> bool {
        false
    }
}

impl kv::Rules for Half {}

/// The first failure of a Raft cluster in which half is enough.
fn half_commits() -> Repro {
    let half = RaftKv::with_bug("half", Half).into_subject();
    let report = Property::of(RaftKv::with_bug("half", Half)).nodes(4).seeds(20).run();
    let failure = report.failures.first().expect("half is no majority");
    let plan = half.plan(failure.seed, Profile::Swarm, &Overrides::nodes(4)).expect("it was run");
    let outcome = half.run_checked(Engine::Event, &plan).expect("it was run");
    Repro::of(&Origin::of(&*half, Engine::Event), &plan, &outcome, Some(failure))
}

fn said_of_mended_raft(repro: &Repro) -> Option<String> {
    let folder = tempfile::tempdir().expect("a folder for it");
    fs::write(folder.path().join("half.json"), repro.to_json()).expect("a folder to write to");
    over(RaftKv::default(), folder.path())
}

#[test]
fn a_run_that_reaches_its_milestones_passes() {
    let over = |milestones: &[&str]| said_of_mended_raft(&reaching(milestones, half_commits()));
    assert_eq!(over(&["leader elected"]), None);
    let text = over(&["leader elected", "the moon is full"]).expect("a milestone");
    assert!(text.contains("its run does not reach the moon is full. Replace"), "{text}");
}

#[test]
fn without_milestones_an_operation_may_have_happened() {
    let mut repro = reaching(&[], half_commits());
    repro.plan.storm_ms = 20_000;
    repro.plan.schedule = vec![TimedFault::new(0, Fault::Loss { ratio: Ratio::ALWAYS }).lasting(20_000)];
    let get = serde_json::json!([{"at_ns": 0, "client": 1, "operation": {"get": {"key": "k0"}}}]);
    repro.plan.workload.script = serde_json::from_value(get).expect("a script");
    let text = said_of_mended_raft(&repro).expect("no operation happened");
    let why = "half.json guards nothing any more: all operations of its clients ended as fail. Replace the file";
    assert!(text.ends_with(why), "{text}");
}

#[test]
fn a_corpus_runs_no_seed_of_the_environment() {
    let test = env::current_exe().expect("a test");
    let name = "over_a_folder_that_is_not_there";
    let mut run = Command::new(test);
    run.args([name, "--exact", "--ignored", "--nocapture"]).env("STORMGLASS_SEED", "0x3");
    let Output { status, stderr, .. } = run.output().expect("it runs");
    let said = String::from_utf8_lossy(&stderr);
    assert!(status.success(), "{said}");
    assert!(said.contains("note: a corpus runs its files and no seeds: 0x3 is not run here\n"), "{said}");
}

#[test]
#[ignore = "it passes only where a seed is asked for"]
fn over_a_folder_that_is_not_there() {
    Property::of(Vault { syncs: false }).corpus("no-such-folder");
}

#[test]
fn a_folder_without_repros_is_an_error() {
    let text = said(true, &[("notes.txt", String::new())]).expect("nothing is run");
    assert!(
        text.starts_with("error: ") && text.contains(" holds no repro (NAME.json): copy the shrunk.json"),
        "{text}"
    );
    let text = said(true, &[("broken.json", "{".into())]).expect("nothing can be run");
    assert!(text.contains("broken.json: cut off: "), "{text}");
    let text = over(Vault { syncs: true }, Path::new("no-such-folder")).expect("nothing is run");
    assert!(text.starts_with("error: no-such-folder: "), "{text}");
}
