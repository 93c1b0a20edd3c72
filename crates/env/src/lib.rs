//! The contract between a node and its world.
//!
//! A replicated system is written against this crate as a state machine: a [`Process`] takes one [`Event`] with its own
//! clock's reading and writes the actions that it asks for into [`Effects`]. It holds no socket, no file, no clock and
//! no source of randomness. Production code wires a `Process` to real ones; a simulator wires it to modelled ones, and
//! can therefore run it a million times, break everything around it, and run it again exactly as before.
//!
//! A process notes its steps in words of its own ([`Process::Note`]). Checkers read notes and the clients' completions,
//! never a process's insides.
//!
//! Always true of a `Process`:
//! - equal state, event, clock reading and random draws give equal effects and an equal next state;
//! - it has written all data that must survive a power loss, and has then waited for [`Event::Synced`].
//!
//! [`Wire`] is the encoding of the values that travel between processes.
//!
//! Left out: encodings in a file (the process's own business), and anything that runs.
#![forbid(unsafe_code)]

mod bytes;
mod client;
mod disk;
mod id;
mod process;
#[cfg(feature = "rand")]
mod rand;
mod random;
mod time;
mod traced;
mod wire;

pub use bytes::{Bytes, is_visible};
pub use client::{Client, ClientEffects, Completion};
pub use disk::{Disk, DiskError, DiskOp, FileName, SyncId};
pub use id::{ClientId, NodeId, NodeSet, RequestId};
pub use process::{Effects, Event, Networked, Process};
pub use random::{Random, Ratio};
pub use time::Instant;
pub use traced::{Shown, TextHash, Traced, mix, mix_bytes};
pub use wire::{Reader, Wire, WireError};
