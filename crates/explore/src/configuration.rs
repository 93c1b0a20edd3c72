//! The defaults of options: those of `stormglass.toml` at the root of the workspace, and those of the environment.
//!
//! Every key of the file has an environment variable, and both are read by the same lines. A value that an option or
//! the environment gives comes before one in the code of a test, and that before one in the file. docs/configuration.md
//! is the table of the keys.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sim::Profile;
use toml::de::{DeTable, DeValue};

use crate::budget::GivenLimits;
use crate::cargo;
use crate::plain::{escaped, shortened};
use crate::values::{count, time, time_from_1};

/// The name of the file.
pub const FILE: &str = "stormglass.toml";

/// The longest path of the file that a message shows in full, in characters.
const PATH_MAX: usize = 70;

/// The values of options that one place gives: the command line, the environment, the code of a test or the file.
/// `None` for a value that it leaves to the places below it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The kinds of faults.
    pub profile: Option<Profile>,
    /// How many seeds to run.
    pub seeds: Option<u64>,
    /// No new run begins after this long.
    pub time: Option<Duration>,
    /// How many threads to use.
    pub jobs: Option<u64>,
    /// The most that a run may take.
    pub limits: GivenLimits,
    /// How much CPU time the first failure may be shrunk for; 0 for not at all.
    pub shrink: Option<Duration>,
    /// The folder of the files of failed runs.
    pub out: Option<PathBuf>,
    /// The options of cargo that name the program of `cargo stormglass`.
    pub run: Option<String>,
}

impl Options {
    /// These values, and those of a place below where this one gives none. Seeds and time end a campaign together: a
    /// place that gives one of them leaves nothing of the two to the places below.
    #[must_use]
    pub fn or(self, below: Options) -> Options {
        let (seeds, time) = match (self.seeds, self.time) {
            (None, None) => (below.seeds, below.time),
            given => given,
        };
        Options {
            profile: self.profile.or(below.profile),
            seeds,
            time,
            jobs: self.jobs.or(below.jobs),
            limits: self.limits.or_given(below.limits),
            shrink: self.shrink.or(below.shrink),
            out: self.out.or(below.out),
            run: self.run.or(below.run),
        }
    }

    /// The same without the values that a run depends on: the profile and the limits.
    #[must_use]
    pub fn without_run(self) -> Options {
        Options { profile: None, limits: GivenLimits::default(), ..self }
    }
}

/// The options that the environment and the file give.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Configuration {
    /// Those of the environment. A folder in them is as it was given.
    pub environment: Options,
    /// Those of the file. A folder in them is absolute.
    pub file: Options,
}

impl Configuration {
    /// The configuration of a command that was called in this folder: its file is that of the cargo workspace around
    /// the folder, if there is one.
    ///
    /// # Errors
    /// In one line: the variable, or the file and the line in it, the mistake, and a value that would be right.
    pub fn of_command(here: &Path) -> Result<Configuration, String> {
        Configuration::read(cargo::workspace_of(here).as_deref())
    }

    /// The configuration of a test: its file is that of its workspace.
    ///
    /// # Errors
    /// As [`of_command`](Configuration::of_command).
    pub fn of_test() -> Result<Configuration, String> {
        Configuration::read(Some(&cargo::workspace_root()))
    }

    fn read(workspace: Option<&Path>) -> Result<Configuration, String> {
        let environment = of_variables(&crate::asked::variables())?;
        Ok(Configuration { environment, file: workspace.map_or(Ok(Options::default()), of_file)? })
    }

    /// The values of the environment, and those of the file where the environment gives none.
    pub fn options(self) -> Options {
        self.environment.or(self.file)
    }
}

/// A key of the file.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// The environment variable of the same meaning.
    pub variable: &'static str,
    kind: Kind,
    set: fn(&mut Options, &str) -> Result<(), String>,
}

/// The types of a value in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Number,
    /// A text with a unit, or a number of seconds.
    Time,
}

