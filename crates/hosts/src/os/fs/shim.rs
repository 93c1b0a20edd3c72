//! The files of a program, with the names of `std::fs` and `tokio::fs`: a program changes its imports and nothing else.

pub mod std;
pub mod tokio;
