//! How this program was called, so that the commands that it prints paste as they stand.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use explore::cargo::{Build, RunningTest, variable, workspace_of};
use explore::plain::disturbs;
use explore::shell;

/// The command line that calls this program again, in the same way, with these arguments.
pub(crate) fn command(args: &str) -> String {
    let program = by_cargo().unwrap_or_else(|| {
        let executable = env::current_exe().ok();
        by_name(env::args_os().next(), &|name| executable.is_some() && in_path(name) == executable)
    });
    format!("{program} {args}")
}

/// `cargo run --release --`, if cargo runs this program from its workspace.
fn by_cargo() -> Option<String> {
    variable("CARGO")?;
    let package = PathBuf::from(variable("CARGO_MANIFEST_DIR")?);
    let executable = env::current_exe().ok()?;
    let (folder, name) = (executable.parent()?, executable.file_stem()?.to_str()?);
    if folder.ends_with("deps") {
        return Some(format!("{} --", RunningTest::here().command_of_target()));
    }
    let manifest = fs::read_to_string(package.join("Cargo.toml")).ok()?;
    let target = target(&package, &manifest, name, folder.ends_with("examples"))?;
    let built_in = if folder.ends_with("examples") { folder.parent()? } else { folder };
    let workspace = workspace_of(&package)?;
    let member = Member { name: variable("CARGO_PKG_NAME")?, is_default: is_default(&workspace, &package), target };
    Some(cargo_run(&Build::of_folder(built_in)?, &workspace, &env::current_dir().ok()?, &member))
}

/// A package of a workspace, and the option of cargo that names one of its programs.
struct Member {
    name: String,
    /// True if cargo means this package where none is named.
    is_default: bool,
    target: String,
}

/// The option that names a program of the package with this manifest; `None` if the package has no such program.
fn target(package: &Path, manifest: &str, name: &str, is_example: bool) -> Option<String> {
    if is_example {
        return Some(format!(" --example {}", shell::word(name)));
    }
    let file = package.join("src/bin").join(name);
    if file.with_extension("rs").is_file() || file.join("main.rs").is_file() {
        return Some(format!(" --bin {}", shell::word(name)));
    }
    let programs = manifest.lines().filter(|line| *line == "[[bin]]").count();
    let is_its_own = manifest.lines().any(|line| line.replace(' ', "") == format!("name=\"{name}\""));
    is_its_own.then(|| if programs > 1 { format!(" --bin {}", shell::word(name)) } else { String::new() })
}

/// True if cargo means this package where it is called at the root of the workspace.
fn is_default(workspace: &Path, package: &Path) -> bool {
    let Ok(within) = package.strip_prefix(workspace) else { return false };
    let manifest = fs::read_to_string(workspace.join("Cargo.toml")).unwrap_or_default();
    let mut defaults = manifest.lines().filter(|line| line.starts_with("default-members"));
    within.as_os_str().is_empty() || defaults.any(|line| line.contains(&format!("\"{}\"", within.display())))
}

/// The call of cargo that runs this program, given in `here`.
fn cargo_run(build: &Build, workspace: &Path, here: &Path, member: &Member) -> String {
    let is_named = !(member.is_default && here == workspace);
    let package = match () {
        () if !here.starts_with(workspace) => {
            let manifest = workspace.join("Cargo.toml").display().to_string();
            let name = if member.is_default { String::new() } else { format!(" -p {}", shell::word(&member.name)) };
            format!(" --manifest-path {}{name}", shell::word(&manifest))
        }
        () if is_named => format!(" -p {}", shell::word(&member.name)),
        () => String::new(),
    };
    format!("cargo run{}{package}{} --", build.options(), member.target)
}

/// The name of this program, as completions and man pages have it: the file that was called, without its folder.
pub(crate) fn program(called: Option<&OsString>) -> String {
    let name = called.map(Path::new).and_then(Path::file_stem).and_then(|name| name.to_str());
    let is_word = |name: &&str| name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    name.filter(is_word).unwrap_or("stormglass").into()
}

/// The name by which the shell called it; without its folder, if the shell finds the same program by the bare name.
fn by_name(called: Option<OsString>, is_found: &dyn Fn(&Path) -> bool) -> String {
    let called = called.map(PathBuf::from).unwrap_or_default();
    let text = called.display().to_string();
    let bare = called.file_name().map(Path::new).filter(|bare| is_found(bare));
    match bare {
        _ if text.is_empty() || text.contains(disturbs) => "stormglass".into(),
        Some(bare) => shell::word(&bare.display().to_string()),
        None => shell::word(&text),
    }
}

/// The program that a shell runs by this name.
fn in_path(name: &Path) -> Option<PathBuf> {
    let path = variable("PATH")?;
    let found = env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())?;
    found.canonicalize().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_called_as_it_was() {
        let name = |called: &str, is_found: bool| by_name(Some(called.into()), &|_| is_found);
        assert_eq!(name("stormglass", true), "stormglass");
        assert_eq!(name("/usr/local/bin/stormglass", true), "stormglass");
        assert_eq!(name("target/release/stormglass", false), "target/release/stormglass");
        assert_eq!(name("../my tools/sg", false), "'../my tools/sg'");
        assert_eq!(name("", false), "stormglass");
        assert_eq!(name("\x1b[31m", false), "stormglass");
    }

    #[test]
    fn a_page_has_the_name_of_the_file() {
        let name = |called: &str| program(Some(&called.into()));
        assert_eq!(name("target/release/my-store"), "my-store");
        assert_eq!(name("/opt/my tools/my store"), "stormglass");
        assert_eq!(program(None), "stormglass");
    }

    #[test]
    fn cargo_is_told_what_it_needs_where_it_is_called() {
        let run = |here: &str, is_default| {
            let member = Member { name: "cli".into(), is_default, target: String::new() };
            cargo_run(&Build::default(), Path::new("/src/sg"), Path::new(here), &member)
        };
        assert_eq!(run("/src/sg", true), "cargo run --");
        assert_eq!(run("/src/sg", false), "cargo run -p cli --");
        assert_eq!(run("/src/sg/crates/sim", true), "cargo run -p cli --");
        assert_eq!(run("/tmp", true), "cargo run --manifest-path /src/sg/Cargo.toml --");
        assert_eq!(run("/tmp", false), "cargo run --manifest-path /src/sg/Cargo.toml -p cli --");
    }

    #[test]
    fn a_program_is_one_of_its_package() {
        let here = Path::new("");
        let one = "[package]\nname = \"mine\"\n";
        let two = "[package]\nname = \"mine\"\n[[bin]]\nname = \"a\"\n[[bin]]\nname=\"b\"\n";
        assert_eq!(target(here, one, "mine", false), Some(String::new()));
        assert_eq!(target(here, one, "other", false), None);
        assert_eq!(target(here, two, "b", false), Some(" --bin b".into()));
        assert_eq!(target(here, one, "storms", true), Some(" --example storms".into()));
    }
}