impl Key {
    /// Every key.
    pub const ALL: &[Key] = &[
        Key::new("profile", "STORMGLASS_PROFILE", Kind::Text, |options, text| {
            options.profile = Some(text.parse().map_err(|error: sim::ProfileError| error.to_string())?);
            Ok(())
        }),
        Key::new("seeds", "STORMGLASS_SEEDS", Kind::Number, |options, text| set(&mut options.seeds, count(text))),
        Key::new("time", "STORMGLASS_TIME", Kind::Time, |options, text| set(&mut options.time, time_from_1(text))),
        Key::new("jobs", "STORMGLASS_JOBS", Kind::Number, |options, text| set(&mut options.jobs, count(text))),
        Key::new("shrink", "STORMGLASS_SHRINK", Kind::Time, |options, text| set(&mut options.shrink, time(text))),
        Key::new("events", "STORMGLASS_EVENTS", Kind::Number, |options, text| {
            set(&mut options.limits.events, count(text))
        }),
        Key::new("operations", "STORMGLASS_OPERATIONS", Kind::Number, |options, text| {
            set(&mut options.limits.operations, count(text))
        }),
        Key::new("heap", "STORMGLASS_HEAP", Kind::Number, |options, text| {
            set(&mut options.limits.heap_mib, count(text))
        }),
        Key::new("out", "STORMGLASS_OUT", Kind::Text, |options, text| set(&mut options.out, folder(text))),
        Key::new("run", "STORMGLASS_RUN", Kind::Text, |options, text| set(&mut options.run, Ok(text.into()))),
    ];

    const fn new(
        name: &'static str,
        variable: &'static str,
        kind: Kind,
        set: fn(&mut Options, &str) -> Result<(), String>,
    ) -> Key {
        Key { name, variable, kind, set }
    }

    /// The value as the text that the environment would give.
    fn text<'a>(&self, value: &'a DeValue<'_>) -> Result<&'a str, String> {
        let right = match self.kind {
            Kind::Text => "a text",
            Kind::Number => "a whole number",
            Kind::Time => "a length of time, such as \"60s\"",
        };
        match value {
            DeValue::String(text) if self.kind != Kind::Number => Ok(text),
            DeValue::Integer(number) if self.kind != Kind::Text && number.radix() == 10 => Ok(number.as_str()),
            _ => Err(format!("{} is {}: give {right}", self.name, a(value))),
        }
    }
}

fn set<T>(option: &mut Option<T>, value: Result<T, String>) -> Result<(), String> {
    *option = Some(value?);
    Ok(())
}

fn folder(text: &str) -> Result<PathBuf, String> {
    Some(text).filter(|text| !text.is_empty()).map(PathBuf::from).ok_or_else(|| "'' is no folder: give a path".into())
}

/// The type of a value, with its article.
fn a(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(number) if number.radix() == 10 => "a number",
        DeValue::Integer(_) => "a number in another base than 10",
        DeValue::Float(_) => "a number with a point or an exponent",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or a time of day",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    }
}

fn of_variables(variables: &BTreeMap<String, String>) -> Result<Options, String> {
    let mut options = Options::default();
    for key in Key::ALL {
        if let Some(text) = variables.get(key.variable) {
            (key.set)(&mut options, text).map_err(|error| format!("{}: {error}", key.variable))?;
        }
    }
    Ok(options)
}

/// The options of the file in this folder, if it has one.
fn of_file(folder: &Path) -> Result<Options, String> {
    let path = folder.join(FILE);
    let shown = shortened(&escaped(&path.display().to_string()), PATH_MAX);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if [ErrorKind::NotFound, ErrorKind::NotADirectory].contains(&error.kind()) => {
            return Ok(Options::default());
        }
        Err(error) => return Err(format!("{shown}: {error}")),
    };
    let mut options = of_text(&text).map_err(|(at, error)| {
        let line = 1 + text[..at.min(text.len())].matches('\n').count();
        format!("{shown}: line {line}: {}", escaped(&error))
    })?;
    options.out = options.out.map(|out| folder.join(out));
    Ok(options)
}

/// The options of the text of a file, or a mistake in it with its place.
fn of_text(text: &str) -> Result<Options, (usize, String)> {
    let table = DeTable::parse(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        (at, format!("this is no TOML: {}", error.message()))
    })?;
    let mut options = Options::default();
    for (name, value) in table.get_ref() {
        let key = Key::ALL.iter().find(|key| key.name == name.get_ref());
        let key = key.ok_or_else(|| (name.span().start, no_key(name.get_ref())))?;
        let set = key
            .text(value.get_ref())
            .and_then(|text| (key.set)(&mut options, text).map_err(|error| format!("{}: {error}", key.name)));
        set.map_err(|error| (value.span().start, error))?;
    }
    Ok(options)
}

