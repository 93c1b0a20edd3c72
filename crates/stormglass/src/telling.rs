//! The report of a failed test.

use std::panic;

use explore::artefacts::Root;
use explore::cargo::RunningTest;
use explore::{Evidence, Failure, Layout, ask_for_file, ask_for_seed};

/// Saves the evidence of a failed run, and returns its screen. `asks` are the variables that the run depends on besides
/// its seed, each with a space behind it. `recorded` is there if the run comes from a repro, with the repro's file, if
/// it was in one.
pub(crate) fn shown(evidence: &Evidence, asks: &str, recorded: Option<Option<&str>>) -> String {
    let saved = evidence.save(&Root::of_test());
    let kept = saved.as_ref().ok().map(|folder| folder.repro_shown().display().to_string());
    let Failure { seed, .. } = evidence.failure;
    let ask = match (recorded, kept) {
        (None, _) => ask_for_seed(seed),
        (Some(Some(file)), _) => ask_for_file(file),
        (Some(None), Some(kept)) => ask_for_file(&kept),
        (Some(None), None) => ask_for_file(&evidence.repro.token()),
    };
    evidence.screen(Some(&saved), &format!("{asks}{ask} {}", RunningTest::here().command()), Layout::of_test())
}

/// Ends the test as a panic does, but for the line that a panic prints: the last line of `text` is the one to paste.
pub(crate) fn fail(text: String) -> ! {
    say(&text);
    panic::resume_unwind(Box::new(text))
}

/// Prints a text on standard error by way of the harness of the test, which keeps the output of tests apart.
pub(crate) fn say(text: &str) {
    eprintln!("{text}");
}
