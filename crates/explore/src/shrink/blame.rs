//! The faults of a failing plan that its failure needs.

use std::fmt;

use crate::failure::Failure;
use crate::fingerprint::Fingerprint;

/// The part of one fault of a plan in its failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blame {
    /// Its place in the schedule.
    pub number: usize,
    /// The result of the plan without it.
    pub without: Without,
}

/// The result of a failing plan without one of its faults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Without {
    /// It passes: the fault is needed.
    Passes,
    /// It fails in another way: the fault is needed for this failure.
    FailsOtherwise(Fingerprint),
    /// It fails all the same: the fault has no part in it.
    Fails,
    /// There was no time to see.
    Untried,
}

impl Without {
    pub(super) fn of(failure: Option<&Failure>, fingerprint: &Fingerprint) -> Without {
        match failure.map(Fingerprint::of) {
            None => Without::Passes,
            Some(same) if same == *fingerprint => Without::Fails,
            Some(other) => Without::FailsOtherwise(other),
        }
    }

    /// True if the fault is needed; `None` if that is not known.
    pub fn is_needed(&self) -> Option<bool> {
        match self {
            Without::Passes | Without::FailsOtherwise(_) => Some(true),
            Without::Fails => Some(false),
            Without::Untried => None,
        }
    }
}

impl fmt::Display for Without {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Without::Passes => f.write_str("needed: without it the run passes"),
            Without::FailsOtherwise(other) => write!(f, "needed: without it the run fails by {other}"),
            Without::Untried => f.write_str("unknown: there was no time to try a run without it"),
            Without::Fails => f.write_str("not needed: the run fails without it too"),
        }
    }
}