fn no_key(name: &str) -> String {
    let names: Vec<&str> = Key::ALL.iter().map(|key| key.name).collect();
    format!("'{}' is no key: give {}", shortened(name, 30), names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A value of each key that is none of the built-in ones.
    const EACH: &str = "profile = \"disk\"\nseeds = 7\ntime = \"3s\"\njobs = 2\nshrink = 0\nevents = 11\noperations = 12\n\
                        heap = 13\nout = \"found\"\nrun = \"-p mystore\"\n";

    fn each() -> Options {
        Options {
            profile: Some(Profile::Disk),
            seeds: Some(7),
            time: Some(Duration::from_secs(3)),
            jobs: Some(2),
            limits: GivenLimits { events: Some(11), operations: Some(12), heap_mib: Some(13) },
            shrink: Some(Duration::ZERO),
            out: Some("found".into()),
            run: Some("-p mystore".into()),
        }
    }

    #[test]
    fn every_key_means_the_same_in_the_file_and_in_the_environment() {
        assert_eq!(of_text(EACH), Ok(each()));
        let value = |line: &str| line.split_once(" = ").map(|(_, value)| value.trim_matches('"').to_string());
        let lines = EACH.lines().map(|line| value(line).expect("a value"));
        let variables = Key::ALL.iter().map(|key| key.variable.to_string()).zip(lines).collect();
        assert_eq!(of_variables(&variables), Ok(each()));
        assert_eq!(of_text("# nothing\n"), Ok(Options::default()));
        assert_eq!(of_text("seeds = 1_000").map(|options| options.seeds), Ok(Some(1_000)));
    }

    #[test]
    fn a_place_comes_before_those_below_it() {
        assert_eq!(each().or(Options::default()), each());
        assert_eq!(Options::default().or(each()), each());
        let above = Options { profile: Some(Profile::Calm), jobs: Some(1), ..Options::default() };
        assert_eq!(above.or(each()), Options { profile: Some(Profile::Calm), jobs: Some(1), ..each() });
    }

    #[test]
    fn a_place_that_gives_seeds_or_a_time_leaves_neither_to_those_below() {
        let seeds = Options { seeds: Some(50), ..Options::default() };
        assert_eq!((seeds.clone().or(each()).seeds, seeds.or(each()).time), (Some(50), None));
        let time = Options { time: Some(Duration::from_secs(9)), ..Options::default() };
        assert_eq!(time.or(each()).seeds, None);
    }

    #[test]
    fn a_folder_in_the_file_is_below_the_root_of_the_workspace() {
        let root = tempfile::tempdir().expect("a folder for it");
        assert_eq!(of_file(root.path()), Ok(Options::default()));
        fs::write(root.path().join(FILE), EACH).expect("a folder to write to");
        assert_eq!(of_file(root.path()).expect("it is right").out, Some(root.path().join("found")));
    }

    #[test]
    fn a_mistake_is_told_in_one_line_with_its_place() {
        let root = tempfile::tempdir().expect("a folder for it");
        for (text, said) in [
            ("seeds = 5\n\nseedz = 1\n", "line 3: 'seedz' is no key: give profile, seeds, time, jobs, shrink, "),
            ("seeds = \"5\"", "line 1: seeds is a text: give a whole number"),
            ("\nseeds = 0", "line 2: seeds: '0' is no count: give a number from 1 up"),
            ("seeds = 0x10", "line 1: seeds is a number in another base than 10: give a whole number"),
            ("profile = \"mayhem\"", "line 1: profile: 'mayhem' is no profile: give calm, chaos, "),
            ("profile = 3", "line 1: profile is a number: give a text"),
            (
                "time = 1.5",
                "line 1: time is a number with a point or an exponent: give a length of time, such as \"60s\"",
            ),
            ("time = \"soon\"", "line 1: time: 'soon' is no length of time"),
            ("out = \"\"", "line 1: out: '' is no folder"),
            ("[run]\nbin = 1", "line 1: run is a table: give a text"),
            ("seeds = 5\nseeds = 6", "line 2: this is no TOML: duplicate key"),
            ("seeds 5", "line 1: this is no TOML: "),
            ("\"\\u001b\" = 5", "line 1: '\\u{1b}' is no key"),
        ] {
            let file = root.path().join(FILE);
            fs::write(&file, text).expect("a folder to write to");
            let error = of_file(root.path()).expect_err(said);
            assert!(error.contains(&format!("{FILE}: {said}")), "'{error}' does not say '{said}'");
            assert!(error.lines().count() == 1 && error.chars().count() <= 193, "{error}");
        }
        let variables = BTreeMap::from([("STORMGLASS_TIME".to_string(), "0".to_string())]);
        let error = of_variables(&variables).expect_err("no time");
        assert!(error.starts_with("STORMGLASS_TIME: '0' is no length of time"), "{error}");
    }
}
