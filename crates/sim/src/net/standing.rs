//! The roles that faults aim at.

use env::{NodeId, NodeSet};

/// The nodes' roles, as the net knows them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// The node that leads, by the latest word; `None` if no node does, or the system knows no such role.
    pub leader: Option<NodeId>,
    /// The running nodes that believe they lead.
    pub leaders: NodeSet,
    /// The members of the cluster, which may be fewer than its machines; empty if all are.
    pub members: NodeSet,
    /// The members that vote: a majority of them decides. Empty if all members vote.
    pub voters: NodeSet,
}

impl Standing {
    /// No roles: every node is as good a target as any other.
    pub const NONE: Standing =
        Standing { leader: None, leaders: NodeSet::EMPTY, members: NodeSet::EMPTY, voters: NodeSet::EMPTY };

    /// This standing, with the roles of `other` that it does not know itself.
    #[must_use]
    pub fn or(self, other: Standing) -> Standing {
        let or = |one: NodeSet, other| if one.is_empty() { other } else { one };
        Standing {
            leader: self.leader.or(other.leader),
            leaders: or(self.leaders, other.leaders),
            members: or(self.members, other.members),
            voters: or(self.voters, other.voters),
        }
    }
}
