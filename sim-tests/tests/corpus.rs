//! Runs kept for ever: each file of `corpus/` is a test by its name.
//!
//! A file is a repro, as a failed run saves it. It was put there because its run once showed something, and the test
//! demands three things of it:
//! - the run comes to the recorded end: for a bug of the zoo its failure, and for the cluster as it is, nothing wrong;
//! - it still reaches every milestone that the file lists: a run that does not any more guards nothing, and says so here;
//! - the same plan passes on the cluster without the bug.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use env::NodeSet;
use explore::{Comparison, Failure, Recorded, Repro};
use libtest_mimic::{Arguments, Failed, Trial};
use scenarios::systems;
use sim::{PlanError, Subject};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let files = files();
    let first = Repro::load(&files[0]).expect("the corpus is of repros");
    let trials = files.into_iter().map(|file| {
        let name = file.file_stem().and_then(OsStr::to_str).expect("a name in letters").to_string();
        Trial::test(name, move || holds(&Repro::load(&file)?))
    });
    let noticed = Trial::test("a_run_that_guards_nothing_any_more_is_noticed", move || is_noticed(&first));
    libtest_mimic::run(&arguments, trials.chain([noticed]).collect()).exit_code()
}

/// The files, in the order of their names.
fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let entries = fs::read_dir(folder).expect("the corpus is part of the crate");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("a file").path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
    files.sort_unstable();
    assert!(!files.is_empty(), "the corpus is empty");
    files
}

fn holds(repro: &Repro) -> Result<(), Failed> {
    let systems = systems();
    let id = repro.system.clone().ok_or("it does not say which system it is of")?;
    comes_to_the_same(repro, run(repro, &*systems.make(&id)?)?.1.as_ref())?;
    match run(repro, &*systems.make(&id.clone().without_bug())?)?.0.filter(|_| id.bug().is_some()) {
        None => Ok(()),
        Some(failure) => Err(format!("without the bug: {}: {}", failure.headline(), failure.message).into()),
    }
}

/// Demands that a file fails if its run came to another end, reached less, or listed nothing to reach.
fn is_noticed(good: &Repro) -> Result<(), Failed> {
    holds(good)?;
    let changed = |change: &dyn Fn(&mut Recorded)| {
        let mut repro = good.clone();
        repro.outcome.as_mut().map(change);
        repro
    };
    let reaches_less = changed(&|outcome| {
        outcome.milestones.insert("a state that no run ever reaches".into(), 1);
    });
    let lists_nothing = changed(&|outcome| outcome.milestones.clear());
    let fails_otherwise = changed(&|outcome| {
        if let Some(failure) = &mut outcome.failure {
            failure.nodes = NodeSet::first(63);
        }
    });
    for (what, repro) in
        [("reaches less", reaches_less), ("lists nothing", lists_nothing), ("fails otherwise", fails_otherwise)]
    {
        if holds(&repro).is_ok() {
            return Err(format!("a run that {what} would not be noticed").into());
        }
    }
    Ok(())
}

fn run(repro: &Repro, subject: &dyn Subject) -> Result<(Option<Failure>, Option<Comparison>), PlanError> {
    let outcome = subject.run_checked(repro.engine, &repro.plan)?;
    let failure = Failure::of(repro.plan.seed, &outcome);
    let comparison = repro.compare(&outcome, failure.as_ref());
    Ok((failure, comparison))
}

fn comes_to_the_same(repro: &Repro, comparison: Option<&Comparison>) -> Result<(), Failed> {
    let (Some(recorded), Some(comparison)) = (&repro.outcome, comparison) else {
        return Err("it has a plan and no outcome, so there is nothing that its run could come to".into());
    };
    if recorded.milestones.is_empty() {
        return Err("it lists no milestone, so this test would not notice if it came to guard nothing".into());
    }
    if !comparison.is_reproduced() {
        return Err(comparison.to_string().into());
    }
    match comparison.missed() {
        [] => Ok(()),
        missed => Err(format!("it guards nothing any more: it does not reach {}", missed.join(", ")).into()),
    }
}
