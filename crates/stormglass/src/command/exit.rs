//! The exit codes. Scripts read these, not the text.

use explore::FailureKind;
use explore::layout::wrapped;

/// Every run passed.
pub(crate) const PASS: u8 = 0;
/// The command line or a file is wrong, or the result could not be written.
pub(crate) const BAD_INPUT: u8 = 1;
/// A safety rule was broken: an answer was wrong, or a state leads to a wrong one.
pub(crate) const SAFETY: u8 = 10;
/// A run made no progress, or did not converge, within its bounds.
pub(crate) const LIVENESS: u8 = 11;
/// One plan made two different runs.
pub(crate) const NON_DETERMINISM: u8 = 12;
/// The system under test panicked.
pub(crate) const PANIC: u8 = 13;
/// No verdict was reached.
pub(crate) const UNKNOWN: u8 = 14;
/// A signal ended the work, and no failure was found by then.
pub(crate) const STOPPED: u8 = 15;
/// The simulator panicked, not the system under test.
pub(crate) const INTERNAL: u8 = 70;

/// Every code and its meaning, as `--help` and docs/command.md list them.
pub(crate) const TABLE: &[(u8, &str)] = &[
    (PASS, "every run passed; in the zoo, every bug that was hunted was caught"),
    (BAD_INPUT, "bad input, a plan from elsewhere beyond the limits of a run, or a result that could not be written"),
    (
        SAFETY,
        "a safety rule was broken, or a scenario's expectation did not hold; a history is not linearizable; a bug of the \
         zoo was missed",
    ),
    (LIVENESS, "a run made no progress or did not converge within its bounds, or a scenario's deadline passed"),
    (NON_DETERMINISM, "the same seed ran differently a second time"),
    (PANIC, "the system under test panicked"),
    (UNKNOWN, "no verdict: `check` ran out of its budget, or would need another first state"),
    (STOPPED, "stopped by SIGINT or SIGTERM before the work was done, and no failure was found by then"),
    (INTERNAL, "the simulator itself panicked: please report it"),
];

/// The code of the gravest failure, if there was one.
pub(crate) fn code(gravest: Option<FailureKind>) -> u8 {
    match gravest {
        None => PASS,
        Some(FailureKind::Safety) => SAFETY,
        Some(FailureKind::Liveness | FailureKind::Stalled | FailureKind::Idle) => LIVENESS,
        Some(FailureKind::NonDeterminism) => NON_DETERMINISM,
        Some(FailureKind::Panic) => PANIC,
    }
}

/// The code of work that a signal may have ended early: a failure found before says more.
pub(crate) fn code_of_work(gravest: Option<FailureKind>, is_stopped: bool) -> u8 {
    match gravest {
        None if is_stopped => STOPPED,
        gravest => code(gravest),
    }
}

/// The table in lines of at most so many characters.
pub(crate) fn table(width: usize) -> String {
    let row = |(code, meaning): &(u8, &str)| wrapped(&format!("  {code:>2}  {meaning}"), width, 6);
    TABLE.iter().map(row).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// docs/command.md is where scripts' authors look a code up.
    #[test]
    fn the_page_of_the_command_lists_every_code_and_no_other() {
        let page = include_str!("../../../../docs/command.md");
        let table = page.split("| exit code | meaning |\n| --- | --- |\n").nth(1).expect("a table of them");
        let rows: Vec<&str> = table.lines().take_while(|line| line.starts_with('|')).collect();
        let expected: Vec<String> = TABLE.iter().map(|(code, meaning)| format!("| {code} | {meaning} |")).collect();
        assert_eq!(rows, expected);
    }

    #[test]
    fn a_failure_says_more_than_a_signal() {
        assert_eq!(code_of_work(None, false), PASS);
        assert_eq!(code_of_work(None, true), STOPPED);
        assert_eq!(code_of_work(Some(FailureKind::Liveness), true), LIVENESS);
    }

    #[test]
    fn codes_are_told_apart() {
        let codes: Vec<u8> = TABLE.iter().map(|(code, _)| *code).collect();
        assert!(codes.is_sorted_by(|a, b| a < b), "{codes:?}");
    }
}
