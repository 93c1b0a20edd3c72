//! A replicated key-value store: the node that people would ship, and its client.
#![forbid(unsafe_code)]

mod client;
mod codec;
mod command;
mod config;
mod error;
mod frame;
mod hash;
mod machine;
mod memory;
mod names;
mod node;
mod recovery;
mod request;
mod rules;
mod sessions;
mod snapshot;
mod store;
mod wal;

pub use client::{Client, ClientConfig};
pub use config::{Config, Start};
pub use error::BootError;
pub use memory::MemoryDisk;
pub use node::Node;
pub use request::{AdminRequest, Request, RequestBody, Response, ResponseBody, SessionId};
pub use rules::{Paper, Rules};
