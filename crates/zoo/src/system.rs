//! The names under which reports and repros know the cluster: as it is, and with a bug.

use crate::bug::{Bug, BugError};

/// The name of the cluster as it is.
const RAFT_KV: &str = "raft-kv";
/// What stands between it and the name of a bug.
const WITH: &str = " with ";

/// A name that is not that of the cluster.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say it")]
pub enum SystemError {
    #[error(
        "the system '{0}' is known to its own tests only: give the same to STORMGLASS_REPRO there, as in \
         STORMGLASS_REPRO=FILE cargo test"
    )]
    Unknown(String),
    #[error("{0}")]
    Bug(#[from] BugError),
}

/// The name of the cluster with this bug, or with none: `raft-kv with ack-before-fsync`, `raft-kv`.
pub fn system_name(bug: Option<Bug>) -> String {
    bug.map_or(RAFT_KV.into(), |bug| format!("{RAFT_KV}{WITH}{bug}"))
}

/// The bug of the cluster of this name, if it has one.
///
/// # Errors
/// If it is the name of something else.
pub fn bug_of_system(name: &str) -> Result<Option<Bug>, SystemError> {
    match name.strip_prefix(RAFT_KV).map(|rest| (rest, rest.strip_prefix(WITH))) {
        Some(("", _)) => Ok(None),
        Some((_, Some(bug))) => Ok(Some(bug.parse()?)),
        _ => Err(SystemError::Unknown(name.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for bug in [None, Some(Bug::AckBeforeFsync)] {
            assert_eq!(bug_of_system(&system_name(bug)), Ok(bug));
        }
    }

    #[test]
    fn a_system_of_somebody_elses_test_is_refused_with_the_way_that_works() {
        for name in ["my-store", "raft-kv2", "raft-kv with", ""] {
            let error = bug_of_system(name).expect_err("not known").to_string();
            assert!(error.contains("STORMGLASS_REPRO=FILE cargo test"), "{error}");
        }
        let error = bug_of_system("raft-kv with gusto").expect_err("no bug").to_string();
        assert!(error.contains("is no bug of the zoo"), "{error}");
    }
}
