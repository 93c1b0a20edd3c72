//! The lab suites of MIT 6.5840, by behaviour: Raft (3A to 3D) and the fault-tolerant key-value service with snapshots
//! (4A and 4B).
//!
//! Each test of the labs is a scenario of its own, with the same cluster size, the same faults in the same order and the
//! same limits. What differs, and why:
//! - A lab's server is disconnected from everything. Here clients reach every node always, so what is asked of a node that is
//!   cut off is asked by a client that stays with it, and all else by clients that find the leader themselves.
//! - A lab hands a command to Raft directly. Here a client writes it, and opens a session first, which is an entry too. So
//!   entries are counted from where the log is when a story has come there, not from 1.
//! - A lab kills servers. Here those lose power: what was not synced is lost.
//! - Scenarios repeat things as often as the labs do, except that figure 8 has half the rounds, and the trial with twenty
//!   clients one of three: it is the seeds that are many.
//! - What a lab's servers compare at the end is compared all the time: every run is checked for the properties of Raft and
//!   for linearizability, and must converge when its story is over.

use crate::scenario::Scenario;

mod agreement;
mod churn;
mod elections;
mod figure8;
mod kv;
mod kv_partitions;
mod kv_persistence;
mod kv_snapshots;
mod persistence;
mod snapshots;
mod steps;
mod traffic;
mod trial;

/// All of them, lab by lab.
pub(crate) const ALL: &[&[Scenario]] = &[
    elections::ALL,
    agreement::ALL,
    traffic::ALL,
    persistence::ALL,
    figure8::ALL,
    churn::ALL,
    snapshots::ALL,
    kv::ALL,
    kv_partitions::ALL,
    kv_persistence::ALL,
    kv_snapshots::ALL,
];
