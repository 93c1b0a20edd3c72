//! Linearizable reads that write nothing (section 8, thesis section 6.4).
//!
//! A read may be answered from any state that includes every entry which was committed when the read arrived, if the
//! server that named that index still led when the read arrived. A leader proves that by a round of heartbeats begun
//! afterwards ([`Rounds`](crate::rounds::Rounds)), one round for all reads that wait, or by its lease. A follower asks
//! its leader for the index and answers from its own state.

use std::collections::VecDeque;

use env::{Instant, NodeId, Random};
use raft_types::LogIndex;

use crate::config::ReadMode;
use crate::error::ProposeError;
use crate::message::Message;
use crate::node::{Node, State};
use crate::ready::{ReadState, ReadToken};
use crate::rules::Rules;

/// The origin of a read.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Reader {
    /// This server's caller.
    Local(ReadToken),
    /// A follower, for its caller.
    Peer { node: NodeId, context: u64 },
}

/// The reads a leader has not answered.
#[derive(Clone, Debug, Default)]
pub(crate) struct LeaderReads {
    /// They wait for the first entry of the term to be committed.
    early: Vec<Reader>,
    /// They wait for their round to be confirmed; rounds ascend.
    waiting: VecDeque<WaitingRead>,
}

#[derive(Clone, Copy, Debug)]
struct WaitingRead {
    reader: Reader,
    index: LogIndex,
    round: u64,
}

/// The reads a follower has asked its leader about.
#[derive(Clone, Debug)]
pub(crate) struct ForwardedReads {
    /// Begins at random, so that the answer to a question from before a restart answers none from after it.
    next_context: u64,
    /// Oldest first; each with the time after which it is given up.
    asked: VecDeque<(u64, ReadToken, Instant)>,
}

impl ForwardedReads {
    pub(crate) fn new(random: &mut dyn Random) -> ForwardedReads {
        ForwardedReads { next_context: random.next_u64(), asked: VecDeque::new() }
    }
}

impl<R: Rules> Node<R> {
    /// Asks for a linearizable read. A [`ReadState`] with this token follows, or the token among
    /// [`reads_dropped`](crate::Ready::reads_dropped), or, if a message is lost on a quiet follower, neither: give up
    /// after a while.
    ///
    /// # Errors
    /// If this server neither leads nor knows a leader.
    pub fn read(&mut self, token: ReadToken, now: Instant) -> Result<(), ProposeError> {
        let before = self.begin(now);
        let result = match (self.is_leader(), self.leader()) {
            (true, _) => {
                self.admit_read(Reader::Local(token));
                Ok(())
            }
            (false, Some(leader)) => {
                self.forward_read(leader, token);
                Ok(())
            }
            (false, None) => Err(ProposeError::NotLeader { hint: None }),
        };
        self.end(&before);
        result
    }

    fn forward_read(&mut self, leader: NodeId, token: ReadToken) {
        self.expire_forwarded_reads();
        let context = self.forwarded.next_context;
        self.forwarded.next_context = context.wrapping_add(1);
        let given_up_at = self.now() + self.config.election_timeout_max;
        self.forwarded.asked.push_back((context, token, given_up_at));
        self.send(leader, Message::ReadIndex { term: self.term(), context });
    }

    pub(crate) fn handle_read_index(&mut self, from: NodeId, context: u64) {
        if self.is_leader() {
            self.admit_read(Reader::Peer { node: from, context });
        }
    }

    pub(crate) fn handle_read_index_response(&mut self, context: u64, index: LogIndex) {
        let asked = &mut self.forwarded.asked;
        if let Some(at) = asked.iter().position(|(asked, ..)| *asked == context)
            && let Some((_, token, _)) = asked.remove(at)
        {
            self.outbox.ready.reads.push(ReadState { token, index });
        }
    }

    /// Gives up the questions whose answer must have been lost.
    pub(crate) fn expire_forwarded_reads(&mut self) {
        let now = self.now();
        while let Some((_, token, _)) = self.forwarded.asked.pop_front_if(|(.., given_up_at)| *given_up_at <= now) {
            self.outbox.ready.reads_dropped.push(token);
        }
    }

    /// Gives up all questions: their leader leads no more.
    pub(crate) fn drop_forwarded_reads(&mut self) {
        let dropped = self.forwarded.asked.drain(..).map(|(_, token, _)| token);
        self.outbox.ready.reads_dropped.extend(dropped);
    }

    fn admit_read(&mut self, reader: Reader) {
        let own_term_committed = self.is_own_term_committed();
        let now = self.now();
        let index = self.commit_index;
        let State::Leader(leader) = &mut self.state else { return };
        if self.rules.read_needs_own_term_commit() && !own_term_committed {
            leader.reads.early.push(reader);
            return;
        }
        let has_lease = self.config.reads == ReadMode::Lease
            && now < leader.rounds.lease_until
            && (!leader.asked_to_stand || self.rules.lease_survives_transfer());
        if has_lease || !self.rules.read_needs_quorum() {
            return self.answer_read(reader, index);
        }
        // A round that is on its way began before the read arrived and proves nothing for it; the next one serves all
        // reads that have come until it begins.
        let round = leader.rounds.current() + 1;
        leader.reads.waiting.push_back(WaitingRead { reader, index, round });
        self.begin_round_for_reads();
    }

    /// Begins the round that reads wait for, unless an earlier one is on its way for other reads.
    fn begin_round_for_reads(&mut self) {
        let State::Leader(leader) = &self.state else { return };
        if leader.reads.waiting.front().is_some_and(|read| read.round > leader.rounds.current()) {
            self.begin_round();
        }
    }

    /// The first entry of the term is committed: the reads that waited for that have the same standing as new ones.
    pub(crate) fn admit_early_reads(&mut self) {
        let State::Leader(leader) = &mut self.state else { return };
        if leader.reads.early.is_empty() || self.commit_index < leader.first_index {
            return;
        }
        for reader in std::mem::take(&mut leader.reads.early) {
            self.admit_read(reader);
        }
    }

    /// Answers the reads whose round is confirmed.
    pub(crate) fn release_reads(&mut self) {
        while let State::Leader(leader) = &mut self.state {
            let confirmed = leader.rounds.confirmed();
            let Some(read) = leader.reads.waiting.pop_front_if(|read| read.round <= confirmed) else { break };
            self.answer_read(read.reader, read.index);
        }
        self.begin_round_for_reads();
    }

    fn answer_read(&mut self, reader: Reader, index: LogIndex) {
        match reader {
            Reader::Local(token) => self.outbox.ready.reads.push(ReadState { token, index }),
            Reader::Peer { node, context } => {
                self.send(node, Message::ReadIndexResponse { term: self.term(), context, index });
            }
        }
    }

    /// The leader leads no more: its own caller is told, followers find out for themselves.
    pub(crate) fn drop_reads(&mut self, reads: LeaderReads) {
        let waiting = reads.waiting.into_iter().map(|read| read.reader);
        for reader in reads.early.into_iter().chain(waiting) {
            if let Reader::Local(token) = reader {
                self.outbox.ready.reads_dropped.push(token);
            }
        }
    }
}
