//! Other systems under test: small, complete, and each with a judge of its own.
//!
//! They show that the simulator is no Raft tester: each is a [`Process`](env::Process) and a [`System`](sim::System) of
//! its own, with operations and answers of its own, and runs on both engines as the key-value cluster does. The clients
//! of all three are a [`Client`]. The bugs that can be planted in a system are its `Bug`; each changes one decision in
//! its `rules.rs`, and its judge finds it. The plans of a system have clients of its own, and only faults that it
//! survives.
#![forbid(unsafe_code)]

pub mod graph;
pub mod pair;
pub mod peers;

mod bugs;
mod held;
mod identity;
mod judge;
mod lists;
mod names;
mod plain;
#[cfg(test)]
mod read_back;
mod rule;
mod storm;

pub use bugs::BugError;
pub use parts::{Answer, Client, Request, Response, WalError};
