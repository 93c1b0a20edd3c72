//! One run: a plan, a system under test, an engine that injects faults and feeds the checkers, an outcome.
#![forbid(unsafe_code)]

mod clock;
mod digest;
mod disk;
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
