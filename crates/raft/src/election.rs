//! Elections (section 5.2), with a pre-vote (thesis section 9.6) and loyalty to a leader that is alive (section 6).
//!
//! A server whose election timer runs out first asks whether it could win, which changes the state of no server. Only
//! with a quorum's yes does it take a new term and stand. So a server that was cut off, or was removed and does not
//! know, disturbs no leader.

use env::{Instant, NodeId, Random};
use raft_types::{Observation, Term};

use crate::config::Config;
use crate::message::{Message, RequestVote};
use crate::node::{Node, State};
use crate::rules::{Promise, Rules, Tally, Voter};

/// When a server loses patience, and until when it is loyal.
#[derive(Clone, Debug)]
pub(crate) struct ElectionTimer {
    /// How long it waits this time. Drawn anew each time it runs out, so that a split vote does not repeat itself.
    timeout: u64,
    pub(crate) deadline: Instant,
    /// Until then it disregards candidates: a leader was alive an instant ago.
    pub(crate) loyal_until: Instant,
}

impl ElectionTimer {
    pub(crate) fn new(config: &Config, now: Instant, loyal_until: Instant, random: &mut dyn Random) -> ElectionTimer {
        let mut timer = ElectionTimer { timeout: 0, deadline: now, loyal_until };
        timer.draw(config, now, random);
        timer
    }

    fn draw(&mut self, config: &Config, now: Instant, random: &mut dyn Random) {
        let (min, max) = (config.election_timeout_min.as_nanos() as u64, config.election_timeout_max.as_nanos() as u64);
        self.timeout = random.between(min, max);
        self.restart(now);
    }

    /// Waits once more for as long as the last time.
    pub(crate) fn restart(&mut self, now: Instant) {
        self.deadline = Instant(now.0.saturating_add(self.timeout));
    }
}

impl<R: Rules> Node<R> {
    /// True if this server may stand for election: it votes, or did in a configuration that may yet turn out to be the
    /// one in force. The second is for a server that alone holds the configuration that removes it: without it no
    /// server could be elected to commit that (thesis section 4.2.2). Its vote for itself does not count then. A server
    /// whose log is not on its disk yet, because a snapshot is being installed, has nothing to stand with.
    pub(crate) fn may_campaign(&self) -> bool {
        let own = self.config.id;
        let votes =
            self.configurations.current().is_voter(own) || self.configurations.is_voter_since(self.commit_index, own);
        votes && !self.outbox.is_installing()
    }

    /// The election timer has run out.
    pub(crate) fn campaign(&mut self, random: &mut dyn Random) {
        self.timer.draw(&self.config, self.clock.now(), random);
        self.drop_forwarded_reads();
        self.outbox.observe(Observation::BecamePreCandidate { term: self.term() });
        let own = [self.config.id].into_iter().collect();
        self.state = State::PreCandidate(Tally { granted: own, grants: 1, ..Tally::default() });
        self.request_votes(true, false);
        self.conclude_election(random);
    }

    /// Takes a new term and stands for election; `transfer` if the leader asked for it.
    pub(crate) fn become_candidate(&mut self, transfer: bool, random: &mut dyn Random) {
        self.timer.draw(&self.config, self.clock.now(), random);
        self.drop_forwarded_reads();
        self.set_term_and_vote(self.term().next(), Some(self.config.id));
        self.outbox.observe(Observation::BecameCandidate { term: self.term() });
        self.state = State::Candidate(Tally::default());
        self.request_votes(false, transfer);
        if !self.rules.must_be_durable_before(Promise::OwnVote) {
            self.count_own_vote();
        }
    }

    fn request_votes(&mut self, pre_vote: bool, transfer: bool) {
        let term = if pre_vote { self.term().next() } else { self.term() };
        let request = RequestVote { term, last: self.log.last(), pre_vote, transfer };
        let mut voters = self.configurations.current().all_voters();
        voters.remove(self.config.id);
        for voter in voters.iter() {
            if pre_vote {
                self.send(voter, Message::RequestVote(request));
            } else {
                // A candidate that forgot its term after a crash would stand in it a second time, with another log.
                self.promise(Promise::OwnVote, false, voter, Message::RequestVote(request));
            }
        }
    }

