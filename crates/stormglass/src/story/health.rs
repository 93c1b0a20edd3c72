//! How a node is, from outside.

use std::fmt;

use env::{NodeId, NodeSet};

use super::Cluster;

/// How a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Health {
    /// Its process does not run.
    Offline,
    /// It runs, and knows no leader that it can talk to.
    Connecting,
    /// It follows a leader, and has not applied all that the leader has committed.
    Syncing,
    /// It has applied all that the leader has committed, or leads. Where there is no log, it runs.
    Online,
}

impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Health::Offline => "offline",
            Health::Connecting => "connecting",
            Health::Syncing => "syncing",
            Health::Online => "online",
        })
    }
}

impl Cluster<'_> {
    /// How a node is.
    pub fn health(&self, node: NodeId) -> Health {
        if !self.is_online(node) {
            return Health::Offline;
        }
        if !self.keeps_log() {
            return Health::Online;
        }
        let known = self.leader().filter(|leader| {
            *leader == node || (self.node(node).leader == Some(*leader) && self.in_touch_with(node).contains(*leader))
        });
        match known {
            None => Health::Connecting,
            Some(leader) if self.last_applied(node) < self.node(leader).commit_index => Health::Syncing,
            Some(_) => Health::Online,
        }
    }

    /// True if a node's process runs.
    pub fn is_online(&self, node: NodeId) -> bool {
        self.live.running().contains(node)
    }

    /// The nodes whose processes run.
    pub fn online(&self) -> NodeSet {
        self.live.running()
    }
}
