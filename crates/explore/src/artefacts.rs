//! The files that a failed run leaves behind, in a folder of its own, `INVARIANT-SEED/`, below a [root](Root).
//!
//! Always true: a file has its name only when it is whole, and a save that fails leaves no temporary file and no empty
//! folder that it made.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::thread;

use history::format;
use sim::RecordedHistory;

use crate::cargo;
use crate::configuration::Configuration;
use crate::layout::solid;
use crate::plain::escaped;
use crate::repro::{Recorded, Repro};

const REPRO: &str = "repro.json";
const SHRUNK: &str = "shrunk.json";
const HISTORY: &str = "history.jsonl";
const TOKEN: &str = "token.txt";

/// The folder that artefacts are kept below, and how paths in it are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    /// Absolute.
    path: PathBuf,
    /// Paths below this folder are shown relative to it, others as they are.
    shown_from: PathBuf,
}

impl Root {
    /// The root of the command: the folder `out`, else `target/stormglass` of the cargo workspace that the command was
    /// called in, else `stormglass-out` where it was called. Paths are shown relative to where it was called.
    ///
    /// # Errors
    /// The current folder is gone.
    pub fn of_command(out: Option<&Path>) -> io::Result<Root> {
        let here = std::env::current_dir()?;
        let usual = || match cargo::workspace_of(&here) {
            Some(workspace) => cargo::target_of(&workspace, &here).join("stormglass"),
            None => "stormglass-out".into(),
        };
        Ok(Root { path: here.join(out.map_or_else(usual, Path::to_path_buf)), shown_from: here })
    }

    /// The root of a test: the folder of `STORMGLASS_OUT`, else `out` of `stormglass.toml`, else `target/stormglass`.
    /// All, and the paths that are shown, are relative to the root of the workspace, where one calls cargo.
    pub fn of_test() -> Root {
        let workspace = cargo::workspace_root();
        let usual = || cargo::target_of(&workspace, &workspace).join("stormglass");
        // A mistake in the configuration is told when the test asks which runs to do.
        let out = Configuration::of_test().unwrap_or_default().options().out;
        let path = out.map_or_else(usual, |out| workspace.join(out));
        Root { path, shown_from: workspace }
    }

    /// A path below it as it is shown.
    fn shown<'a>(&self, path: &'a Path) -> &'a Path {
        path.strip_prefix(&self.shown_from).unwrap_or(path)
    }
}

/// The folder of a failure's artefacts, or why there is none: the failure itself counts for more.
pub type Saved = Result<Folder, String>;

/// A folder that holds the artefacts of one failure. Its paths are absolute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    path: PathBuf,
    shown: PathBuf,
    has_shrunk: bool,
    token: String,
}

impl Folder {
    /// The file of the run's plan and outcome.
    pub fn repro(&self) -> PathBuf {
        self.path.join(REPRO)
    }

    /// The repro's path as it is shown, which is shorter.
    pub fn repro_shown(&self) -> PathBuf {
        self.shown.join(REPRO)
    }

    /// The same file of the smaller run that fails alike, if there is one.
    pub fn shrunk(&self) -> Option<PathBuf> {
        self.has_shrunk.then(|| self.path.join(SHRUNK))
    }

    /// The file of the run's history.
    pub fn history(&self) -> PathBuf {
        self.path.join(HISTORY)
    }

    /// The file that holds the smallest of the repros as a token.
    pub fn token_file(&self) -> PathBuf {
        self.path.join(TOKEN)
    }

    /// The smallest of the repros as a token.
    pub fn token(&self) -> &str {
        &self.token
    }
}

impl fmt::Display for Folder {
    /// `target/stormglass/election-safety-0xad  repro.json, history.jsonl, token.txt`, with a path that no line breaks.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shrunk = if self.has_shrunk { &format!("{SHRUNK}, ") } else { "" };
        let path = escaped(&self.shown.display().to_string());
        write!(f, "{}  {REPRO}, {shrunk}{HISTORY}, {TOKEN}", solid(&path))
    }
}

/// The repro that a path names: a folder of artefacts stands for the one in it.
pub fn repro_at(path: PathBuf) -> PathBuf {
    if path.is_dir() { path.join(REPRO) } else { path }
}

