//! Everything about a run but the code under test: explicit, editable, shrinkable.
//!
//! A [`Plan`] is made by expanding a seed under a [`Profile`](crate::Profile), by a proptest strategy, by the shrinker,
//! or by hand; nothing about a run is decided outside it. Units are in the fields' names. Probabilities are [`Ratio`]s,
//! written in parts per million.

use std::collections::BTreeMap;

use env::{ClientId, NodeId, Ratio};
use serde::{Deserialize, Serialize};

use crate::net::Op;
use crate::rng::uniform;
use crate::trace::value_of;

mod fault;
mod seed;
mod simpler;

pub use fault::{Direction, Fault, FaultKind, Target, TimedFault};
pub use seed::{Seed, SeedError};
pub use serde_json::Value;

/// One run, in full.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Plan {
    /// The seed of the message-level randomness: latencies, the nodes' and clients' own choices.
    pub seed: Seed,
    /// The nodes, and how soon they notice a failure.
    pub cluster: Cluster,
    /// The system's own settings, as the system writes them; null if it has none, or all at their defaults.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub settings: Value,
    /// The network when nothing is wrong with it.
    pub link: LinkModel,
    /// The disks when nothing is wrong with them.
    pub disk: DiskModel,
    /// The clients' work.
    pub workload: Workload,
    /// The timed faults of the storm, in the order of their times.
    pub schedule: Vec<TimedFault>,
    /// How long faults are injected and clients work.
    pub storm_ms: u64,
    /// The demands of the calm phase.
    pub calm: Calm,
    /// The run is `stalled` when it takes more events than this: a livelock.
    pub events_max: u64,
}

/// The nodes, and how soon they notice a failure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Cluster {
    /// The voters that the cluster begins with: n1 to this.
    pub nodes: u8,
    /// Blank machines that membership changes may bring in, with the ids that follow.
    pub spares: u8,
    /// A node that hears nothing from another for so long suspects at the soonest that the other has failed (Chandra
    /// and Toueg 1996).
    pub suspicion_min_ms: u64,
    /// It does so at the latest after so long.
    pub suspicion_max_ms: u64,
    /// The time between two signs of life of a node that has nothing else to say.
    pub heartbeat_ms: u64,
    /// True if the system may rely on leases: on clocks that drift no more than `clock_drift_max_ppm` and never jump
    /// (Gray and Cheriton 1989; thesis section 6.4.1).
    pub leases: bool,
    /// How much faster or slower than true time a node's clock may run, as the nodes believe; leases are shortened by
    /// it.
    pub clock_drift_max_ppm: u32,
}

/// The network when nothing is wrong with it: messages of one link arrive in order after a uniformly drawn latency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct LinkModel {
    /// The shortest latency.
    pub latency_min_us: u64,
    /// The longest latency.
    pub latency_max_us: u64,
}

impl LinkModel {
    /// Latencies between these, in microseconds.
    pub const fn new(latency_min_us: u64, latency_max_us: u64) -> LinkModel {
        LinkModel { latency_min_us, latency_max_us }
    }

    /// The latency of a message by this draw, in nanoseconds.
    pub fn latency_ns(&self, drawn: u64) -> u64 {
        uniform(self.latency_min_us * 1_000, self.latency_max_us * 1_000, drawn)
    }
}

/// The disks when nothing is wrong with them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct DiskModel {
    /// The shortest sync.
    pub sync_min_us: u64,
    /// The longest sync.
    pub sync_max_us: u64,
}

impl DiskModel {
    /// Syncs that take between these, in microseconds.
    pub const fn new(sync_min_us: u64, sync_max_us: u64) -> DiskModel {
        DiskModel { sync_min_us, sync_max_us }
    }
}

