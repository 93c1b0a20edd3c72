//! Many runs: campaigns over seeds, replays of one, their cost, and the artefacts of those that fail.
//!
//! A run ([`Engine::run`](sim::Engine::run)) is a value of its plan. This crate runs many and adds up their results. A
//! [`Runner`] runs plans within a [`Budget`], under the eyes of a [`Sentry`]; [`Campaign`] goes through seeds on
//! several threads and adds up a [`Report`]; [`replay`] runs one seed, and once more with the recorder on, to see that
//! it is the same run; [`shrink`] makes a plan that fails smaller; [`hunt`] looks for one failure and shrinks it;
//! [`measure`] runs a standard workload for its cost; a [`Series`] is any other numbered work on several threads. The
//! knowledge of a failed run is its [`Evidence`]: a [`Screen`] for a person, [`artefacts`] on the disk, and a [`Repro`]
//! that runs it again elsewhere. The command and `cargo test` show and keep the same; [`asked()`] reads from the
//! environment the runs that a test is to do instead of its own, and a [`Configuration`] has the defaults of options
//! that the environment and the workspace's `stormglass.toml` give.
//!
//! Always true:
//! - below the command only this crate has threads, a clock and files, and none reaches a run: a report says the same
//!   for any number of threads, but for its own cost;
//! - a seed that was begun is finished, so a campaign that is stopped has run the first so many of its seeds, all of
//!   them; only a run that goes on for more than a second after the stop is given up, and the report counts it;
//! - no run goes on for ever: each has a [`Budget`], which is looked at while it goes;
//! - generic over [`sim::System`]: nothing here knows which system is run.
//!
//! Left out: which plans are worth keeping.
#![forbid(unsafe_code)]

pub mod artefacts;
mod asked;
mod bench;
mod budget;
mod campaign;
pub mod cargo;
mod configuration;
pub mod cost;
mod crew;
mod evidence;
mod failure;
mod fingerprint;
mod hunt;
pub mod layout;
mod origin;
pub mod panics;
pub mod plain;
mod registry;
mod replay;
mod report;
mod repro;
mod runner;
mod screen;
mod sentry;
mod series;
pub mod shell;
mod shrink;
#[cfg(any(test, feature = "proptest"))]
pub mod strategy;
mod twice;
pub mod values;

pub use asked::{Asked, ask_for_file, ask_for_seed, asked, refuse_unknown_variables};
pub use bench::{Figure, measure};
pub use budget::{Budget, GivenLimits};
pub use campaign::{Campaign, CampaignError, Plans, Progress};
pub use configuration::{Configuration, FILE as CONFIGURATION_FILE, Key, Options};
pub use evidence::Evidence;
pub use failure::{Failure, FailureKind};
pub use fingerprint::Fingerprint;
pub use hunt::{Caught, Hunted, Hunting, hunt};
pub use origin::Origin;
pub use panics::RUN_THREAD;
pub use registry::{PlantedBug, Registered, Registry, RegistryError};
pub use replay::{Replay, replay};
pub use report::{BlindSpot, Report};
pub use repro::{Comparison, Format, OtherFormat, Recorded, Repro, ReproError, TokenError, looks_like_token};
pub use runner::{Runner, Unfinished};
pub use screen::{Layout, Screen};
pub use sentry::{Over, Sentry};
pub use series::{Ended, Series};
pub use shrink::{Blame, Shrinker, Shrinking, Shrunk, Size, Values, Without, scripted, shrink};

/// The version, with the commit it was built from: a seed means something for one commit only.
pub const VERSION: &str = env!("STORMGLASS_VERSION");
