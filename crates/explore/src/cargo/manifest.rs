//! A manifest, as far as it says how the programs of a package are called.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use crate::shell;

/// The `Cargo.toml` of a folder: the targets of its package, and its workspace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    folder: PathBuf,
    package: Option<String>,
    /// False if programs are only those that are listed.
    finds_programs: bool,
    programs: Vec<Target>,
    examples: Vec<Target>,
    tests: Vec<Target>,
    /// `None` if it is no manifest of a workspace.
    workspace: Option<Workspace>,
}

/// A target that a manifest lists.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Target {
    name: String,
    path: Option<PathBuf>,
    /// The features without which cargo does not build it.
    features: Vec<String>,
}

/// The table `[workspace]`, with paths relative to its manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Workspace {
    /// The packages that cargo means where none is named; `None` if they are not listed.
    default_members: Option<Vec<PathBuf>>,
    exclude: Vec<PathBuf>,
}

impl Manifest {
    /// The manifest of this folder; `None` if there is none that can be read.
    pub fn of_folder(folder: &Path) -> Option<Manifest> {
        let text = fs::read_to_string(folder.join("Cargo.toml")).ok()?;
        let table = DeTable::parse(&text).ok()?;
        let table = table.get_ref();
        let package = table.get("package").and_then(|package| package.get_ref().as_table());
        let is_off =
            |package: &DeTable<'_>| package.get("autobins").and_then(|on| on.get_ref().as_bool()) == Some(false);
        let workspace = table.get("workspace").and_then(|workspace| workspace.get_ref().as_table());
        Some(Manifest {
            folder: folder.into(),
            package: package.and_then(|package| text_of(package, "name")),
            finds_programs: !package.is_some_and(is_off),
            programs: targets(table, "bin"),
            examples: targets(table, "example"),
            tests: targets(table, "test"),
            workspace: workspace.map(|workspace| Workspace {
                default_members: texts_of(workspace, "default-members").map(paths),
                exclude: texts_of(workspace, "exclude").map_or(Vec::new(), paths),
            }),
        })
    }

    /// True if it lists a test of this name.
    pub(super) fn lists_test(&self, name: &str) -> bool {
        self.tests.iter().any(|test| test.name == name)
    }

    /// True if it is the root of a workspace that a package in this folder may be a member of.
    pub(super) fn is_workspace_of(&self, folder: &Path) -> bool {
        let Ok(within) = folder.strip_prefix(&self.folder) else { return false };
        let is_within = |workspace: &Workspace| !workspace.exclude.iter().any(|excluded| within.starts_with(excluded));
        self.workspace.as_ref().is_some_and(is_within)
    }

    /// True if cargo, called in this folder of a workspace, means the package in `package` and no other.
    pub fn means(&self, package: &Path) -> bool {
        let Ok(within) = package.strip_prefix(&self.folder) else { return false };
        match self.workspace.as_ref().and_then(|workspace| workspace.default_members.as_deref()) {
            Some(members) => *members == [within.to_path_buf()],
            // A manifest with a package means that, and one without means every member.
            None => within.as_os_str().is_empty() && self.package.is_some(),
        }
    }

    /// The options of cargo that run this program, or example, each with a blank before it; `None` if the package has
    /// no such program.
    pub fn run_options(&self, name: &str, is_example: bool) -> Option<String> {
        if is_example {
            let listed = self.examples.iter().find(|example| example.name == name);
            return Some(format!("{} --example {}", features(listed), shell::word(name)));
        }
        let programs = self.all_programs();
        let listed = programs.get(name)?;
        let named = if programs.len() > 1 { format!(" --bin {}", shell::word(name)) } else { String::new() };
        Some(features(*listed) + &named)
    }

    /// The programs by their names, and the target that lists each; `None` for one that cargo finds in its usual place.
    fn all_programs(&self) -> BTreeMap<String, Option<&Target>> {
        let mut programs: BTreeMap<String, Option<&Target>> =
            self.programs.iter().map(|program| (program.name.clone(), Some(program))).collect();
        for (name, path) in if self.finds_programs { self.found_programs() } else { Vec::new() } {
            // A program that is listed is not found once more by its file.
            if !self.programs.iter().any(|program| program.path.as_ref() == Some(&path)) {
                programs.entry(name).or_insert(None);
            }
        }
        programs
    }

    /// The programs in cargo's usual places, each with its path.
    fn found_programs(&self) -> Vec<(String, PathBuf)> {
        let main = PathBuf::from("src/main.rs");
        let own = self.package.clone().filter(|_| self.folder.join(&main).is_file());
        let mut found: Vec<(String, PathBuf)> = own.map(|name| (name, main)).into_iter().collect();
        for entry in fs::read_dir(self.folder.join("src/bin")).into_iter().flatten().flatten() {
            let file = PathBuf::from("src/bin").join(entry.file_name());
            let is_folder = self.folder.join(&file).join("main.rs").is_file();
            let name = file.file_stem().and_then(OsStr::to_str).map(String::from);
            let path = if is_folder { Some(file.join("main.rs")) } else { Some(file) };
            let path = path.filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
            found.extend(name.zip(path));
        }
        found
    }
}

/// The option that turns on what a target needs.
fn features(target: Option<&Target>) -> String {
    match target.map(|target| target.features.join(",")) {
        Some(features) if !features.is_empty() => format!(" --features {}", shell::word(&features)),
        _ => String::new(),
    }
}

