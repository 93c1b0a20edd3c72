//! The words of the Raft paper: terms, log positions, configurations, and the steps that a server reports.
//!
//! Servers report in them and checkers read the reports; neither needs the other's code. An [`Observer`] reports for a
//! core that does not, by comparing its states.
#![forbid(unsafe_code)]

mod id;
mod membership;
mod observation;
mod observer;
mod role;
mod wire;

pub use id::{EntryId, LogIndex, Term};
pub use membership::Membership;
pub use observation::Observation;
pub use observer::{CoreView, NewEntry, Observer};
pub use role::Role;
