//! The crate that a test depends on: the few names needed to run a cluster through storms and judge it.
//!
//! A [`Property`] is a fuzzing test in one line:
//!
//! ```
//! use raft_kv::RaftKv;
//! use stormglass::{Profile, Property};
//!
//! Property::of(RaftKv::default()).profile(Profile::Chaos).seeds(5).check();
//! ```
//!
//! If a run fails, the last line that it prints runs it again, alone. [`each_seed`] gives a test that asks its own
//! questions the same line.
//!
//! A run has three parts: a [`Plan`], which says everything about it; a [`System`], the code under test; and an
//! [`Outcome`]. The system of the examples is `RaftKv` of the crate `raft-kv`, a key-value cluster. Nothing in
//! here knows of it: it is plugged in as any other system is.
//!
//! ```
//! use raft_kv::RaftKv;
//! use stormglass::{Engine, Overrides, Profile, Seed, System, Verdict};
//!
//! let plan = RaftKv::default().plan(Seed(0x1f3a), Profile::Calm, &Overrides::default())?;
//! let outcome = Engine::Event.run(&RaftKv::default(), &plan);
//! assert!(matches!(outcome.verdict, Verdict::Pass), "{:?}", outcome.verdict);
//! # Ok::<(), stormglass::PlanError>(())
//! ```
#![forbid(unsafe_code)]

mod each_seed;
mod property;
pub mod story;
mod telling;

pub use each_seed::each_seed;
pub use explore::strategy::{Plans, plans};
pub use explore::{GivenLimits, Report};
pub use property::Property;
pub use sim::{Engine, Outcome, Overrides, Plan, PlanError, Profile, Seed, System, Verdict, expand};
pub use story::{Ask, Cluster, Story, StoryError, append, cas, delete, expect, expect_eq, get, millis, put, secs};
