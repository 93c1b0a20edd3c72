//! The outcome of a run.

use std::fmt;

use env::NodeId;
use serde::{Serialize, Serializer};

use crate::ledger::Ledger;
use crate::net::{Milestones, Moment, Violation};

/// One run's result. Equal plan, system and version give an equal outcome, on any machine and in any build profile.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// How it ended.
    pub verdict: Verdict,
    /// Why the run, if it passes, shows nothing: `no leader was ever elected`; `None` if it shows something.
    pub idle: Option<&'static str>,
    /// A hash of all events of the run, in order. As JSON it is 16 hexadecimal digits.
    #[serde(serialize_with = "in_hex")]
    pub digest: u64,
    /// The counts of the run.
    pub stats: Stats,
    /// The faults that were injected, and those that were effective.
    pub faults: Ledger,
    /// The noteworthy states that were reached.
    pub milestones: Milestones,
}

fn in_hex<S: Serializer>(digest: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{digest:016x}"))
}

/// How a run ended.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum Verdict {
    /// Every invariant held and every demand was met.
    Pass,
    /// An invariant was broken (safety), or a demand of the calm phase was not met in time (liveness).
    Violation(Violation),
    /// The code under test panicked.
    Panic {
        /// The node that did; `None` if it was a client.
        node: Option<NodeId>,
        /// The panic's message.
        message: String,
        /// The event it was handling.
        at: Moment,
    },
    /// The run took too many events, in all or without time going on: a livelock.
    Stalled {
        /// Which of the two, with its numbers.
        message: String,
        /// Where it was given up.
        at: Moment,
    },
}

impl Verdict {
    /// True if the run passed.
    pub fn is_pass(&self) -> bool {
        matches!(self, Verdict::Pass)
    }

    /// Its name in reports: `pass`, `violation`, `panic` or `stalled`.
    pub fn name(&self) -> &'static str {
        match self {
            Verdict::Pass => "pass",
            Verdict::Violation(_) => "violation",
            Verdict::Panic { .. } => "panic",
            Verdict::Stalled { .. } => "stalled",
        }
    }

    /// When the run was cut short; `None` if it passed.
    pub fn at(&self) -> Option<Moment> {
        match self {
            Verdict::Pass => None,
            Verdict::Violation(violation) => Some(violation.at),
            Verdict::Panic { at, .. } | Verdict::Stalled { at, .. } => Some(*at),
        }
    }
}

impl fmt::Display for Verdict {
    /// In one line, without the moment.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Verdict::Pass => f.write_str("pass"),
            Verdict::Violation(violation) => write!(f, "{}: {}", violation.invariant.name(), violation.message),
            Verdict::Panic { node: Some(node), message, .. } => write!(f, "{node} panicked: {message}"),
            Verdict::Panic { node: None, message, .. } => write!(f, "a client panicked: {message}"),
            Verdict::Stalled { message, .. } => write!(f, "stalled: {message}"),
        }
    }
}

/// The counts of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Stats {
    /// How many events were taken from the queue.
    pub events: u64,
    /// The simulated time, in nanoseconds.
    pub sim_ns: u64,
    /// Messages from node to node that were delivered.
    pub messages: u64,
    /// Requests of clients and operators that were delivered.
    pub requests: u64,
    /// Answers that were delivered.
    pub responses: u64,
    /// Messages, requests and answers that were lost: on a link, or at a node that was down.
    pub dropped: u64,
    /// Connections that were closed because of a damaged, oversized or unreadable frame.
    pub frames_refused: u64,
    /// Syncs that succeeded.
    pub syncs: u64,
    /// Bytes that nodes wrote to their disks.
    pub disk_bytes: u64,
    /// How often a node started.
    pub boots: u64,
    /// The operations of the clients of the workload, the probe's not among them.
    pub operations: Operations,
    /// The most events that were pending at once.
    pub pending_peak: u64,
    /// Demands of the calm phase that were not made, since the faults that stay leave no majority that can talk.
    pub demands_waived: u64,
    /// How many judgements of the history came to no verdict: over their budget, or with nothing to judge.
    pub histories_undecided: u64,
}

/// How the operations of clients ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Operations {
    /// Those that happened.
    pub ok: u64,
    /// Those that surely did not.
    pub fail: u64,
    /// Those that may have, and those that had not ended when the run did.
    pub info: u64,
}

impl Operations {
    /// How many were invoked.
    pub fn total(&self) -> u64 {
        self.ok + self.fail + self.info
    }
}

impl Stats {
    /// Adds another run's counts; of the peak, keeps the higher one.
    pub fn add(&mut self, other: &Stats) {
        self.events += other.events;
        self.sim_ns += other.sim_ns;
        self.messages += other.messages;
        self.requests += other.requests;
        self.responses += other.responses;
        self.dropped += other.dropped;
        self.frames_refused += other.frames_refused;
        self.syncs += other.syncs;
        self.disk_bytes += other.disk_bytes;
        self.boots += other.boots;
        self.operations.ok += other.operations.ok;
        self.operations.fail += other.operations.fail;
        self.operations.info += other.operations.info;
        self.pending_peak = self.pending_peak.max(other.pending_peak);
        self.demands_waived += other.demands_waived;
        self.histories_undecided += other.histories_undecided;
    }
}
