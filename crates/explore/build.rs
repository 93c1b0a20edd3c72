//! Names the commit that is built, for the version line: a seed means something for one commit only.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

fn main() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    // Of a package that lies in another repository, the commit is that of its own, which cargo wrote into it.
    let is_at_home = package.join("../../crates/explore/build.rs").exists();
    let git = if is_at_home { git_folder(&package.join("../../.git")) } else { None };
    let mut out = std::io::stdout();
    let version = match git.as_deref().and_then(commit).or_else(|| packaged(package)) {
        Some(commit) => format!("{} ({})", env!("CARGO_PKG_VERSION"), &commit[..7]),
        None => env!("CARGO_PKG_VERSION").into(),
    };
    let said = writeln!(out, "cargo:rustc-env=STORMGLASS_VERSION={version}").and_then(|()| {
        // Only files that exist: a missing one would have this script run in every build.
        let watched = ["HEAD", "logs/HEAD"].map(|name| git.as_ref().map(|git| git.join(name)));
        let mut present = watched.iter().flatten().filter(|path| path.exists());
        present.try_for_each(|path| writeln!(out, "cargo:rerun-if-changed={}", path.display()))?;
        writeln!(out, "cargo:rerun-if-changed=build.rs")
    });
    said.expect("cargo reads what a build script says");
}

/// The commit that a package was made from.
fn packaged(package: &Path) -> Option<String> {
    let info = fs::read_to_string(package.join(".cargo_vcs_info.json")).ok()?;
    let commit = info.split("\"sha1\": \"").nth(1)?.split('"').next()?;
    is_commit(commit).then(|| commit.into())
}

/// The repository's own folder; that of a second worktree is named by a file.
fn git_folder(git: &Path) -> Option<PathBuf> {
    if git.is_dir() {
        return Some(git.into());
    }
    let text = fs::read_to_string(git).ok()?;
    Some(git.parent()?.join(text.strip_prefix("gitdir: ")?.trim()))
}

/// The commit that HEAD is at, read from the repository's own files; `None` outside one.
fn commit(git: &Path) -> Option<String> {
    let head = fs::read_to_string(git.join("HEAD")).ok()?;
    // The branches of a second worktree are kept with those of the first.
    let common = fs::read_to_string(git.join("commondir")).map_or(git.into(), |common| git.join(common.trim()));
    let commit = match head.trim().strip_prefix("ref: ") {
        None => head.trim().into(),
        Some(branch) => match fs::read_to_string(common.join(branch)) {
            Ok(commit) => commit.trim().into(),
            Err(_) => packed(&fs::read_to_string(common.join("packed-refs")).ok()?, branch)?,
        },
    };
    is_commit(&commit).then_some(commit)
}

fn is_commit(text: &str) -> bool {
    text.len() >= 7 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn packed(refs: &str, branch: &str) -> Option<String> {
    refs.lines().find_map(|line| line.strip_suffix(branch)?.strip_suffix(' ').map(String::from))
}
