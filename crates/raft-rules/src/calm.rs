//! The demands once the faults are over: a leader and a committed write, then equal state.
//!
//! Pure functions of the nodes' reports ([`ClusterView`]) and of the links between the nodes ([`Reach`]). The driver of
//! the run asks them as often as it likes (they allocate nothing), sets the bounds, and turns a demand that is still
//! [`Unmet`] when a bound has passed into a violation. Some faults may stay (thesis section 9.6 and its critics: a
//! bridge, a dead minority): demands then concern the nodes that can talk, and [`has_core`] says whether any demand is
//! fair at all.

use std::fmt;

use env::{NodeId, NodeSet};
use raft_types::{LogIndex, Membership};
use sim::{Invariant, Lack, Reach};

use crate::ClusterView;

/// The voters that can talk both ways with a quorum: those that could lead. If there is none, progress cannot be
/// demanded.
pub fn can_lead(membership: &Membership, reach: &Reach) -> NodeSet {
    membership
        .all_voters()
        .intersection(reach.running())
        .iter()
        .filter(|node| membership.has_quorum(reach.both_ways(*node)))
        .collect()
}

/// True if the voters of this configuration that run must come to a leader that all of them, or a quorum, follow: a set
/// of them can all talk to one another and is a quorum, or, as on a ring, each can talk to a quorum.
pub fn has_core(membership: &Membership, reach: &Reach) -> bool {
    let voters = membership.all_voters().intersection(reach.running());
    let everyone_reaches_a_quorum = !voters.is_empty() && can_lead(membership, reach) == voters;
    everyone_reaches_a_quorum || reach.cores(voters).any(|core| membership.has_quorum(core))
}

/// A demand that a calm cluster does not meet yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unmet {
    /// No node leads.
    NoLeader {
        /// The nodes that run.
        running: NodeSet,
    },
    /// The leader cannot talk with a quorum.
    LeaderCutOff {
        /// The leader.
        leader: NodeId,
        /// The nodes that it can talk with, both ways.
        reaches: NodeSet,
        /// Its configuration.
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

/// Demands a leader that can talk with a quorum of its configuration.
///
/// # Errors
/// The demand that is not met.
pub fn progress(view: &ClusterView, reach: &Reach) -> Result<(), Unmet> {
    let Some(leader) = view.leader() else {
        return Err(Unmet::NoLeader { running: reach.running() });
    };
    let membership = view.node(leader).membership;
    let reaches = reach.both_ways(leader);
    if membership.has_quorum(reaches) { Ok(()) } else { Err(Unmet::LeaderCutOff { leader, reaches, membership }) }
}

/// The leader that owes the probe write, which no node has committed.
pub fn probe(view: &ClusterView, reach: &Reach) -> Unmet {
    match view.leader() {
        None => Unmet::NoLeader { running: reach.running() },
        Some(leader) => Unmet::ProbeNotCommitted { leader, commit_index: view.node(leader).commit_index },
    }
}

/// Demands that the members with which the leader can talk both ways have applied as much as the leader, to the same
/// state.
///
/// # Errors
/// The first member, by id, that has not; or that there is no leader to compare with.
pub fn convergence(view: &ClusterView, reach: &Reach) -> Result<(), Unmet> {
    let Some(leader) = view.leader() else {
        return Err(Unmet::NoLeader { running: reach.running() });
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
    /// The liveness invariant that is not met. Without a leader that is progress, also for [`convergence`].
    pub fn invariant(&self) -> Invariant {
        match self {
            Unmet::NoLeader { .. } | Unmet::LeaderCutOff { .. } | Unmet::ProbeNotCommitted { .. } => {
                Invariant::PROGRESS
            }
            Unmet::AppliedDiffers { .. } | Unmet::StateDiffers { .. } => Invariant::CONVERGENCE,
        }
    }

    /// The nodes that the demand is about.
    pub fn nodes(&self) -> NodeSet {
        match *self {
            Unmet::NoLeader { running } => running,
            Unmet::LeaderCutOff { leader, .. } | Unmet::ProbeNotCommitted { leader, .. } => {
                [leader].into_iter().collect()
            }
            Unmet::AppliedDiffers { node, leader, .. } | Unmet::StateDiffers { node, leader, .. } => {
                [node, leader].into_iter().collect()
            }
        }
    }

    /// The demand as a [`Lack`] of the net.
    pub fn lack(&self) -> Lack {
        Lack { invariant: self.invariant(), message: self.to_string(), nodes: self.nodes() }
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