/// The clients' work: each invokes an operation, waits for its completion, pauses, and goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Workload {
    /// How many clients; 0 for none.
    pub clients: u32,
    /// How many keys they share.
    pub keys: u32,
    /// The shortest pause between two operations of a client.
    pub pause_min_us: u64,
    /// The longest pause.
    pub pause_max_us: u64,
    /// How often each operation is chosen.
    pub mix: Mix,
    /// The shortest value written, in bytes. Every written value is distinct, and longer where that takes more bytes.
    pub value_bytes_min: u32,
    /// The longest value written.
    pub value_bytes_max: u32,
    /// The share of reads that are asked of a node drawn at random instead of the leader.
    pub follower_reads: Ratio,
    /// The share of requests that the client's host sends twice.
    pub resend: Ratio,
    /// A client that has no answer for so long tries again elsewhere.
    pub retry_ms: u64,
    /// A client gives an operation up after so long: `info`, or `fail` if it surely did not happen.
    pub timeout_ms: u64,
    /// Clients that talk to one node only, regardless of its answers.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub homes: BTreeMap<ClientId, NodeId>,
    /// The clients' operations in the order of their times; `None` if they are drawn. With a script, the keys, the
    /// pauses, the mix and the sizes of values have no effect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub script: Option<Vec<TimedOperation>>,
}

/// An operation, with its client and the time of its invocation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct TimedOperation {
    /// When, after the run's start; later if the client is still busy then, and never past the storm.
    pub at_ns: u64,
    /// Which client, from 1 to `workload.clients`.
    pub client: ClientId,
    /// The operation, as the system writes its own: `{"put":{"key":"k0","value":"c1-1."}}`.
    pub operation: Value,
}

impl TimedOperation {
    /// An operation of a system's own, at this time.
    ///
    /// # Panics
    /// If the operation cannot be written as JSON.
    pub fn new(at_ns: u64, client: ClientId, operation: &impl Op) -> TimedOperation {
        TimedOperation::of_value(at_ns, client, value_of(operation))
    }

    /// The operation that a system writes so, at this time.
    pub fn of_value(at_ns: u64, client: ClientId, operation: Value) -> TimedOperation {
        TimedOperation { at_ns, client, operation }
    }
}

/// Weights of the operations; a weight of 0 switches one off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the names say it")]
#[non_exhaustive]
pub struct Mix {
    pub get: u32,
    pub put: u32,
    pub append: u32,
    pub delete: u32,
    pub cas: u32,
}

impl Mix {
    /// No operations at all, to which weights are added: `Mix::NONE.with_get(3).with_put(1)`.
    pub const NONE: Mix = Mix { get: 0, put: 0, append: 0, delete: 0, cas: 0 };

    /// The same with this weight of reads.
    #[must_use]
    pub const fn with_get(self, get: u32) -> Mix {
        Mix { get, ..self }
    }

    /// The same with this weight of writes.
    #[must_use]
    pub const fn with_put(self, put: u32) -> Mix {
        Mix { put, ..self }
    }

    /// The same with this weight of appends.
    #[must_use]
    pub const fn with_append(self, append: u32) -> Mix {
        Mix { append, ..self }
    }

    /// The same with this weight of deletions.
    #[must_use]
    pub const fn with_delete(self, delete: u32) -> Mix {
        Mix { delete, ..self }
    }

    /// The same with this weight of compare-and-swaps.
    #[must_use]
    pub const fn with_cas(self, cas: u32) -> Mix {
        Mix { cas, ..self }
    }
}

/// The demands after the storm, when everything but the faults that stay has been healed and restarted.
///
/// The system must be ready and serve a probe within `progress_ms`; after that, all nodes that can talk must hold equal
/// state within `convergence_ms`. The system's [net](crate::Net) defines each demand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Calm {
    /// True if convergence is demanded once before the probe too, with no client writing. This quiet tail shows a
    /// follower that is never sent the entries it lacks.
    pub quiet_tail: bool,
    /// The bound for a ready system and a served probe.
    pub progress_ms: u64,
    /// The bound for equal state on all nodes.
    pub convergence_ms: u64,
}
