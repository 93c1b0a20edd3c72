//! Clusters under random mistreatment: messages lost, repeated and reordered, links cut, servers crashed with their
//! unsynced writes, leadership handed over, members changed, logs compacted. The paper's properties must hold all
//! along, and when the mistreatment stops the cluster must come to rest.
//!
//! Each seed weighs the kinds of mistreatment anew and leaves some out, so that some runs meet deep states that others
//! never would.

use std::collections::BTreeMap;
use std::time::Duration;

use env::{NodeId, NodeSet, Random};
use raft::{Config, Entry, MembershipChange, Node, Payload, ReadMode, ReadToken, Role, Rules};
use raft_types::{EntryId, LogIndex, Observation, Term};

use crate::support::{Cluster, SplitMix, entries};

const STEPS: u64 = 2_000;

/// The facts known of the whole cluster.
#[derive(Default)]
pub struct Checks {
    pub leaders: BTreeMap<Term, NodeId>,
    /// By index, the entry that was applied there first.
    pub committed: BTreeMap<LogIndex, Entry>,
    /// The commit index of each server since it started.
    commits: BTreeMap<NodeId, LogIndex>,
    /// By token, the highest commit index of any server when the read was asked.
    reads: BTreeMap<ReadToken, LogIndex>,
    pub reads_answered: u64,
    pub truncations: u64,
    pub joint_configurations: u64,
}

impl Checks {
    fn check<R: Rules>(&mut self, cluster: &mut Cluster<R>) {
        for (id, observation) in cluster.observed.drain(..) {
            match observation {
                Observation::BecameLeader { term, .. } => {
                    let leader = *self.leaders.entry(term).or_insert(id);
                    assert_eq!(leader, id, "Election Safety: two leaders in term {term}");
                    self.leader_completeness(cluster.machines[&id].node.as_ref(), term);
                }
                Observation::Committed { entry } => {
                    let before = self.commits.insert(id, entry.index).unwrap_or_default();
                    assert!(before < entry.index, "{id}'s commit index went from {before} to {}", entry.index);
                }
                Observation::Truncated { .. } => self.truncations += 1,
                Observation::Configured { membership, .. } if membership.is_joint() => self.joint_configurations += 1,
                _ => {}
            }
        }
        for (id, entry) in cluster.applied.drain(..) {
            let first = self.committed.entry(entry.id.index).or_insert_with(|| entry.clone());
            assert_eq!(*first, entry, "State Machine Safety: {id} applied another entry");
        }
        for read in cluster.answered.drain(..) {
            let needed = self.reads[&read.token];
            assert!(read.index >= needed, "read {} misses the entry that was committed at {needed}", read.token.0);
            self.reads_answered += 1;
        }
    }

    fn leader_completeness<R: Rules>(&self, leader: Option<&Node<R>>, term: Term) {
        let Some(leader) = leader.filter(|leader| leader.term() == term) else { return };
        for entry in self.committed.range(leader.first_index()..).map(|(_, entry)| entry) {
            assert_eq!(leader.entry_at(entry.id.index), Some(entry), "Leader Completeness in term {term}");
        }
    }
}

/// Log Matching: where two logs have an entry of the same id, they are equal up to there.
fn check_log_matching<R: Rules>(cluster: &Cluster<R>) {
    let nodes: Vec<&Node<R>> = cluster.ids().iter().filter_map(|id| cluster.node(*id)).collect();
    for (i, a) in nodes.iter().enumerate() {
        for b in &nodes[i + 1..] {
            let first = a.first_index().max(b.first_index()).0;
            let last = a.last().index.min(b.last().index).0;
            let mut equal = false;
            for index in (first..=last).rev().map(LogIndex) {
                let (one, other) = (a.entry_at(index), b.entry_at(index));
                equal |= one.map(|entry| entry.id) == other.map(|entry| entry.id);
                assert!(!equal || one == other, "Log Matching: {} and {} differ at {index}", a.id(), b.id());
            }
        }
    }
}

/// The events that can come next.
#[derive(Clone, Copy, Debug)]
enum Act {
    Deliver,
    Elapse,
    Persist,
    Propose,
    Read,
    Lose,
    Repeat,
    Crash,
    Restart,
    Cut,
    Heal,
    Snapshot,
    ChangeMembership,
    Transfer,
}

/// How often each happens in one run.
struct Weights {
    acts: [(Act, u64); 14],
    sum: u64,
}

impl Weights {
    fn new(random: &mut SplitMix) -> Weights {
        let mut one_of = |weights: [u64; 4]| weights[random.below(4) as usize];
        let acts = [
            (Act::Deliver, 200),
            (Act::Elapse, one_of([10, 20, 40, 80])),
            (Act::Persist, one_of([5, 10, 30, 60])),
            (Act::Propose, one_of([2, 5, 10, 20])),
            (Act::Read, one_of([0, 5, 10, 20])),
            (Act::Lose, one_of([0, 0, 3, 10])),
            (Act::Repeat, one_of([0, 0, 3, 10])),
            (Act::Crash, one_of([0, 0, 1, 4])),
            (Act::Restart, 8),
            (Act::Cut, one_of([0, 0, 1, 4])),
            (Act::Heal, one_of([1, 1, 2, 4])),
            (Act::Snapshot, one_of([0, 0, 2, 8])),
            (Act::ChangeMembership, one_of([0, 0, 2, 8])),
            (Act::Transfer, one_of([0, 0, 1, 4])),
        ];
        Weights { acts, sum: acts.iter().map(|(_, weight)| weight).sum() }
    }

