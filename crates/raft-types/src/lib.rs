//! The words of the Raft paper: terms, log positions, configurations, and what a server says that it did.
//!
//! Servers speak in them, and whoever watches a cluster listens; neither needs the other's code.
#![forbid(unsafe_code)]

mod id;
mod membership;
mod observation;
mod wire;

pub use id::{EntryId, LogIndex, Term};
pub use membership::Membership;
pub use observation::Observation;
