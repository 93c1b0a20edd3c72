//! The traces that cargo leaves for a running program: how to run it again, and where its workspace is.
//!
//! The profile and the target triple are read off the executable's path, the package off the environment. Nothing at
//! run time says which features a program was built with; on Linux they are read off the command line of the cargo that
//! runs a test, elsewhere they are left out. Settings of a configuration file or of the environment (`build.target`,
//! `CARGO_TARGET_DIR`) hold for the next call as they held for this one.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use crate::shell;

mod manifest;

pub use manifest::Manifest;

/// How cargo was asked to build an executable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Build {
    /// The profile; `None` for the usual one, which cargo builds in the folder `debug`.
    profile: Option<String>,
    /// The triple that was asked for by `--target`; `None` if none was.
    target: Option<String>,
}

impl Build {
    /// The build of an executable that cargo put into `folder`, such as `target/x86_64-unknown-linux-gnu/release`;
    /// `None` if the folder is none of cargo's.
    pub fn of_folder(folder: &Path) -> Option<Build> {
        // Beside the executables that it builds, cargo keeps those they depend on, in `deps`.
        let name = |folder: &Path| folder.file_name().and_then(OsStr::to_str).map(String::from);
        let profile = name(folder).filter(|_| folder.join("deps").is_dir())?;
        let above = folder.parent()?;
        let is_triple = |name: &String| name.matches('-').count() >= 2 && !above.join(".rustc_info.json").exists();
        Some(Build { profile: Some(profile).filter(|name| name != "debug"), target: name(above).filter(is_triple) })
    }

    /// The options of cargo that build so, each with a blank before it.
    pub fn options(&self) -> String {
        let profile = match self.profile.as_deref() {
            None => String::new(),
            Some("release") => " --release".into(),
            Some(other) => format!(" --profile {}", shell::word(other)),
        };
        let target = self.target.as_ref().map_or(String::new(), |target| format!(" --target {}", shell::word(target)));
        profile + &target
    }
}

/// The test that runs on the calling thread. A part that is not known is left out of its command, which then runs more
/// than this test.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunningTest {
    build: Build,
    /// The options that say which features it has.
    features: Vec<String>,
    package: Option<String>,
    /// The option that tells its target from the package's others, `--lib` or `--test NAME`.
    target: Option<String>,
    name: Option<String>,
    /// The option that had tests run which are ignored, if one did.
    ignored: Option<String>,
}

impl RunningTest {
    /// Everything that can be told on the test's own thread.
    pub fn here() -> RunningTest {
        let package = variable("CARGO_PKG_NAME");
        let executable = env::current_exe().ok();
        let stem = executable.as_deref().and_then(Path::file_stem).and_then(OsStr::to_str).unwrap_or_default();
        let sources = variable("CARGO_MANIFEST_DIR").map(PathBuf::from);
        let args: Vec<String> = env::args_os().skip(1).map(|arg| arg.to_string_lossy().into_owned()).collect();
        let deps = executable.as_deref().and_then(Path::parent).filter(|folder| folder.ends_with("deps"));
        RunningTest {
            build: deps.and_then(Path::parent).and_then(Build::of_folder).unwrap_or_default(),
            features: caller().map_or(Vec::new(), |caller| features(&caller)),
            target: package.as_ref().and_then(|package| target(without_hash(stem), package, sources.as_deref()?)),
            package,
            name: name(thread::current().name(), &args),
            ignored: args.into_iter().find(|arg| arg == "--ignored" || arg == "--include-ignored"),
        }
    }

