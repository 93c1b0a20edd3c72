//! Histories of client operations, in Jepsen's terms, and whether they are linearizable.
//!
//! A [`History`] lists the operations of each process: when each was invoked, and how it ended. [`mod@format`] reads
//! and writes histories of any object as text, [`linearizability`] judges them by a model, and [`HistoryChecker`] does
//! so while a run goes on.
//!
//! This crate knows neither nodes nor logs: it sees the operations of clients and nothing else.
#![forbid(unsafe_code)]

mod deadline;
pub mod format;
mod history;
pub mod linearizability;

pub use deadline::Deadline;
pub use history::{Call, History, HistoryError, Point};
pub use linearizability::HistoryChecker;
