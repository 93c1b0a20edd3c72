//! One failed run, in the few words that a report has for it.

use env::NodeSet;
use serde::{Deserialize, Serialize};
use sim::{Invariant, InvariantKind, Moment, Outcome, Seed, Verdict};

/// A run that was not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// Its seed.
    pub seed: Seed,
    /// The sort of failure.
    pub kind: FailureKind,
    /// The invariant that was broken; `None` where nothing so definite was.
    pub invariant: Option<Invariant>,
    /// The nodes that it is about; none where it is about clients alone, or about all.
    pub nodes: NodeSet,
    /// The failure in one line: which node, which term, which value.
    pub message: String,
    /// An explanation over several lines, where one line does not make it plain.
    pub explanation: Option<String>,
    /// When the run was stopped for it; `None` if it ran to its end.
    pub at: Option<Moment>,
}

/// The sorts of failure, the gravest first: a campaign's result is its gravest failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// The same plan ran differently a second time: no other result means anything.
    NonDeterminism,
    /// A wrong answer, or a state that leads to one.
    Safety,
    /// The system under test panicked.
    Panic,
    /// The system did not meet a demand within its time.
    Liveness,
    /// It took more events than any run should: it goes round in circles.
    Stalled,
    /// Nothing was wrong, but nothing came about either, as when no operation was ever asked for: such a run shows
    /// nothing.
    Idle,
}

impl FailureKind {
    /// The verdict's name in reports.
    pub fn verdict(self) -> &'static str {
        match self {
            FailureKind::NonDeterminism => "non-determinism",
            FailureKind::Safety | FailureKind::Liveness => "violation",
            FailureKind::Panic => "panic",
            FailureKind::Stalled | FailureKind::Idle => "stalled",
        }
    }

    /// The headline of a failure of this sort that broke no invariant.
    pub(crate) fn headline(self) -> &'static str {
        match self {
            FailureKind::NonDeterminism => "Non-determinism",
            FailureKind::Panic => "Panic",
            FailureKind::Idle => "Idle",
            FailureKind::Safety | FailureKind::Liveness | FailureKind::Stalled => "Stalled",
        }
    }
}

impl Failure {
    /// The failure of the run of `seed`; `None` if it passed.
    pub fn of(seed: Seed, outcome: &Outcome) -> Option<Failure> {
        let at = outcome.verdict.at();
        let failure = |kind, message| Failure { at, ..Failure::bare(seed, kind, message) };
        match &outcome.verdict {
            Verdict::Pass => outcome.idle.map(|message| failure(FailureKind::Idle, message.into())),
            Verdict::Violation(violation) => Some(Failure {
                invariant: Some(violation.invariant),
                nodes: violation.nodes,
                explanation: violation.explanation.clone(),
                ..failure(kind_of(violation.invariant), one_line(&violation.message))
            }),
            Verdict::Panic { node, message, .. } => {
                let who = node.map_or("a client".into(), |node| node.to_string());
                let nodes = node.iter().copied().collect();
                Some(Failure { nodes, ..failure(FailureKind::Panic, format!("{who}: {}", one_line(message))) })
            }
            Verdict::Stalled { message, .. } => Some(failure(FailureKind::Stalled, one_line(message))),
        }
    }

    /// One that is about no invariant, no node and no moment.
    pub(crate) fn bare(seed: Seed, kind: FailureKind, message: String) -> Failure {
        Failure { seed, kind, invariant: None, nodes: NodeSet::EMPTY, message, explanation: None, at: None }
    }

    /// Its headline: the broken invariant, or else the sort of failure.
    pub fn headline(&self) -> String {
        self.invariant.map_or(self.kind.headline().into(), Invariant::name)
    }
}

fn kind_of(invariant: Invariant) -> FailureKind {
    match invariant.kind() {
        InvariantKind::Safety => FailureKind::Safety,
        InvariantKind::Liveness => FailureKind::Liveness,
    }
}

/// A panic's message may have several lines; a report has one for it.
pub(crate) fn one_line(message: &str) -> String {
    message.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("; ")
}
