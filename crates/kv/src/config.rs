//! How a node is set up, and how it begins.

use std::time::Duration;

use env::NodeId;
use raft_types::Membership;

/// How a node is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The node's id, and Raft's timing and limits.
    pub raft: raft::Config,
    /// Take a snapshot after so many applied entries; 0 means only when an operator asks.
    pub snapshot_every: u64,
    /// A client session opened while this node leads expires after lying unused for so long, in log time.
    pub session_ttl: Duration,
}

impl Config {
    /// Node `id` with defaults for a local network: a snapshot every 10,000 entries, sessions of one hour.
    pub fn new(id: NodeId) -> Config {
        Config { raft: raft::Config::new(id), snapshot_every: 10_000, session_ttl: Duration::from_secs(3_600) }
    }
}

/// The kind of a boot. The operator knows it; the disk alone cannot tell a new machine from one that has lost its
/// memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// The first boot of a founding member of a cluster with this configuration.
    New(Membership),
    /// The first boot of a blank machine that an operator brings into a running cluster.
    Join,
    /// Any later boot.
    Again,
}
