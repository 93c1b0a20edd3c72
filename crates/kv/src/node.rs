//! The node: one [`raft::Node`] with a disk under it and a state machine on top.
//!
//! Always true:
//! - nothing leaves the node before the state that it promises is durable: messages that rest on the disk are held
//!   until the sync that covers them is done, and at boot all messages, until the log that was found is durable again
//!   (`recovery.rs`);
//! - one sync is in flight at a time, and all writes meanwhile share the next one (group commit);
//! - entries are applied in order, without a gap, and only committed ones;
//! - after a failed sync the node does nothing any more.
//!
//! The state between two events is asserted in `node/invariants.rs`.
//!
//! Answers to clients are not held: a command is answered when it is applied, so it is committed, so a quorum has it
//! durably, whether or not this node is part of that quorum.

mod apply;
mod durability;
mod invariants;
mod publication;
mod reads;
mod requests;

use std::collections::VecDeque;

use env::{ClientId, Disk, DiskOp, Effects, Event, Instant, Networked, NodeId, Process, Random, RequestId};
use raft::{Message, Ready};
use raft_types::{EntryId, Membership, Observation};

use crate::config::{Config, Start};
use crate::error::BootError;
use crate::machine::Machine;
use crate::names;
use crate::recovery::{Found, Recovered, recover};
use crate::request::{Request, Response};
use crate::rules::{Paper, Rules};
use crate::wal::Wal;
use durability::Durability;
use invariants::Positions;
use publication::Publications;
use reads::Reads;

/// A node of the replicated key-value store.
#[derive(Clone, Debug)]
pub struct Node<R: Rules = Paper> {
    config: Config,
    rules: R,
    raft: raft::Node<R>,
    /// Reused from event to event; not there while it is being carried out.
    ready: Option<Box<Ready>>,
    machine: Machine,
    applied: Applied,
    wal: Wal,
    durability: Durability,
    publications: Publications,
    /// Proposals whose clients wait, by ascending index.
    waiting: VecDeque<Waiting>,
    reads: Reads,
    /// The wake-up that is due to come, as far as this node knows.
    wake_at: Option<Instant>,
    /// Reused from command to command.
    scratch: Vec<u8>,
    /// The positions at the last check of the invariants.
    checked: Positions,
    halted: bool,
}

/// The position of the state machine.
#[derive(Clone, Copy, Debug)]
struct Applied {
    /// The last entry in it.
    last: EntryId,
    /// The entry before that one.
    before: EntryId,
}

/// A client that waits for its proposal.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    proposed: EntryId,
    client: ClientId,
    to: RequestId,
}

impl<R: Rules> Node<R> {
    /// Starts a node from its disk.
    ///
    /// # Errors
    /// If the disk does not allow it to start without the danger of having forgotten something.
    pub fn boot(
        config: Config,
        start: Start,
        disk: &dyn Disk,
        rules: R,
        now: Instant,
        random: &mut dyn Random,
        effects: &mut Effects<Node<R>>,
    ) -> Result<Node<R>, BootError> {
        let founding = match start {
            Start::New(membership) => Some(membership),
            Start::Join => Some(Membership::default()),
            Start::Again => None,
        };
        let recovered = match (recover(config.raft.id, disk, &rules)?, founding) {
            (Found::Memory(recovered), None) => *recovered,
            (Found::Nothing { leftovers }, Some(membership)) => {
                Recovered::founding(config.raft.id, membership, leftovers)
            }
            (Found::Nothing { .. }, None) => return Err(BootError::Blank),
            (Found::Memory(recovered), Some(_)) => {
                return Err(BootError::Occupied { file: recovered.file });
            }
        };
        Node::start(config, recovered, rules, now, random, effects)
    }

    fn start(
        config: Config,
        recovered: Recovered,
        rules: R,
        now: Instant,
        random: &mut dyn Random,
        effects: &mut Effects<Node<R>>,
    ) -> Result<Node<R>, BootError> {
        let Recovered { mut stable, mut wal, leftovers, .. } = recovered;
        let mut machine = Machine::default();
        let mut applied = Applied { last: EntryId::ZERO, before: EntryId::ZERO };
        if let Some(snapshot) = &stable.snapshot {
            let file = names::snapshot(snapshot.last);
            machine = Machine::decode(&snapshot.data).map_err(|why| BootError::malformed(&file, 0, why))?;
            applied = Applied { last: snapshot.last, before: snapshot.last };
        }
        effects.note(Observation::Recovered {
            term: stable.hard_state.term,
            voted_for: stable.hard_state.voted_for,
            snapshot: applied.last,
            last: stable.entries.last().map_or(applied.last, |entry| entry.id),
            state: machine.digest(),
        });
        stable.hard_state.voted_for = rules.vote_at_boot(stable.hard_state.voted_for);
        let mut durability = Durability::default();
        if !wal.has_batch() || !leftovers.is_empty() {
            // Nothing is written before the leftovers are durably gone, lest a later boot take the one for the other.
            effects.disk.extend(leftovers.into_iter().map(|file| DiskOp::Remove { file }));
            if !wal.has_batch() {
                wal.flush(&mut effects.disk);
            }
            durability.ask_sync(0, effects);
        }
        let mut node = Node {
            raft: raft::Node::new(config.raft.clone(), stable, rules.clone(), now, random),
            config,
            rules,
            ready: None,
            machine,
            applied,
            wal,
            durability,
            publications: Publications::new(applied.last),
            waiting: VecDeque::new(),
            reads: Reads::default(),
            wake_at: None,
            scratch: Vec::new(),
            checked: Positions::default(),
            halted: false,
        };
        node.advance(now, effects);
        node.assert_invariants(true);
        Ok(node)
    }