    /// The command that runs it, to be pasted as it stands. A test that nextest runs is called by `cargo test` as well,
    /// which is wherever cargo is.
    pub fn command(&self) -> String {
        let mut command = self.command_of_target();
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

    /// The command that runs every test of its target; the target itself, where that is a program without a test
    /// harness.
    pub fn command_of_target(&self) -> String {
        let mut command = format!("cargo test{}", self.build.options());
        for option in &self.features {
            command += &format!(" {}", shell::word(option));
        }
        if let Some(package) = &self.package {
            command += &format!(" -p {}", shell::word(package));
        }
        if let Some(target) = &self.target {
            command += &format!(" {target}");
        }
        command
    }
}

/// The root of the workspace whose test is running. Else the folder it runs in.
pub fn workspace_root() -> PathBuf {
    let folder = variable("CARGO_MANIFEST_DIR").map(PathBuf::from).or_else(|| env::current_dir().ok());
    let folder = folder.unwrap_or_default();
    workspace_of(&folder).unwrap_or(folder)
}

/// The root of the cargo workspace that a folder is in: the nearest folder whose manifest has a table `[workspace]` and
/// does not exclude the folder. For a package outside of any workspace it is the nearest folder with a lock file, or
/// before the package was ever built, with a manifest. `None` outside of all packages.
pub fn workspace_of(folder: &Path) -> Option<PathBuf> {
    let holding = |file: &'static str| move |folder: &&Path| folder.join(file).is_file();
    let manifests = || folder.ancestors().filter(holding("Cargo.toml"));
    let is_root = |root: &&Path| Manifest::of_folder(root).is_some_and(|manifest| manifest.is_workspace_of(folder));
    let root = manifests().find(is_root).or_else(|| manifests().find(holding("Cargo.lock")));
    root.or_else(|| manifests().next()).map(Path::to_path_buf)
}

/// The folder that cargo builds this workspace into, if it is called in `here`.
pub(crate) fn target_of(workspace: &Path, here: &Path) -> PathBuf {
    let asked = ["CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR"].into_iter().find_map(variable);
    asked.map_or_else(|| workspace.join("target"), |asked| here.join(asked))
}

/// cargo sets some of these for the programs that it runs, and listens to others. One that is empty is not set.
#[expect(clippy::disallowed_methods, reason = "how a test is run again is no part of its run")]
pub fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// The command line of the cargo that runs this test, where the system shows it.
fn caller() -> Option<Vec<String>> {
    #[cfg(target_os = "linux")]
    let line = fs::read(format!("/proc/{}/cmdline", std::os::unix::process::parent_id())).ok()?;
    #[cfg(not(target_os = "linux"))]
    let line = Vec::new();
    let args: Vec<String> =
        line.split(|byte| *byte == 0).map(|arg| String::from_utf8_lossy(arg).into_owned()).collect();
    let program = Path::new(args.first()?).file_stem()?.to_str()?;
    program.starts_with("cargo").then_some(args)
}

/// The options of a cargo command line that say which features a test has, in its order.
fn features(args: &[String]) -> Vec<String> {
    let mut said = Vec::new();
    let mut args = args.iter().take_while(|arg| *arg != "--");
    while let Some(arg) = args.next() {
        let is_short = arg.starts_with("-F") && !arg.starts_with("--");
        if arg == "--features" || arg == "-F" {
            said.extend(args.next().map(|value| format!("--features={value}")));
        } else if arg.starts_with("--features=")
            || is_short
            || arg == "--all-features"
            || arg == "--no-default-features"
        {
            said.push(arg.clone());
        }
    }
    said
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
    let is_test = tests.join(format!("{name}.rs")).exists()
        || tests.join(name).join("main.rs").exists()
        || Manifest::of_folder(sources).is_some_and(|manifest| manifest.lists_test(name));
    match (is_lib, is_test) {
        (true, false) => Some("--lib".into()),
        (false, true) => Some(format!("--test {name}")),
        _ => None,
    }
}

/// The test's name: that of its thread, or where all tests run on the main thread, the exact name that was asked for.
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
            build: Build::default(),
            features: Vec::new(),
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
    fn the_command_builds_what_was_built() {
        let build = Build { profile: Some("release".into()), target: Some("x86_64-unknown-linux-musl".into()) };
        let features = vec!["--no-default-features".into(), "--features=a b".into()];
        let expected = "cargo test --release --target x86_64-unknown-linux-musl --no-default-features '--features=a b' \
                        -p sim-tests --test storms event::failing_disks -- --exact";
        assert_eq!(RunningTest { build, features, ..known() }.command(), expected);
    }

    #[test]
    fn a_target_is_one_of_its_folder_or_of_the_manifest() {
        let root = tempfile::tempdir().expect("a folder for it");
        fs::create_dir_all(root.path().join("tests")).expect("a folder to write to");
        fs::write(root.path().join("tests/storms.rs"), "").expect("a folder to write to");
        let manifest = "[package]\nname = \"mine\"\n[[test]]\nname = \"hail\"\npath = \"storms/hail.rs\"\n";
        fs::write(root.path().join("Cargo.toml"), manifest).expect("a folder to write to");
        assert_eq!(target("storms", "mine", root.path()), Some("--test storms".into()));
        assert_eq!(target("hail", "mine", root.path()), Some("--test hail".into()));
        assert_eq!(target("mine", "mine", root.path()), None);
        assert_eq!(RunningTest { name: None, ..known() }.command(), known().command_of_target());
    }

