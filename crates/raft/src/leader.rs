//! The state and the duties of a leader.

use env::{Instant, NodeId, NodeSet};
use raft_types::{LogIndex, Observation, Term};

use crate::config::Config;
use crate::entry::{Entries, Payload, Snapshot};
use crate::log::Log;
use crate::membership::Promotion;
use crate::message::Message;
use crate::node::{Node, State};
use crate::progress::Progress;
use crate::quorum::quorum_value;
use crate::read::LeaderReads;
use crate::rounds::Rounds;
use crate::rules::{ConfirmedRound, Rules};
use crate::transfer::Handover;

/// The volatile state on leaders of Figure 2, with the additions of the thesis. It is made new with every election won.
#[derive(Clone, Debug)]
pub(crate) struct Leader {
    /// The term it won.
    pub(crate) elected_in: Term,
    /// The index of the entry with which it began its term. Once that is committed, all committed entries are known.
    pub(crate) first_index: LogIndex,
    /// The other members.
    pub(crate) peers: NodeSet,
    /// By the peer's id.
    progress: Vec<Option<Progress>>,
    pub(crate) rounds: Rounds,
    pub(crate) heartbeat_deadline: Instant,
    pub(crate) reads: LeaderReads,
    pub(crate) promotion: Option<Promotion>,
    pub(crate) handover: Option<Handover>,
    /// It has asked a server of this term to stand for election, so that its lease is worth nothing (thesis section
    /// 6.4.1).
    pub(crate) asked_to_stand: bool,
    /// The batch sent last, for the peers that need the same.
    pub(crate) batch: Batch,
}

/// The entries of an append: all from `from` on that fitted into one message when the log ended at `last_log_index`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Batch {
    pub(crate) from: LogIndex,
    pub(crate) last_log_index: LogIndex,
    pub(crate) entries: Entries,
}

/// The state of the server that a leader sends from.
pub(crate) struct Source<'a> {
    pub(crate) config: &'a Config,
    pub(crate) term: Term,
    pub(crate) log: &'a Log,
    pub(crate) commit_index: LogIndex,
    pub(crate) snapshot: Option<&'a Snapshot>,
}

/// A leading server, taken apart so that its leader's state can be changed while the rest is read.
pub(crate) struct Leading<'a, R> {
    pub(crate) leader: &'a mut Leader,
    pub(crate) source: Source<'a>,
    pub(crate) rules: &'a R,
    /// Where messages go that promise nothing.
    pub(crate) messages: &'a mut Vec<(NodeId, Message)>,
}

impl Leader {
    fn new(elected_in: Term, first_index: LogIndex, now: Instant, config: &Config) -> Leader {
        Leader {
            elected_in,
            first_index,
            peers: NodeSet::EMPTY,
            progress: Vec::new(),
            rounds: Rounds::new(now + config.election_timeout_max),
            heartbeat_deadline: now + config.heartbeat,
            reads: LeaderReads::default(),
            promotion: None,
            handover: None,
            asked_to_stand: false,
            batch: Batch::default(),
        }
    }

    pub(crate) fn progress(&self, peer: NodeId) -> Option<&Progress> {
        self.progress.get(peer.index())?.as_ref()
    }

    pub(crate) fn progress_mut(&mut self, peer: NodeId) -> Option<&mut Progress> {
        self.progress.get_mut(peer.index())?.as_mut()
    }

    /// Replicates to `peers` from now on. Of those that are new nothing is known; `next_index` is where to begin.
    pub(crate) fn set_peers(&mut self, peers: NodeSet, next_index: LogIndex) {
        for gone in self.peers.difference(peers).iter() {
            self.progress[gone.index()] = None;
        }
        for new in peers.difference(self.peers).iter() {
            if self.progress.len() <= new.index() {
                self.progress.resize(new.index() + 1, None);
            }
            self.progress[new.index()] = Some(Progress::new(next_index));
        }
        self.peers = peers;
    }
}