/// The targets of this kind that a manifest lists.
fn targets(manifest: &DeTable<'_>, kind: &str) -> Vec<Target> {
    let listed = manifest.get(kind).and_then(|targets| targets.get_ref().as_array());
    let tables = listed.into_iter().flat_map(|targets| targets.iter()).filter_map(|target| target.get_ref().as_table());
    let target = |table: &DeTable<'_>| {
        let path = text_of(table, "path").map(|path| paths(vec![path]).remove(0));
        let features = texts_of(table, "required-features").unwrap_or_default();
        Some(Target { name: text_of(table, "name")?, path, features })
    };
    tables.filter_map(target).collect()
}

fn text_of(table: &DeTable<'_>, key: &str) -> Option<String> {
    table.get(key)?.get_ref().as_str().map(String::from)
}

fn texts_of(table: &DeTable<'_>, key: &str) -> Option<Vec<String>> {
    let DeValue::Array(texts) = table.get(key)?.get_ref() else { return None };
    Some(texts.iter().filter_map(|text| text.get_ref().as_str().map(String::from)).collect())
}

/// Paths without `.` in them.
fn paths(texts: Vec<String>) -> Vec<PathBuf> {
    let plain = |text: String| Path::new(&text).components().filter(|part| part.as_os_str() != ".").collect();
    texts.into_iter().map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The manifest of a package with this text and these files.
    fn package(manifest: &str, files: &[&str]) -> (tempfile::TempDir, Manifest) {
        let root = tempfile::tempdir().expect("a folder for it");
        for file in files.iter().chain(&["Cargo.toml"]) {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().expect("below the root")).expect("a folder to write to");
            fs::write(path, manifest).expect("a folder to write to");
        }
        let manifest = Manifest::of_folder(root.path()).expect("just written");
        (root, manifest)
    }

    #[test]
    fn a_program_is_named_by_the_options_that_it_needs() {
        const MINE: &str = "[package]\nname = \"mine\"\n";
        let of = |more: &str| format!("{MINE}{more}");
        let needing = of("[[bin]]\nname = 'mine'\nrequired-features = [\"cli\", \"more\"] # and a remark\n");
        let example = of("[[example]]\nname = \"storms\"\nrequired-features = [\"cli\"]\n");
        let two = format!("bin = [{{ name = \"a\" }}, {{ name = \"b\" }}]\n{MINE}");
        let other = of("[[bin]]\nname = \"other\"\npath = \"./src/main.rs\"\n");
        for (manifest, files, name, is_example, expected) in [
            (of(""), &["src/main.rs"][..], "mine", false, Some("")),
            (of(""), &["src/main.rs"], "other", false, None),
            (of(""), &["src/main.rs", "src/bin/x.rs"], "mine", false, Some(" --bin mine")),
            (of(""), &["src/main.rs", "src/bin/x.rs"], "x", false, Some(" --bin x")),
            (of(""), &["src/bin/x/main.rs"], "x", false, Some("")),
            (of(""), &["src/bin/x/part.rs"], "x", false, None),
            (of("autobins = false\n"), &["src/main.rs", "src/bin/x.rs"], "x", false, None),
            (needing.clone(), &["src/main.rs"], "mine", false, Some(" --features cli,more")),
            (needing, &["src/main.rs", "src/bin/x.rs"], "mine", false, Some(" --features cli,more --bin mine")),
            (other.clone(), &["src/main.rs"], "other", false, Some("")),
            (other, &["src/main.rs", "src/bin/x.rs"], "other", false, Some(" --bin other")),
            (of("[[bin]]\nname = \"a\"\npath = \"a.rs\"\n"), &["src/main.rs"], "mine", false, Some(" --bin mine")),
            (two, &[], "b", false, Some(" --bin b")),
            (example.clone(), &["src/main.rs"], "storms", true, Some(" --features cli --example storms")),
            (example, &["src/main.rs"], "hail", true, Some(" --example hail")),
        ] {
            let (_root, read) = package(&manifest, files);
            assert_eq!(read.run_options(name, is_example).as_deref(), expected, "{name} of {manifest} and {files:?}");
        }
    }

    #[test]
    fn cargo_means_the_only_default_member_or_the_package_of_the_root() {
        for (manifest, within, expected) in [
            ("[package]\nname = \"mine\"\n", "", true),
            ("[package]\nname = \"mine\"\n[workspace]\n", "", true),
            ("[package]\nname = \"mine\"\n[workspace]\n", "member", false),
            ("[package]\nname = \"mine\"\n[workspace]\ndefault-members = [\"member\"]\n", "", false),
            ("[package]\nname = \"mine\"\n[workspace]\ndefault-members = [\n  './member/',\n]\n", "member", true),
            ("[package]\nname = \"mine\"\n[workspace]\ndefault-members = [\".\"]\n", "", true),
            ("[workspace]\ndefault-members = [\"member\", \"other\"]\n", "member", false),
            ("[workspace]\nmembers = [\"member\"]\n", "member", false),
            ("[workspace]\n", "", false),
        ] {
            let (root, read) = package(manifest, &[]);
            let of = if within.is_empty() { root.path().to_path_buf() } else { root.path().join(within) };
            assert_eq!(read.means(&of), expected, "'{within}' of {manifest}");
        }
    }
}
