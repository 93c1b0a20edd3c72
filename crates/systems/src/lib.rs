//! Other systems under test: small, complete, and each with a judge of its own.
//!
//! They show that the simulator is no Raft tester: each is a [`Process`](env::Process) and a [`System`](sim::System) of its
//! own, asked by the same [`Client`], and runs on both engines as the key-value cluster does. What each could decide otherwise
//! is in its `rules.rs`, and its judge sees it.
#![forbid(unsafe_code)]

pub mod graph;
pub mod pair;
pub mod peers;

mod client;
mod frame;
mod hash;
mod held;
mod journal;
mod text;

pub use client::{Answer, Client, Request, Response};
pub use journal::JournalError;
