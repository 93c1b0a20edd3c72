//! A scenario: a story with a name and knobs, which the command lists and runs.

use sim::Plan;

use crate::story::{Cluster, StoryError};

mod knobs;
mod stage;

pub use knobs::{Knob, KnobError, Knobs};
pub use stage::Setting;

/// The function that tells a scenario.
pub type Tell = fn(&mut Cluster<'_>, &Knobs) -> Result<(), StoryError>;

/// A scenario.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    /// Its name, in snake case.
    pub name: &'static str,
    /// The behaviour that it shows, in a sentence.
    pub about: &'static str,
    /// The source that describes it.
    pub source: &'static Source,
    /// The source's names for it: the rows of the description that it answers.
    pub rows: &'static [&'static str],
    /// The size of its cluster, unless a knob sets another.
    pub nodes: u8,
    /// How small its cluster may be made.
    pub(crate) nodes_min: u8,
    /// Its knobs, with their defaults.
    pub knobs: &'static [(Knob, u64)],
    /// The bugs of its system that it guards against: plant one, and it fails.
    pub guards: &'static [&'static str],
    pub(crate) given: fn(&mut Plan),
    pub(crate) tell: Tell,
}

/// A source that describes scenarios: a suite of tests, a document, a report of an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Source {
    /// Its name in lists.
    pub name: &'static str,
    /// Its name in headings.
    pub title: &'static str,
    /// A description of it.
    pub about: &'static str,
    /// The name of the system that its scenarios are about.
    pub system: &'static str,
}

impl Source {
    /// A source of this name, whose scenarios are about this system. Its heading is its name.
    pub const fn new(name: &'static str, system: &'static str, about: &'static str) -> Source {
        Source { name, title: name, about, system }
    }

    /// The same with another name in headings.
    #[must_use]
    pub const fn titled(self, title: &'static str) -> Source {
        Source { title, ..self }
    }
}

/// A name that no scenario has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say it")]
#[non_exhaustive]
pub enum ScenarioError {
    #[error("'{name}' is no scenario: did you mean {near}?")]
    DidYouMean { name: String, near: &'static str },
    #[error("'{name}' is no scenario; `scenario list` names them all")]
    Unknown { name: String },
}

impl ScenarioError {
    fn unknown(name: &str, all: &[&'static Scenario]) -> ScenarioError {
        // The beginning of a name stands for the shortest name that begins so.
        let begun = all.iter().map(|scenario| scenario.name).filter(|of| !name.is_empty() && of.starts_with(name));
        if let Some(near) = begun.min_by_key(|of| of.len()) {
            return ScenarioError::DidYouMean { name: name.into(), near };
        }
        let asked: Vec<&str> = words(name).collect();
        let shared = |of: &str| words(of).filter(|word| asked.contains(word)).count();
        let near = all.iter().map(|scenario| scenario.name).max_by_key(|of| (shared(of), usize::MAX - of.len()));
        match near.filter(|of| shared(of) * 2 > asked.len()) {
            Some(near) => ScenarioError::DidYouMean { name: name.into(), near },
            None => ScenarioError::Unknown { name: name.into() },
        }
    }
}

/// The scenario of this name, one of `all`.
///
/// # Errors
/// There is none; the error names a similar one, if there is one.
pub fn find(name: &str, all: &[&'static Scenario]) -> Result<&'static Scenario, ScenarioError> {
    all.iter().copied().find(|scenario| scenario.name == name).ok_or_else(|| ScenarioError::unknown(name, all))
}

fn words(name: &str) -> impl Iterator<Item = &str> {
    name.split(['_', '-', ' ']).filter(|word| !word.is_empty())
}

impl Scenario {
    /// A scenario of this name, told by this function about five nodes.
    pub const fn new(name: &'static str, source: &'static Source, tell: Tell) -> Scenario {
        Scenario {
            name,
            about: "",
            source,
            rows: &[],
            nodes: 5,
            nodes_min: 5,
            knobs: &[],
            guards: &[],
            given: |_| {},
            tell,
        }
    }

    /// The behaviour that it shows, in a sentence.
    #[must_use]
    pub const fn about(self, about: &'static str) -> Scenario {
        Scenario { about, ..self }
    }

    /// The source's names for it.
    #[must_use]
    pub const fn rows(self, rows: &'static [&'static str]) -> Scenario {
        Scenario { rows, ..self }
    }

    /// The size of its cluster.
    #[must_use]
    pub const fn nodes(self, nodes: u8) -> Scenario {
        Scenario { nodes, nodes_min: nodes, ..self }
    }

    /// Lets its cluster be made smaller, down to this size.
    #[must_use]
    pub const fn down_to(self, nodes_min: u8) -> Scenario {
        Scenario { nodes_min, ..self }
    }

    /// Its knobs, with their defaults.
    #[must_use]
    pub const fn knobs(self, knobs: &'static [(Knob, u64)]) -> Scenario {
        Scenario { knobs, ..self }
    }

    /// The bugs of its system that it guards against.
    #[must_use]
    pub const fn guards(self, guards: &'static [&'static str]) -> Scenario {
        Scenario { guards, ..self }
    }

    /// Sets up the plan, besides the size of the cluster.
    #[must_use]
    pub const fn given(self, given: fn(&mut Plan)) -> Scenario {
        Scenario { given, ..self }
    }
}
