//! The parts that an engine is built from, for the crate of an engine and for no one else.
//!
//! An engine is a [`World`]: it carries messages, runs processes and clients, keeps files and fires wake-ups. A [`Run`]
//! in that world decides on the faults and judges the events; the world reports each event to it, by the methods of
//! [`Run`], in the order in which the events happened. The event engine is the [`EventWorld`] of this crate.
//!
//! - A plan is run by [`Run::new`] and [`Run::go`], after [`foresee`]; a driven one by [`Live::of`](crate::Live::of).
//! - The state of links, clocks and disks, and the effect of each fault on them: [`Cuts`], [`Disturbances`], [`Clock`],
//!   [`Medium`] with [`Holes`], [`Flips`] and [`survive`]. Engines share these, so that a fault means the same on each.
//! - Randomness: a [`Stream`] for each [`Consumer`], [`Pick`] and [`split`] for the choices of one fault.
//! - The clients: [`ClientHost`] keeps one, [`OperationSource`] has their operations.
//! - The log events of the code under test: a run hears those of the code that it calls itself, [`Logs`] and
//!   [`KeptLogs`] those of the code in a host; [`Listening`] is their guard.
//! - Some parts are here for the signatures of others: [`Fact`], [`Stage`], [`Machine`], [`DiskCondition`], [`CutBy`],
//!   [`Files`], [`QueueSize`]. [`EventWorld`], [`Run::fork`] and [`Disk`] are for the tests of both engines, which are
//!   in `hosts`: they compare a fork with its original, and the disk of one engine with that of the other.
//!
//! This module is no part of the interface that systems are written against: it changes with the engines.

pub use crate::client::{ClientHost, EffectsOf, index, resent};
pub use crate::clock::Clock;
pub use crate::cuts::Cuts;
pub use crate::digest::Digest;
pub use crate::disk::{Disk, Files, Flips, Holes, Image, Medium, PowerLoss, SyncEnd, held_by, prefix, survive};
pub use crate::disturbance::{Again, Disturbance, Disturbances, Judgement, Link, Marks, Passage};
pub use crate::event::EventWorld;
pub use crate::foresight::foresee;
pub use crate::generator::{OperationSource, read, read_operation};
pub use crate::logs::{KeptLogs, Listening, Logs};
pub use crate::net::{Fact, UntypedNet};
pub use crate::panics::{caught, panic_text};
pub use crate::queue::{Queue, QueueSize};
pub use crate::rng::{Consumer, Pick, Stream, split};
pub use crate::run::{
    CutBy, DiskCondition, Due, Machine, NoteOf, OpOf, OutputOf, RESTART_AFTER, Run, Stage, Step, Stop, Stopping,
    TypedWorld, World, last_node, operator_id, probe_id,
};
pub use crate::settings::settings_of;
pub use crate::subject::{OnTurmoil, without_refused};
