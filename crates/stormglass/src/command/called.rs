//! How this program was called, so that the commands that it prints paste as they stand.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use explore::cargo::{Build, Manifest, RunningTest, variable, workspace_of};
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
    let is_example = folder.ends_with("examples");
    let built_in = if is_example { folder.parent()? } else { folder };
    let called = Called { package: &package, package_name: &variable("CARGO_PKG_NAME")?, name, is_example };
    called.line(&Build::of_folder(built_in)?, &env::current_dir().ok()?)
}

/// A program, or an example, of the package in this folder.
struct Called<'a> {
    package: &'a Path,
    package_name: &'a str,
    name: &'a str,
    is_example: bool,
}

impl Called<'_> {
    /// The call of cargo that runs it, given in `here`; `None` if the package has no such program.
    fn line(&self, build: &Build, here: &Path) -> Option<String> {
        let workspace = workspace_of(self.package)?;
        let member = Member {
            name: self.package_name.into(),
            is_default: Manifest::of_folder(&workspace)?.means(self.package),
            target: Manifest::of_folder(self.package)?.run_options(self.name, self.is_example)?,
        };
        Some(cargo_run(build, &workspace, here, &member))
    }
}

/// A package of a workspace, and the options of cargo that name one of its programs.
struct Member {
    name: String,
    /// True if cargo means this package, and no other, where none is named.
    is_default: bool,
    target: String,
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
    use std::fs;

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
    fn a_line_names_the_features_that_its_program_needs_and_the_program_among_several() {
        let root = tempfile::tempdir().expect("a folder for it");
        let folder = root.path().join("guestbook");
        let write = |file: &str, text: &str| {
            let path = folder.join(file);
            fs::create_dir_all(path.parent().expect("below the root")).expect("a folder to write to");
            fs::write(path, text).expect("a folder to write to");
        };
        let line = |package: &str, name: &str, is_example| {
            let of = Called { package: &folder.join(package), package_name: "guestbook", name, is_example };
            of.line(&Build::default(), &folder).expect("it is a program of the package")
        };
        let manifest = "[package]\nname = \"guestbook\"\n[[bin]]\nname = \"guestbook\"\nrequired-features = [\"cli\"]\n\
                        [[example]]\nname = \"storms\"\nrequired-features = [\"cli\"]\n[workspace]\n";
        write("Cargo.toml", manifest);
        write("src/main.rs", "");
        assert_eq!(line("", "guestbook", false), "cargo run --features cli --");
        assert_eq!(line("", "storms", true), "cargo run --features cli --example storms --");
        write("src/bin/x.rs", "");
        assert_eq!(line("", "guestbook", false), "cargo run --features cli --bin guestbook --");
        assert_eq!(line("", "x", false), "cargo run --bin x --");
        // The package of the root is not meant where other members are.
        write("Cargo.toml", &format!("{manifest}default-members = [\"other\"]\n"));
        assert_eq!(line("", "x", false), "cargo run -p guestbook --bin x --");
    }
}
