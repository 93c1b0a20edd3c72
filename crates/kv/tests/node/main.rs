//! The node and its client as a whole, over a disk that loses unsynced writes.
#![forbid(unsafe_code)]

mod clients;
mod cluster;
mod crashes;
mod damage;
mod promises;
mod support;
