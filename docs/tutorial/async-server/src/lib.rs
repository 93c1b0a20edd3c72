//! Servers that remember lines, each in a file of its own.

mod client;
mod server;
mod system;

pub use client::client;
pub use server::{Note, server};
pub use system::system;
