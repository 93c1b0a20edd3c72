//! The bug zoo: bugs that real implementations of Raft had, each as a change of one rule.
//!
//! A [`Bug`] is a name, a change of one rule, and the place where it was found in the wild. A [`Mutant`] is a set of
//! rules with that one change: `raft::Rules` and `kv::Rules` by their defaults, but for the decision that the bug is
//! about. The cores are the same code as without it, and carry no trace of any bug.
//!
//! Always true:
//! - a mutant decides as the rules say, but for the one decision that its bug is about (two, where the bug is one of
//!   another way to change the membership: `confchange-before-current-term-commit`);
//! - it does not assert the core's own invariants: the error shows where it would in production, and the simulator has
//!   to notice it by the observations of nodes and the answers to clients.
//!
//! Left out: bugs that cannot be told from correct behaviour (docs/zoo.md lists them, with the argument).
#![forbid(unsafe_code)]

mod bug;
mod mutant;

pub use bug::{Bug, BugError, Category};
pub use mutant::Mutant;
