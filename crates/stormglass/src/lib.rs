//! A deterministic simulator for replicated systems: the crate that a test depends on.
//!
//! It runs a whole cluster in one process, on simulated time, network and disks, breaks everything around the nodes,
//! and checks every step. A run grows from one 64-bit [`Seed`], so that a run that fails can be run again, exactly.
//!
//! # 1. The manifest
//!
//! ```toml
//! [dev-dependencies]
//! stormglass = "0.2"
//!
//! [profile.test]
//! opt-level = 2 # a run is nine times as fast
//! ```
//!
//! The second entry is that of the workspace's own manifest, if the test is in a workspace.
//!
//! # 2. Your system
//!
//! The nodes come in one of two forms.
//!
//! - A state machine behind [`core::Process`] becomes a [`System`]: it can meet every fault, and the event engine runs
//!   thousands of simulated seconds of it in a second.
//! - A server of async functions on tokio's timers, and on sockets and files with tokio's interfaces
//!   (`stormglass::turmoil::net`, `stormglass::turmoil::fs`), becomes a `turmoil::AsyncSystem`,
//!   with the feature `turmoil`.
//!
//! A system brings its clients along, and its rules as a [`Net`](sim::Net). There are ready-made ones:
//! [`sim::LinearizableStore`], [`sim::Linearizable`] of any model of [`history`], [`sim::Converges`],
//! [`sim::AtMostOneHolder`], [`sim::NothingLost`], and [`raft::RaftNet`] for any Raft. The [tutorial] writes a small
//! one of each form.
//!
//! # 3. A first test
//!
//! A [`Property`] is a fuzzing test in one line. Each of its seeds is a run: a cluster, its clients, and a storm of
//! faults around them.
//!
//! ```
//! use raft_kv::RaftKv; // in its place, a system of your own
//! use stormglass::prelude::*;
//!
//! Property::of(RaftKv::default()).profile(Profile::Chaos).seeds(5).check();
//! ```
//!
//! # 4. A failure
//!
//! If a run fails, the test prints the broken rule, saves a smaller run that breaks the same rule, and ends with the
//! line that runs this seed again, alone. Every such test listens to the environment: see [`Property`]. [`each_seed`]
//! gives the same line to a test that asks its own questions. [docs/reproduce-a-bug.md][reproduce] goes on from there:
//! replay, the shrunk story, a regression test.
//!
//! # 5. A story
//!
//! A [`Story`] drives one cluster step by step, with every rule checked: see [`story`].
//!
//! # 6. A command
//!
//! With the feature `cli`, `stormglass::main(Program::of(MyStore::default()))` is the command for your own systems: it
//! fuzzes, replays, shrinks, runs scenarios, hunts planted bugs, judges histories. [docs/command.md][command] lists its
//! options.
//!
//! # A run by hand
//!
//! A run has three parts: a [`Plan`], which says everything about it; the system, which is the code under test; and an
//! [`Outcome`].
//!
//! ```
//! use raft_kv::RaftKv;
//! use stormglass::prelude::*;
//!
//! let plan = RaftKv::default().plan(Seed(0x1f3a), Profile::Calm, &Overrides::default())?;
//! let outcome = Engine::Event.run(&RaftKv::default(), &plan);
//! assert!(matches!(outcome.verdict, Verdict::Pass), "{:?}", outcome.verdict);
//! # Ok::<(), PlanError>(())
//! ```
//!
//! # Where the names are
//!
//! [`prelude`] has the names that almost every test needs. All others are in the modules, one for each part of the
//! simulator: [`mod@core`], [`parts`], [`kv`], [`raft`], [`history`], [`sim`], [`explore`], and with the feature of
//! that name `turmoil`.
//!
//! # Features
//!
//! All are off by default; the event engine needs neither tokio nor a flag for the compiler.
//!
//! - `turmoil`: the engine of async code, TCP and files. It needs `--cfg tokio_unstable`, and says so if the flag is
//!   missing.
//! - `proptest`: `Property::cases`, and the strategy `plans`.
//! - `cli`: `main`, the command.
//! - `compressed`: histories that are compressed with gzip or zstd.
//! - `tracing`: the log events that a system makes with the crate `tracing` are lines of its runs' timelines.
//!
//! # Documents
//!
//! They come with the package, in its folder `docs`: the [tutorial], a [glossary], the [command] and its
//! [configuration], the [faults] and their models, the [invariants], the [observations] of a Raft of your own, the
//! [causes][determinism] of two runs of a seed that differ, and the ways to [reproduce] a bug.
//!
//! [tutorial]: https://docs.rs/crate/stormglass/latest/source/docs/tutorial.md
//! [glossary]: https://docs.rs/crate/stormglass/latest/source/docs/glossary.md
//! [command]: https://docs.rs/crate/stormglass/latest/source/docs/command.md
//! [configuration]: https://docs.rs/crate/stormglass/latest/source/docs/configuration.md
//! [faults]: https://docs.rs/crate/stormglass/latest/source/docs/fault-model.md
//! [invariants]: https://docs.rs/crate/stormglass/latest/source/docs/invariants.md
//! [observations]: https://docs.rs/crate/stormglass/latest/source/docs/observations.md
//! [determinism]: https://docs.rs/crate/stormglass/latest/source/docs/determinism.md
//! [reproduce]: https://docs.rs/crate/stormglass/latest/source/docs/reproduce-a-bug.md
#![forbid(unsafe_code)]

#[cfg(feature = "cli")]
mod command;
mod each_seed;
pub mod prelude;
mod property;
pub mod scenario;
pub mod story;
mod telling;

/// The contract between a node and its world: `Process`, `Client`, `Effects`, `Disk`, `Random`, `Wire`.
#[doc(inline)]
pub use env as core;
/// Many runs: campaigns, shrinking, repros, the registry of systems.
#[doc(inline)]
pub use explore;
/// Histories of clients' operations, and whether they are linearizable.
#[doc(inline)]
pub use history;
/// The turmoil engine, and systems of async functions.
#[cfg(feature = "turmoil")]
#[doc(inline)]
pub use hosts as turmoil;
/// The words of a key-value store: operations and outputs.
#[doc(inline)]
pub use kv_types as kv;
/// Parts of nodes and clients: a write-ahead log, frames, and a client that completes truthfully.
#[doc(inline)]
pub use parts;
/// The rules of a Raft cluster, and the observations by which its servers report their steps.
#[doc(inline)]
pub use raft_rules as raft;
/// One run: plans, faults, rules, the event engine, the traits of a system.
#[doc(inline)]
pub use sim;

#[cfg(feature = "cli")]
pub use command::{Program, main};
pub use each_seed::each_seed;
#[cfg(feature = "cli")]
pub use explore::Registered;
#[cfg(feature = "proptest")]
pub use explore::strategy::{Plans, plans};
pub use explore::{GivenLimits, Report};
pub use property::Property;
pub use sim::{Engine, Outcome, Overrides, Plan, PlanError, Profile, Seed, System, Verdict, expand};
pub use story::{Ask, Cluster, Story, StoryError, append, cas, delete, expect, expect_eq, get, millis, put, secs};
