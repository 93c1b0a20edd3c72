//! The knobs: the settings of a scenario.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Scenario;

/// A setting of a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Knob {
    /// How many nodes the cluster has.
    Nodes,
    /// The number of repetitions.
    Iterations,
    /// How many seconds pass in between.
    WaitTime,
    /// How many seconds a partition lasts.
    PartitionTime,
    /// How many operations are done.
    Operations,
}

impl Knob {
    /// Every knob.
    pub const ALL: &[Knob] = &[Knob::Nodes, Knob::Iterations, Knob::WaitTime, Knob::PartitionTime, Knob::Operations];

    /// Its option on the command line, without the dashes.
    pub fn name(self) -> &'static str {
        match self {
            Knob::Nodes => "nodes",
            Knob::Iterations => "iterations",
            Knob::WaitTime => "wait-time",
            Knob::PartitionTime => "partition-time",
            Knob::Operations => "operations",
        }
    }

    /// The least and the greatest value of this knob.
    fn range(self, scenario: &Scenario) -> (u64, u64) {
        match self {
            // A story about so many nodes makes no sense with fewer.
            Knob::Nodes => (scenario.nodes_min.into(), 25),
            Knob::Iterations => (1, 20),
            Knob::WaitTime | Knob::PartitionTime => (1, 120),
            Knob::Operations => (1, 500),
        }
    }
}

/// The values of a scenario's knobs: those that were set, and the defaults of the rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Knobs(BTreeMap<Knob, u64>);

/// Why a knob cannot be set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say it")]
#[non_exhaustive]
pub enum KnobError {
    #[error("{scenario} has no --{}: {}", knob.name(), has(knobs))]
    NotOfScenario { scenario: &'static str, knob: Knob, knobs: &'static [(Knob, u64)] },
    #[error("--{} is {value}: give {min} to {max}", knob.name())]
    OutOfRange { knob: Knob, value: u64, min: u64, max: u64 },
}

fn has(knobs: &[(Knob, u64)]) -> String {
    if knobs.is_empty() {
        return "there is nothing to set".into();
    }
    let names: Vec<String> = knobs.iter().map(|(knob, _)| format!("--{}", knob.name())).collect();
    format!("it takes {}", names.join(", "))
}

impl Knobs {
    /// The defaults of this scenario.
    pub fn usual(scenario: &Scenario) -> Knobs {
        Knobs(scenario.knobs.iter().copied().collect())
    }

    /// Sets one knob.
    ///
    /// # Errors
    /// The scenario does not have this knob, or the value is out of the knob's range.
    pub fn set(&mut self, scenario: &Scenario, knob: Knob, value: u64) -> Result<(), KnobError> {
        if scenario.knobs.iter().all(|(of, _)| *of != knob) {
            return Err(KnobError::NotOfScenario { scenario: scenario.name, knob, knobs: scenario.knobs });
        }
        let (min, max) = knob.range(scenario);
        if !(min..=max).contains(&value) {
            return Err(KnobError::OutOfRange { knob, value, min, max });
        }
        self.0.insert(knob, value);
        Ok(())
    }

    /// All knobs at their least values, and all at their greatest.
    pub fn extremes(scenario: &Scenario) -> [Knobs; 2] {
        let of = |end: fn((u64, u64)) -> u64| {
            Knobs(scenario.knobs.iter().map(|(knob, _)| (*knob, end(knob.range(scenario)))).collect())
        };
        [of(|(least, _)| least), of(|(_, most)| most)]
    }

    /// The value of a knob.
    ///
    /// # Panics
    /// If the scenario does not have this knob.
    pub fn of(&self, knob: Knob) -> u64 {
        *self.0.get(&knob).unwrap_or_else(|| panic!("the scenario has no knob {}", knob.name()))
    }

    /// The value of a knob, in seconds.
    ///
    /// # Panics
    /// As [`of`](Knobs::of).
    pub fn time(&self, knob: Knob) -> Duration {
        Duration::from_secs(self.of(knob))
    }

    /// The size of the cluster; `None` if the scenario has no such knob.
    pub(super) fn nodes(&self) -> Option<u8> {
        self.0.get(&Knob::Nodes).map(|nodes| *nodes as u8)
    }

    /// All knobs, with their values.
    pub fn iter(&self) -> impl Iterator<Item = (Knob, u64)> {
        self.0.iter().map(|(knob, value)| (*knob, *value))
    }
}
