//! The runs that the environment asks a test for, instead of all that it would do.

use std::collections::BTreeMap;
use std::env;
use std::path::PathBuf;

use sim::Seed;

use crate::artefacts::repro_at;
use crate::cargo;
use crate::configuration::{Configuration, Key};
use crate::plain::{escaped, shortened};
use crate::repro::{Repro, looks_like_token};
use crate::values::count;

const PREFIX: &str = "STORMGLASS_";
const SEED: &str = "STORMGLASS_SEED";
const SEEDS: &str = "STORMGLASS_SEEDS";
const REPRO: &str = "STORMGLASS_REPRO";
/// Set by the build script of this crate, for its tests.
const VERSION: &str = "STORMGLASS_VERSION";

/// The variables that a person may set.
fn known() -> impl Iterator<Item = &'static str> {
    [SEED, REPRO].into_iter().chain(Key::ALL.iter().map(|key| key.variable))
}

/// The runs that a test is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// All of it, and at least so many seeds: nothing, or `STORMGLASS_SEEDS=5000`.
    All {
        /// 0 if it is left to the test.
        seeds_min: u64,
    },
    /// One seed: `STORMGLASS_SEED=0x1f3a`.
    Seed(Seed),
    /// One run: `STORMGLASS_REPRO=FILE` or `STORMGLASS_REPRO=TOKEN`.
    Repro {
        /// The file, as it was given; `None` for a token.
        file: Option<String>,
        /// The repro in it.
        repro: Box<Repro>,
    },
}

/// The runs that the environment of this process asks for. A variable that is empty counts as not set. A file is looked
/// for below the folder that the test runs in, which is its package's, and below the root of the workspace, which is
/// where one calls cargo.
///
/// # Errors
/// In one line: the mistake, and a value that would be right. A mistake in the [configuration](Configuration::of_test)
/// is one too.
pub fn asked() -> Result<Asked, String> {
    Configuration::of_test()?;
    asked_by(&variables(), &[PathBuf::new(), cargo::workspace_root()])
}

/// Refuses variables that begin as those of Stormglass do and are none: a mistyped one would have no effect.
///
/// # Errors
/// In one line: the variable, and the one that was perhaps meant.
pub fn refuse_unknown_variables() -> Result<(), String> {
    refuse_unknown(&variables())
}

/// The variables of Stormglass that are set to something.
#[expect(clippy::disallowed_methods, reason = "which runs are done is asked here, and no run sees it")]
pub(crate) fn variables() -> BTreeMap<String, String> {
    let text = |value: std::ffi::OsString| value.to_string_lossy().into_owned();
    let set = env::vars_os().map(|(name, value)| (text(name), text(value)));
    set.filter(|(name, value)| name.starts_with(PREFIX) && !value.is_empty()).collect()
}

fn refuse_unknown(variables: &BTreeMap<String, String>) -> Result<(), String> {
    let is_known = |name: &str| name == VERSION || known().any(|known| known == name);
    let Some(name) = variables.keys().find(|name| !is_known(name)) else { return Ok(()) };
    let shared = |known: &str| known.bytes().zip(name.bytes()).take_while(|(a, b)| a == b).count();
    let near = known().max_by_key(|known| (shared(known), usize::MAX - known.len().abs_diff(name.len())));
    let said = match near.filter(|near| shared(near) > PREFIX.len()) {
        Some(near) => format!("did you mean {near}?"),
        None => "docs/configuration.md lists them".into(),
    };
    Err(format!("the environment sets {}, which is no variable of Stormglass: {said}", shortened(&escaped(name), 60)))
}

/// How the environment asks for one seed, before a command.
pub fn ask_for_seed(seed: Seed) -> String {
    format!("{SEED}={seed}")
}

/// How it asks for one file.
pub fn ask_for_file(file: &str) -> String {
    format!("{REPRO}={}", crate::shell::word(file))
}

fn asked_by(variables: &BTreeMap<String, String>, roots: &[PathBuf]) -> Result<Asked, String> {
    refuse_unknown(variables)?;
    let of = |name: &'static str| move |error: String| format!("{name}: {error}");
    // Read even where a seed or a repro is asked for: a wrong count is always refused.
    let seeds_min = variables.get(SEEDS).map_or(Ok(0), |text| count(text).map_err(of(SEEDS)))?;
    match (variables.get(SEED), variables.get(REPRO)) {
        (None, None) => Ok(Asked::All { seeds_min }),
        (Some(seed), None) => {
            seed.parse().map(Asked::Seed).map_err(|error: sim::SeedError| of(SEED)(error.to_string()))
        }
        (None, Some(text)) => repro(text.clone(), roots).map_err(of(REPRO)),
        (Some(_), Some(_)) => {
            Err(format!("{SEED} and {REPRO} are both set, and each asks for one run: give one of them"))
        }
    }
}

