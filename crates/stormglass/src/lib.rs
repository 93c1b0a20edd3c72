//! The crate that a test depends on: the few names needed to run a cluster through storms and judge it.
//!
//! A [`Property`] is a fuzzing test in one line:
//!
//! ```
//! use stormglass::{Profile, Property, RaftKv};
//!
//! Property::of(RaftKv::default()).profile(Profile::Chaos).seeds(5).check();
//! ```
//!
//! If a run fails, the last line that it prints runs it again, alone. [`each_seed`] gives a test that asks its own
//! questions the same line.
//!
//! A run has three parts: a [`Plan`], which says everything about it; a [`System`], the code under test; and an
//! [`Outcome`]. The system of the examples is [`RaftKv`], the key-value cluster of the `kv` crate. The simulator knows
//! nothing of it: it is plugged in here as any other system would be.
//!
//! ```
//! use stormglass::{Engine, Overrides, Profile, RaftKv, Seed, System, Verdict};
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
pub use raft_kv::{RaftKv, RaftKvNet, Settings as RaftKvSettings};
pub use sim::{Engine, Outcome, Overrides, Plan, PlanError, Profile, Seed, System, Verdict, expand};
pub use story::{
    Ask, Cluster, Story, StoryError, append, cas, delete, expect, expect_eq, get, millis, put, raft_kv, secs,
};