    #[test]
    fn profile_and_target_are_told_by_the_folder() {
        let root = tempfile::tempdir().expect("a folder for it");
        let options = |folder: &str| {
            fs::create_dir_all(root.path().join(folder).join("deps")).expect("a folder to write to");
            Build::of_folder(&root.path().join(folder)).map(|build| build.options())
        };
        assert_eq!(options("target/debug"), Some("".into()));
        assert_eq!(options("target/release"), Some(" --release".into()));
        assert_eq!(options("target/bench-lto"), Some(" --profile bench-lto".into()));
        assert_eq!(options("x/wasm32-wasip1-threads/debug"), Some(" --target wasm32-wasip1-threads".into()));
        // A target folder may be named as one likes.
        fs::create_dir_all(root.path().join("my-own-target")).expect("a folder to write to");
        fs::write(root.path().join("my-own-target/.rustc_info.json"), "{}").expect("a folder to write to");
        assert_eq!(options("my-own-target/debug"), Some("".into()));
        assert_eq!(Build::of_folder(root.path()), None, "cargo built nothing there");
    }

    #[test]
    fn features_are_told_by_the_command_line_of_cargo() {
        let said = |line: &str| features(&line.split(' ').map(String::from).collect::<Vec<_>>()).join(" ");
        assert_eq!(said("cargo test -p x --features a,b storms -- --features c"), "--features=a,b");
        assert_eq!(said("cargo test -F a --features=b -Fc"), "--features=a --features=b -Fc");
        assert_eq!(said("cargo nextest run --all-features"), "--all-features");
        assert_eq!(said("cargo test --no-default-features --release"), "--no-default-features");
    }

    #[test]
    fn a_workspace_is_found_from_any_folder_in_it_and_nothing_elsewhere() {
        let root = tempfile::tempdir().expect("a folder for it");
        let member = root.path().join("crates/member");
        fs::create_dir_all(member.join("src")).expect("a folder to write to");
        assert_eq!(workspace_of(&member.join("src")), None);
        fs::write(member.join("Cargo.toml"), "").expect("a folder to write to");
        assert_eq!(workspace_of(&member.join("src")), Some(member.clone()));
        for file in ["Cargo.toml", "Cargo.lock"] {
            fs::write(root.path().join(file), "").expect("a folder to write to");
        }
        assert_eq!(workspace_of(&member.join("src")), Some(root.path().into()));
    }

    #[test]
    fn the_root_of_a_workspace_is_told_by_its_manifest_whether_it_was_built_or_not() {
        let root = tempfile::tempdir().expect("a folder for it");
        let write = |file: &str, text: &str| {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().expect("below the root")).expect("a folder to write to");
            fs::write(path, text).expect("a folder to write to");
        };
        write("Cargo.toml", "[workspace]\nmembers = [\"member\"]\nexclude = [\"alone\"]\n");
        write("member/Cargo.toml", "[package]\nname = \"member\"\n");
        write("alone/Cargo.toml", "[package]\nname = \"alone\"\n");
        assert_eq!(workspace_of(&root.path().join("member/src")), Some(root.path().into()));
        assert_eq!(workspace_of(&root.path().join("alone/src")), Some(root.path().join("alone")));
        // A lock file that was left behind makes no workspace.
        write("member/Cargo.lock", "");
        assert_eq!(workspace_of(&root.path().join("member/src")), Some(root.path().into()));
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        assert_eq!(RunningTest::default().command(), "cargo test");
        assert_eq!(RunningTest { name: None, ..known() }.command(), "cargo test -p sim-tests --test storms");
        assert_eq!(RunningTest { target: None, name: None, ..known() }.command(), "cargo test -p sim-tests");
    }

    #[test]
    fn a_test_knows_itself() {
        let command = RunningTest::here().command();
        let expected = " -p stormglass-explore --lib cargo::tests::a_test_knows_itself -- --exact";
        assert!(command.starts_with("cargo test") && command.contains(expected), "{command}");
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