fn repro(text: String, roots: &[PathBuf]) -> Result<Asked, String> {
    if looks_like_token(&text) {
        let repro = Repro::from_token(&text).map_err(|error| error.to_string())?;
        return Ok(Asked::Repro { file: None, repro: Box::new(repro) });
    }
    let file = roots.iter().map(|root| repro_at(root.join(&text))).find(|file| file.exists());
    let file =
        file.ok_or_else(|| format!("'{text}' is no file: give a repro file (repro.json) or a token (sg2-...)"))?;
    let repro = Repro::load(&file).map_err(|error| format!("{text}: {error}"))?;
    Ok(Asked::Repro { file: Some(text), repro: Box::new(repro) })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::repro::tests::repro;

    fn asked_with(variables: &[(&str, &str)], root: &Path) -> Result<Asked, String> {
        let variables = variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        asked_by(&variables, &[PathBuf::from("/nowhere"), root.into()])
    }

    #[test]
    fn nothing_asks_for_all() {
        let root = Path::new("/nowhere");
        assert_eq!(asked_with(&[], root), Ok(Asked::All { seeds_min: 0 }));
        assert_eq!(asked_with(&[(SEEDS, "5000")], root), Ok(Asked::All { seeds_min: 5_000 }));
    }

    #[test]
    fn one_seed_is_asked_for_whatever_the_budget() {
        let asked = asked_with(&[(SEED, "0x1f3a"), (SEEDS, "5000")], Path::new("/nowhere"));
        assert_eq!(asked, Ok(Asked::Seed(Seed(0x1f3a))));
        assert_eq!(ask_for_seed(Seed(0x1f3a)), "STORMGLASS_SEED=0x1f3a");
    }

    #[test]
    fn a_repro_is_asked_for_by_its_file_its_folder_or_its_token() {
        let root = tempfile::tempdir().expect("a folder for it");
        std::fs::write(root.path().join("repro.json"), repro().to_json()).expect("a folder to write to");
        let of = |file: Option<&str>| Ok(Asked::Repro { file: file.map(String::from), repro: Box::new(repro()) });
        assert_eq!(asked_with(&[(REPRO, "repro.json")], root.path()), of(Some("repro.json")));
        assert_eq!(asked_with(&[(REPRO, ".")], root.path()), of(Some(".")));
        assert_eq!(asked_with(&[(REPRO, &repro().token())], root.path()), of(None));
    }

    #[test]
    fn what_is_wrong_is_said_with_what_would_be_right() {
        let root = tempfile::tempdir().expect("a folder for it");
        std::fs::write(root.path().join("empty.json"), "").expect("a folder to write to");
        for (variables, said) in [
            (&[(SEED, "seven")][..], "STORMGLASS_SEED: 'seven' is no seed: give a number"),
            (
                &[("STORMGLASS_SED", "1")],
                "sets STORMGLASS_SED, which is no variable of Stormglass: did you mean STORMGLASS_SEED?",
            ),
            (&[("STORMGLASS_SEEDZ", "1")], "did you mean STORMGLASS_SEEDS?"),
            (&[("STORMGLASS_OUTPUT", "x")], "did you mean STORMGLASS_OUT?"),
            (
                &[("STORMGLASS_\x1b", "x")],
                "sets STORMGLASS_\\u{1b}, which is no variable of Stormglass: docs/configuration.md lists them",
            ),
            (&[(SEEDS, "0")], "STORMGLASS_SEEDS: '0' is no count: give a number from 1 up"),
            (&[(SEED, "1"), (SEEDS, "many")], "STORMGLASS_SEEDS: 'many' is no count"),
            (&[(REPRO, "gone.json")], "STORMGLASS_REPRO: 'gone.json' is no file: give a repro file"),
            (&[(REPRO, "empty.json")], "STORMGLASS_REPRO: empty.json: empty: give a repro, a plan or a token"),
            (&[(REPRO, "sg2-AAAA")], "STORMGLASS_REPRO: the token is damaged"),
            (&[(SEED, "1"), (REPRO, "x.json")], "each asks for one run: give one of them"),
        ] {
            let error = asked_with(variables, root.path()).expect_err(said);
            assert!(error.contains(said) && error.lines().count() == 1, "'{error}' does not say '{said}'");
        }
    }
}
