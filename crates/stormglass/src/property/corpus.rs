//! A corpus: the repros of a folder, which a property runs in each test.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{fmt, fs};

use explore::plain::escaped;
use explore::{Asked, Repro};
use sim::FaultKind;

use super::{Passed, Property};
use crate::telling::{fail, say};

impl Property {
    /// Runs the repros that a folder keeps: bugs that were fixed and must not come back. The path of the folder begins
    /// at the package of the test.
    ///
    /// Each `NAME.json` in it is a repro as a failed run leaves it, `shrunk.json` under a name of its own. Its plan
    /// must pass now, on the engine that the repro names, and the run must still go where it went: a run that took
    /// another way guards nothing.
    /// - If the file lists milestones, the run must reach each of them. Take out of a file the milestones that it is
    ///   not about.
    /// - If it lists none, each kind of fault in its schedule must be effective, and of its clients' operations at
    ///   least one must end as `ok` or `info`: where all end as `fail`, none of them has happened.
    ///
    /// A file without a recorded failure (a plan alone, or a run that passed) is refused, and so is one of a system of
    /// another name. The settings of the system and its planted bug may be others. No limit of `stormglass.toml`
    /// bounds these runs.
    ///
    /// ```no_run
    /// # use raft_kv::RaftKv;
    /// # use stormglass::Property;
    /// Property::of(RaftKv::default()).corpus("corpus");
    /// ```
    ///
    /// A corpus has no seeds: under `STORMGLASS_SEED` it runs nothing, and says so.
    ///
    /// # Panics
    /// If a run fails, as [`check`](Property::check) does, with the line that runs this file again; or if a file is
    /// refused or guards nothing, or the folder holds no repro. The files are run in the order of their names, up to
    /// the first that fails.
    pub fn corpus(&self, folder: impl AsRef<Path>) {
        let (asked, this) = self.asked_of_recorded().unwrap_or_else(|error| fail(format!("error: {error}")));
        match asked {
            Asked::All { .. } => {
                let files = repros_in(folder.as_ref()).unwrap_or_else(|error| fail(format!("error: {error}")));
                for file in files {
                    this.keeps(&file);
                }
            }
            Asked::Seed(seed) => say(&format!("note: a corpus runs its files and no seeds: {seed} is not run here")),
            Asked::Repro { file, repro } => {
                this.run_repro(&repro, file.as_deref());
            }
        }
    }

    fn keeps(&self, file: &Path) {
        let path = file.display().to_string();
        let shown = escaped(&path);
        let refused = |error: &dyn fmt::Display| -> ! { fail(format!("error: {shown}: {error}")) };
        let repro = Repro::load(file).unwrap_or_else(|error| refused(&error));
        is_fit(&repro, self.subject.id().name()).unwrap_or_else(|error| refused(&error));
        say(&format!("{shown}:"));
        let passed = self.run_repro(&repro, Some(&path));
        if let Err(why) = goes_where_it_went(&repro, &passed) {
            fail(format!("{shown} guards nothing any more: {why}"));
        }
    }
}

/// Refuses a repro that no corpus of this system can keep.
fn is_fit(repro: &Repro, system: &str) -> Result<(), String> {
    let why = match &repro.outcome {
        None => "a plan without a recorded run guards nothing",
        Some(recorded) if recorded.failure.is_none() => "a run that passed when it was recorded guards nothing",
        Some(_) => match &repro.system {
            Some(recorded) if recorded.name() != system => {
                return Err(format!("it is of the system {}, and the corpus is of {system}", recorded.name()));
            }
            _ => return Ok(()),
        },
    };
    Err(format!("{why}: copy the shrunk.json of a failed run here"))
}

/// Checks that a run that passes has been where the recorded run failed, as far as the repro can tell.
fn goes_where_it_went(repro: &Repro, passed: &Passed) -> Result<(), String> {
    let missed = passed.comparison.as_ref().map_or(&[][..], |comparison| comparison.missed());
    if !missed.is_empty() {
        let missed = missed.join(", ");
        return Err(format!("its run does not reach {missed}. Replace the file, or take these milestones out of it"));
    }
    if repro.outcome.as_ref().is_some_and(|recorded| !recorded.milestones.is_empty()) {
        return Ok(());
    }
    let schedule = repro.plan.schedule.iter();
    let is_idle = |kind: &FaultKind| passed.outcome.faults.of(*kind).effective == 0;
    let kinds: BTreeSet<&str> = schedule.map(|timed| timed.fault.kind()).filter(is_idle).map(FaultKind::name).collect();
    if !kinds.is_empty() {
        let kinds = Vec::from_iter(kinds).join(", ");
        return Err(format!("no {kinds} was effective. Replace the file, or take these faults out of its schedule"));
    }
    let operations = passed.outcome.stats.operations;
    if operations.fail > 0 && operations.fail == operations.total() {
        return Err("all operations of its clients ended as fail. Replace the file".into());
    }
    Ok(())
}

/// The files of a folder that end in `.json`, in the order of their names.
fn repros_in(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let shown = escaped(&folder.display().to_string());
    let entries = fs::read_dir(folder).map_err(|error| format!("{shown}: {error}"))?;
    let paths = entries.map(|entry| entry.map(|entry| entry.path()));
    let mut files = paths.collect::<Result<Vec<_>, _>>().map_err(|error| format!("{shown}: {error}"))?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
    files.sort_unstable();
    if files.is_empty() {
        return Err(format!("{shown} holds no repro (NAME.json): copy the shrunk.json of a failed run there"));
    }
    Ok(files)
}
