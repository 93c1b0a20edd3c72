//! What a failed run leaves behind: files in a folder of its own, `stormglass-out/INVARIANT-SEED/`.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use check::{History, history::format};

use crate::repro::Repro;

/// The folder that artefacts are kept in.
const BASE: &str = "stormglass-out";
const REPRO: &str = "repro.json";
const SHRUNK: &str = "shrunk.json";
const HISTORY: &str = "history.jsonl";

/// Where the artefacts of a failure are, or why they are nowhere: the failure itself counts for more.
pub type Saved = Result<Folder, String>;

/// A folder that holds the artefacts of one failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    /// As it is shown: relative to what artefacts were saved below.
    path: PathBuf,
    has_shrunk: bool,
}

impl Folder {
    /// The file that says what was run and what came of it.
    pub fn repro(&self) -> PathBuf {
        self.path.join(REPRO)
    }

    /// The file that says the same of the smaller run that fails alike, if there is one.
    pub fn shrunk(&self) -> Option<PathBuf> {
        self.has_shrunk.then(|| self.path.join(SHRUNK))
    }

    /// The file that says what clients saw.
    pub fn history(&self) -> PathBuf {
        self.path.join(HISTORY)
    }
}

impl fmt::Display for Folder {
    /// `stormglass-out/election-safety-0xad/{repro.json, history.jsonl}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shrunk = if self.has_shrunk { &format!("{SHRUNK}, ") } else { "" };
        write!(f, "{}/{{{REPRO}, {shrunk}{HISTORY}}}", self.path.display())
    }
}

/// The repro that a path names: a folder of artefacts stands for the one in it.
pub fn repro_at(path: PathBuf) -> PathBuf {
    if path.is_dir() { path.join(REPRO) } else { path }
}

/// Saves what a failed run leaves behind, below `root` in a folder of this name. If that holds the repro of another run,
/// the folder beside it with the first free number is taken: nothing that was saved is ever lost. What it was shrunk to
/// takes the place only of what is larger: there may have been more time for it before.
///
/// # Errors
/// Which file could not be written, and why.
pub fn save(root: &Path, name: &str, repro: &Repro, shrunk: Option<&Repro>, history: &History) -> Saved {
    let mut path = Path::new(BASE).join(name);
    let mut number = 1;
    while !holds(&root.join(&path).join(REPRO), repro)? {
        number += 1;
        path.set_file_name(format!("{name}-{number}"));
    }
    let folder = Folder { path, has_shrunk: shrunk.is_some() };
    if let (Some(shrunk), Some(file)) = (shrunk, folder.shrunk()) {
        let file = root.join(file);
        let is_worse = Repro::load(&file).is_ok_and(|there| shrunk.is_larger_than(&there));
        if !is_worse {
            fs::write(&file, shrunk.to_json()).map_err(|error| told(&file, &error))?;
        }
    }
    let file = root.join(folder.history());
    write_history(&file, history).map_err(|error| told(&file, &error))?;
    Ok(folder)
}

/// Writes a repro if the file is not there yet. Returns whether it now holds this run: not if it held another.
fn holds(file: &Path, repro: &Repro) -> Result<bool, String> {
    // Written in full before it has its name, so that who is interrupted leaves no half of one.
    let unnamed = file.with_extension(format!("{}.tmp", std::process::id()));
    let named = || {
        fs::write(&unnamed, repro.to_json())?;
        let named = fs::hard_link(&unnamed, file);
        fs::remove_file(&unnamed)?;
        named
    };
    let written = folder_of(file).and_then(|()| match named() {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            Ok(Repro::load(file).is_ok_and(|there| there.is_same_run(repro)))
        }
        Err(error) => Err(error),
    });
    written.map_err(|error| told(file, &error))
}

/// Writes a history as JSON lines, and the folders that are missing on the way to it.
///
/// # Errors
/// If the file cannot be written.
pub fn write_history(path: &Path, history: &History) -> io::Result<()> {
    folder_of(path)?;
    let mut file = BufWriter::new(File::create(path)?);
    format::write(history, &mut file)?;
    file.flush()
}

fn folder_of(file: &Path) -> io::Result<()> {
    file.parent().map_or(Ok(()), fs::create_dir_all)
}

fn told(file: &Path, error: &io::Error) -> String {
    format!("{}: {error}", file.display())
}

#[cfg(test)]
mod tests {
    use check::Point;
    use check::history::format::Limits;
    use env::{Completion, Operation, Output};

    use super::*;
    use crate::repro::tests::{repro, repro_of};

    fn history() -> History {
        let mut history = History::new();
        history.invoke(1, Operation::Get { key: "k1".into() }, Point::line(1)).expect("idle");
        history.complete(1, Completion::Ok(Output::Value(None)), Point::line(2)).expect("asking");
        history
    }

    #[test]
    fn repro_and_history_are_saved_in_a_folder_that_names_them_and_are_read_back() {
        let root = tempfile::tempdir().expect("a folder for it");
        let folder =
            save(root.path(), "linearizability-0xad", &repro(), None, &history()).expect("a folder to write to");
        assert_eq!(folder.to_string(), "stormglass-out/linearizability-0xad/{repro.json, history.jsonl}");
        assert_eq!(Repro::load(&root.path().join(folder.repro())).expect("just written"), repro());
        let saved = fs::read(root.path().join(folder.history())).expect("just saved");
        assert_eq!(format::read(&saved[..], &Limits::default()).expect("just written").history, history());
    }

    #[test]
    fn the_same_run_is_saved_once_and_another_one_beside_it() {
        let root = tempfile::tempdir().expect("a folder for it");
        let saved =
            |repro: &Repro| save(root.path(), "progress-0x1", repro, None, &history()).expect("a folder to write to");
        let (first, again, other) = (saved(&repro_of(1)), saved(&repro_of(1)), saved(&repro_of(2)));
        assert_eq!(first, again);
        assert_eq!(other.repro(), Path::new("stormglass-out/progress-0x1-2/repro.json"));
        assert_eq!(saved(&repro_of(3)).repro(), Path::new("stormglass-out/progress-0x1-3/repro.json"));
        // A later version that does the same has nothing to add.
        let later = Repro { version: "99.0.0".into(), ..repro_of(1) };
        assert_eq!(saved(&later), first);
        assert_eq!(Repro::load(&root.path().join(first.repro())).expect("still there"), repro_of(1));
    }

    #[test]
    fn what_it_was_shrunk_to_gives_way_to_what_is_smaller_only() {
        let root = tempfile::tempdir().expect("a folder for it");
        let shrunk_to = |faults: usize| {
            let mut repro = repro();
            repro.plan.workload.script = Some(Vec::new());
            repro.plan.schedule.truncate(faults);
            repro
        };
        for (faults, kept) in [(3, 3), (4, 3), (2, 2), (3, 2)] {
            let shrunk = shrunk_to(faults);
            let folder = save(root.path(), "progress-0x1", &repro(), Some(&shrunk), &history()).expect("a folder");
            let there = Repro::load(&root.path().join(folder.shrunk().expect("saved"))).expect("just written");
            assert_eq!(there.plan.schedule.len(), kept, "after {faults}");
        }
    }

    #[test]
    fn what_cannot_be_saved_is_said() {
        let error =
            save(Path::new("/dev/null"), "progress-0x1", &repro(), None, &History::new()).expect_err("no folder");
        assert!(error.starts_with("/dev/null/stormglass-out/progress-0x1/repro.json: "), "{error}");
    }
}
