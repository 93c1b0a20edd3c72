//! A server: its state, and the events that change it.

use env::{Bytes, Instant, NodeId, Random, RequestId};
use raft_types::{EntryId, LogIndex, Membership, Role, Term};

use crate::clock::Clock;
use crate::config::{Config, ReadMode};
use crate::configurations::Configurations;
use crate::election::ElectionTimer;
use crate::entry::{Entry, HardState, Payload, Snapshot, Stable};
use crate::error::ProposeError;
use crate::invariants::{self, Summary};
use crate::leader::Leader;
use crate::log::Log;
use crate::message::Message;
use crate::outbox::Outbox;
use crate::read::ForwardedReads;
use crate::ready::Ready;
use crate::rules::{Paper, Promise, Rules, Tally};
use crate::snapshot::IncomingSnapshot;

/// One Raft server as a state machine.
///
/// Its inputs are [`step`](Node::step) (a message has arrived), [`tick`](Node::tick) (time has passed),
/// [`propose`](Node::propose) and its like (a client asks), and [`persisted`](Node::persisted) (the disk has caught
/// up). Its one output is the [`Ready`] of [`take_ready`](Node::take_ready): the work for the caller. Equal inputs make
/// equal outputs.
///
/// `now` is always a reading of the server's own clock; readings may go back.
#[derive(Clone, Debug)]
pub struct Node<R: Rules = Paper> {
    pub(crate) config: Config,
    pub(crate) rules: R,
    pub(crate) clock: Clock,
    pub(crate) hard_state: HardState,
    pub(crate) log: Log,
    pub(crate) configurations: Configurations,
    /// The latest snapshot, for followers that need entries which the log has no more.
    pub(crate) snapshot: Option<Snapshot>,
    pub(crate) commit_index: LogIndex,
    pub(crate) state: State,
    pub(crate) timer: ElectionTimer,
    pub(crate) forwarded: ForwardedReads,
    pub(crate) incoming: Option<IncomingSnapshot>,
    pub(crate) outbox: Outbox,
}

/// The role, with the state that belongs to it.
#[derive(Clone, Debug)]
pub(crate) enum State {
    Follower { leader: Option<NodeId> },
    PreCandidate(Tally),
    Candidate(Tally),
    Leader(Box<Leader>),
}

impl<R: Rules> Node<R> {
    /// A server that starts from its stable state, as a follower.
    ///
    /// # Panics
    /// If the configuration makes no sense, or the entries do not follow the snapshot or one another.
    pub fn new(config: Config, stable: Stable, rules: R, now: Instant, random: &mut dyn Random) -> Node<R> {
        config.assert_is_sound();
        let Stable { hard_state, snapshot, entries, membership } = stable;
        let (applied, membership) = match &snapshot {
            Some(snapshot) => (snapshot.last, snapshot.membership),
            None => (EntryId::ZERO, membership),
        };
        let log = recovered_log(applied, entries);
        let mut configurations = Configurations::new(applied.index, membership);
        for entry in log.range(applied.index.next(), log.last_index()) {
            if let Payload::Membership(membership) = entry.payload {
                configurations.push(entry.id.index, membership);
            }
        }
        // The server may have heard from a leader just before it stopped, and that leader may count on its loyalty.
        let loyal_until =
            if config.reads == ReadMode::Lease { now + config.election_timeout_min } else { Instant::ZERO };
        let mut node = Node {
            clock: Clock::new(now),
            hard_state,
            configurations,
            commit_index: applied.index,
            state: State::Follower { leader: None },
            timer: ElectionTimer::new(&config, now, loyal_until, random),
            forwarded: ForwardedReads::new(random),
            incoming: None,
            outbox: Outbox::new(log.last_index(), applied.index),
            log,
            snapshot,
            rules,
            config,
        };
        if !node.membership().voters.is_empty() {
            node.observe_configured();
        }
        invariants::check(&node);
        node
    }

    /// A message from `from` has arrived. Any message is handled or refused.
    pub fn step(&mut self, from: NodeId, message: Message, now: Instant, random: &mut dyn Random) {
        let is_peer = from != self.config.id && (NodeId(1)..=NodeId::MAX).contains(&from);
        if !is_peer || !message.is_sound() {
            return;
        }
        let before = self.begin(now);
        self.dispatch(from, message, random);
        self.end(&before);
    }

