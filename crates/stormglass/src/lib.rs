//! What the author of a test depends on: the few names needed to run a cluster through a storm and judge it.
//!
//! A run has three parts: a [`Plan`], which says everything about it; a [`System`], the code under test; and an
//! [`Outcome`]. The system of this crate is [`RaftKv`], the key-value cluster of the `kv` crate. The simulator knows
//! nothing of it: it is plugged in here as any other system would be.
//!
//! ```
//! use stormglass::{Engine, Overrides, Profile, RaftKv, Seed, Verdict, expand};
//!
//! let plan = expand(Seed(0x1f3a), Profile::Calm, &Overrides::default())?;
//! let outcome = Engine::Event.run(&RaftKv::default(), &plan);
//! assert!(matches!(outcome.verdict, Verdict::Pass), "{:?}", outcome.verdict);
//! # Ok::<(), stormglass::PlanError>(())
//! ```
#![forbid(unsafe_code)]

mod raft_kv;

pub use raft_kv::RaftKv;
pub use sim::{Engine, Outcome, Overrides, Plan, PlanError, Profile, Seed, System, Verdict, expand};
