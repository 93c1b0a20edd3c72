//! The names of `tokio`.

pub mod fs;
