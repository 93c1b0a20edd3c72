//! What is demanded once the faults are over: a leader and a committed write, then equal state.
//!
//! Pure functions of what the nodes said ([`ClusterView`]) and of who can talk to whom ([`Reach`]). Whoever drives the
//! run asks them as often as it likes (they allocate nothing), sets the bounds, and turns what is still [`Unmet`] when a
//! bound has passed into a violation. Some faults may stay (thesis section 9.6 and its critics: a bridge, a dead
//! minority): demands then concern the nodes that can talk, and [`can_lead`] says whether any demand is fair at all.

use std::fmt;
use std::time::Duration;

use env::{LogIndex, Membership, NodeId, NodeSet};

use crate::ClusterView;
use history::{Invariant, Moment, Violation};

/// Who can talk to whom while the cluster is calm.
#[derive(Clone, Debug)]
pub struct Reach {
    running: NodeSet,
    /// By [`NodeId::index`]: with whom the node can talk both ways, itself included.
    both_ways: Vec<NodeSet>,
}

impl Reach {
    /// These nodes run; `sends_to` gives, for each, the nodes that its messages get through to.
    pub fn new(running: NodeSet, mut sends_to: impl FnMut(NodeId) -> NodeSet) -> Reach {
        let mut sends = vec![NodeSet::EMPTY; NodeId::MAX.index() + 1];
        for node in running.iter() {
            sends[node.index()] = sends_to(node).intersection(running);
            sends[node.index()].insert(node);
        }
        let mut both_ways = vec![NodeSet::EMPTY; sends.len()];
        for node in running.iter() {
            both_ways[node.index()] =
                sends[node.index()].iter().filter(|other| sends[other.index()].contains(node)).collect();
        }
        Reach { running, both_ways }
    }

    /// These nodes run, and all can talk to all.
    pub fn everyone(running: NodeSet) -> Reach {
        Reach::new(running, |_| running)
    }

    /// The nodes that run.
    pub fn running(&self) -> NodeSet {
        self.running
    }

    /// The running nodes with which `node` can talk both ways, itself included; none if it does not run.
    pub fn both_ways(&self, node: NodeId) -> NodeSet {
        self.both_ways.get(node.index()).copied().unwrap_or_default()
    }
}

/// The voters that can talk both ways with a quorum: those that could lead. If there is none, progress cannot be
/// demanded.
pub fn can_lead(membership: &Membership, reach: &Reach) -> NodeSet {
    membership
        .all_voters()
        .intersection(reach.running)
        .iter()
        .filter(|node| membership.has_quorum(reach.both_ways(*node)))
        .collect()
}

/// What a calm cluster still lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unmet {
    /// Nobody leads.
    NoLeader {
        /// Who runs.
        running: NodeSet,
    },
    /// The leader cannot talk with a quorum.
    LeaderCutOff {
        /// The leader.
        leader: NodeId,
        /// With whom it can talk.
        reaches: NodeSet,
        /// Who votes.
        membership: Membership,
    },
    /// There is a leader, but the probe write has not been committed.
    ProbeNotCommitted {
        /// The leader.
        leader: NodeId,
        /// Its commit index.
        commit_index: LogIndex,
    },
    /// A member has applied less, or more, than the leader.
    AppliedDiffers {
        /// The member.
        node: NodeId,
        /// How far it has applied.
        applied: LogIndex,
        /// The leader.
        leader: NodeId,
        /// How far the leader has.
        leader_applied: LogIndex,
    },
    /// A member has applied as much as the leader and has another state.
    StateDiffers {
        /// The member.
        node: NodeId,
        /// The leader.
        leader: NodeId,
        /// How far both have applied.
        applied: LogIndex,
    },
}

/// Demands a leader that can talk with a quorum of its configuration, and that the probe write has been committed.
///
/// # Errors
/// What is still lacking.
pub fn progress(view: &ClusterView, reach: &Reach, probe_committed: bool) -> Result<(), Unmet> {
    let Some(leader) = view.leader() else {
        return Err(Unmet::NoLeader { running: reach.running });
    };
    let node = view.node(leader);
    let reaches = reach.both_ways(leader);
    if !node.membership.has_quorum(reaches) {
        return Err(Unmet::LeaderCutOff { leader, reaches, membership: node.membership });
    }
    if !probe_committed {
        return Err(Unmet::ProbeNotCommitted { leader, commit_index: node.commit_index });
    }
    Ok(())
}

/// Demands that the members with which the leader can talk both ways have applied as much as the leader, to the same
/// state.
///
/// # Errors
/// The first member, by id, that has not; or that there is no leader to compare with.
pub fn convergence(view: &ClusterView, reach: &Reach) -> Result<(), Unmet> {
    let Some(leader) = view.leader() else {
        return Err(Unmet::NoLeader { running: reach.running });
    };
    let leads = view.node(leader);
    for node in leads.membership.members().intersection(reach.both_ways(leader)).iter() {
        let follows = view.node(node);
        if follows.last_applied != leads.last_applied {
            let (applied, leader_applied) = (follows.last_applied, leads.last_applied);
            return Err(Unmet::AppliedDiffers { node, applied, leader, leader_applied });
        }
        if follows.state != leads.state {
            return Err(Unmet::StateDiffers { node, leader, applied: leads.last_applied });
        }
    }
    Ok(())
}

impl Unmet {
    /// The demand that is not met. Without a leader it is progress that is lacking, whatever was asked.
    pub fn invariant(&self) -> Invariant {
        match self {
            Unmet::NoLeader { .. } | Unmet::LeaderCutOff { .. } | Unmet::ProbeNotCommitted { .. } => {
                Invariant::Progress
            }
            Unmet::AppliedDiffers { .. } | Unmet::StateDiffers { .. } => Invariant::Convergence,
        }
    }

    /// The violation that this is when `within` has passed since it was demanded.
    pub fn violation(&self, at: Moment, within: Duration) -> Violation {
        let nodes = match *self {
            Unmet::NoLeader { running } => running,
            Unmet::LeaderCutOff { leader, .. } | Unmet::ProbeNotCommitted { leader, .. } => {
                [leader].into_iter().collect()
            }
            Unmet::AppliedDiffers { node, leader, .. } | Unmet::StateDiffers { node, leader, .. } => {
                [node, leader].into_iter().collect()
            }
        };
        let message = format!("{self}, {:.1} s after it was demanded", within.as_secs_f64());
        Violation { invariant: self.invariant(), message, nodes, at, explanation: None }
    }
}

impl fmt::Display for Unmet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unmet::NoLeader { running } => write!(f, "none of {running} leads"),
            Unmet::LeaderCutOff { leader, reaches, membership } => {
                write!(f, "{leader} leads but can talk only within {reaches}, no quorum of {membership}")
            }
            Unmet::ProbeNotCommitted { leader, commit_index } => {
                write!(f, "{leader} leads, has committed to {commit_index}, and does not commit the probe write")
            }
            Unmet::AppliedDiffers { node, applied, leader, leader_applied } => {
                write!(f, "{node} has applied to {applied}, its leader {leader} to {leader_applied}")
            }
            Unmet::StateDiffers { node, leader, applied } => {
                write!(f, "{node} and its leader {leader} have both applied to {applied} and have different states")
            }
        }
    }
}