    /// The Raft server within.
    pub fn raft(&self) -> &raft::Node<R> {
        &self.raft
    }

    /// The last entry that the state machine includes.
    pub fn last_applied(&self) -> EntryId {
        self.applied.last
    }

    /// A digest of the state machine. Nodes that have applied the same entries have the same.
    pub fn state_digest(&self) -> u64 {
        self.machine.digest()
    }

    /// Carries out Raft's `Ready`s until there is none, flushes, and sees to the next wake-up.
    fn advance(&mut self, now: Instant, effects: &mut Effects<Node<R>>) {
        while self.raft.has_ready() {
            let mut ready = self.ready.take().unwrap_or_default();
            self.raft.take_ready(&mut ready);
            self.carry_out(&mut ready, now, effects);
            self.ready = Some(ready);
        }
        self.take_snapshot_if_due();
        self.flush(effects);
        self.ask_to_be_woken(effects);
    }

    /// The duties of one [`Ready`], in its order.
    fn carry_out(&mut self, ready: &mut Ready, now: Instant, effects: &mut Effects<Node<R>>) {
        let writes = ready.has_writes();
        effects.notes.append(&mut ready.observations);
        self.durability.take_up(ready.number);
        if writes {
            self.write(ready, effects);
        }
        for (to, message) in ready.messages.drain(..) {
            if self.wal.is_durable() {
                send(to, message, effects);
            } else {
                self.durability.hold(ready.number, to, message);
            }
        }
        for (to, message) in ready.messages_when_durable.drain(..) {
            if self.wal.is_durable() && !self.durability.is_outstanding() {
                send(to, message, effects);
            } else {
                self.durability.hold(ready.number, to, message);
            }
        }
        if writes && !self.durability.is_outstanding() {
            self.raft.persisted(ready.number, now);
        }
        self.apply(&ready.committed, effects);
        self.settle_reads(ready, effects);
    }

    /// Asks for a wake-up only if the one that is due comes too late: a follower's deadline moves on with every heartbeat,
    /// and to be woken too early once is cheaper than to ask again each time.
    fn ask_to_be_woken(&mut self, effects: &mut Effects<Node<R>>) {
        let deadline = self.raft.deadline();
        if deadline != Instant::NEVER && self.wake_at.is_none_or(|due| deadline < due) {
            self.wake_at = Some(deadline);
            effects.wake_at = Some(deadline);
        }
    }

    fn halt(&mut self, reason: String, effects: &mut Effects<Node<R>>) {
        self.halted = true;
        effects.halt = Some(reason);
    }
}

/// Sends a message, and says so if it is a vote: from here on the node is bound by it.
fn send<R: Rules>(to: NodeId, message: Message, effects: &mut Effects<Node<R>>) {
    if let Message::RequestVoteResponse { term, granted: true, pre_vote: false } = message {
        effects.note(Observation::Voted { term, candidate: to });
    }
    effects.send(to, message);
}

impl<R: Rules> Networked for Node<R> {
    const WIRE_VERSION: u16 = crate::WIRE_VERSION;
}

impl<R: Rules> Process for Node<R> {
    type Message = Message;
    type Request = Request;
    type Response = Response;
    type Note = Observation;

    fn handle(&mut self, event: Event<Node<R>>, now: Instant, random: &mut dyn Random, effects: &mut Effects<Node<R>>) {
        if self.halted {
            return;
        }
        let ends_sync = matches!(event, Event::Synced(_));
        match event {
            Event::Message { from, message } => self.raft.step(from, message, now, random),
            Event::Request { client, request } => self.request(client, request, now, effects),
            Event::Wake => {
                self.wake_at = None;
                self.raft.tick(now, random);
                self.durability.note_quiet_moment();
            }
            Event::Synced(sync) => self.synced(sync, now, effects),
            Event::SyncFailed(sync, error) => self.sync_failed(sync, error, effects),
        }
        if !self.halted {
            self.advance(now, effects);
        }
        self.assert_invariants(ends_sync);
    }
}
