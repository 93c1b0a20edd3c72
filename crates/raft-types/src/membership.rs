//! The cluster's configuration: its voters and learners.

use std::fmt;

use env::{NodeId, NodeSet};

/// A cluster configuration (Raft paper section 6; thesis chapter 4), written `{n1 n2 n3}`, or while joint
/// `{n1 n2 n3}->{n1 n4 n5}`, with learners behind a plus sign.
///
/// Decisions (elections, commitment, reads) need a majority of `voters`, and of `outgoing` too while it is not empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Membership {
    /// The voters, of the new configuration while joint.
    pub voters: NodeSet,
    /// The voters of the old configuration, C_old; empty unless joint.
    pub outgoing: NodeSet,
    /// The nodes that receive the log and do not vote. Disjoint from both sets of voters.
    pub learners: NodeSet,
}

impl Membership {
    /// A simple configuration of these voters.
    pub fn of(voters: NodeSet) -> Membership {
        Membership { voters, ..Membership::default() }
    }

    /// True if two configurations are in force at once (C_old,new).
    pub fn is_joint(&self) -> bool {
        !self.outgoing.is_empty()
    }

    /// True if `node` votes in either configuration.
    pub fn is_voter(&self, node: NodeId) -> bool {
        self.all_voters().contains(node)
    }

    /// The voters of both configurations.
    pub fn all_voters(&self) -> NodeSet {
        self.voters.union(self.outgoing)
    }

    /// Voters and learners: all nodes that the log goes to.
    pub fn members(&self) -> NodeSet {
        self.all_voters().union(self.learners)
    }

    /// True if `nodes` hold a majority of every configuration in force.
    pub fn has_quorum(&self, nodes: NodeSet) -> bool {
        let majority_of = |voters: NodeSet| nodes.intersection(voters).len() >= voters.majority();
        majority_of(self.voters) && (self.outgoing.is_empty() || majority_of(self.outgoing))
    }
}

impl fmt::Display for Membership {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_joint() {
            write!(f, "{}->", self.outgoing)?;
        }
        write!(f, "{}", self.voters)?;
        if !self.learners.is_empty() {
            write!(f, "+{}", self.learners)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nodes(ids: &[u8]) -> NodeSet {
        ids.iter().map(|id| NodeId(*id)).collect()
    }

    #[test]
    fn a_joint_configuration_needs_both_majorities() {
        let joint = Membership { voters: nodes(&[1, 4, 5]), outgoing: nodes(&[1, 2, 3]), learners: NodeSet::EMPTY };
        assert!(!joint.has_quorum(nodes(&[1, 2, 3])), "only the old majority");
        assert!(!joint.has_quorum(nodes(&[1, 4, 5])), "only the new majority");
        assert!(!joint.has_quorum(nodes(&[2, 4, 5])), "three of the union's five is not both majorities");
        assert!(joint.has_quorum(nodes(&[1, 2, 4])));
        assert_eq!(joint.to_string(), "{n1 n2 n3}->{n1 n4 n5}");
    }

    #[test]
    fn learners_do_not_count() {
        let membership = Membership { voters: nodes(&[1, 2, 3]), learners: nodes(&[4, 5]), ..Membership::default() };
        assert!(!membership.has_quorum(nodes(&[1, 4, 5])));
    }

    #[test]
    fn an_empty_configuration_never_has_a_quorum() {
        assert!(!Membership::default().has_quorum(nodes(&[1, 2, 3])));
    }
}
