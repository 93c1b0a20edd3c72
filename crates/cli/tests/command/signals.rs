//! Signals end the work with a result, and an exit code that is no success.

use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStderr, Command, Output, Stdio};

use super::{command, json, stdout};

/// A command that is at work: its first line is on stderr.
struct Working {
    child: Child,
    said: Lines<BufReader<ChildStderr>>,
}

impl Working {
    /// Starts it and waits for a line on stderr that begins so.
    fn new(args: &[&str], until: &str) -> Working {
        let mut command = command(args);
        let folder = std::env::temp_dir().join("stormglass-signals");
        command.env("STORMGLASS_OUT", folder).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the command starts");
        let mut said = BufReader::new(child.stderr.take().expect("piped")).lines();
        let line = said.find(|line| line.as_ref().is_ok_and(|line| line.starts_with(until)));
        assert!(line.is_some(), "{args:?} never said '{until}'");
        Working { child, said }
    }

    /// Sends it a signal, and waits for its end.
    fn sent(self, signal: &str) -> Output {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status().expect("kill starts");
        assert!(sent.success());
        // It may have more to say, and must not wait for a reader. The result is no larger than a pipe.
        self.said.count();
        self.child.wait_with_output().expect("it ends")
    }
}

#[test]
fn a_campaign_that_is_stopped_says_so_and_is_no_success() {
    for signal in ["-INT", "-TERM"] {
        let output = Working::new(&["--seeds", "1000000000", "--json"], "seed  0x0").sent(signal);
        assert_eq!(output.status.code(), Some(15), "{signal}");
        let document = json(&output);
        assert_eq!(document["stopped"], true);
        super::schemas::assert_valid("fuzz", &document);
        assert!(document["seeds"].as_u64() < Some(1_000_000_000), "{document}");
    }
}

#[test]
fn a_failure_that_was_found_before_says_more_than_the_signal() {
    let campaign = ["--seeds", "1000000000", "--shrink", "0", "--bug", "even-quorum-off-by-one"];
    let output = Working::new(&campaign, "failure: seed ").sent("-TERM");
    assert_eq!(output.status.code(), Some(10));
    let text = stdout(&output);
    let stopped = text.lines().find(|line| line.starts_with("STOPPED after ")).expect("it says so");
    assert!(stopped.ends_with(" of 1,000,000,000 seeds"), "{stopped}");
    assert!(text.contains("\nFAIL  ") && text.contains("\nreproduce: "), "{text}");
}

#[test]
fn a_hunt_that_is_stopped_says_so_and_is_no_success() {
    // In calm seas this one is never caught.
    let calm = ["zoo", "--bug", "lease-survives-transfer", "--profile", "calm", "--seeds", "1000000000", "--json"];
    let output = Working::new(&calm, "zoo   1 bug").sent("-TERM");
    assert_eq!(output.status.code(), Some(15));
    let document = json(&output);
    assert_eq!((&document[0]["stopped"], &document[0]["caught"]), (&true.into(), &false.into()), "{document}");
}

#[test]
fn the_seeds_of_a_scenario_are_stopped_as_those_of_a_campaign() {
    let many = ["scenario", "run", "quorum_loss", "--seeds", "1000000000"];
    let output = Working::new(&many, "quorum_loss from seed 0x0").sent("-INT");
    assert_eq!(output.status.code(), Some(15));
    let text = stdout(&output);
    let last = text.lines().last().expect("a line");
    assert!(last.starts_with("STOPPED after ") && last.ends_with(" of 1,000,000,000 seeds"), "{text}");
    let output = Working::new(&[&many[..], &["--json"]].concat(), "quorum_loss from seed 0x0").sent("-TERM");
    assert_eq!((output.status.code(), &json(&output)["stopped"]), (Some(15), &true.into()));
}

#[test]
fn a_run_to_be_shrunk_that_is_stopped_says_so_and_is_no_success() {
    let folder = tempfile::tempdir().expect("a folder for it");
    let plan = super::bounds::endless(folder.path());
    let limits = ["--events", "1000000000000", "--operations", "1000000000000", "--heap", "100000", "--json"];
    let output = Working::new(&[&["shrink", &plan], &limits[..]].concat(), "seed  ").sent("-TERM");
    assert_eq!(output.status.code(), Some(15));
    assert_eq!(json(&output)["error"]["code"], 15);
}
