//! One run: a plan, a system under test, an engine that injects faults and feeds the checkers, an outcome.
//!
//! A [`Plan`] says everything about a run but the code under test. [`expand`] grows one from a [`Seed`] under a
//! [`Profile`]; [`validate`] says what is wrong with one that was made otherwise. [`run`] takes a plan and a [`System`]
//! and answers with an [`Outcome`]: the verdict, a digest of everything that happened, what was counted.
//!
//! Where what is:
//! - before the run: `plan` (its nouns), `profile`, `expand` and `draw` (from seed to plan), `nemesis` (the schedule of
//!   faults), `generator` (the clients' operations), `standard` (the plans that figures are quoted under), `validate`;
//! - the world: `network`, `disk`, `clock`, each a model of one thing and of what can go wrong with it, and `rng`, a stream of
//!   randomness for each of its consumers;
//! - the run: `engine` (what happens next) over `queue` and `system`;
//! - what comes out: `outcome`, `digest`, `ledger` (which faults took effect), `milestones` (what was reached), `trace`.
//!
//! Always true:
//! - equal plan, system and version give an equal outcome, digest included, on any machine and in any build profile;
//! - nothing in here reads a clock, the environment or the order of a hash map, starts a thread, or keeps anything global;
//! - the system is known by what [`env::Process`] and [`env::Client`] say, and by nothing else.
//!
//! What this leaves out: more than one run (`explore`), and what is printed (`cli`).
#![forbid(unsafe_code)]

mod clock;
mod digest;
mod disk;
mod draw;
mod engine;
mod expand;
mod generator;
mod ledger;
mod milestones;
mod nemesis;
mod network;
mod outcome;
mod plan;
mod profile;
mod queue;
mod rng;
mod standard;
mod system;
mod trace;
mod validate;

pub use engine::{run, run_recorded};
pub use expand::{Overrides, expand};
pub use ledger::{FaultCount, Ledger};
pub use milestones::{Milestone, Milestones};
pub use outcome::{Operations, Outcome, Stats, Verdict};
pub use plan::{
    Calm, Cluster, Direction, DiskModel, Fault, FaultKind, LinkModel, Mix, Plan, Reads, Seed, SeedError, Target,
    TimedFault, Workload,
};
pub use profile::{Profile, ProfileError};
pub use standard::{Standard, StandardError};
pub use system::{OperatorAction, Start, System};
pub use trace::{Actor, Line, Recorder, What};
pub use validate::{PlanError, validate};