    fn draw(&self, random: &mut SplitMix) -> Act {
        let mut left = random.below(self.sum);
        for (act, weight) in self.acts {
            if left < weight {
                return act;
            }
            left -= weight;
        }
        unreachable!("{left} left of the sum of all weights")
    }
}

/// Section 6: a server uses the latest configuration in its log.
fn check_configurations<R: Rules>(cluster: &Cluster<R>) {
    for node in cluster.ids().iter().filter_map(|id| cluster.node(*id)) {
        let latest = entries(node).filter_map(|entry| match entry.payload {
            Payload::Membership(membership) => Some(membership),
            _ => None,
        });
        if let Some(latest) = latest.last() {
            assert_eq!(node.membership(), latest, "{}'s configuration", node.id());
        }
    }
}

/// One run.
struct Swarm<R: Rules> {
    cluster: Cluster<R>,
    checks: Checks,
    random: SplitMix,
    weights: Weights,
    in_order: bool,
    /// All clocks run together, as leases need.
    common_clock: bool,
    reads: u64,
    proposals: u64,
}

impl<R: Rules> Swarm<R> {
    fn new(seed: u64, rules: R) -> Swarm<R> {
        let mut random = SplitMix(seed);
        let common_clock = random.below(2) == 0;
        let config = Config {
            reads: if common_clock { ReadMode::Lease } else { ReadMode::ReadIndex },
            append_bytes_max: 100,
            appends_in_flight_max: 1 + random.below(4) as usize,
            snapshot_chunk_bytes: [8, 1_000][random.below(2) as usize],
            log_tail: random.below(4),
            ..Config::new(NodeId(1))
        };
        let voters = 1 + random.below(5) as u8;
        let mut cluster = Cluster::new(voters, 2, config, rules);
        cluster.random = Some(SplitMix(random.next_u64()));
        cluster.syncs_at_once = random.below(4) == 0;
        let weights = Weights::new(&mut random);
        let in_order = random.below(2) == 0;
        let checks = Checks::default();
        Swarm { cluster, checks, random, weights, in_order, common_clock, reads: 0, proposals: 0 }
    }

    fn any(&mut self) -> NodeId {
        NodeId(1 + self.random.below(self.cluster.machines.len() as u64) as u8)
    }

    /// A leader if there is one; not always the latest.
    fn leader(&mut self) -> NodeId {
        let leads = |id: &NodeId| self.cluster.node(*id).is_some_and(|node| node.role() == Role::Leader);
        self.cluster.ids().into_iter().rev().find(leads).unwrap_or(NodeId(1))
    }

    fn commit_max(&self) -> LogIndex {
        let commits = self.cluster.ids().into_iter().filter_map(|id| Some(self.cluster.node(id)?.commit_index()));
        commits.max().unwrap_or_default()
    }

    fn step(&mut self) {
        let id = self.any();
        match self.weights.draw(&mut self.random) {
            Act::Deliver => self.deliver(),
            Act::Elapse => self.elapse(),
            Act::Persist => self.cluster.persist(id),
            Act::Propose => self.propose(),
            Act::Read => self.read(),
            Act::Lose => self.lose(),
            Act::Repeat => self.repeat(),
            Act::Crash => {
                self.cluster.crash(id);
                self.checks.commits.remove(&id);
            }
            Act::Restart if self.cluster.node(id).is_none() => self.cluster.restart(id),
            Act::Restart => {}
            Act::Cut => self.cut(),
            Act::Heal => self.cluster.cut.clear(),
            Act::Snapshot => self.cluster.snapshot(id),
            Act::ChangeMembership => self.change_membership(),
            Act::Transfer => {
                let leader = self.leader();
                self.cluster.act(leader, |node, now, _| node.transfer_leadership(id, now).ok());
            }
        }
        self.checks.check(&mut self.cluster);
    }

    fn deliver(&mut self) {
        let waiting = self.cluster.queue.len() as u64;
        if waiting == 0 {
            return;
        }
        // The links are independent of one another; each is in order, unless this run does without that.
        let mut at = self.random.below(waiting) as usize;
        if self.in_order {
            let link = |at: usize| (self.cluster.queue[at].from, self.cluster.queue[at].to);
            at = (0..at).find(|earlier| link(*earlier) == link(at)).unwrap_or(at);
        }
        if let Some(envelope) = self.cluster.queue.remove(at)
            && !self.cluster.cut.contains(&(envelope.from, envelope.to))
        {
            self.cluster.deliver(envelope);
        }
    }

    fn lose(&mut self) {
        let waiting = self.cluster.queue.len() as u64;
        if waiting > 0 {
            let at = self.random.below(waiting) as usize;
            self.cluster.queue.remove(at);
        }
    }