impl<R: Rules> Node<R> {
    /// The server taken apart; `None` if it does not lead.
    pub(crate) fn leading(&mut self) -> Option<Leading<'_, R>> {
        let State::Leader(leader) = &mut self.state else { return None };
        let source = Source {
            config: &self.config,
            term: self.hard_state.term,
            log: &self.log,
            commit_index: self.commit_index,
            snapshot: self.snapshot.as_ref(),
        };
        Some(Leading { leader, source, rules: &self.rules, messages: &mut self.outbox.ready.messages })
    }

    /// Begins the term: with an entry at once, so that everything before it can be committed (section 8).
    pub(crate) fn become_leader(&mut self) {
        let last = self.log.last();
        self.outbox.observe(Observation::BecameLeader { term: self.term(), last });
        let mut leader = Leader::new(self.term(), last.index.next(), self.now(), &self.config);
        leader.set_peers(self.other_members(), last.index.next());
        leader.rounds.begin(self.now());
        self.state = State::Leader(Box::new(leader));
        self.append_own(self.first_payload(), None);
        self.replicate_to_all();
        self.confirm_rounds();
    }

    /// The first leader of a cluster writes down the configuration that the cluster began with. A server that joins
    /// later finds it in the log or in a snapshot.
    fn first_payload(&self) -> Payload {
        if self.configurations.current_index() == LogIndex(0) {
            Payload::Membership(*self.configurations.current())
        } else {
            Payload::Empty
        }
    }

    pub(crate) fn other_members(&self) -> NodeSet {
        let mut members = self.configurations.current().members();
        members.remove(self.config.id);
        members
    }

    pub(crate) fn tick_leader(&mut self) {
        let now = self.now();
        let State::Leader(leader) = &mut self.state else { return };
        if leader.elected_in != self.hard_state.term {
            // Only if the rules let a leader outlive its term.
            return self.become_follower(self.term(), None);
        }
        if now >= leader.rounds.quorum_deadline {
            if !self.rules.keeps_leading(false) {
                return self.become_follower(self.term(), None);
            }
            leader.rounds.quorum_deadline = now + self.config.election_timeout_max;
        }
        if now >= leader.heartbeat_deadline {
            self.begin_round();
        }
        self.expire_handover();
        self.expire_promotion();
    }

    /// When the leader has something to do next.
    pub(crate) fn leader_deadline(&self, leader: &Leader) -> Instant {
        let handover = leader.handover.as_ref().map_or(Instant::NEVER, |handover| handover.deadline);
        leader.heartbeat_deadline.min(leader.rounds.quorum_deadline).min(handover)
    }

    /// Sends a heartbeat to all peers.
    pub(crate) fn begin_round(&mut self) {
        let now = self.now();
        let Some(Leading { leader, source, messages, .. }) = self.leading() else { return };
        leader.rounds.begin(now);
        leader.heartbeat_deadline = now + source.config.heartbeat;
        for peer in leader.peers.iter() {
            leader.heartbeat(peer, &source, messages);
        }
        self.confirm_rounds();
    }

    /// Draws the conclusions when a quorum has answered another round.
    pub(crate) fn confirm_rounds(&mut self) {
        let now = self.now();
        let State::Leader(leader) = &mut self.state else { return };
        let (own, membership) = (self.config.id, self.configurations.current());
        let answered = |node| match leader.progress(node) {
            Some(progress) => progress.acked_round,
            None if node == own => leader.rounds.current(),
            None => 0,
        };
        let by = |nodes| self.rules.read_quorum(membership, nodes);
        let confirmed = quorum_value(leader.rounds.confirmed(), membership.all_voters(), answered, by);
        let Some(confirmed) = confirmed else { return };
        if let Some(sent_at) = leader.rounds.confirm(confirmed) {
            let round = ConfirmedRound { sent_at, confirmed_at: now };
            leader.rounds.quorum_deadline = sent_at + self.config.election_timeout_max;
            leader.rounds.lease_until = self.rules.lease_until(&round, &self.config);
        }
        self.release_reads();
    }
}
