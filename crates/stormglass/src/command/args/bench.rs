//! The options of `bench`.

use clap::Args;
use sim::{Engine, Standard};

use super::values::{engine, standard};

#[derive(Clone, Debug, Args)]
pub(crate) struct BenchArgs {
    /// The workloads: heartbeat5, chaos5, saturated5, chaos25, long5 [default: all]
    #[arg(value_name = "NAME", value_parser = standard)]
    pub(crate) names: Vec<Standard>,
    /// The engine: event (fast) or turmoil (async code, TCP, files) [default: the first that the system runs on]
    #[arg(long, value_parser = engine)]
    pub(crate) engine: Option<Engine>,
    /// Print one JSON document instead of text
    #[arg(long)]
    pub(crate) json: bool,
}
