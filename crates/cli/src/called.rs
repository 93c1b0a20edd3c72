//! How this program was called, so that the commands that it prints paste as they stand.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use explore::cargo::{Build, variable, workspace_of};
use explore::plain::disturbs;
use explore::shell;

/// The folder of this package, as cargo names it to programs that it runs.
const PACKAGE: &str = env!("CARGO_MANIFEST_DIR");

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
    variable("CARGO_MANIFEST_DIR").filter(|package| package == PACKAGE)?;
    let build = Build::of_folder(env::current_exe().ok()?.parent()?)?;
    let workspace = workspace_of(Path::new(PACKAGE))?;
    Some(cargo_run(&build, &workspace, &env::current_dir().ok()?))
}

/// The call of cargo that runs this program, given in `here`.
fn cargo_run(build: &Build, workspace: &Path, here: &Path) -> String {
    let package = if here == workspace {
        // It is the workspace's default member.
        String::new()
    } else if here.starts_with(workspace) {
        format!(" -p {}", env!("CARGO_PKG_NAME"))
    } else {
        let manifest = workspace.join("Cargo.toml").display().to_string();
        format!(" --manifest-path {}", shell::word(&manifest))
    };
    format!("cargo run{}{package} --", build.options())
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
    fn cargo_is_told_what_it_needs_where_it_is_called() {
        let run = |here: &str| cargo_run(&Build::default(), Path::new("/src/sg"), Path::new(here));
        assert_eq!(run("/src/sg"), "cargo run --");
        assert_eq!(run("/src/sg/crates/sim"), "cargo run -p cli --");
        assert_eq!(run("/tmp"), "cargo run --manifest-path /src/sg/Cargo.toml --");
    }
}