    fn repeat(&mut self) {
        let waiting = self.cluster.queue.len() as u64;
        if waiting > 0 {
            let at = self.random.below(waiting) as usize;
            let envelope = self.cluster.queue[at].clone();
            self.cluster.queue.push_back(envelope);
        }
    }

    fn elapse(&mut self) {
        let long = self.random.below(6) == 0;
        let time = Duration::from_millis(1 + self.random.below(if long { 400 } else { 20 }));
        let ids = if self.common_clock { self.cluster.ids() } else { vec![self.any()] };
        self.cluster.elapse(&ids, time);
    }

    fn propose(&mut self) {
        let leader = self.leader();
        self.proposals += 1;
        let command = format!("c{}", self.proposals);
        self.cluster.act(leader, |node, now, _| node.propose(command.as_str().into(), None, now).ok());
    }

    fn read(&mut self) {
        let at = self.any();
        self.reads += 1;
        let token = ReadToken(self.reads);
        let needed = self.commit_max();
        self.checks.reads.insert(token, needed);
        self.cluster.act(at, |node, now, _| node.read(token, now).ok());
    }

    fn cut(&mut self) {
        let (a, b) = (self.any(), self.any());
        self.cluster.cut.insert((a, b));
        if self.random.below(2) == 0 {
            for other in self.cluster.ids() {
                self.cluster.cut.extend([(a, other), (other, a)]);
            }
        }
    }

    fn change_membership(&mut self) {
        let (leader, node, old) = (self.leader(), self.any(), self.any());
        let change = match self.random.below(4) {
            0 => MembershipChange::AddLearner(node),
            1 => MembershipChange::AddVoter(node),
            2 => MembershipChange::Remove(node),
            _ => MembershipChange::Replace { old, new: node },
        };
        self.cluster.act(leader, |node, now, _| node.change_membership(change, now).ok());
    }

    /// Everything is repaired; the cluster must elect a leader, commit, and agree.
    fn come_to_rest(&mut self) {
        self.cluster.cut.clear();
        self.cluster.trace = Some(String::new());
        self.cluster.syncs_at_once = true;
        for id in self.cluster.ids() {
            if self.cluster.node(id).is_none() {
                self.cluster.restart(id);
            }
            self.cluster.persist(id);
        }
        let mut proposed = None;
        for _ in 0..400 {
            self.cluster.stabilize();
            let ids = self.cluster.ids();
            self.cluster.elapse(&ids, Duration::from_millis(10));
            self.checks.check(&mut self.cluster);
            match proposed {
                None => proposed = self.propose_at_latest_leader(),
                Some(entry) if self.is_at_rest(entry) => return,
                Some(entry) if self.is_replaced(entry) => proposed = None,
                Some(_) => {}
            }
        }
        let mut trace = self.cluster.trace.take().unwrap_or_default();
        trace.truncate(6_000);
        let status = self.cluster.ids().into_iter().filter_map(|id| {
            let node = self.cluster.node(id)?;
            let (term, commit, last) = (node.term(), node.commit_index(), node.last());
            Some(format!("{id} {:?} {term} commit {commit} last {last} {}\n", node.role(), node.membership()))
        });
        panic!("the cluster does not come to rest:\n{}\n{trace}", status.collect::<String>());
    }

    fn latest_leader(&self) -> Option<&Node<R>> {
        let nodes = self.cluster.ids().into_iter().filter_map(|id| self.cluster.node(id));
        nodes.filter(|node| node.role() == Role::Leader).max_by_key(|node| node.term())
    }

    fn propose_at_latest_leader(&mut self) -> Option<EntryId> {
        let id = self.latest_leader()?.id();
        self.cluster.act(id, |node, now, _| node.propose("last".into(), None, now).ok())?
    }

    /// True if the latest leader came without that entry.
    fn is_replaced(&self, entry: EntryId) -> bool {
        let holds =
            |leader: &Node<R>| leader.first_index() > entry.index || leader.term_at(entry.index) == Some(entry.term);
        self.latest_leader().is_some_and(|leader| !holds(leader))
    }

    /// All members of the leader's configuration have applied the same, with `entry` in it.
    fn is_at_rest(&self, entry: EntryId) -> bool {
        let Some(leader) = self.latest_leader() else { return false };
        let members: NodeSet = leader.membership().members();
        let leads = &self.cluster.machines[&leader.id()];
        leads.applied >= entry
            && leads.applied == leader.last()
            && !leader.membership().is_joint()
            && members.iter().all(|id| {
                let machine = &self.cluster.machines[&id];
                machine.applied == leads.applied && machine.state == leads.state
            })
    }
}

/// Runs one seed; panics when a property does not hold.
pub fn run(seed: u64, rules: impl Rules) -> Checks {
    let mut swarm = Swarm::new(seed, rules);
    for step in 0..STEPS {
        swarm.step();
        if step % 50 == 0 {
            check_log_matching(&swarm.cluster);
            check_configurations(&swarm.cluster);
        }
    }
    swarm.come_to_rest();
    check_log_matching(&swarm.cluster);
    swarm.checks
}
