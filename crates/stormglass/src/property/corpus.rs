//! A corpus: the repros of a folder, which a property runs in each test.

use std::fs;
use std::path::{Path, PathBuf};

use explore::plain::escaped;
use explore::{Asked, Repro};

use super::Property;
use crate::telling::{fail, say};

impl Property {
    /// Runs the repros that a folder keeps: bugs that were fixed and must not come back. The path of the folder begins at
    /// the package of the test.
    ///
    /// Each `NAME.json` in it is a repro as a failed run leaves it, `shrunk.json` under a name of its own. Its plan must pass
    /// now, on the engine that the repro names, and the run must reach every milestone that the file lists: a run that
    /// took another way guards nothing. Take out of a file the milestones that it is not about. No limit of
    /// `stormglass.toml` bounds these runs.
    ///
    /// ```no_run
    /// # use raft_kv::RaftKv;
    /// # use stormglass::Property;
    /// Property::of(RaftKv::default()).corpus("corpus");
    /// ```
    ///
    /// # Panics
    /// If a run fails, as [`check`](Property::check) does, with the line that runs this file again; or if it misses a
    /// milestone, or the folder holds no repro. The files are run in the order of their names, up to the first that fails.
    pub fn corpus(&self, folder: impl AsRef<Path>) {
        let (asked, this) = self.asked_of_recorded().unwrap_or_else(|error| fail(format!("error: {error}")));
        match asked {
            Asked::All { .. } => {
                let files = repros_in(folder.as_ref()).unwrap_or_else(|error| fail(format!("error: {error}")));
                for file in files {
                    this.keeps(&file);
                }
            }
            Asked::Seed(seed) => this.run_seed(seed),
            Asked::Repro { file, repro } => {
                this.run_repro(&repro, file.as_deref());
            }
        }
    }

    fn keeps(&self, file: &Path) {
        let path = file.display().to_string();
        let shown = escaped(&path);
        let repro = Repro::load(file).unwrap_or_else(|error| fail(format!("error: {shown}: {error}")));
        say(&format!("{shown}:"));
        let comparison = self.run_repro(&repro, Some(&path));
        let missed = comparison.as_ref().map_or(&[][..], |comparison| comparison.missed());
        if !missed.is_empty() {
            fail(format!(
                "{shown} guards nothing any more: its run does not reach {}. Replace the file, or take these milestones \
                 out of it",
                missed.join(", ")
            ));
        }
    }
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
