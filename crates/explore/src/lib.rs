//! Many runs: campaigns over seeds, replays of one, and what they cost.
//!
//! A run ([`sim::Engine::run`]) is a value of its plan. This crate runs many and says what came of them all: [`Campaign`] goes
//! through seeds on several threads and adds up a [`Report`]; [`replay`] runs one seed with the recorder on, and once
//! more to see that it is the same run; [`measure`] runs a standard workload and says what it cost.
//!
//! Always true:
//! - below the command only this crate has threads and a clock, and neither reaches a run: a report says the same for
//!   any number of threads, but for its own cost;
//! - a seed that was begun is finished, so a campaign that is stopped has run the first so many of its seeds, all of them;
//! - generic over [`sim::System`]: nothing here knows which system is run.
//!
//! What it leaves out: shrinking, and a corpus of plans worth keeping.
#![forbid(unsafe_code)]

mod bench;
mod campaign;
pub mod cost;
mod failure;
mod replay;
mod report;

pub use bench::{Figure, measure};
pub use campaign::{Campaign, Progress, RUN_THREAD};
pub use failure::{Failure, FailureKind};
pub use replay::{Replay, history, replay};
pub use report::{BlindSpot, Report};
