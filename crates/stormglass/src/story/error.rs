//! Why a story cannot go on.

use std::time::Duration;

use env::NodeId;
use sim::RunEnded;

/// Why a story cannot go on. It is passed up by `?`, and the run is then judged by it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoryError {
    /// An invariant was broken, or the code under test panicked; the run says which.
    #[error(transparent)]
    RunEnded(#[from] RunEnded),
    /// A wait has come to its limit.
    #[error("{what} not within {:.1} s", within.as_secs_f64())]
    Late {
        /// The state that was waited for: `a leader`.
        what: String,
        /// How long it was waited for.
        within: Duration,
    },
    /// Something is otherwise than the story says.
    #[error("{0}")]
    Unexpected(String),
    /// An operation that was to happen has ended otherwise.
    #[error("{operation} ended as {ended}")]
    NotOk {
        /// The operation, as a trace shows it.
        operation: String,
        /// `fail`, or `info`: it may have happened.
        ended: &'static str,
    },
    /// No node runs that could be asked.
    #[error("all nodes are offline: bring one online first")]
    AllOffline,
    /// A node is to be stopped that does not run, or brought back that does.
    #[error("{node} is {is} already")]
    Already {
        /// The node.
        node: NodeId,
        /// `offline` or `online`.
        is: &'static str,
    },
    /// All clients that could ask have something outstanding.
    #[error("all {clients} clients {whose} wait for answers: let one of their operations end first")]
    ClientsBusy {
        /// How many there are.
        clients: usize,
        /// `of n3`, or `that rove`.
        whose: String,
    },
    /// No node has the role that the story needs.
    #[error("there is no {0}")]
    Nobody(&'static str),
}
