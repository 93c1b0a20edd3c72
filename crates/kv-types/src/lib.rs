//! The words of a key-value store: what clients ask and what they are answered.
//!
//! The store that is shipped, the model of one, and the generator of operations all speak in them.
#![forbid(unsafe_code)]

mod operation;
mod wire;

pub use operation::{Operation, Output};
