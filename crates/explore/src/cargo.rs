//! What cargo knows of the test that is running: how to run it again, and where its workspace is.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::thread;

use crate::shell;

/// The test that runs on the calling thread, as far as it is known: what is not is left out of its command, which then
/// runs more than this one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunningTest {
    package: Option<String>,
    /// What tells its target from the package's others, `--lib` or `--test NAME`.
    target: Option<String>,
    name: Option<String>,
    /// The option that had tests run which are ignored, if one did.
    ignored: Option<String>,
}

impl RunningTest {
    /// What can be told on the test's own thread.
    pub fn here() -> RunningTest {
        let package = variable("CARGO_PKG_NAME");
        let executable = env::current_exe().ok();
        let stem = executable.as_deref().and_then(Path::file_stem).and_then(OsStr::to_str).unwrap_or_default();
        let sources = variable("CARGO_MANIFEST_DIR").map(PathBuf::from);
        let args: Vec<String> = env::args_os().skip(1).map(|arg| arg.to_string_lossy().into_owned()).collect();
        RunningTest {
            target: package.as_ref().and_then(|package| target(without_hash(stem), package, sources.as_deref()?)),
            package,
            name: name(thread::current().name(), &args),
            ignored: args.into_iter().find(|arg| arg == "--ignored" || arg == "--include-ignored"),
        }
    }

    /// The command that runs it, to be pasted as it stands.
    pub fn command(&self) -> String {
        let mut command = String::from("cargo test");
        if let Some(package) = &self.package {
            command += &format!(" -p {}", shell::word(package));
        }
        if let Some(target) = &self.target {
            command += &format!(" {target}");
        }
        let exact = self.name.as_ref().map(|_| "--exact");
        let options: Vec<&str> = exact.into_iter().chain(self.ignored.as_deref()).collect();
        if let Some(name) = &self.name {
            command += &format!(" {}", shell::word(name));
        }
        if !options.is_empty() {
            command += &format!(" -- {}", options.join(" "));
        }
        command
    }
}

/// The root of the workspace whose test is running: where its lock file is. Else the folder it runs in.
pub fn workspace_root() -> PathBuf {
    let folder = variable("CARGO_MANIFEST_DIR").map(PathBuf::from).or_else(|| env::current_dir().ok());
    let folder = folder.unwrap_or_default();
    folder.ancestors().find(|folder| folder.join("Cargo.lock").exists()).map_or(folder.clone(), Path::to_path_buf)
}

/// cargo sets these for the tests that it runs.
#[expect(clippy::disallowed_methods, reason = "how a test is run again is no part of its run")]
fn variable(name: &str) -> Option<String> {
    env::var(name).ok()
}

/// An executable's name without the hash that cargo ends it with.
fn without_hash(stem: &str) -> &str {
    match stem.rsplit_once('-') {
        Some((name, hash)) if hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) => name,
        _ => stem,
    }
}

/// The option that names the target of this name; `None` if it may be either, or is of another sort.
fn target(name: &str, package: &str, sources: &Path) -> Option<String> {
    let is_lib = name == package.replace('-', "_") && sources.join("src/lib.rs").exists();
    let tests = sources.join("tests");
    let is_test = tests.join(format!("{name}.rs")).exists() || tests.join(name).join("main.rs").exists();
    match (is_lib, is_test) {
        (true, false) => Some("--lib".into()),
        (false, true) => Some(format!("--test {name}")),
        _ => None,
    }
}

/// The test's name: that of its thread, or where all tests run on the main thread, what was asked for.
fn name(thread: Option<&str>, args: &[String]) -> Option<String> {
    if let Some(name) = thread.filter(|name| *name != "main") {
        return Some(name.into());
    }
    let mut filters = args.iter().filter(|arg| !arg.starts_with('-'));
    let only = filters.next().filter(|_| filters.next().is_none());
    only.filter(|_| args.iter().any(|arg| arg == "--exact")).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> RunningTest {
        RunningTest {
            package: Some("sim-tests".into()),
            target: Some("--test storms".into()),
            name: Some("event::failing_disks".into()),
            ignored: None,
        }
    }

    #[test]
    fn the_command_runs_this_test_alone() {
        let expected = "cargo test -p sim-tests --test storms event::failing_disks -- --exact";
        assert_eq!(known().command(), expected);
        let ignored = RunningTest { ignored: Some("--ignored".into()), ..known() };
        assert_eq!(ignored.command(), format!("{expected} --ignored"));
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        assert_eq!(RunningTest::default().command(), "cargo test");
        assert_eq!(RunningTest { name: None, ..known() }.command(), "cargo test -p sim-tests --test storms");
        assert_eq!(RunningTest { target: None, name: None, ..known() }.command(), "cargo test -p sim-tests");
    }

    #[test]
    fn a_test_knows_itself() {
        let expected = "cargo test -p explore --lib cargo::tests::a_test_knows_itself -- --exact";
        assert!(RunningTest::here().command().starts_with(expected), "{}", RunningTest::here().command());
        assert!(workspace_root().join("crates/explore").exists(), "{}", workspace_root().display());
    }

    #[test]
    fn on_the_main_thread_it_is_what_was_asked_for() {
        let args = |args: &[&str]| args.iter().map(|arg| (*arg).into()).collect::<Vec<String>>();
        assert_eq!(name(Some("main"), &args(&["a::b", "--exact", "--nocapture"])), Some("a::b".into()));
        assert_eq!(name(Some("main"), &args(&["a::b"])), None);
        assert_eq!(name(None, &args(&["a", "b", "--exact"])), None);
    }

    #[test]
    fn a_targets_hash_is_no_part_of_its_name() {
        assert_eq!(without_hash("storms-3f2c91d0a1b2c3d4"), "storms");
        assert_eq!(without_hash("long-running"), "long-running");
    }
}
