//! What a failed run leaves behind: files in a folder of its own, `stormglass-out/INVARIANT-SEED/`.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use check::{History, history::format};
use explore::Failure;
use sim::{Engine, Profile};

use crate::args::RunArgs;

/// The folder, below the one that the command is called in, that artefacts are kept in.
const BASE: &str = "stormglass-out";

/// Where the artefacts of a failure are, or why they are nowhere: the failure itself counts for more.
pub(crate) type Saved = Result<PathBuf, String>;

/// Saves the history of a failed run as JSON lines.
pub(crate) fn save(failure: &Failure, run: &RunArgs, history: &History) -> Saved {
    save_below(Path::new(BASE), failure, run, history)
}

fn save_below(base: &Path, failure: &Failure, run: &RunArgs, history: &History) -> Saved {
    let path = base.join(folder(failure, run)).join("history.jsonl");
    match write_history(&path, history) {
        Ok(()) => Ok(path),
        Err(error) => Err(format!("{}: {error}", path.display())),
    }
}

/// Writes a history as JSON lines, and the folders that are missing on the way to it.
pub(crate) fn write_history(path: &Path, history: &History) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = BufWriter::new(File::create(path)?);
    format::write(history, &mut file)?;
    file.flush()
}

/// The name of a failure's folder: what was broken and the seed, and what else makes it another run.
fn folder(failure: &Failure, run: &RunArgs) -> String {
    let mut name = match failure.invariant {
        Some(invariant) => format!("{}-{}", invariant.id(), failure.seed),
        None => format!("{}-{}", failure.headline().to_lowercase(), failure.seed),
    };
    if run.profile != Profile::default() {
        name += &format!("-{}", run.profile);
    }
    if run.engine != Engine::default() {
        name += &format!("-{}", run.engine);
    }
    if let Some(nodes) = run.nodes {
        name += &format!("-{nodes}-nodes");
    }
    name
}

#[cfg(test)]
mod tests {
    use std::env::temp_dir;
    use std::process;

    use check::{Invariant, Point};
    use clap::Parser;
    use env::{Completion, Operation, Output};
    use explore::FailureKind;
    use sim::Seed;

    use super::*;
    use crate::args::Cli;

    fn failure() -> Failure {
        Failure {
            seed: Seed(0xad),
            kind: FailureKind::Safety,
            invariant: Some(Invariant::Linearizability),
            message: "c1's get is stale".into(),
            explanation: None,
            at: None,
        }
    }

    fn run(args: &[&str]) -> RunArgs {
        Cli::try_parse_from(["stormglass"].iter().chain(args)).expect("good input").fuzz.run
    }

    #[test]
    fn the_history_of_a_failure_is_saved_in_a_folder_that_names_it_and_is_read_back() {
        let mut history = History::new();
        history.invoke(1, Operation::Get { key: "k1".into() }, Point::line(1)).expect("idle");
        history.complete(1, Completion::Ok(Output::Value(None)), Point::line(2)).expect("asking");
        let base = temp_dir().join(format!("stormglass-artefacts-{}", process::id()));
        let path =
            save_below(&base, &failure(), &run(&["--engine", "turmoil"]), &history).expect("a folder to write to");
        assert!(path.ends_with("linearizability-0xad-turmoil/history.jsonl"), "{}", path.display());
        let saved = fs::read(&path).expect("just saved");
        fs::remove_dir_all(&base).expect("just made");
        assert_eq!(format::read(&saved).expect("just written").history, history);
    }

    #[test]
    fn runs_that_differ_have_folders_that_differ() {
        let args: [&[&str]; 4] = [&[], &["--profile", "disk"], &["--engine", "turmoil"], &["--nodes", "7"]];
        let mut folders: Vec<_> = args.iter().map(|args| folder(&failure(), &run(args))).collect();
        folders.sort_unstable();
        folders.dedup();
        assert_eq!(folders.len(), args.len(), "{folders:?}");
    }

    #[test]
    fn what_cannot_be_saved_is_said() {
        let error = save_below(Path::new("/dev/null"), &failure(), &run(&[]), &History::new()).expect_err("no folder");
        assert!(error.starts_with("/dev/null/linearizability-0xad/history.jsonl: "), "{error}");
    }
}
