//! The line that a failing test prints last runs it again, and shows the same failure.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use scenarios::raft_kv_with;
use stormglass::{Property, Story};
use zoo::Bug;

/// A test as its author writes it, of a cluster with a bug that many seeds show.
#[test]
#[ignore = "it fails, as it must: the tests below run it"]
fn half_of_an_even_cluster_commits() {
    Property::of(raft_kv_with(Bug::EvenQuorumOffByOne)).check();
}

/// A test with plans that proptest draws.
#[test]
#[ignore = "it fails, as it must: the tests below run it"]
fn half_of_a_drawn_cluster_commits() {
    let property = Property::of(raft_kv_with(Bug::EvenQuorumOffByOne));
    property.cases(|plans| plans.nodes(4..=6).workload(|workload| workload.keys = 1));
}

/// A test that asserts more of each seed than its verdict.
#[test]
#[ignore = "it fails, as it must: the tests below run it"]
fn every_seed_is_even() {
    stormglass::each_seed(10, |seed| assert!(seed.0.is_multiple_of(2), "FAIL  {seed} is odd"));
}

/// A story of such a cluster.
#[test]
#[ignore = "it fails, as it must: the tests below run it"]
fn half_of_a_cluster_that_is_told_of_commits() {
    let story = Story::of(raft_kv_with(Bug::EvenQuorumOffByOne), 3).nodes(4);
    story.tell(|c| {
        let leader = c.wait_for_leader()?;
        let follower = c.follower_of(leader)?;
        c.partition([leader, follower])?;
        c.at(leader).put("x", "1")
    });
}

/// The test executable, as `cargo test` runs it, asked for one of the tests above. The line is the same if cargo is
/// asked for the whole file or the whole workspace.
fn failed(test: &str) -> Screen {
    let mut command = Command::new(env::current_exe().expect("this one"));
    command.args([test, "--exact", "--ignored"]);
    Screen::of(&asked_for_nothing(command).output().expect("it starts"))
}

/// The variables that this test was given do not reach the command.
fn asked_for_nothing(mut command: Command) -> Command {
    let keys = explore::Key::ALL.iter().map(|key| key.variable);
    for variable in ["STORMGLASS_SEED", "STORMGLASS_REPRO", "COLUMNS"].into_iter().chain(keys) {
        command.env_remove(variable);
    }
    command
}

/// The output of a failed test, with the lines of its failure.
#[derive(Debug)]
struct Screen {
    fail: String,
    reproduce: String,
    text: String,
}

impl Screen {
    #[track_caller]
    fn of(output: &Output) -> Screen {
        let text = [&output.stdout[..], &output.stderr].map(String::from_utf8_lossy).concat();
        assert!(!output.status.success(), "it must fail: {text}");
        let line = |start| {
            let line = text.lines().find(|line| line.contains(start));
            line.unwrap_or_else(|| panic!("no '{start}' in: {text}")).to_string()
        };
        let (fail, reproduce) = (line("FAIL  "), line("reproduce: ").replacen("reproduce: ", "", 1));
        Screen { fail, reproduce, text }
    }

    /// Runs the line to paste, as it stands, in the folder where one would.
    fn pasted(&self) -> Screen {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut shell = Command::new("sh");
        shell.current_dir(root).args(["-c", &self.reproduce]);
        Screen::of(&asked_for_nothing(shell).output().expect("there is a shell"))
    }
}

#[test]
fn the_line_that_a_failed_property_prints_shows_the_same_failure() {
    let screen = failed("half_of_an_even_cluster_commits");
    let command = " -p sim-tests --test reproduce half_of_an_even_cluster_commits -- --exact --ignored";
    assert!(screen.fail.starts_with("FAIL  Quorum Write Blocking: "), "{}", screen.text);
    assert!(screen.reproduce.starts_with("STORMGLASS_SEED=0x"), "{}", screen.text);
    assert!(screen.reproduce.contains(" cargo test ") && screen.reproduce.ends_with(command), "{}", screen.text);
    let pasted = screen.pasted();
    assert_eq!(pasted.fail, screen.fail, "{}", pasted.text);
    assert_eq!(pasted.reproduce, screen.reproduce);
}

#[test]
fn the_file_that_a_failed_property_saves_shows_the_same_failure() {
    let screen = failed("half_of_an_even_cluster_commits");
    let saved = screen.text.lines().find_map(|line| line.strip_prefix("saved "));
    let file = format!("{}/repro.json", saved.expect("it is saved"));
    assert!(screen.text.contains("\n      repro.json, shrunk.json, history.jsonl, token.txt\n"), "{}", screen.text);
    let (_, command) = screen.reproduce.split_once(' ').expect("a variable and a command");
    let by_file = Screen { reproduce: format!("STORMGLASS_REPRO={file} {command}"), ..screen };
    let pasted = by_file.pasted();
    assert_eq!(pasted.fail, by_file.fail, "{}", pasted.text);
    assert_eq!(pasted.reproduce, by_file.reproduce);
    assert!(pasted.text.contains("\nreproduced: Quorum Write Blocking of {"), "{}", pasted.text);
}