    /// The candidate's vote for itself is durable, or need not be.
    pub(crate) fn count_own_vote(&mut self) {
        let (own, term) = (self.config.id, self.term());
        let State::Candidate(tally) = &mut self.state else { return };
        if tally.granted.insert(own) {
            tally.grants += 1;
            self.outbox.observe(Observation::Voted { term, candidate: own });
            self.conclude_vote();
        }
    }

    pub(crate) fn handle_request_vote(&mut self, from: NodeId, request: &RequestVote) {
        let hears_leader = self.is_leader() || self.now() < self.timer.loyal_until;
        let disregarded = self.rules.disregards_candidate(hears_leader, request.transfer);
        if request.term > self.term() && !request.pre_vote {
            if disregarded {
                return;
            }
            self.adopt_term(request.term);
        }
        // No server has voted yet in a term that is only asked about.
        let voted_for = if request.term > self.term() { None } else { self.hard_state.voted_for };
        let voter = Voter { term: self.term(), voted_for, last: self.log.last() };
        let granted = !disregarded && self.rules.grants_vote(from, request, &voter);
        let pre_vote = request.pre_vote;
        if granted && !pre_vote {
            self.timer.restart(self.clock.now());
            self.set_term_and_vote(self.term(), Some(from));
            let answer = Message::RequestVoteResponse { term: self.term(), granted, pre_vote };
            self.promise(Promise::Vote, false, from, answer);
        } else {
            // A refusal promises nothing, and the candidate may have to learn its term.
            let term = if granted { request.term } else { self.term() };
            self.send(from, Message::RequestVoteResponse { term, granted, pre_vote });
        }
    }

    pub(crate) fn handle_vote_response(
        &mut self,
        from: NodeId,
        term: Term,
        granted: bool,
        pre_vote: bool,
        random: &mut dyn Random,
    ) {
        if term > self.term() && !granted {
            if self.rules.learns_term_from_refusal() {
                self.adopt_term(term);
            }
            return;
        }
        let own_term = self.term();
        let (tally, campaign) = match &mut self.state {
            State::PreCandidate(tally) if pre_vote => (tally, own_term.next()),
            State::Candidate(tally) if !pre_vote => (tally, own_term),
            _ => return,
        };
        if granted && self.rules.counts_vote(term, campaign) {
            tally.granted.insert(from);
            tally.grants += 1;
        } else if !granted && (pre_vote || term == campaign) {
            tally.refused.insert(from);
        }
        self.conclude_election(random);
    }

    /// A quorum's yes to a pre-vote makes a candidate; its yes to a vote, a leader.
    fn conclude_election(&mut self, random: &mut dyn Random) {
        match &self.state {
            State::PreCandidate(tally) if self.rules.wins_election(self.configurations.current(), tally) => {
                self.become_candidate(false, random);
            }
            _ => self.conclude_vote(),
        }
    }

    fn conclude_vote(&mut self) {
        let membership = self.configurations.current();
        let (State::PreCandidate(tally) | State::Candidate(tally)) = &self.state else { return };
        let is_candidate = matches!(self.state, State::Candidate(_));
        if is_candidate && self.rules.wins_election(membership, tally) {
            self.become_leader();
        } else if !membership.has_quorum(membership.all_voters().difference(tally.refused)) {
            // It cannot win any more. It waits, as a follower that hears from no leader.
            self.become_follower(self.term(), None);
        }
    }

    /// A newer term was seen.
    pub(crate) fn adopt_term(&mut self, term: Term) {
        if self.is_leader() && !self.rules.steps_down_on_newer_term() {
            self.set_term_and_vote(term, None);
        } else {
            self.become_follower(term, None);
        }
    }

    /// Follows, of `leader` if it is known, in `term`.
    pub(crate) fn become_follower(&mut self, term: Term, leader: Option<NodeId>) {
        let voted_for = if self.rules.keeps_vote(self.term(), term) { self.hard_state.voted_for } else { None };
        if term != self.term() {
            self.incoming = None;
        }
        self.set_term_and_vote(term, voted_for);
        self.drop_forwarded_reads();
        if let State::Leader(was) = std::mem::replace(&mut self.state, State::Follower { leader }) {
            self.drop_reads(was.reads);
            self.timer.restart(self.clock.now());
        }
        self.outbox.observe(Observation::BecameFollower { term, leader });
    }
}
