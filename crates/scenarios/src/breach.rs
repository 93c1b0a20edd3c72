//! Rules that may be broken, to see that a scenario guards them.

use std::fmt;
use std::str::FromStr;

use zoo::Bug;

use crate::scenario::{Scenario, Subject};

/// A rule that is broken: of the key-value cluster, a bug of the zoo; of another system, a decision of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breach {
    /// The cluster has this bug of the zoo.
    Bug(Bug),
    /// The pair looks at no fencing token.
    Unfenced,
    /// The primary acknowledges what its passive does not have.
    AcknowledgesAlone,
    /// The primary answers reads without a look at its lease.
    ReadsWithoutLease,
    /// Nodes of the graph keep what arrives last, whenever it was written.
    LastArrivalWins,
    /// Nodes of the graph acknowledge edits that are not on their disks.
    AcknowledgesBeforeSync,
    /// Nodes of the graph send each edit once, whether it arrives or not.
    PushesOnce,
    /// The puller stops at the first peer that fails.
    StopsAtFailure,
    /// The puller adds what it has already.
    AddsWhatItHas,
    /// The puller takes over what has come of a peer that died half-way.
    TakesHalfCatalogues,
    /// The puller believes what a peer announces.
    BelievesCounts,
}

/// What is wrong with a rule that is to be broken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say it")]
pub enum BreachError {
    #[error(transparent)]
    Unknown(#[from] zoo::BugError),
    #[error("{scenario} has no rule '{breach}': it guards {guards}")]
    OfAnotherSystem { scenario: &'static str, breach: Breach, guards: String },
}

/// Those that are no bugs of the zoo, by their names.
const OF_OTHER_SYSTEMS: &[(&str, Breach)] = &[
    ("unfenced", Breach::Unfenced),
    ("acknowledges-alone", Breach::AcknowledgesAlone),
    ("reads-without-lease", Breach::ReadsWithoutLease),
    ("last-arrival-wins", Breach::LastArrivalWins),
    ("acknowledges-before-sync", Breach::AcknowledgesBeforeSync),
    ("pushes-once", Breach::PushesOnce),
    ("stops-at-failure", Breach::StopsAtFailure),
    ("adds-what-it-has", Breach::AddsWhatItHas),
    ("takes-half-catalogues", Breach::TakesHalfCatalogues),
    ("believes-counts", Breach::BelievesCounts),
];

impl Breach {
    fn subject(self) -> Subject {
        match self {
            Breach::Bug(_) => Subject::RaftKv,
            Breach::Unfenced | Breach::AcknowledgesAlone | Breach::ReadsWithoutLease => Subject::Pair,
            Breach::LastArrivalWins | Breach::AcknowledgesBeforeSync | Breach::PushesOnce => Subject::Graph,
            Breach::StopsAtFailure | Breach::AddsWhatItHas | Breach::TakesHalfCatalogues | Breach::BelievesCounts => {
                Subject::Peers
            }
        }
    }

    pub(crate) fn fits(self, scenario: &Scenario) -> Result<(), BreachError> {
        if self.subject() == scenario.source.subject() {
            return Ok(());
        }
        let guards: Vec<String> = scenario.guards.iter().map(Breach::to_string).collect();
        let guards = if guards.is_empty() { "none".into() } else { guards.join(", ") };
        Err(BreachError::OfAnotherSystem { scenario: scenario.name, breach: self, guards })
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Breach::Bug(bug) = self {
            return bug.fmt(f);
        }
        let named = OF_OTHER_SYSTEMS.iter().find(|(_, breach)| breach == self);
        f.pad(named.expect("every breach has a name").0)
    }
}

impl FromStr for Breach {
    type Err = BreachError;

    fn from_str(text: &str) -> Result<Breach, BreachError> {
        match OF_OTHER_SYSTEMS.iter().find(|(name, _)| *name == text) {
            Some((_, breach)) => Ok(*breach),
            None => Ok(Breach::Bug(text.parse()?)),
        }
    }
}