#[test]
fn the_line_that_a_failed_case_of_proptest_prints_shows_the_same_failure() {
    /// Proptest's regression file, removed in the end: this failure is not to be mended.
    struct Regressions(PathBuf);

    impl Drop for Regressions {
        fn drop(&mut self) {
            // A test that ended earlier has kept none.
            let _ = fs::remove_file(&self.0);
        }
    }

    let kept = Regressions(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reproduce.proptest-regressions"));
    let screen = failed("half_of_a_drawn_cluster_commits");
    assert!(kept.0.exists(), "proptest keeps the failed case beside the source");
    assert!(screen.text.contains("\nshrunk "), "{}", screen.text);
    let pasted = screen.pasted();
    assert_eq!(pasted.fail, screen.fail, "{}", pasted.text);
    assert_eq!(failed("half_of_a_drawn_cluster_commits").fail, screen.fail, "the kept case is tried first");
}

#[test]
fn the_line_that_a_failed_body_prints_shows_the_same_failure() {
    let screen = failed("every_seed_is_even");
    assert!(screen.reproduce.starts_with("STORMGLASS_SEED=0x1 cargo test "), "{}", screen.text);
    assert_eq!(screen.pasted().fail, screen.fail);
}

/// The line builds the same executable: the folder tells the profile and the target, the command line of the cargo that
/// runs it tells the features.
#[test]
#[cfg(target_os = "linux")]
fn the_line_that_a_failed_test_prints_builds_what_failed() {
    use std::os::unix::process::CommandExt;

    let folder = tempfile::tempdir().expect("a folder for it");
    let deps = folder.path().join("target/x86_64-unknown-linux-gnu/release/deps");
    fs::create_dir_all(&deps).expect("a folder to write to");
    let executable = deps.join("reproduce-0123456789abcdef");
    fs::copy(env::current_exe().expect("this one"), &executable).expect("a folder to write to");
    // The parent process is called cargo, and has cargo's options.
    let mut cargo = Command::new("sh");
    cargo.arg0("cargo").env("EXECUTABLE", &executable);
    cargo.args(["-c", "\"$EXECUTABLE\" every_seed_is_even --exact --ignored; exit 1"]);
    cargo.args(["test", "--features", "turbo", "--", "--features", "of-somebody-else"]);
    let screen = Screen::of(&asked_for_nothing(cargo).output().expect("there is a shell"));
    let expected = "STORMGLASS_SEED=0x1 cargo test --release --target x86_64-unknown-linux-gnu --features=turbo \
                    -p sim-tests --test reproduce every_seed_is_even -- --exact --ignored";
    assert_eq!(screen.reproduce, expected);
}

#[test]
fn a_variable_that_is_empty_is_not_set_and_a_mistyped_one_fails_the_test() {
    let with = |name: &str, value: &str| {
        let mut command = asked_for_nothing(Command::new(env::current_exe().expect("this one")));
        command.args(["every_seed_is_even", "--exact", "--ignored"]).env(name, value);
        let output = command.output().expect("it starts");
        String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout)
    };
    for name in ["STORMGLASS_SEED", "STORMGLASS_SEEDS", "STORMGLASS_REPRO"] {
        let text = with(name, "");
        assert!(text.contains("reproduce: STORMGLASS_SEED=0x1 cargo test "), "{text}");
    }
    let text = with("STORMGLASS_SEEDZ", "5");
    let said = "error: the environment sets STORMGLASS_SEEDZ, which is no variable of Stormglass: did you mean \
                STORMGLASS_SEEDS?";
    assert!(text.contains(said), "{text}");
}

/// The story's steps are saved as a plan, which shows the failure without the story.
#[test]
fn the_line_that_a_failed_story_prints_shows_the_same_failure() {
    let screen = failed("half_of_a_cluster_that_is_told_of_commits");
    assert!(screen.fail.starts_with("FAIL  Quorum Write Blocking: "), "{}", screen.text);
    assert!(screen.reproduce.starts_with("STORMGLASS_SEED=0x3 cargo test "), "{}", screen.text);
    assert!(screen.text.contains("\nshrunk "), "{}", screen.text);
    let pasted = screen.pasted();
    assert_eq!(pasted.fail, screen.fail, "{}", pasted.text);
    assert_eq!(pasted.reproduce, screen.reproduce);
}
