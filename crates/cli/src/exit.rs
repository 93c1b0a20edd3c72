//! The exit codes. Scripts read these, not the text.

use explore::FailureKind;

/// All was as it should be.
pub(crate) const PASS: u8 = 0;
/// Nothing was run: the command line is wrong, or the result could not be written.
pub(crate) const BAD_INPUT: u8 = 1;

/// A wrong answer was given, or a state reached that leads to one.
pub(crate) const SAFETY: u8 = 10;
/// No verdict was reached within the budget.
pub(crate) const UNKNOWN: u8 = 14;

/// The simulator panicked, not the system under test: as any Rust program that does.
pub(crate) const OWN_PANIC: u8 = 101;

/// The code of the gravest failure, if there was one.
pub(crate) fn code(gravest: Option<FailureKind>) -> u8 {
    match gravest {
        None => PASS,
        Some(FailureKind::Safety) => SAFETY,
        Some(FailureKind::Liveness | FailureKind::Stalled | FailureKind::Idle) => 11,
        Some(FailureKind::NonDeterminism) => 12,
        Some(FailureKind::Panic) => 13,
    }
}
