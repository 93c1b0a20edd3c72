//! The words of a key-value store: the clients' operations and their answers.
//!
//! The store that is shipped, the model of a store, and the generator of operations all use them.
#![forbid(unsafe_code)]

mod operation;
mod wire;

pub use operation::{Operation, Output};
