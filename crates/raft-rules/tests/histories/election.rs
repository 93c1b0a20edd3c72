//! Elections, without pre-votes and timers: any server may stand at any time.

use env::{NodeId, NodeSet};
use raft_rules::Role;
use raft_types::{EntryId, Observation, Term};
use sim::Violation;

use crate::rules::{Bug, is_quorum, is_up_to_date};
use crate::world::{Message, Step, World};

impl World {
    pub(crate) fn campaign(&mut self, id: NodeId) -> Step {
        let node = self.n(id);
        let membership = node.membership();
        if !node.is_up || node.role == Role::Leader || !membership.is_voter(id) {
            return Ok(());
        }
        node.files.term += 1;
        node.files.vote = Some(id);
        node.role = Role::Candidate;
        node.leader = None;
        node.votes = NodeSet::EMPTY;
        node.wrote();
        let (term, last) = (node.files.term, node.files.last());
        self.observe(id, Observation::BecameCandidate { term: Term(term) })?;
        self.send(id, id, Message::Vote { term });
        for voter in membership.all_voters().iter().filter(|voter| *voter != id) {
            self.send(id, voter, Message::RequestVote { term, last });
        }
        Ok(())
    }

    /// Takes on a newer term; true if the message is of the current one.
    pub(crate) fn is_current(&mut self, id: NodeId, term: u64) -> Result<bool, Box<Violation>> {
        if term > self.n(id).files.term {
            self.follow(id, term, None)?;
        }
        Ok(term == self.n(id).files.term)
    }

    pub(crate) fn follow(&mut self, id: NodeId, term: u64, leader: Option<NodeId>) -> Step {
        let forgets = self.has(Bug::VoteForgottenInTerm);
        let node = self.n(id);
        if term > node.files.term || (forgets && leader.is_none()) {
            node.files.term = term;
            node.files.vote = None;
            node.wrote();
        }
        node.role = Role::Follower;
        node.leader = leader;
        self.observe(id, Observation::BecameFollower { term: Term(term), leader })
    }

    pub(crate) fn requests_vote(&mut self, id: NodeId, from: NodeId, term: u64, last: EntryId) -> Step {
        if !self.is_current(id, term)? {
            return Ok(());
        }
        let bug = self.bug;
        if self.has(Bug::VoteForgottenInTerm) && self.n(id).role != Role::Leader {
            self.follow(id, term, None)?;
        }
        let node = self.n(id);
        let may = node.files.vote.is_none_or(|vote| vote == from);
        if may && node.role == Role::Follower && is_up_to_date(bug, last, node.files.last()) {
            node.files.vote = Some(from);
            node.wrote();
            if bug == Some(Bug::VoteNotDurable) {
                self.observe(id, Observation::Voted { term: Term(term), candidate: from })?;
                self.send_now(id, from, Message::Vote { term });
            } else {
                self.send(id, from, Message::Vote { term });
            }
        }
        Ok(())
    }

    pub(crate) fn votes(&mut self, id: NodeId, from: NodeId, term: u64) -> Step {
        let bug = self.bug;
        let node = self.n(id);
        let counts = term == node.files.term || (bug == Some(Bug::StaleVoteCounted) && term < node.files.term);
        if node.role != Role::Candidate || !counts {
            return Ok(());
        }
        node.votes.insert(from);
        if !is_quorum(bug.filter(|bug| *bug != Bug::CommitByHalf), &node.membership(), node.votes) {
            return Ok(());
        }
        node.role = Role::Leader;
        node.leader = Some(id);
        let last = node.files.last();
        node.next = vec![last.index.0 + 1; 64];
        node.matched = vec![0; 64];
        let term = node.term();
        self.observe(id, Observation::BecameLeader { term, last })?;
        self.seen.two_leaders |= self.checker.view().leaders().len() > 1;
        self.propose(id, None, None)?;
        self.heartbeat(id)
    }
}
