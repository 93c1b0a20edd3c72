//! The model's world: steps drawn at random, messages in a bag, disks that take their time, and the checker listening.

use std::collections::VecDeque;

use check::{Checker, Moment, Role, Violation};
use env::{
    ClientId, Completion, EntryId, Instant, LogIndex, Membership, NodeId, NodeSet, Observation, Operation, Output,
    Random, RequestId, SyncId, Term,
};

use crate::node::{Entry, Files, Node, Snapshot};
use crate::random::Draws;
use crate::rules::{Bug, is_quorum, is_up_to_date};

const NODES: u8 = 5;
const CLIENTS: u32 = 3;

#[derive(Clone, Debug)]
enum Message {
    RequestVote { term: u64, last: EntryId },
    Vote { term: u64 },
    Append { term: u64, prev: EntryId, entries: Vec<Entry>, commit: u64 },
    Appended { term: u64, matched: u64 },
    Rejected { term: u64, last: u64 },
    Install { term: u64, snapshot: Box<Snapshot> },
}

#[derive(Clone, Debug)]
struct Envelope {
    from: NodeId,
    to: NodeId,
    message: Message,
    /// It leaves when this write of the sender's is durable.
    after: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Client {
    seq: u64,
    waits: Option<Waits>,
}

#[derive(Clone, Copy, Debug)]
struct Waits {
    is_read: bool,
    /// The read's index, once confirmed, and who serves it.
    confirmed: Option<(NodeId, u64)>,
    /// Where a leader put the write.
    proposed: Option<(NodeId, u64)>,
}

/// What happened at least once in some history.
#[derive(Clone, Copy, Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "they are a list to tick off")]
pub(crate) struct Seen {
    two_leaders: bool,
    truncated: bool,
    rolled_back: bool,
    lost_tail: bool,
    killed: bool,
    installed: bool,
    joint_left: bool,
    retried: bool,
    follower_read: bool,
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
    bug: Option<Bug>,
    draws: Draws,
    calm: u64,
    checker: Checker,
    moment: Moment,
    /// By id.
    nodes: Vec<Node>,
    bag: Vec<Envelope>,
    clients: Vec<Client>,
    syncs: u64,
    told: VecDeque<String>,
    pub(crate) seen: Seen,
}

type Step = Result<(), Violation>;

impl World {
    pub(crate) fn new(seed: u64, bug: Option<Bug>) -> World {
        // Four voters show what an odd number hides.
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
            checker: Checker::new(initial),
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

    fn step(&mut self) -> Step {
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

    fn n(&mut self, node: NodeId) -> &mut Node {
        &mut self.nodes[node.index()]
    }

    fn has(&self, bug: Bug) -> bool {
        self.bug == Some(bug)
    }

    fn observe(&mut self, node: NodeId, observation: Observation) -> Step {
        self.told.push_back(format!("{:6} {node} {observation}", self.moment.event));
        if self.told.len() > 60 {
            self.told.pop_front();
        }
        self.checker.observe(self.moment, node, &observation)
    }

    fn send(&mut self, from: NodeId, to: NodeId, message: Message) {
        let after = self.n(from).version;
        self.bag.push(Envelope { from, to, message, after });
    }

    fn send_now(&mut self, from: NodeId, to: NodeId, message: Message) {
        self.bag.push(Envelope { from, to, message, after: 0 });
    }

    // The disk.

    fn disk_works(&mut self, id: NodeId) -> Step {
        let lax = self.has(Bug::SyncSkipped);
        let node = self.n(id);
        if !node.is_up {
            return Ok(());
        }
        let Some((sync, covers)) = node.syncing.take() else {
            if node.version > node.durable {
                let (version, sync) = (node.version, self.syncs + 1);
                self.n(id).syncing = Some((sync, version));
                self.syncs = sync;
                self.checker.sync_requested(id, SyncId(sync));
            }
            return Ok(());
        };
        node.durable = covers;
        if lax && self.draws.one_in(8) {
            // It goes on as if the sync had been done.
            return Ok(());
        }
        self.n(id).images.retain(|(version, _)| *version >= covers);
        self.checker.synced(id, SyncId(sync));
        self.snapshot_is_durable(id)?;
        self.commit_what_a_quorum_holds(id)
    }

    /// Reports a snapshot that has become durable, and drops the log it covers.
    fn snapshot_is_durable(&mut self, id: NodeId) -> Step {
        let durable = &self.nodes[id.index()].images[0].1.snapshot;
        let (last, state) = (durable.last, durable.machine.digest());
        if last.index <= self.n(id).reported.index {
            return Ok(());
        }
        self.n(id).reported = last;
        self.observe(id, Observation::SnapshotTaken { last, state })?;
        let through = last.index.0.saturating_sub(self.draws.below(3));
        let node = self.n(id);
        if through > node.files.base.index.0 {
            node.files.compact(through);
            node.wrote();
            self.observe(id, Observation::Compacted { through: LogIndex(through) })?;
        }
        Ok(())
    }

    fn take_snapshot(&mut self, id: NodeId) -> Step {
        let (mislabelled, without_sessions) =
            (self.has(Bug::SnapshotMislabelled), self.has(Bug::SnapshotWithoutSessions));
        let node = self.n(id);
        if !node.is_up || node.applied.index <= node.files.snapshot.last.index || node.applied.index.0 < 2 {
            return Ok(());
        }
        let at_end = node.files.log.iter().filter(|entry| entry.id.index <= node.applied.index);
        let membership = at_end.rev().find_map(|entry| entry.membership).unwrap_or(node.files.snapshot.membership);
        let mut machine = node.machine.clone();
        if without_sessions {
            machine.forget_sessions();
        }
        let before = node.files.id_at(node.applied.index.0 - 1).filter(|_| mislabelled);
        node.files.snapshot = Snapshot { last: before.unwrap_or(node.applied), machine, membership };
        node.wrote();
        Ok(())
    }

    fn crash_or_restart(&mut self, id: NodeId) -> Step {
        if !self.n(id).is_up {
            return self.announce_boot(id);
        }
        let is_kill = self.draws.one_in(3);
        self.told.push_back(format!("{:6} {id} {}", self.moment.event, if is_kill { "killed" } else { "crashed" }));
        let version = self.n(id).version;
        // A held message is lost with its sender.
        let durable = self.n(id).durable;
        self.bag.retain(|envelope| envelope.from != id || envelope.after <= durable);
        let kept = if is_kill {
            self.checker.killed(id);
            self.seen.killed = true;
            self.n(id).images.len() - 1
        } else {
            self.checker.stopped(id);
            let images = self.n(id).images.len() as u64;
            self.draws.below(images) as usize
        };
        let node = self.n(id);
        let (_, files) = node.images[kept].clone();
        let lost = files.last().index < node.files.last().index;
        let (first, start) = (node.images[0].clone(), version + 1);
        // What a power loss leaves is durable; what a kill leaves, as far as it was.
        let images = if is_kill { vec![first, (start, files.clone())] } else { vec![(start, files.clone())] };
        let durable = if is_kill { version } else { start };
        *node = Node { is_up: false, ..Node::boot(files, start, durable, images) };
        self.seen.lost_tail |= lost;
        Ok(())
    }

    fn announce_boot(&mut self, id: NodeId) -> Step {
        let node = self.n(id);
        node.is_up = true;
        let files = &node.files;
        let recovered = Observation::Recovered {
            term: Term(files.term),
            voted_for: files.vote,
            snapshot: files.snapshot.last,
            last: if files.last().index < files.snapshot.last.index { files.snapshot.last } else { files.last() },
            state: node.machine.digest(),
        };
        self.observe(id, recovered)?;
        self.configured(id)
    }

    // Elections.

    fn campaign(&mut self, id: NodeId) -> Step {
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
    fn is_current(&mut self, id: NodeId, term: u64) -> Result<bool, Violation> {
        if term > self.n(id).files.term {
            self.follow(id, term, None)?;
        }
        Ok(term == self.n(id).files.term)
    }

    fn follow(&mut self, id: NodeId, term: u64, leader: Option<NodeId>) -> Step {
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

    fn requests_vote(&mut self, id: NodeId, from: NodeId, term: u64, last: EntryId) -> Step {
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

    fn votes(&mut self, id: NodeId, from: NodeId, term: u64) -> Step {
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

    // Replication.

    fn propose(
        &mut self,
        id: NodeId,
        request: Option<RequestId>,
        membership: Option<Membership>,
    ) -> Result<u64, Violation> {
        let node = self.n(id);
        let entry =
            Entry { id: EntryId { term: node.term(), index: node.files.last().index.next() }, request, membership };
        self.append(id, entry)?;
        if self.has(Bug::LeaderCountsUnsynced) {
            self.commit_what_a_quorum_holds(id)?;
        }
        Ok(entry.id.index.0)
    }

    fn append(&mut self, id: NodeId, entry: Entry) -> Step {
        let node = self.n(id);
        node.files.log.push(entry);
        node.wrote();
        self.observe(id, Observation::Appended { entry: entry.id, payload: entry.payload(), request: entry.request })?;
        if entry.membership.is_some() {
            self.n(id).stale_membership = None;
            self.configured(id)?;
        }
        Ok(())
    }

    fn configured(&mut self, id: NodeId) -> Step {
        let (index, membership) = self.n(id).files.configuration();
        self.observe(id, Observation::Configured { index, membership })
    }

    fn heartbeat(&mut self, id: NodeId) -> Step {
        let node = self.n(id);
        if !node.is_up || node.role != Role::Leader {
            return Ok(());
        }
        let (term, commit) = (node.files.term, node.commit);
        for peer in node.membership().members().iter().filter(|peer| *peer != id) {
            let many = self.draws.below(4) as usize;
            let node = self.n(id);
            let next = node.next[peer.index()];
            let message = match node.files.id_at(next - 1) {
                Some(prev) => {
                    let rest = (next..).map_while(|index| node.files.at(index).copied());
                    Message::Append { term, prev, entries: rest.take(many).collect(), commit }
                }
                None => Message::Install { term, snapshot: Box::new(node.images[0].1.snapshot.clone()) },
            };
            self.send_now(id, peer, message);
        }
        Ok(())
    }

    /// Hears from the leader of its term; false if it does not lead.
    fn hears(&mut self, id: NodeId, from: NodeId, term: u64) -> Result<bool, Violation> {
        let node = self.n(id);
        if term < node.files.term || node.role == Role::Leader && term == node.files.term {
            return Ok(false);
        }
        if term > node.files.term || node.leader != Some(from) || node.role != Role::Follower {
            self.follow(id, term, Some(from))?;
        }
        Ok(true)
    }

    fn appends(&mut self, id: NodeId, from: NodeId, term: u64, prev: EntryId, entries: &[Entry], commit: u64) -> Step {
        if !self.hears(id, from, term)? {
            return Ok(());
        }
        let skips = self.has(Bug::PrevNotChecked) && entries.is_empty();
        let files = &self.n(id).files;
        if !skips && !files.holds(prev) && prev.index > files.base.index {
            let last = files.last().index.0;
            self.send(id, from, Message::Rejected { term, last });
            return Ok(());
        }
        let base = self.n(id).files.base.index;
        for entry in entries.iter().filter(|entry| entry.id.index > base) {
            let held = self.n(id).files.id_at(entry.id.index.0);
            let cuts = self.has(Bug::TruncateWithoutConflict) && entry.id.index.0 == prev.index.0 + 1;
            if held == Some(entry.id) && !cuts {
                continue;
            }
            if held.is_some() {
                self.truncate(id, entry.id.index)?;
            }
            self.append(id, *entry)?;
        }
        let verified = prev.index.0 + entries.len() as u64;
        let last = self.n(id).files.last().index.0;
        let limit = if self.has(Bug::CommitUnclamped) || skips { last } else { verified };
        let known = self.n(id).commit;
        let commit = commit.min(limit);
        let commit = if self.has(Bug::CommitGoesBack) { commit } else { commit.max(known) };
        if commit != known {
            self.commits(id, commit)?;
        }
        let matched = if self.has(Bug::AckOwnLast) { last } else { verified };
        let answer = Message::Appended { term, matched };
        if self.has(Bug::AckBeforeSync) {
            self.send_now(id, from, answer)
        } else {
            self.send(id, from, answer)
        }
        Ok(())
    }

    fn truncate(&mut self, id: NodeId, from: LogIndex) -> Step {
        let forgets = self.has(Bug::ConfigurationNotRolledBack);
        let node = self.n(id);
        let before = node.files.configuration();
        node.files.truncate(from.0);
        node.wrote();
        let rolled_back = before != node.files.configuration();
        if rolled_back && forgets {
            node.stale_membership = Some(before.1);
        }
        self.seen.truncated = true;
        self.observe(id, Observation::Truncated { from })?;
        if rolled_back && !forgets {
            self.seen.rolled_back = true;
            self.configured(id)?;
        }
        Ok(())
    }

    fn commits(&mut self, id: NodeId, index: u64) -> Step {
        let node = self.n(id);
        let Some(entry) = node.files.id_at(index) else { return Ok(()) };
        node.commit = index;
        self.observe(id, Observation::Committed { entry })
    }

    fn commit_what_a_quorum_holds(&mut self, id: NodeId) -> Step {
        let bug = self.bug;
        let node = self.n(id);
        if node.role != Role::Leader {
            return Ok(());
        }
        let own = if bug == Some(Bug::LeaderCountsUnsynced) {
            node.files.last().index.0
        } else {
            node.images[0].1.last().index.0
        };
        node.matched[id.index()] = own;
        let membership = node.membership();
        let held = (node.commit + 1..=node.files.last().index.0).rev().find(|index| {
            let holders = membership.all_voters().iter().filter(|voter| node.matched[voter.index()] >= *index);
            let own_term = node.files.id_at(*index).is_some_and(|entry| entry.term == node.term());
            let may = own_term || bug == Some(Bug::CommitEarlierTerm);
            may && is_quorum(bug, &membership, holders.collect())
        });
        let Some(index) = held else { return Ok(()) };
        self.commits(id, index)?;
        self.next_step_of_a_change(id)
    }

    fn appended(&mut self, id: NodeId, from: NodeId, term: u64, matched: u64) -> Step {
        if !self.is_current(id, term)? || self.n(id).role != Role::Leader {
            return Ok(());
        }
        let node = self.n(id);
        let known = &mut node.matched[from.index()];
        *known = matched.max(*known).min(node.files.last().index.0);
        node.next[from.index()] = *known + 1;
        self.commit_what_a_quorum_holds(id)
    }

    fn installs(&mut self, id: NodeId, from: NodeId, term: u64, snapshot: &Snapshot) -> Step {
        if !self.hears(id, from, term)? {
            return Ok(());
        }
        let (stale, drops) = (self.has(Bug::StaleSnapshot), self.has(Bug::SnapshotDropsTail));
        let last = snapshot.last;
        let node = self.n(id);
        let is_covered = last.index.0 <= node.commit && !stale;
        if !is_covered && node.files.holds(last) && !drops && !stale {
            self.commits(id, last.index.0)?;
        } else if !is_covered {
            let state = snapshot.machine.digest();
            node.files.snapshot = snapshot.clone();
            node.files.base = last;
            node.files.log.clear();
            node.wrote();
            node.reported = last;
            node.machine = snapshot.machine.clone();
            node.applied = last;
            node.commit = node.commit.max(last.index.0);
            node.stale_membership = None;
            self.seen.installed = true;
            self.observe(id, Observation::SnapshotInstalled { last, state, log_kept: false })?;
            self.configured(id)?;
        }
        self.send(id, from, Message::Appended { term, matched: last.index.0 });
        Ok(())
    }

    // Membership.

    fn change_membership(&mut self, id: NodeId) -> Step {
        let overlap = self.has(Bug::ChangesOverlap);
        let node = self.n(id);
        let (index, current) = node.files.configuration();
        let committed = node.files.id_at(node.commit).is_some_and(|entry| entry.term == node.term());
        let is_settled = overlap || (committed && index.0 <= node.commit);
        if !node.is_up || node.role != Role::Leader || !is_settled || current.is_joint() {
            return Ok(());
        }
        let members: NodeSet = NodeSet::first(NODES).iter().filter(|_| !self.draws.one_in(3)).collect();
        let next = if self.draws.one_in(3) {
            Membership { learners: members.difference(current.voters), ..current }
        } else if members.is_empty() || members == current.voters {
            return Ok(());
        } else {
            Membership { voters: members, outgoing: current.voters, learners: NodeSet::EMPTY }
        };
        self.propose(id, None, Some(next)).map(|_| ())
    }

    fn next_step_of_a_change(&mut self, id: NodeId) -> Step {
        let node = self.n(id);
        let (index, current) = node.files.configuration();
        if index.0 > node.commit {
            return Ok(());
        }
        if current.is_joint() {
            self.seen.joint_left = true;
            self.propose(id, None, Some(Membership { outgoing: NodeSet::EMPTY, ..current }))?;
        } else if !current.is_voter(id) {
            let term = node.files.term;
            self.follow(id, term, None)?;
        }
        Ok(())
    }

    // Clients.

    fn apply(&mut self, id: NodeId) -> Step {
        let executes_retries = self.has(Bug::RetryExecuted);
        while self.n(id).is_up && self.n(id).applied.index.0 < self.n(id).commit {
            let node = self.n(id);
            let Some(entry) = node.files.at(node.applied.index.0 + 1).copied() else { return Ok(()) };
            let executed = node.machine.apply(entry.request, !executes_retries);
            node.applied = entry.id;
            let (state, request) = (node.machine.digest(), entry.request);
            self.seen.retried |= request.is_some() && !executed;
            self.observe(id, Observation::Applied { entry: entry.id, state, request, executed })?;
            self.answer_waiting(id, entry)?;
        }
        self.serve_reads(id)
    }

    fn answer_waiting(&mut self, id: NodeId, applied: Entry) -> Step {
        for number in 0..CLIENTS {
            let client = self.clients[number as usize];
            let request = RequestId { client: ClientId(number), seq: client.seq };
            let Some(Waits { proposed: Some((at, index)), .. }) = client.waits else { continue };
            let is_its = applied.request == Some(request) || self.has(Bug::CompletedByIndex);
            if at == id && index == applied.id.index.0 && is_its {
                self.observe(id, Observation::WriteAcknowledged { request, entry: Some(applied.id) })?;
                self.complete(number, Completion::Ok(Output::Written))?;
            }
        }
        Ok(())
    }

    fn complete(&mut self, number: u32, completion: Completion) -> Step {
        let client = &mut self.clients[number as usize];
        client.waits = None;
        let request = RequestId { client: ClientId(number), seq: client.seq };
        self.told.push_back(format!("{:6} {request} {completion:?}", self.moment.event));
        self.checker.completed(self.moment, request, &completion)
    }

    fn client_acts(&mut self, id: NodeId) -> Step {
        let number = self.draws.below(u64::from(CLIENTS)) as u32;
        let request = |client: Client| RequestId { client: ClientId(number), seq: client.seq };
        let client = &mut self.clients[number as usize];
        let Some(waits) = client.waits else {
            let is_read = self.draws.one_in(2);
            client.seq += 1;
            client.waits = Some(Waits { is_read, confirmed: None, proposed: None });
            let operation = if is_read {
                Operation::Get { key: "x".into() }
            } else {
                Operation::Append { key: "x".into(), value: "1".into() }
            };
            let request = request(*client);
            self.told.push_back(format!("{:6} {request} {operation}", self.moment.event));
            self.checker.invoked(self.moment, request, &operation);
            return Ok(());
        };
        if self.draws.one_in(12) {
            return self.complete(number, if waits.is_read { Completion::Fail } else { Completion::Info });
        }
        if !self.n(id).is_up {
            return Ok(());
        }
        if waits.is_read {
            self.confirm_read(id, number);
            return self.serve_reads(id);
        }
        if self.n(id).role == Role::Leader {
            // A retry goes into the log once more.
            let request = request(self.clients[number as usize]);
            let index = self.propose(id, Some(request), None)?;
            if let Some(waits) = &mut self.clients[number as usize].waits {
                waits.proposed = Some((id, index));
            }
        }
        Ok(())
    }

    /// The leader of the highest term confirms a read at its commit index, if it has committed an entry of its own; an
    /// oracle tells that it is the one.
    fn confirm_read(&mut self, id: NodeId, number: u32) {
        let highest = self.nodes.iter().map(|node| node.files.term).max().unwrap_or_default();
        let confirms = |node: &Node| {
            let own = node.files.id_at(node.commit).is_some_and(|entry| entry.term == node.term());
            node.is_up && node.role == Role::Leader && node.files.term == highest && own
        };
        let own = &self.nodes[id.index()];
        let index = if self.has(Bug::DeposedLeaderReads) {
            (own.role == Role::Leader).then_some(own.commit)
        } else {
            self.nodes.iter().find(|node| confirms(node)).map(|node| node.commit)
        };
        if let (Some(index), Some(waits)) = (index, &mut self.clients[number as usize].waits) {
            waits.confirmed = Some((id, index));
        }
    }

    fn serve_reads(&mut self, id: NodeId) -> Step {
        for number in 0..CLIENTS {
            let client = self.clients[number as usize];
            let Some(Waits { confirmed: Some((at, index)), .. }) = client.waits else { continue };
            let applied = self.n(id).applied.index;
            if at == id && self.n(id).is_up && (applied.0 >= index || self.has(Bug::ReadBeforeApplied)) {
                self.seen.follower_read |= self.n(id).role != Role::Leader;
                let request = RequestId { client: ClientId(number), seq: client.seq };
                self.observe(id, Observation::ReadServed { request, applied })?;
                self.complete(number, Completion::Ok(Output::Value(None)))?;
            }
        }
        Ok(())
    }

    // The network.

    fn deliver(&mut self) -> Step {
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
        // The bag is small: what lies in it too long is lost.
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

    /// Whether what the message rests on is durable at its sender.
    fn has_left(&self, envelope: &Envelope) -> bool {
        envelope.after <= self.nodes[envelope.from.index()].durable
    }
}
