//! The questions of a test runner. A test target without a harness (`harness = false`) whose `main` is the command is
//! one test, `fuzz`: nextest lists its tests first, and then runs each by its name. Other programs are asked no such
//! questions.

use std::env;
use std::ffi::OsString;
use std::path::Path;

/// The one test of such a target.
const TEST: &str = "fuzz";

/// True if this program is a test target: cargo keeps the executable of one in a folder `deps`.
pub(crate) fn is_test_target() -> bool {
    env::current_exe().is_ok_and(|executable| is_of_test(&executable))
}

fn is_of_test(executable: &Path) -> bool {
    executable.parent().is_some_and(|folder| folder.ends_with("deps"))
}

/// The list of the tests, if these arguments ask for it: `--list --format terse`. With `--ignored` they ask for the
/// tests that are ignored, and there are none.
pub(crate) fn listed(args: &[OsString]) -> Option<String> {
    match words(args)[..] {
        ["--list", "--format", "terse"] => Some(format!("{TEST}: test\n")),
        ["--list", "--format", "terse", "--ignored"] => Some(String::new()),
        _ => None,
    }
}

/// The arguments of the command that these ask for: those that run the one test, `--exact fuzz --nocapture` in any
/// order, stand for `fuzz`, and all others for themselves.
pub(crate) fn translated(mut args: Vec<OsString>) -> Vec<OsString> {
    let mut asked = words(&args);
    asked.sort_unstable();
    if matches!(asked[..], ["--exact", TEST] | ["--exact", "--nocapture", TEST]) {
        args.truncate(1);
        args.push(TEST.into());
    }
    args
}

/// The arguments, without the name of the program.
fn words(args: &[OsString]) -> Vec<&str> {
    args.iter().skip(1).map(|arg| arg.to_str().unwrap_or_default()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_target_is_told_by_its_folder() {
        assert!(is_of_test(Path::new("/src/sg/target/debug/deps/storms-0123456789abcdef")));
        for other in ["/src/sg/target/debug/storms", "/src/sg/target/debug/examples/storms", "storms"] {
            assert!(!is_of_test(Path::new(other)), "{other}");
        }
    }

    fn args(line: &str) -> Vec<OsString> {
        line.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn a_runner_is_told_of_one_test_and_of_none_that_is_ignored() {
        assert_eq!(listed(&args("storms --list --format terse")), Some("fuzz: test\n".into()));
        assert_eq!(listed(&args("storms --list --format terse --ignored")), Some("".into()));
        assert_eq!(listed(&args("storms --list")), None, "`fuzz --list` lists the systems");
    }

    #[test]
    fn the_test_is_the_command_of_its_name() {
        for asked in ["storms --exact fuzz --nocapture", "storms fuzz --exact --nocapture", "storms fuzz --exact"] {
            assert_eq!(translated(args(asked)), args("storms fuzz"), "{asked}");
        }
        assert_eq!(translated(args("storms fuzz --seeds 3")), args("storms fuzz --seeds 3"));
        assert_eq!(translated(args("storms replay 1 --exact")), args("storms replay 1 --exact"));
    }
}
