//! Changes of the membership (section 6, thesis chapter 4).
//!
//! A change of the voters goes through the joint configuration: the leader appends C_old,new, in force at once on every
//! server that has it, and when that is committed, C_new. A server that is to vote is a learner first, so that it has
//! the log before it counts (thesis section 4.2.1). Learners come and go in one step, for they decide nothing.
//!
//! Left out: adding more than one voter in one change, and demoting a voter to a learner.

use env::{Instant, NodeId};
use raft_types::{EntryId, LogIndex, Membership, Observation};

use crate::entry::Payload;
use crate::error::{InvalidChange, ProposeError};
use crate::node::{Node, State};
use crate::rules::Rules;

/// A change of the membership.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MembershipChange {
    /// Adds a server that receives the log and votes for nothing.
    AddLearner(NodeId),
    /// Adds a voter: as a learner first, promoted by itself when it has caught up. If it does not within ten election
    /// timeouts, or this server loses its leadership, it remains a learner.
    AddVoter(NodeId),
    /// Removes a voter or learner; the leader too, which then leads until the change is committed.
    Remove(NodeId),
    /// Removes a voter and adds another in one change, as [`MembershipChange::AddVoter`] would.
    Replace {
        /// The voter that goes.
        old: NodeId,
        /// The voter that comes.
        new: NodeId,
    },
}

/// A learner that is to vote.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Promotion {
    node: NodeId,
    /// The voter it replaces.
    replaces: Option<NodeId>,
    /// When the leader gives it up.
    deadline: Instant,
}

/// How many election timeouts a learner is given to catch up.
const PROMOTION_TIMEOUTS: u32 = 10;

impl<R: Rules> Node<R> {
    /// Begins to change the membership. Returns the entry of the first step; the others follow by themselves.
    ///
    /// # Errors
    /// If this server does not lead or is not ready, another change is in progress, or the change makes no sense.
    pub fn change_membership(&mut self, change: MembershipChange, now: Instant) -> Result<EntryId, ProposeError> {
        let before = self.begin(now);
        let result = self.begin_change(change);
        self.end(&before);
        result
    }

    fn begin_change(&mut self, change: MembershipChange) -> Result<EntryId, ProposeError> {
        self.may_propose()?;
        let own_term_committed = self.is_own_term_committed();
        if !self.rules.may_change_membership(own_term_committed, self.is_change_in_progress(change)) {
            let not_ready = !own_term_committed;
            return Err(if not_ready { ProposeError::NotReady } else { ProposeError::ChangeInProgress });
        }
        let current = *self.configurations.current();
        let next = first_configuration(&current, change).map_err(ProposeError::InvalidChange)?;
        let next = if next.voters == current.voters { next } else { self.rules.first_step(&current, &next) };
        let deadline = self.now() + self.config.election_timeout_max * PROMOTION_TIMEOUTS;
        let promotion = match change {
            MembershipChange::AddVoter(node) => Some(Promotion { node, replaces: None, deadline }),
            MembershipChange::Replace { old, new } => Some(Promotion { node: new, replaces: Some(old), deadline }),
            MembershipChange::AddLearner(_) | MembershipChange::Remove(_) => None,
        };
        if let State::Leader(leader) = &mut self.state {
            leader.promotion = promotion;
        }
        Ok(self.append_membership(next))
    }

    /// A joint configuration is a change in progress until it has been left; so is a configuration that is not
    /// committed, and a learner that is to be promoted, unless that one is to go.
    fn is_change_in_progress(&self, change: MembershipChange) -> bool {
        let promoting = match &self.state {
            State::Leader(leader) => leader.promotion.as_ref().map(|promotion| promotion.node),
            _ => None,
        };
        let current = &self.configurations;
        current.current().is_joint()
            || current.current_index() > self.commit_index
            || promoting.is_some_and(|node| change != MembershipChange::Remove(node))
    }

    /// Puts a configuration in force. Peers that it leaves out get the log until it is committed, so that they know
    /// that they are out, and leave the others in peace.
    fn append_membership(&mut self, membership: Membership) -> EntryId {
        let id = self.append_own(Payload::Membership(membership), None);
        let members = self.other_members();
        if let State::Leader(leader) = &mut self.state {
            leader.set_peers(members.union(leader.peers), id.index);
        }
        self.replicate_to_all();
        id
    }

    /// Takes the next step of a change once the one before is committed.
    pub(crate) fn advance_membership(&mut self) {
        if !self.is_own_term_committed() || self.configurations.current_index() > self.commit_index {
            return;
        }
        let current = *self.configurations.current();
        if current.is_joint() {
            self.append_membership(Membership { outgoing: Default::default(), ..current });
            return;
        }
        self.dismiss_peers();
        if current.is_voter(self.config.id) {
            self.promote();
        } else {
            // The leader has removed itself and is done (section 6).
            self.become_follower(self.term(), None);
        }
    }

    /// Tells all peers, for the last time the ones that are members no more, that the configuration is committed.
    fn dismiss_peers(&mut self) {
        let members = self.other_members();
        let State::Leader(leader) = &self.state else { return };
        if leader.peers != members || !self.configurations.current().is_voter(self.config.id) {
            self.begin_round();
        }
        if let State::Leader(leader) = &mut self.state {
            leader.set_peers(members, self.log.last_index().next());
        }
    }

