//! The lab suites of MIT 6.5840, by behaviour: Raft (3A to 3D) and the fault-tolerant key-value service with snapshots
//! (4A and 4B).
//!
//! Each test of the labs is a scenario of its own, with the same cluster size, the same faults in the same order and
//! the same limits. The differences, and the reasons:
//! - A lab's server is disconnected from everything. Here clients reach every node always: a client that stays with a
//!   node asks it while it is cut off, and all other requests come from clients that find the leader themselves.
//! - A lab hands a command to Raft directly. Here a client writes it, and opens a session first, which is an entry too.
//!   So a story counts entries from the position that the log has reached, not from 1.
//! - A lab kills servers. Here they lose power, and with it all unsynced writes.
//! - Scenarios have as many rounds as the labs, except that figure 8 has half of them, and the trial with twenty
//!   clients one of three: many seeds make up for it.
//! - The checks that a lab makes at the end are made all the time: every run is checked for the properties of Raft and
//!   for linearizability, and must converge when its story is over.

use stormglass::scenario::Scenario;

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

/// The scenarios, lab by lab.
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