    fn dispatch(&mut self, from: NodeId, message: Message, random: &mut dyn Random) {
        match message {
            // The handlers of these accept any term.
            Message::RequestVote(request) => self.handle_request_vote(from, &request),
            Message::RequestVoteResponse { term, granted, pre_vote } => {
                self.handle_vote_response(from, term, granted, pre_vote, random);
            }
            // These come from leaders only.
            Message::AppendEntries(append) => {
                if self.follow(from, append.term) {
                    self.handle_append(from, append);
                }
            }
            Message::InstallSnapshot(chunk) => {
                if self.follow(from, chunk.term) {
                    self.handle_install_snapshot(from, &chunk);
                }
            }
            // All others are of the current term or worth nothing.
            other => {
                if other.term() > self.term() {
                    self.adopt_term(other.term());
                }
                if other.term() == self.term() {
                    self.dispatch_current(from, &other, random);
                }
            }
        }
    }

    fn dispatch_current(&mut self, from: NodeId, message: &Message, random: &mut dyn Random) {
        match *message {
            Message::AppendEntriesResponse { round, outcome, .. } => self.handle_append_response(from, round, outcome),
            Message::InstallSnapshotResponse { last, received, installed, .. } => {
                self.handle_install_response(from, last, received, installed);
            }
            Message::TimeoutNow { .. } => self.handle_timeout_now(from, random),
            Message::ReadIndex { context, .. } => self.handle_read_index(from, context),
            Message::ReadIndexResponse { context, index, .. } => {
                if self.leader() == Some(from) {
                    self.handle_read_index_response(context, index);
                }
            }
            Message::RequestVote(_)
            | Message::RequestVoteResponse { .. }
            | Message::AppendEntries(_)
            | Message::InstallSnapshot(_) => unreachable!("dispatched before"),
        }
    }

    /// Time has passed. Does nothing before [`deadline`](Node::deadline).
    pub fn tick(&mut self, now: Instant, random: &mut dyn Random) {
        let before = self.begin(now);
        if self.is_leader() {
            self.tick_leader();
        } else if self.now() >= self.timer.deadline && self.may_campaign() {
            self.campaign(random);
        }
        self.end(&before);
    }

    /// When [`tick`](Node::tick) must be called next, by the server's own clock. It may move with every step; a
    /// follower's moves later with each heartbeat.
    pub fn deadline(&self) -> Instant {
        let deadline = match &self.state {
            State::Leader(leader) => self.leader_deadline(leader),
            _ if self.may_campaign() => self.timer.deadline,
            _ => Instant::NEVER,
        };
        self.clock.reading_at(deadline)
    }

    /// Appends a command to the leader's log. It may be lost yet; it has happened when the entry with this very id is
    /// among [`committed`](Ready::committed).
    ///
    /// # Errors
    /// If this server does not lead or is handing over leadership.
    pub fn propose(
        &mut self,
        command: Bytes,
        request: Option<RequestId>,
        now: Instant,
    ) -> Result<EntryId, ProposeError> {
        let before = self.begin(now);
        let result = self.may_propose().map(|()| {
            let id = self.append_own(Payload::Command(command), request);
            self.replicate_to_all();
            id
        });
        self.end(&before);
        result
    }

    pub(crate) fn may_propose(&self) -> Result<(), ProposeError> {
        self.leads_or_error()?;
        match &self.state {
            State::Leader(leader) => match &leader.handover {
                Some(handover) => Err(ProposeError::Transferring { to: handover.to }),
                None => Ok(()),
            },
            _ => Ok(()),
        }
    }

    pub(crate) fn leads_or_error(&self) -> Result<(), ProposeError> {
        if self.is_leader() { Ok(()) } else { Err(ProposeError::NotLeader { hint: self.leader() }) }
    }

    /// The writes of the [`Ready`] of this number, and of all before it, are durable.
    ///
    /// # Panics
    /// If there was no such `Ready`.
    pub fn persisted(&mut self, number: u64, now: Instant) {
        let before = self.begin(now);
        self.outbox.persisted(number);
        match self.state {
            State::Candidate(_) if self.outbox.is_hard_state_durable() => self.count_own_vote(),
            State::Leader(_) => self.advance_commit(),
            _ => {}
        }
        self.end(&before);
    }

    /// Moves the work for the caller into `ready`, and drops its earlier content.
    pub fn take_ready(&mut self, ready: &mut Ready) {
        self.outbox.take(ready, self.hard_state, &self.log, self.commit_index, &self.rules);
    }

    /// True if there is anything to be done.
    pub fn has_ready(&self) -> bool {
        self.outbox.has_ready(&self.log, self.commit_index)
    }

    /// To be called before anything happens to the server.
    pub(crate) fn begin(&mut self, now: Instant) -> Summary {
        if self.clock.read(now)
            && let State::Leader(leader) = &mut self.state
        {
            leader.rounds.forget_times();
        }
        Summary::of(self)
    }

