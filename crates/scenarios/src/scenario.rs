//! A scenario: a story with a name, and its source.

use sim::Plan;
use stormglass::{Cluster, StoryError};

use crate::knobs::{Knob, Knobs};

/// The function that tells a scenario.
pub(crate) type Tell = fn(&mut Cluster<'_>, &Knobs) -> Result<(), StoryError>;

/// A scenario.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    /// Its name, in snake case.
    pub name: &'static str,
    /// The behaviour that it shows, in a sentence.
    pub about: &'static str,
    /// The source that describes it.
    pub source: Source,
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

/// A source that describes scenarios.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// An analysis of the fault-tolerance tests of a Raft store.
    RaftFaultTolerance,
    /// A harness that takes the nodes of a cluster offline and brings them back.
    NodeLifecycle,
    /// Scripts that test the fail-over of a primary and its passive.
    PrimaryPassivePair,
    /// A distributed test of a graph that is synced through a relay.
    RelaySyncedGraph,
    /// A resource that syncs from all connected peers.
    SyncFromAllPeers,
    /// The lab suites of MIT 6.5840.
    Labs,
}

impl Source {
    /// The name of the system that its scenarios are about.
    pub(crate) fn system(self) -> &'static str {
        match self {
            Source::RaftFaultTolerance | Source::NodeLifecycle | Source::Labs => "raft-kv",
            Source::PrimaryPassivePair => "lease-pair",
            Source::RelaySyncedGraph => "relay-graph",
            Source::SyncFromAllPeers => "peer-sync",
        }
    }

    /// All sources.
    pub const ALL: &[Source] = &[
        Source::RaftFaultTolerance,
        Source::NodeLifecycle,
        Source::PrimaryPassivePair,
        Source::RelaySyncedGraph,
        Source::SyncFromAllPeers,
        Source::Labs,
    ];

    /// Its name in headings.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Source::RaftFaultTolerance => "Raft fault tolerance",
            Source::NodeLifecycle => "Node lifecycle",
            Source::PrimaryPassivePair => "Primary/passive pair",
            Source::RelaySyncedGraph => "Relay-synced graph",
            Source::SyncFromAllPeers => "Sync from all peers",
            Source::Labs => "The lab suites of MIT 6.5840",
        }
    }

    /// A description of it.
    pub(crate) fn origin(self) -> &'static str {
        match self {
            Source::RaftFaultTolerance => {
                "An analysis of the fault-tolerance tests of a store on Raft, of November 2025: the tests done, \
                 the tests wanted, and the tests missing for want of a simulated network and of nodes that restart."
            }
            Source::NodeLifecycle => {
                "A harness of a database on Raft that takes nodes offline by a flag: its tests, its scenarios, its limits, and \
                 its plans."
            }
            Source::PrimaryPassivePair => {
                "Scripts that test the fail-over of a primary and its passive, in containers, with a lease in a coordination \
                 service."
            }
            Source::RelaySyncedGraph => {
                "A test of a graph database whose nodes sync through a relay, in containers, with an orchestrator."
            }
            Source::SyncFromAllPeers => {
                "How a resource that syncs the nodes of all connected peers goes on past those that fail."
            }
            Source::Labs => {
                "The tests of labs 3 and 4 of MIT's course on distributed systems (https://pdos.csail.mit.edu/6.824/), by \
                 behaviour; the code of each names its differences from the lab's."
            }
        }
    }

    /// Its name in lists.
    pub fn name(self) -> &'static str {
        match self {
            Source::RaftFaultTolerance => "raft fault tolerance",
            Source::NodeLifecycle => "node lifecycle",
            Source::PrimaryPassivePair => "primary/passive pair",
            Source::RelaySyncedGraph => "relay-synced graph",
            Source::SyncFromAllPeers => "sync from all peers",
            Source::Labs => "mit 6.5840 labs",
        }
    }
}

/// A name that no scenario has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say it")]
pub enum ScenarioError {
    #[error("'{name}' is no scenario: did you mean {near}?")]
    DidYouMean { name: String, near: &'static str },
    #[error("'{name}' is no scenario; `stormglass scenario list` names them all")]
    Unknown { name: String },
}

impl ScenarioError {
    pub(crate) fn unknown(name: &str) -> ScenarioError {
        // The beginning of a name stands for the shortest name that begins so.
        let begun = crate::all().map(|scenario| scenario.name).filter(|of| !name.is_empty() && of.starts_with(name));
        if let Some(near) = begun.min_by_key(|of| of.len()) {
            return ScenarioError::DidYouMean { name: name.into(), near };
        }
        let asked: Vec<&str> = words(name).collect();
        let shared = |of: &str| words(of).filter(|word| asked.contains(word)).count();
        let near = crate::all().map(|scenario| scenario.name).max_by_key(|of| (shared(of), usize::MAX - of.len()));
        match near.filter(|of| shared(of) * 2 > asked.len()) {
            Some(near) => ScenarioError::DidYouMean { name: name.into(), near },
            None => ScenarioError::Unknown { name: name.into() },
        }
    }
}

fn words(name: &str) -> impl Iterator<Item = &str> {
    name.split(['_', '-', ' ']).filter(|word| !word.is_empty())
}

/// `scenario!(source, function, name)`: a scenario of this name, told by this function.
macro_rules! scenario {
    ($source:ident, $tell:path, $name:ident) => {
        $crate::scenario::Scenario::new(stringify!($name), $crate::scenario::Source::$source, $tell)
    };
}
pub(crate) use scenario;

impl Scenario {
    pub(crate) const fn new(name: &'static str, source: Source, tell: Tell) -> Scenario {
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

    pub(crate) const fn about(self, about: &'static str) -> Scenario {
        Scenario { about, ..self }
    }

    pub(crate) const fn rows(self, rows: &'static [&'static str]) -> Scenario {
        Scenario { rows, ..self }
    }

    pub(crate) const fn nodes(self, nodes: u8) -> Scenario {
        Scenario { nodes, nodes_min: nodes, ..self }
    }

    /// Lets its cluster be made smaller, down to this size.
    pub(crate) const fn down_to(self, nodes_min: u8) -> Scenario {
        Scenario { nodes_min, ..self }
    }

    pub(crate) const fn knobs(self, knobs: &'static [(Knob, u64)]) -> Scenario {
        Scenario { knobs, ..self }
    }

    pub(crate) const fn guards(self, guards: &'static [&'static str]) -> Scenario {
        Scenario { guards, ..self }
    }

    /// Sets up the plan, besides the size of the cluster.
    pub(crate) const fn given(self, given: fn(&mut Plan)) -> Scenario {
        Scenario { given, ..self }
    }
}
