//! The scenarios that cluster tests are written for, each by its name.
//!
//! People test fail-over with containers, scripts and flags that pretend a node is off. [`all`] lists the scenarios of
//! five such suites and of the lab suites of MIT 6.5840, row by row: each is a story that is told in process, in
//! simulated time, on either engine, from any seed. docs/scenarios.md is the table.
//!
//! The modules: `scenario` (a story with a name), `systems` (the systems under test, by name), `knobs`, `stage` (runs
//! one), `table` (lists all); then the stories, one module for each source: `fault_tolerance`, `lifecycle`, `pair`,
//! `graph`, `peers`, `labs`.
//!
//! Always true of a scenario: it passes from every seed on both engines, and fails if a bug that it guards against is
//! planted.
#![forbid(unsafe_code)]

mod fault_tolerance;
mod graph;
mod keys;
mod knobs;
mod labs;
mod lifecycle;
mod pair;
mod peers;
mod scenario;
mod stage;
mod systems;
mod table;

pub use self::systems::{raft_kv_with, systems};
pub use graph::GraphCalls;
pub use knobs::{Knob, KnobError, Knobs};
pub use pair::PairCalls;
pub use peers::PeersCalls;
pub use scenario::{Scenario, ScenarioError, Source};
pub use stage::Setting;
pub use table::table;

/// Every scenario, source by source.
pub fn all() -> impl Iterator<Item = &'static Scenario> {
    let own = [fault_tolerance::ALL, lifecycle::ALL, pair::ALL, graph::ALL, peers::ALL];
    own.into_iter().chain(labs::ALL.iter().copied()).flatten()
}

/// The scenario of this name.
///
/// # Errors
/// There is none; the error names a similar one, if there is one.
pub fn find(name: &str) -> Result<&'static Scenario, ScenarioError> {
    all().find(|scenario| scenario.name == name).ok_or_else(|| ScenarioError::unknown(name))
}