/// Saves the files of a failed run below `root` in a folder of this name. If that holds the repro of another run,
/// the folder beside it with the first free number is taken: nothing that was saved is ever lost. A shrunk
/// run takes the place of a larger one only.
///
/// # Errors
/// A file could not be written: its path, and the reason.
pub fn save(root: &Root, name: &str, repro: &Repro, shrunk: Option<&Repro>, history: &RecordedHistory) -> Saved {
    let mut path = root.path.join(name);
    let mut number = 1;
    let _made = loop {
        let made = MadeFolders::to(&path).map_err(|error| told(&path, &error))?;
        if holds(&path.join(REPRO), repro)? {
            break made;
        }
        number += 1;
        path.set_file_name(format!("{name}-{number}"));
    };
    let shrunk_file = path.join(SHRUNK);
    // An earlier save may have had more time to shrink.
    let there = Repro::load(&shrunk_file).ok();
    let smaller = shrunk.filter(|shrunk| there.as_ref().is_none_or(|there| !shrunk.is_larger_than(there)));
    if let Some(smaller) = smaller {
        write_whole(&shrunk_file, |to| to.write_all(smaller.to_json().as_bytes()))?;
    }
    let shrunk = smaller.or(there.as_ref());
    let token = match shrunk {
        Some(shrunk) => shrunk.token(),
        // The run may have been there already, as another version recorded it.
        None => Repro::load(&path.join(REPRO)).as_ref().unwrap_or(repro).token(),
    };
    let folder = Folder { shown: root.shown(&path).into(), path, has_shrunk: shrunk.is_some(), token };
    write_whole(&folder.token_file(), |to| writeln!(to, "{}", folder.token))?;
    let found = repro.outcome.as_ref().and_then(Recorded::found);
    write_whole(&folder.history(), |to| written_history(history, found.as_deref(), to))?;
    Ok(folder)
}

/// Writes a repro if the file is not there yet. Returns whether it now holds this run: not if it held another.
fn holds(file: &Path, repro: &Repro) -> Result<bool, String> {
    let named = || {
        let unnamed = Unnamed::written(file, |to| to.write_all(repro.to_json().as_bytes()))?;
        fs::hard_link(&unnamed.0, file)
    };
    match named() {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            Ok(Repro::load(file).is_ok_and(|there| there.is_same_run(repro)))
        }
        Err(error) => Err(told(file, &error)),
    }
}

/// Writes a history as JSON lines, into a folder that is there. The last line tells the failure that was `found` in its
/// run, if there is one.
///
/// # Errors
/// If the file cannot be written.
pub fn write_history(path: &Path, history: &RecordedHistory, found: Option<&str>) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    written_history(history, found, &mut file)?;
    file.flush()
}

fn written_history(history: &RecordedHistory, found: Option<&str>, to: &mut (impl Write + ?Sized)) -> io::Result<()> {
    format::write_values(history, to)?;
    found.map_or(Ok(()), |found| format::write_note(found, to))
}