    /// Makes a learner a voter when it has caught up.
    pub(crate) fn promote(&mut self) {
        let State::Leader(leader) = &mut self.state else { return };
        let Some(Promotion { node, replaces, .. }) = leader.promotion else { return };
        let (current, index) = (*self.configurations.current(), self.configurations.current_index());
        let caught_up = leader.progress(node).is_some_and(|progress| progress.is_caught_up(self.commit_index));
        if current.is_joint() || index > self.commit_index || !caught_up {
            return;
        }
        leader.promotion = None;
        let mut next = current;
        next.learners.remove(node);
        next.voters.insert(node);
        if let Some(old) = replaces {
            next.voters.remove(old);
        }
        self.append_membership(self.rules.first_step(&current, &next));
    }

    /// Gives up a learner that does not catch up.
    pub(crate) fn expire_promotion(&mut self) {
        let now = self.now();
        if let State::Leader(leader) = &mut self.state
            && leader.promotion.as_ref().is_some_and(|promotion| promotion.deadline <= now)
        {
            leader.promotion = None;
        }
    }

    pub(crate) fn observe_configured(&mut self) {
        let (index, membership) = (self.configurations.current_index(), *self.configurations.current());
        self.outbox.observe(Observation::Configured { index, membership });
    }

    /// Cuts the log at `from`, and takes back the configurations that were behind it.
    pub(crate) fn truncate(&mut self, from: LogIndex) {
        self.log.truncate(from);
        self.outbox.truncated(from);
        self.outbox.observe(Observation::Truncated { from });
        if self.configurations.truncate(from, &self.rules) {
            self.observe_configured();
        }
    }
}

/// The first configuration on the way of a change: a new voter is a learner in it.
fn first_configuration(current: &Membership, change: MembershipChange) -> Result<Membership, InvalidChange> {
    let mut next = *current;
    match change {
        MembershipChange::AddLearner(node) => {
            if current.members().contains(node) {
                return Err(InvalidChange::AlreadyMember(node));
            }
            add_learner(&mut next, node)?;
        }
        MembershipChange::AddVoter(node) => add_learner(&mut next, node)?,
        MembershipChange::Remove(node) => {
            if !next.voters.remove(node) && !next.learners.remove(node) {
                return Err(InvalidChange::NotMember(node));
            }
            if next.voters.is_empty() {
                return Err(InvalidChange::NoVoterLeft);
            }
        }
        MembershipChange::Replace { old, new } => {
            if !current.voters.contains(old) {
                return Err(InvalidChange::NotMember(old));
            }
            add_learner(&mut next, new)?;
        }
    }
    Ok(next)
}

/// A learner may be added again: that is how one left behind by an earlier change gets to vote.
fn add_learner(membership: &mut Membership, node: NodeId) -> Result<(), InvalidChange> {
    if !(NodeId(1)..=NodeId::MAX).contains(&node) {
        return Err(InvalidChange::NoSuchId(node));
    }
    if membership.is_voter(node) {
        return Err(InvalidChange::AlreadyMember(node));
    }
    membership.learners.insert(node);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use env::NodeSet;

    fn nodes(ids: &[u8]) -> NodeSet {
        ids.iter().map(|id| NodeId(*id)).collect()
    }

    #[test]
    fn a_change_aims_at_a_learner_first_and_refuses_what_makes_no_sense() {
        let current = Membership { learners: nodes(&[4]), ..Membership::of(NodeSet::first(3)) };
        let learners = |ids: &[u8]| Ok(Membership { learners: nodes(ids), ..current });
        let voters = |ids: &[u8]| Ok(Membership { voters: nodes(ids), ..current });
        for (change, expected) in [
            (MembershipChange::AddLearner(NodeId(5)), learners(&[4, 5])),
            (MembershipChange::AddLearner(NodeId(4)), Err(InvalidChange::AlreadyMember(NodeId(4)))),
            (MembershipChange::AddVoter(NodeId(5)), learners(&[4, 5])),
            (MembershipChange::AddVoter(NodeId(4)), learners(&[4])),
            (MembershipChange::AddVoter(NodeId(1)), Err(InvalidChange::AlreadyMember(NodeId(1)))),
            (MembershipChange::AddVoter(NodeId(0)), Err(InvalidChange::NoSuchId(NodeId(0)))),
            (MembershipChange::AddVoter(NodeId(64)), Err(InvalidChange::NoSuchId(NodeId(64)))),
            (MembershipChange::Remove(NodeId(2)), voters(&[1, 3])),
            (MembershipChange::Remove(NodeId(4)), learners(&[])),
            (MembershipChange::Remove(NodeId(5)), Err(InvalidChange::NotMember(NodeId(5)))),
            (MembershipChange::Replace { old: NodeId(1), new: NodeId(5) }, learners(&[4, 5])),
            (MembershipChange::Replace { old: NodeId(4), new: NodeId(5) }, Err(InvalidChange::NotMember(NodeId(4)))),
            (
                MembershipChange::Replace { old: NodeId(1), new: NodeId(2) },
                Err(InvalidChange::AlreadyMember(NodeId(2))),
            ),
        ] {
            assert_eq!(first_configuration(&current, change), expected, "{change:?}");
        }
        let alone = Membership::of(NodeSet::first(1));
        let removed = first_configuration(&alone, MembershipChange::Remove(NodeId(1)));
        assert_eq!(removed, Err(InvalidChange::NoVoterLeft));
    }
}
