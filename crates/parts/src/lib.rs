//! Parts that replicated nodes and their clients are built of, over the contract of `stormglass-core` alone.
//!
//! - [`Wal`]: a write-ahead log of records in one file, which hands out each record when it is durable;
//! - [`frame`]: the frames of that file, for a file of your own;
//! - [`Client`]: a client with one operation at a time, which finds the node to ask and completes truthfully;
//! - [`hash_of`] and [`hash_bytes`]: hashes that are equal on every machine, for digests.
//!
//! Nothing here knows that it is simulated: a node that is built of these parts ships with them.
//!
//! Left out: a log that is compacted or spread over several files, and a client with several operations at once.
#![forbid(unsafe_code)]

mod client;
pub mod frame;
mod hash;
mod wal;

pub use client::{Answer, Client, ClientConfig, Request, Response};
pub use hash::{hash_bytes, hash_of};
pub use wal::{Wal, WalError};