/// Writes a file, which takes the place of an older one only when it is whole.
fn write_whole(file: &Path, write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> Result<(), String> {
    let written = Unnamed::written(file, write).and_then(|unnamed| fs::rename(&unnamed.0, file));
    written.map_err(|error| told(file, &error))
}

/// A file that does not have its name yet, and is gone when it is dropped.
struct Unnamed(PathBuf);

impl Unnamed {
    fn written(file: &Path, write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> io::Result<Unnamed> {
        // Tests of one process may save the same at the same time.
        let thread: String = format!("{:?}", thread::current().id()).chars().filter(char::is_ascii_digit).collect();
        let unnamed = Unnamed(file.with_extension(format!("{}-{thread}.tmp", std::process::id())));
        let mut to = BufWriter::new(File::create(&unnamed.0)?);
        write(&mut to)?;
        to.flush()?;
        Ok(unnamed)
    }
}

impl Drop for Unnamed {
    fn drop(&mut self) {
        // A file that was renamed is gone already.
        let _ = fs::remove_file(&self.0);
    }
}

/// The folders that were made on the way to one. Empty ones are removed when this is dropped.
struct MadeFolders(Vec<PathBuf>);

impl MadeFolders {
    fn to(folder: &Path) -> io::Result<MadeFolders> {
        let missing = folder.ancestors().take_while(|folder| !folder.exists());
        // The guard first: a folder may be made and the next one not.
        let made = MadeFolders(missing.map(Path::to_path_buf).collect());
        fs::create_dir_all(folder).map(|()| made)
    }
}

impl Drop for MadeFolders {
    fn drop(&mut self) {
        for folder in &self.0 {
            // A folder that holds anything is not removed, as it should be.
            let _ = fs::remove_dir(folder);
        }
    }
}

fn told(file: &Path, error: &io::Error) -> String {
    format!("{}: {error}", escaped(&file.display().to_string()))
}

#[cfg(test)]
mod tests {
    use env::Completion;
    use history::Point;
    use history::format::Limits;
    use kv_types::{Operation, Output};

    use super::*;
    use crate::repro::tests::{repro, repro_of};

    fn value(said: impl serde::Serialize) -> sim::Value {
        serde_json::to_value(said).expect("plain values")
    }

    fn history() -> RecordedHistory {
        let mut history = RecordedHistory::new();
        history.invoke(1, value(Operation::Get { key: "k1".into() }), Point::line(1)).expect("idle");
        history.complete(1, Completion::Ok(value(Output::Value(None))), Point::line(2)).expect("asking");
        history
    }

    fn below(folder: &Path) -> Root {
        Root { path: folder.join("out"), shown_from: folder.into() }
    }

    #[test]
    fn repro_history_and_token_are_saved_in_a_folder_that_names_them_and_are_read_back() {
        let root = tempfile::tempdir().expect("a folder for it");
        let folder = save(&below(root.path()), "linearizability-0xad", &repro(), None, &history())
            .expect("a folder to write to");
        assert_eq!(folder.to_string(), "out/linearizability-0xad  repro.json, history.jsonl, token.txt");
        assert_eq!(Repro::load(&folder.repro()).expect("just written"), repro());
        let saved = fs::read(folder.history()).expect("just saved");
        assert_eq!(
            format::read(&saved[..], &Limits::default()).expect("just written").history,
            history().of_store().expect("of a store")
        );
        let last = saved.trim_ascii_end().rsplit(|byte| *byte == b'\n').next().expect("a line");
        let found: serde_json::Value = serde_json::from_slice(last).expect("JSON");
        let value = "Linearizability: c1's get is stale";
        assert_eq!(found, serde_json::json!({"process": "checker", "type": "info", "f": "violation", "error": value}));
        let token = fs::read_to_string(folder.token_file()).expect("just saved");
        assert_eq!(Repro::from_token(&token).expect("just written"), repro());
    }

    #[test]
    fn the_same_run_is_saved_once_and_another_one_beside_it() {
        let root = tempfile::tempdir().expect("a folder for it");
        let saved = |repro: &Repro| {
            save(&below(root.path()), "progress-0x1", repro, None, &history()).expect("a folder to write to")
        };
        let (first, again, other) = (saved(&repro_of(1)), saved(&repro_of(1)), saved(&repro_of(2)));
        assert_eq!(first, again);
        assert_eq!(other.repro_shown(), Path::new("out/progress-0x1-2/repro.json"));
        assert_eq!(saved(&repro_of(3)).repro_shown(), Path::new("out/progress-0x1-3/repro.json"));
        // A later version that does the same has nothing to add.
        let later = Repro { version: "99.0.0".into(), ..repro_of(1) };
        assert_eq!(saved(&later), first);
        assert_eq!(Repro::load(&first.repro()).expect("still there"), repro_of(1));
    }

    #[test]
    fn what_it_was_shrunk_to_gives_way_to_what_is_smaller_only_and_the_token_is_of_it() {
        let root = tempfile::tempdir().expect("a folder for it");
        let shrunk_to = |faults: usize| {
            let mut repro = repro();
            repro.plan.workload.script = Some(Vec::new());
            repro.plan.schedule.truncate(faults);
            repro
        };
        for (faults, kept) in [(3, 3), (4, 3), (2, 2), (3, 2)] {
            let shrunk = shrunk_to(faults);
            let folder = save(&below(root.path()), "progress-0x1", &repro(), Some(&shrunk), &history());
            let folder = folder.expect("a folder to write to");
            let there = Repro::load(&folder.shrunk().expect("saved")).expect("just written");
            assert_eq!(there.plan.schedule.len(), kept, "after {faults}");
            let token = fs::read_to_string(folder.token_file()).expect("just saved");
            assert_eq!(token.trim_end(), folder.token());
            assert_eq!(Repro::from_token(&token).expect("just written"), there);
        }
    }

    #[test]
    fn a_save_that_fails_is_told_and_leaves_nothing_of_its_own() {
        let nowhere = Root { path: "/dev/null/out".into(), shown_from: "/".into() };
        let error = save(&nowhere, "progress-0x1", &repro(), None, &RecordedHistory::new()).expect_err("no folder");
        assert!(error.starts_with("/dev/null/out/progress-0x1: "), "{error}");

        // The name of the history is taken by a folder.
        let root = tempfile::tempdir().expect("a folder for it");
        let there = root.path().join("out/progress-0x1/history.jsonl/in the way");
        fs::create_dir_all(&there).expect("a folder to write to");
        let error = save(&below(root.path()), "progress-0x1", &repro(), None, &history()).expect_err("no file");
        assert!(error.contains("history.jsonl: "), "{error}");
        let left = fs::read_dir(root.path().join("out/progress-0x1")).expect("it was there before");
        let mut left: Vec<_> = left.map(|entry| entry.expect("readable").file_name()).collect();
        left.sort_unstable();
        assert_eq!(left, ["history.jsonl", "repro.json", "token.txt"]);
    }

    #[test]
    fn folders_that_stay_empty_are_removed_and_others_stay() {
        let root = tempfile::tempdir().expect("a folder for it");
        drop(MadeFolders::to(&root.path().join("a/b/c")).expect("a folder to write to"));
        assert!(root.path().exists() && !root.path().join("a").exists());
        let made = MadeFolders::to(&root.path().join("a/b/c")).expect("a folder to write to");
        fs::write(root.path().join("a/kept"), "").expect("a folder to write to");
        drop(made);
        assert!(root.path().join("a/kept").exists() && !root.path().join("a/b").exists());
    }
}