    /// To be called after it.
    pub(crate) fn end(&self, before: &Summary) {
        if self.rules.asserts_invariants() {
            invariants::check(self);
            invariants::check_step(before, &Summary::of(self));
        }
    }

    /// Now, by a clock that never goes back.
    pub(crate) fn now(&self) -> Instant {
        self.clock.now()
    }

    pub(crate) fn set_term_and_vote(&mut self, term: Term, voted_for: Option<NodeId>) {
        let hard_state = HardState { term, voted_for };
        if hard_state != self.hard_state {
            self.hard_state = hard_state;
            self.outbox.hard_state_changed();
        }
    }

    /// Sends a message that promises nothing.
    pub(crate) fn send(&mut self, to: NodeId, message: Message) {
        self.outbox.ready.messages.push((to, message));
    }

    /// Sends a message that promises something, as soon as the state that it rests on is durable.
    pub(crate) fn promise(&mut self, promise: Promise, is_durable: bool, to: NodeId, message: Message) {
        if is_durable || !self.rules.must_be_durable_before(promise) {
            self.send(to, message);
        } else {
            self.outbox.ready.messages_when_durable.push((to, message));
        }
    }
}

impl<R: Rules> Node<R> {
    /// This server.
    pub fn id(&self) -> NodeId {
        self.config.id
    }

    /// How it is set up.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Its rules.
    pub fn rules(&self) -> &R {
        &self.rules
    }

    /// The current term.
    pub fn term(&self) -> Term {
        self.hard_state.term
    }

    /// The candidate that it voted for in the current term.
    pub fn voted_for(&self) -> Option<NodeId> {
        self.hard_state.voted_for
    }

    /// Its role at the moment.
    pub fn role(&self) -> Role {
        match self.state {
            State::Follower { .. } => Role::Follower,
            State::PreCandidate(_) => Role::PreCandidate,
            State::Candidate(_) => Role::Candidate,
            State::Leader(_) => Role::Leader,
        }
    }

    /// True if it leads, as far as it knows.
    pub fn is_leader(&self) -> bool {
        matches!(self.state, State::Leader(_))
    }

    /// The leader of the current term, as far as it knows.
    pub fn leader(&self) -> Option<NodeId> {
        match self.state {
            State::Follower { leader } => leader,
            State::Leader(_) => Some(self.config.id),
            State::PreCandidate(_) | State::Candidate(_) => None,
        }
    }

    /// The last index known to be committed.
    pub fn commit_index(&self) -> LogIndex {
        self.commit_index
    }

    /// The last entry of the log.
    pub fn last(&self) -> EntryId {
        self.log.last()
    }

    /// The last entry that the latest snapshot covers, `0@0` without one.
    pub fn snapshot_last(&self) -> EntryId {
        self.snapshot.as_ref().map_or(EntryId::ZERO, |snapshot| snapshot.last)
    }

    /// The first index the log still has, or would have.
    pub fn first_index(&self) -> LogIndex {
        self.log.base().index.next()
    }

    /// The entry at `index`, if the log still has it.
    pub fn entry_at(&self, index: LogIndex) -> Option<&Entry> {
        self.log.entry(index)
    }

    /// The term of the entry at `index`, if the log still knows it.
    pub fn term_at(&self, index: LogIndex) -> Option<Term> {
        self.log.term_at(index)
    }

    /// The configuration in force: the latest in the log, committed or not.
    pub fn membership(&self) -> Membership {
        *self.configurations.current()
    }

    /// The configuration that was in force at `index`, as a snapshot through it must say.
    pub fn membership_at(&self, index: LogIndex) -> Membership {
        self.configurations.at(index)
    }
}

/// The log of a server that starts: the entries behind the snapshot and, for followers a little behind, those before it
/// as far as they belong to it.
fn recovered_log(snapshot_last: EntryId, mut entries: Vec<Entry>) -> Log {
    for pair in entries.windows(2) {
        let (one, two) = (pair[0].id, pair[1].id);
        assert!(two.index == one.index.next() && two.term >= one.term, "{two} does not follow {one}");
    }
    let behind_snapshot = entries.partition_point(|entry| entry.id.index <= snapshot_last.index);
    let base = match entries[..behind_snapshot].last() {
        // The first of them gives its id to the base: the entry before it is not known.
        Some(last) if last.id == snapshot_last => {
            let first = entries.remove(0);
            first.id
        }
        _ => {
            entries.drain(..behind_snapshot);
            snapshot_last
        }
    };
    if let Some(first) = entries.first() {
        assert!(first.id.index == base.index.next(), "the log begins at {}, after {base}", first.id);
    }
    Log::new(base, entries)
}
