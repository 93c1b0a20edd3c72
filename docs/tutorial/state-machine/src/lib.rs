//! A guest book that several nodes keep. A guest is in it for good once most of the nodes hold the guest on disk.

mod client;
mod node;
mod system;

pub use client::{Client, Operation};
pub use node::{Book, Message, Node, Request, Response};
pub use system::GuestBook;
