//! The options of `scenario`.

use std::time::Duration;

use clap::{Args, Subcommand};
use explore::Options;
use explore::values::{count, time_from_1};
use sim::{Engine, Seed};

use super::KeepArgs;
use super::values::{bug, engine, seconds, seed, threads};
use crate::scenario::Knob;

#[derive(Clone, Debug, Args)]
pub(crate) struct ScenarioArgs {
    #[command(subcommand)]
    pub(crate) command: ScenarioCommand,
}

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum ScenarioCommand {
    /// Lists every scenario with its purpose
    List {
        /// Print one JSON document instead of text
        #[arg(long)]
        json: bool,
    },
    /// Runs one scenario and reports its measurements
    Run(Box<ScenarioRunArgs>),
}

#[derive(Clone, Debug, Args)]
pub(crate) struct ScenarioRunArgs {
    /// The scenario, as `scenario list` names it
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// The first seed, in hex or decimal; the others follow one by one
    #[arg(long, visible_alias = "first-seed", value_name = "SEED", default_value = "0x0", value_parser = seed, allow_negative_numbers = true)]
    pub(crate) seed: Seed,
    /// Run so many seeds, up to the first that fails [default: 1, 200 with --bug, or as many as --time allows]
    #[arg(long, value_name = "N", value_parser = count)]
    seeds: Option<u64>,
    /// Begin no new run after this long, such as 60s, 5m or 500ms
    #[arg(long, value_name = "TIME", value_parser = time_from_1)]
    pub(crate) time: Option<Duration>,
    /// How many threads to use [default: one for each processor]
    #[arg(long, value_name = "J", value_parser = count)]
    jobs: Option<u64>,
    /// The engine: event (fast) or turmoil (async code, TCP, files) [default: the first that the system runs on]
    #[arg(long, value_parser = engine)]
    pub(crate) engine: Option<Engine>,
    /// How many nodes the cluster has, if the scenario has this option
    #[arg(long, value_name = "N", value_parser = count)]
    nodes: Option<u64>,
    /// How many rounds the scenario has, if it has this option
    #[arg(long, value_name = "N", value_parser = count)]
    iterations: Option<u64>,
    /// How much time passes between two steps, in whole seconds, if the scenario has this option
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    wait_time: Option<u64>,
    /// How long a partition lasts, in whole seconds, if the scenario has this option
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    partition_time: Option<u64>,
    /// How many operations the clients do, if the scenario has this option
    #[arg(long, value_name = "N", value_parser = count)]
    operations: Option<u64>,
    /// Plant this bug in the system, to see the scenario fail
    #[arg(long, value_name = "NAME", value_parser = bug)]
    pub(crate) bug: Option<String>,
    /// Print the events of nodes, clients and faults
    #[arg(long)]
    pub(crate) timeline: bool,
    #[command(flatten)]
    pub(crate) keep: KeepArgs,
    /// Print one JSON document instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

impl ScenarioRunArgs {
    /// Takes the values that no option gives from the configuration.
    pub(super) fn configure(&mut self, options: &Options) {
        self.jobs = self.jobs.or(options.jobs);
        self.keep.configure(options);
    }

    /// How many seeds at the most, if there is an end to them: a planted bug need not show in the first.
    ///
    /// # Errors
    /// There are not so many from the first one on.
    pub(crate) fn seeds(&self) -> Result<Option<u64>, String> {
        let from_first = u64::MAX - self.seed.0;
        match self.seeds.or(self.bug.as_ref().filter(|_| self.time.is_none()).map(|_| 200)) {
            Some(seeds) if seeds - 1 > from_first => {
                Err(format!("--seeds is {seeds}: from seed {} on there are {}", self.seed, u128::from(from_first) + 1))
            }
            Some(seeds) => Ok(Some(seeds)),
            None => Ok(Some(1).filter(|_| self.time.is_none())),
        }
    }

    pub(crate) fn jobs(&self) -> usize {
        threads(self.jobs)
    }

    /// The knobs that were set, with their values.
    pub(crate) fn knobs(&self) -> impl Iterator<Item = (Knob, u64)> {
        let all = [
            (Knob::Nodes, self.nodes),
            (Knob::Iterations, self.iterations),
            (Knob::WaitTime, self.wait_time),
            (Knob::PartitionTime, self.partition_time),
            (Knob::Operations, self.operations),
        ];
        all.into_iter().filter_map(|(knob, value)| value.map(|value| (knob, value)))
    }
}
