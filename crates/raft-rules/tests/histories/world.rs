//! The model's world: steps drawn at random, messages in a bag, disks that take their time, and the checker listening.

use std::collections::VecDeque;

use env::{Instant, NodeId, NodeSet, Random};
use raft_rules::Checker;
use raft_types::{EntryId, Membership, Observation, Term};
use sim::{Moment, Violation};

use crate::node::{Entry, Files, Node, Snapshot};
use crate::random::Draws;
use crate::rules::Bug;

pub(crate) const NODES: u8 = 5;
pub(crate) const CLIENTS: u32 = 3;

#[derive(Clone, Debug)]
pub(crate) enum Message {
    RequestVote { term: u64, last: EntryId },
    Vote { term: u64 },
    Append { term: u64, prev: EntryId, entries: Vec<Entry>, commit: u64 },
    Appended { term: u64, matched: u64 },
    Rejected { term: u64, last: u64 },
    Install { term: u64, snapshot: Box<Snapshot> },
}

#[derive(Clone, Debug)]
pub(crate) struct Envelope {
    pub(crate) from: NodeId,
    pub(crate) to: NodeId,
    pub(crate) message: Message,
    /// It leaves when this write of the sender's is durable.
    pub(crate) after: u64,
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Client {
    pub(crate) seq: u64,
    pub(crate) waits: Option<Waits>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Waits {
    pub(crate) is_read: bool,
    /// The node that serves the read, and the read's index, once confirmed.
    pub(crate) confirmed: Option<(NodeId, u64)>,
    /// Where a leader put the write.
    pub(crate) proposed: Option<(NodeId, u64)>,
}

/// The events that happened at least once in some history.
#[derive(Clone, Copy, Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "they are a list to tick off")]
pub(crate) struct Seen {
    pub(crate) two_leaders: bool,
    pub(crate) truncated: bool,
    pub(crate) rolled_back: bool,
    pub(crate) lost_tail: bool,
    pub(crate) killed: bool,
    pub(crate) installed: bool,
    pub(crate) joint_left: bool,
    pub(crate) retried: bool,
    pub(crate) follower_read: bool,
}

impl Seen {
    pub(crate) fn add(&mut self, other: &Seen) {
        self.two_leaders |= other.two_leaders;
        self.truncated |= other.truncated;
        self.rolled_back |= other.rolled_back;
        self.lost_tail |= other.lost_tail;
        self.killed |= other.killed;
        self.installed |= other.installed;
        self.joint_left |= other.joint_left;
        self.retried |= other.retried;
        self.follower_read |= other.follower_read;
    }

    pub(crate) fn is_complete(&self) -> bool {
        let first = self.two_leaders && self.truncated && self.rolled_back && self.lost_tail && self.killed;
        first && self.installed && self.joint_left && self.retried && self.follower_read
    }
}

pub(crate) struct World {
    pub(crate) bug: Option<Bug>,
    pub(crate) draws: Draws,
    pub(crate) calm: u64,
    pub(crate) checker: Checker,
    pub(crate) moment: Moment,
    /// By id.
    pub(crate) nodes: Vec<Node>,
    pub(crate) bag: Vec<Envelope>,
    pub(crate) clients: Vec<Client>,
    pub(crate) syncs: u64,
    pub(crate) told: VecDeque<String>,
    pub(crate) seen: Seen,
}

pub(crate) type Step = Result<(), Box<Violation>>;

impl World {
    pub(crate) fn new(seed: u64, bug: Option<Bug>) -> World {
        World::remembering(seed, bug, 1 << 18)
    }

    /// With a checker that remembers no more entries than this.
    pub(crate) fn remembering(seed: u64, bug: Option<Bug>, entries_max: u64) -> World {
        // Four voters show bugs that an odd number hides.
        let initial = Membership::of(NodeSet::first(3 + (seed % 2) as u8));
        let boot = |id: u8| {
            let known = if initial.is_voter(NodeId(id)) { initial } else { Membership::default() };
            let files = Files::blank(known);
            Node::boot(files.clone(), 0, 0, vec![(0, files)])
        };
        let mut world = World {
            bug,
            draws: Draws(seed),
            calm: [2, 5, 20][(seed / 2 % 3) as usize],
            checker: Checker::remembering(initial, entries_max),
            moment: Moment::default(),
            nodes: (0..=NODES).map(boot).collect(),
            bag: Vec::new(),
            clients: vec![Client::default(); CLIENTS as usize],
            syncs: 0,
            told: VecDeque::new(),
            seen: Seen::default(),
        };
        for node in NodeSet::first(NODES).iter() {
            world.announce_boot(node).expect("a blank node breaks nothing");
        }
        world
    }

    pub(crate) fn run(&mut self, steps: u32) -> Step {
        for _ in 0..steps {
            self.step()?;
        }
        let at = self.moment;
        self.checker.finished(at)
    }

    /// The last things told.
    pub(crate) fn tail(&self) -> String {
        self.told.iter().map(|line| format!("{line}\n")).collect()
    }

    pub(crate) fn step(&mut self) -> Step {
        self.moment.event += 1;
        self.moment.time = Instant(self.moment.time.0 + 1_000_000);
        let node = NodeId(1 + self.draws.below(u64::from(NODES)) as u8);
        match self.draws.below(100) {
            0..50 => self.deliver(),
            50..68 => self.disk_works(node),
            68..80 => self.heartbeat(node),
            80..88 => self.apply(node),
            88..96 => self.client_acts(node),
            // The higher the calm, the longer leaders last.
            96 if self.draws.one_in(self.calm) => self.campaign(node),
            97 if self.draws.one_in(2) => self.change_membership(node),
            98 => self.take_snapshot(node),
            99 if !self.n(node).is_up || self.draws.one_in(2 * self.calm) => self.crash_or_restart(node),
            _ => Ok(()),
        }
    }

    pub(crate) fn n(&mut self, node: NodeId) -> &mut Node {
        &mut self.nodes[node.index()]
    }

    pub(crate) fn has(&self, bug: Bug) -> bool {
        self.bug == Some(bug)
    }

    pub(crate) fn observe(&mut self, node: NodeId, observation: Observation) -> Step {
        self.told.push_back(format!("{:6} {node} {observation}", self.moment.event));
        if self.told.len() > 60 {
            self.told.pop_front();
        }
        self.checker.observe(self.moment, node, &observation)
    }

    pub(crate) fn send(&mut self, from: NodeId, to: NodeId, message: Message) {
        let after = self.n(from).version;
        self.bag.push(Envelope { from, to, message, after });
    }

    pub(crate) fn send_now(&mut self, from: NodeId, to: NodeId, message: Message) {
        self.bag.push(Envelope { from, to, message, after: 0 });
    }

    pub(crate) fn deliver(&mut self) -> Step {
        let ready: Vec<usize> =
            self.bag.iter().enumerate().filter_map(|(at, sent)| self.has_left(sent).then_some(at)).collect();
        let Some(at) = self.draws.pick(&ready) else { return Ok(()) };
        let Envelope { from, to, message, after } =
            if self.draws.one_in(20) { self.bag[at].clone() } else { self.bag.swap_remove(at) };
        if let Message::Vote { term } = message
            && after > 0
        {
            self.observe(from, Observation::Voted { term: Term(term), candidate: to })?;
        }
        // The bag is small: a message that lies in it too long is lost.
        if self.bag.len() > 60 {
            let oldest = self.draws.below(30) as usize;
            self.bag.remove(oldest);
        }
        if !self.n(to).is_up || self.draws.one_in(12) {
            return Ok(());
        }
        match message {
            Message::RequestVote { term, last } => self.requests_vote(to, from, term, last),
            Message::Vote { term } => self.votes(to, from, term),
            Message::Append { term, prev, entries, commit } => self.appends(to, from, term, prev, &entries, commit),
            Message::Appended { term, matched } => self.appended(to, from, term, matched),
            Message::Rejected { term, last } => {
                if self.is_current(to, term)? {
                    let next = &mut self.n(to).next[from.index()];
                    *next = next.saturating_sub(1).min(last + 1).max(1);
                }
                Ok(())
            }
            Message::Install { term, snapshot } => self.installs(to, from, term, &snapshot),
        }
    }

    /// True if the write that the message rests on is durable at its sender.
    pub(crate) fn has_left(&self, envelope: &Envelope) -> bool {
        envelope.after <= self.nodes[envelope.from.index()].durable
    }
}
