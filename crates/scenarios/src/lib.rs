//! The scenarios that cluster tests are written for, each by its name.
//!
//! People test fail-over with containers, scripts and flags that pretend a node is off. [`all`] lists the scenarios of
//! five such suites and of the lab suites of MIT 6.5840, row by row: each is a story that is told in process, in
//! simulated time, on either engine, from any seed. docs/scenarios.md is the table.
//!
//! The modules: `sources`, `systems` (the systems under test, by name), `table` (lists all); then the stories, one
//! module for each source: `fault_tolerance`, `lifecycle`, `pair`, `graph`, `peers`, `labs`.
//!
//! Always true of a scenario: it passes from every seed on both engines, and fails if a bug that it guards against is
//! planted.
#![forbid(unsafe_code)]

mod fault_tolerance;
mod graph;
mod keys;
mod labs;
mod lifecycle;
mod pair;
mod peers;
mod sources;
mod systems;
mod table;

use stormglass::scenario::Scenario;

pub use self::systems::{raft_kv_with, systems};
pub use graph::GraphCalls;
pub use pair::PairCalls;
pub use peers::PeersCalls;
pub use table::table;

/// Every scenario, source by source.
pub fn all() -> impl Iterator<Item = &'static Scenario> {
    let own = [fault_tolerance::ALL, lifecycle::ALL, pair::ALL, graph::ALL, peers::ALL];
    own.into_iter().chain(labs::ALL.iter().copied()).flatten()
}
